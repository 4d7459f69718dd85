#include "capture/stream_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace encap {
namespace {

constexpr std::size_t first_capacity = std::size_t{1} << 18;  // octets; stays in the cache of a core

}  // namespace

StreamBuffer::StreamBuffer(std::unique_ptr<OctetStream> stream)
    : stream_{std::move(stream)},
      octets_{std::make_unique_for_overwrite<std::byte[]>(first_capacity)},
      capacity_{first_capacity} {}

void StreamBuffer::fill(std::size_t count) {
  before_ += begin_;
  end_ -= begin_;
  if (end_ > 0) std::memmove(octets_.get(), octets_.get() + begin_, end_);
  begin_ = 0;
  while (end_ < count && !ended_) {
    if (end_ == capacity_) {
      // Twice the size at a time: memory follows the octets that came, not the count that was asked for.
      auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity_ * 2);
      std::memcpy(larger.get(), octets_.get(), end_);
      octets_ = std::move(larger);
      capacity_ *= 2;
    }
    read();
  }
}

void StreamBuffer::read() {
  assert(end_ < capacity_);
  const auto got = stream_->read({octets_.get() + end_, capacity_ - end_});
  if (got) {
    end_ += *got;
    ended_ = *got == 0;
  } else {
    failure_ = got.error();
    ended_ = true;
  }
}

std::uint64_t StreamBuffer::skip(std::uint64_t count) {
  std::uint64_t left = count;
  for (;;) {
    const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(left, end_ - begin_));
    begin_ += here;
    left -= here;
    if (left == 0 || ended_) return count - left;
    before_ += begin_;
    begin_ = end_ = 0;
    read();
  }
}

}  // namespace encap

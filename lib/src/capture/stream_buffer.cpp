#include "capture/stream_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace encap {
namespace {

constexpr std::size_t first_capacity = std::size_t{1} << 18;  // octets; stays in the cache of a core
constexpr std::size_t worth_reading = first_capacity / 8;     // octets; less room is left unused

}  // namespace

StreamBuffer::StreamBuffer(std::unique_ptr<OctetStream> stream)
    : stream_{std::move(stream)}, memory_{Memory::of(first_capacity)}, capacity_{first_capacity} {}

void StreamBuffer::fill(std::size_t count) {
  make_room(count);
  while (end_ - begin_ < count && !ended_) {
    if (end_ == capacity_) {
      // Twice the size at a time: memory follows the octets that came, not the count that was asked for.
      Memory larger = Memory::of(capacity_ * 2);
      std::memcpy(larger.octets + begin_, memory_.octets + begin_, end_ - begin_);
      memory_ = std::move(larger);
      capacity_ *= 2;
    }
    read();
  }
}

// Moves the window to where there is room behind it: in other memory, where somebody holds what is in front of it.
void StreamBuffer::make_room(std::size_t count) {
  const std::size_t size = end_ - begin_;
  const std::byte* const from = memory_.octets + begin_;
  if (memory_.hold.use_count() == 1) {
    std::memmove(memory_.octets, from, size);
  } else {
    if (count <= capacity_ - begin_ && capacity_ - end_ >= worth_reading) return;
    const std::size_t capacity = size < first_capacity ? first_capacity : capacity_;
    Memory other = capacity == first_capacity ? take_used() : Memory{};
    if (other.octets == nullptr) other = Memory::of(capacity);
    std::memcpy(other.octets, from, size);
    std::swap(memory_, other);
    if (capacity_ == first_capacity) used_.push_back(std::move(other));
    capacity_ = capacity;
  }
  before_ += begin_;
  begin_ = 0;
  end_ = size;
}

// Memory of the first capacity that nobody holds any more, or none.
StreamBuffer::Memory StreamBuffer::take_used() {
  const auto free =
      std::find_if(used_.begin(), used_.end(), [](const Memory& one) { return one.hold.use_count() == 1; });
  if (free == used_.end()) return {};
  Memory taken = std::move(*free);
  used_.erase(free);
  return taken;
}

void StreamBuffer::read() {
  assert(end_ < capacity_);
  const auto got = stream_->read({memory_.octets + end_, capacity_ - end_});
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
    make_room(1);
    read();
  }
}

}  // namespace encap

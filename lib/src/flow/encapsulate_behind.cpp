#include "flow/encapsulate_behind.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace encap {

void EncapsulateBehind::Batch::clear() noexcept {
  segments_.clear();
  used_ = 0;
}

bool EncapsulateBehind::Batch::add(const Segment& segment) {
  const Bytes payload = segment.payload;
  if (!empty() && (segments_.size() == most_segments || payload.size() > room_ - used_)) return false;
  if (payload.size() > room_) {
    room_ = std::max(payload.size(), payload_octets);
    payload_ = std::make_unique_for_overwrite<std::byte[]>(room_);
    segments_.reserve(most_segments);
  }
  Segment& kept = segments_.emplace_back(segment);
  if (payload.empty()) return true;
  std::byte* const at = payload_.get() + used_;
  std::memcpy(at, payload.data(), payload.size());
  kept.payload = {at, payload.size()};
  used_ += payload.size();
  return true;
}

EncapsulateBehind::EncapsulateBehind(Encapsulator& encapsulator, PacketSink& sink)
    : encapsulator_{encapsulator}, sink_{sink}, thread_{[this] { work(); }} {}

EncapsulateBehind::~EncapsulateBehind() {
  batches_.stop();
  thread_.join();
}

Result<void, IoError> EncapsulateBehind::send(const Segment& segment) {
  assert(segment.origin == nullptr);
  if (filling_ != nullptr) {
    if (filling_->add(segment)) return {};
    pass_on();
  }
  if (refused_.load(std::memory_order_acquire)) return unexpected(IoError{*error_});
  filling_ = batches_.to_fill();
  filling_->clear();
  static_cast<void>(filling_->add(segment));  // there is room for any in an empty one
  return {};
}

Result<void, IoError> EncapsulateBehind::drain() {
  if (filling_ != nullptr) pass_on();
  batches_.wait_for_all();
  if (refused_.load(std::memory_order_acquire)) return unexpected(IoError{*error_});
  return {};
}

void EncapsulateBehind::pass_on() {
  batches_.pass_on();
  filling_ = nullptr;
}

/// The working thread.
void EncapsulateBehind::work() {
  while (const Batch* const batch = batches_.to_empty()) {
    for (const Segment& segment : batch->segments()) {
      if (error_) break;
      if (auto sent = encapsulator_.send(segment, sink_); !sent) {
        error_ = std::move(sent.error());
        refused_.store(true, std::memory_order_release);
      }
    }
    batches_.give_back();
  }
}

}  // namespace encap

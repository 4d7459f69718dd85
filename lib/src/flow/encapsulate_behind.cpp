#include "flow/encapsulate_behind.h"

#include <algorithm>

namespace encap {

void EncapsulateBehind::Batch::clear() noexcept {
  segments_.clear();
  used_ = 0;
}

void EncapsulateBehind::Batch::make_room(std::size_t payload_octets) {
  segments_.reserve(most_segments);
  if (payload_ != nullptr && payload_octets <= room_) return;
  room_ = std::max(payload_octets, least_room);
  payload_ = std::make_unique_for_overwrite<std::byte[]>(room_);
}

EncapsulateBehind::EncapsulateBehind(Encapsulator& encapsulator, PacketSink& sink)
    : encapsulator_{encapsulator}, sink_{sink}, thread_{[this] { work(); }} {}

EncapsulateBehind::~EncapsulateBehind() {
  batches_.stop();
  thread_.join();
}

/// Sends the batch that is full, and begins another one with the segment.
Result<void, IoError> EncapsulateBehind::send_in_next(const Segment& segment) {
  if (filling_ != nullptr) pass_on();
  if (refused_.load(std::memory_order_acquire)) return unexpected(IoError{*error_});
  filling_ = batches_.to_fill();
  filling_->clear();
  filling_->make_room(segment.payload.size());
  static_cast<void>(filling_->add(segment));
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

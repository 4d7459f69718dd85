#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "encap/base/timestamp.h"
#include "encap/flow/address_book.h"
#include "encap/flow/http_text.h"

namespace encap {

inline constexpr std::uint32_t no_index = UINT32_MAX;

/// What is kept of a row where packets tell their origin, and which octets of the message's payload are its own.
struct TrackedRow {
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::string id;
  Timestamp timestamp;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A message that waits: in the window for its turn, then in its conversation to be sent.
struct PendingMessage {
  Timestamp at;
  SettledRoute settled;
  std::string payload;
  std::string host;  // for the Host field of a request
  HttpStartLine start_line = HttpStartLine::none;
  bool from_client = true;
  bool joined = false;  // its payload became part of an earlier message
  std::uint32_t conversation = no_index;
  std::uint32_t next = no_index;  // of the same conversation, by time
  std::vector<TrackedRow> rows;   // whose message it is; empty where nobody asked
};

/// Rows by time, equal times in the order they came. Slots are used again, so their memory is allocated once.
class MessageWindow {
 public:
  explicit MessageWindow(std::size_t capacity) : order_(capacity) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == order_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
  [[nodiscard]] PendingMessage& operator[](std::uint32_t slot) noexcept { return slots_[slot]; }

  /// A slot to fill, with empty texts.
  std::uint32_t acquire() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  /// Puts a filled slot in its place by time. Precondition: not full.
  /// Cost: linear in the rows that are later, so constant for a table that is in order.
  void insert(std::uint32_t slot) noexcept {
    assert(!full());
    std::size_t at = size_++;
    for (; at > 0 && slots_[place(at - 1)].at > slots_[slot].at; --at) place(at) = place(at - 1);
    place(at) = slot;
    octets_ += slots_[slot].payload.size();
  }

  /// The earliest row. Precondition: not empty.
  [[nodiscard]] const PendingMessage& front() noexcept { return slots_[place(0)]; }

  /// Takes the earliest row out of the order; its slot stays in use until `release`. Precondition: not empty.
  std::uint32_t pop() noexcept {
    const std::uint32_t slot = place(0);
    first_ = (first_ + 1) % order_.size();
    --size_;
    octets_ -= slots_[slot].payload.size();
    return slot;
  }

  /// Gives a slot back. Long texts are freed, so that a few of them do not pin memory.
  void release(std::uint32_t slot) {
    static constexpr std::size_t kept_octets = 4096;
    PendingMessage& message = slots_[slot];
    message.payload.clear();
    if (message.payload.capacity() > kept_octets) message.payload.shrink_to_fit();
    message.host.clear();
    message.rows.clear();
    message.start_line = HttpStartLine::none;
    message.joined = false;
    message.conversation = no_index;
    message.next = no_index;
    free_.push_back(slot);
  }

  /// Empties the text of a row that is still in the order.
  void drop_payload(std::uint32_t slot) noexcept {
    octets_ -= slots_[slot].payload.size();
    slots_[slot].payload.clear();
  }

  /// Calls `visit` with each row in the order, the earliest first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit(slots_[order_[(first_ + i) % order_.size()]]);
  }

 private:
  std::uint32_t& place(std::size_t i) noexcept { return order_[(first_ + i) % order_.size()]; }

  std::deque<PendingMessage> slots_;  // whose elements stay in place: scripts borrow their texts
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> order_;  // a ring of slots
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t octets_ = 0;
};

}  // namespace encap

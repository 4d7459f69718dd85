#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "encap/base/timestamp.h"
#include "encap/flow/address_book.h"
#include "encap/flow/fault.h"
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
struct alignas(64) PendingMessage {
  Timestamp at;
  SettledRoute settled;
  std::string payload;
  std::string host;  // for the Host field of a request; the client's name in DHCP
  Faults faults;
  HttpStartLine start_line = HttpStartLine::none;
  Service::Text text = Service::Text::plain;
  bool from_client = true;
  bool joined = false;  // its payload became part of an earlier message
  std::uint32_t conversation = no_index;
  std::uint32_t next = no_index;    // of the same conversation, by time
  std::uint32_t behind = no_index;  // a datagram of the same side that leaves right behind this one
  std::vector<TrackedRow> rows;     // whose message it is; empty where nobody asked
};

/// Rows by time, equal times in the order they came. Slots are used again, so their memory is allocated once.
class MessageWindow {
 public:
  explicit MessageWindow(std::size_t capacity) : order_(capacity) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ == order_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
  /// No row that was put in its place is later.
  [[nodiscard]] Timestamp latest() const noexcept { return latest_; }
  [[nodiscard]] PendingMessage& operator[](std::uint32_t slot) noexcept { return at_slot(slot); }

  /// A slot to fill, with empty texts.
  std::uint32_t acquire() {
    if (free_.empty()) {
      if (used_ % block_size == 0) blocks_.push_back(std::make_unique<PendingMessage[]>(block_size));
      return used_++;
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  /// Puts a filled slot in its place by time. Precondition: not full.
  /// Cost: linear in the rows that are later, so constant for a table that is in order.
  void insert(std::uint32_t slot) noexcept {
    assert(!full());
    const PendingMessage& pending = (*this)[slot];
    std::size_t at = size_++;
    for (; at > 0 && (*this)[place(at - 1)].at > pending.at; --at) place(at) = place(at - 1);
    place(at) = slot;
    latest_ = std::max(latest_, pending.at);
    octets_ += pending.payload.size();
  }

  /// The earliest row. Precondition: not empty.
  [[nodiscard]] const PendingMessage& front() noexcept { return (*this)[place(0)]; }

  /// Takes the earliest row out of the order; its slot stays in use until `release`. Precondition: not empty.
  std::uint32_t pop() noexcept {
    const std::uint32_t slot = place(0);
    if (++first_ == order_.size()) first_ = 0;
    --size_;
    octets_ -= (*this)[slot].payload.size();
    return slot;
  }

  /// Starts to fetch rows whose turn comes soon, which were written thousands of rows ago: first one itself, then its
  /// text. Returns the conversation of the second; no_index when there is none.
  std::uint32_t fetch_early() const noexcept {
    static constexpr std::size_t far = 16;
    static constexpr std::size_t near = 8;
    if (size_ <= far) return no_index;
    const auto* const octets = reinterpret_cast<const char*>(&at_slot(order_[in_order(far)]));
    for (std::size_t i = 0; i < sizeof(PendingMessage); i += alignof(PendingMessage)) prefetch(octets + i);
    const PendingMessage& soon = at_slot(order_[in_order(near)]);
    prefetch(soon.payload.data());
    prefetch(soon.payload.data() + soon.payload.size());
    return soon.conversation;
  }

  /// Gives a slot back. Long texts are freed, so that a few of them do not pin memory.
  void release(std::uint32_t slot) {
    static constexpr std::size_t kept_octets = 4096;
    PendingMessage& message = (*this)[slot];
    message.payload.clear();
    if (message.payload.capacity() > kept_octets) message.payload.shrink_to_fit();
    message.host.clear();
    message.rows.clear();
    message.start_line = HttpStartLine::none;
    message.text = Service::Text::plain;
    message.joined = false;
    message.conversation = no_index;
    message.next = no_index;
    message.behind = no_index;
    free_.push_back(slot);
  }

  /// Empties the text of a row that is still in the order.
  void drop_payload(std::uint32_t slot) noexcept {
    PendingMessage& message = (*this)[slot];
    octets_ -= message.payload.size();
    message.payload.clear();
  }

  /// Calls `visit` with each row in the order, the earliest first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit(std::as_const(at_slot(order_[in_order(i)])));
  }

 private:
  static constexpr std::uint32_t block_size = 64;

  [[nodiscard]] PendingMessage& at_slot(std::uint32_t slot) const noexcept {
    return blocks_[slot / block_size][slot % block_size];
  }
  // The order goes round once at most, and a division takes longer than all else here.
  [[nodiscard]] std::size_t in_order(std::size_t i) const noexcept {
    const std::size_t at = first_ + i;
    return at < order_.size() ? at : at - order_.size();
  }
  std::uint32_t& place(std::size_t i) noexcept { return order_[in_order(i)]; }

  std::vector<std::unique_ptr<PendingMessage[]>> blocks_;  // in which slots stay in place: scripts borrow their texts
  std::uint32_t used_ = 0;                                 // slots that were ever in use
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> order_;  // a ring of slots
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t octets_ = 0;
  Timestamp latest_{INT64_MIN};
};

}  // namespace encap

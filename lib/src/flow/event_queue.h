#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "encap/base/timestamp.h"

namespace encap {

/// When each conversation acts next. Equal times leave in the order they were set.
///
/// Most of what is set is an acknowledgment, due a fixed time from now, so behind all that was set before: such times
/// stand in a row. Only those that are earlier than its end are put in a heap, and what is to act before all others, as
/// a message does that is sent at once, waits in front of both. What was set anew or erased is void where it stands,
/// and leaves when its turn comes; so half of the entries are in use at least, but for a few.
class EventQueue {
 public:
  struct Event {
    Timestamp at;
    std::uint64_t turn;
    std::uint32_t conversation;
  };

  [[nodiscard]] bool empty() const noexcept { return in_use_ == 0; }
  /// Precondition: not empty.
  [[nodiscard]] const Event& top() const noexcept {
    if (leads_) return leader_;
    if (row_is_done()) return heap_.front();
    return heap_.empty() || later(heap_.front(), row_[first_]) ? row_[first_] : heap_.front();
  }

  /// A conversation that will probably act a few events from now; `none` where nobody can say.
  static constexpr std::uint32_t none = UINT32_MAX;
  [[nodiscard]] std::uint32_t soon() const noexcept {
    static constexpr std::size_t ahead = 4;
    return first_ + ahead < row_.size() ? row_[first_ + ahead].conversation : none;
  }

  void set(std::uint32_t conversation, Timestamp at) {
    if (conversation >= turns_.size()) turns_.resize(conversation + 1, not_set);
    if (turns_[conversation] == not_set) ++in_use_;
    const Event event{at, ++last_turn_, conversation};
    turns_[conversation] = event.turn;
    if (leads_ && leader_.conversation == conversation) leads_ = false;
    tidy();
    const bool only = !leads_ && row_is_done() && heap_.empty();
    if (!only && at < top().at) {
      if (leads_) put_in_heap(leader_);
      leader_ = event;
      leads_ = true;
    } else if (row_is_done() || at >= row_.back().at) {
      row_.push_back(event);
    } else {
      put_in_heap(event);
    }
  }

  void erase(std::uint32_t conversation) {
    if (conversation >= turns_.size() || turns_[conversation] == not_set) return;
    turns_[conversation] = not_set;
    --in_use_;
    if (leads_ && leader_.conversation == conversation) leads_ = false;
    tidy();
  }

 private:
  static constexpr std::uint64_t not_set = 0;
  static constexpr std::size_t void_at_least = 1024;  // before anybody sweeps

  static bool later(const Event& a, const Event& b) noexcept { return a.at != b.at ? a.at > b.at : a.turn > b.turn; }
  [[nodiscard]] bool is_void(const Event& event) const noexcept { return turns_[event.conversation] != event.turn; }

  // By addresses, because a number of events takes a division.
  [[nodiscard]] bool row_is_done() const noexcept { return row_.data() + first_ == row_.data() + row_.size(); }
  void put_in_heap(const Event& event) {
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  /// Nothing void stands in front.
  void tidy() {
    while (!row_is_done() && is_void(row_[first_])) ++first_;
    while (!heap_.empty() && is_void(heap_.front())) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      heap_.pop_back();
    }
    if (row_.size() + heap_.size() > 2 * in_use_ + void_at_least) sweep();
  }
  void sweep() {
    row_.erase(row_.begin(), row_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    std::erase_if(row_, [this](const Event& event) { return is_void(event); });
    std::erase_if(heap_, [this](const Event& event) { return is_void(event); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

  Event leader_{};
  bool leads_ = false;
  std::vector<Event> row_;  // sorted, from `first_` on
  std::size_t first_ = 0;
  std::vector<Event> heap_;
  std::vector<std::uint64_t> turns_;  // of the entry that counts, for each conversation
  std::uint64_t last_turn_ = not_set;
  std::size_t in_use_ = 0;
};

}  // namespace encap

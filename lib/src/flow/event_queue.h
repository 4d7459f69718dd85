#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "encap/base/timestamp.h"

namespace encap {

/// When each conversation acts next. A binary heap that knows where each conversation stands, so a change moves one
/// entry and the heap never holds more than the open conversations. Equal times leave in the order they were set.
class EventQueue {
 public:
  struct Event {
    Timestamp at;
    std::uint64_t turn;
    std::uint32_t conversation;
  };

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  /// Precondition: not empty.
  [[nodiscard]] const Event& top() const noexcept { return heap_.front(); }

  void set(std::uint32_t conversation, Timestamp at) {
    if (conversation >= places_.size()) places_.resize(conversation + 1, nowhere);
    const Event event{at, turn_++, conversation};
    const std::uint32_t place = places_[conversation];
    if (place == nowhere) {
      heap_.push_back(event);
      rise(heap_.size() - 1);
      return;
    }
    heap_[place] = event;
    rise(place);
    sink(places_[conversation]);
  }

  void erase(std::uint32_t conversation) {
    if (conversation >= places_.size() || places_[conversation] == nowhere) return;
    const std::uint32_t place = places_[conversation];
    places_[conversation] = nowhere;
    const Event last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size()) return;
    heap_[place] = last;
    places_[last.conversation] = place;
    rise(place);
    sink(places_[last.conversation]);
  }

 private:
  static constexpr std::uint32_t nowhere = UINT32_MAX;

  static bool before(const Event& a, const Event& b) noexcept { return a.at != b.at ? a.at < b.at : a.turn < b.turn; }
  void put(std::size_t place, const Event& event) noexcept {
    heap_[place] = event;
    places_[event.conversation] = static_cast<std::uint32_t>(place);
  }
  void rise(std::size_t place) noexcept {
    const Event event = heap_[place];
    for (; place > 0 && before(event, heap_[(place - 1) / 2]); place = (place - 1) / 2) {
      put(place, heap_[(place - 1) / 2]);
    }
    put(place, event);
  }
  void sink(std::size_t place) noexcept {
    const Event event = heap_[place];
    for (std::size_t child; (child = 2 * place + 1) < heap_.size(); place = child) {
      if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
      if (!before(heap_[child], event)) break;
      put(place, heap_[child]);
    }
    put(place, event);
  }

  std::vector<Event> heap_;
  std::vector<std::uint32_t> places_;
  std::uint64_t turn_ = 0;
};

}  // namespace encap

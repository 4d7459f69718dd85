#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"

namespace encap {

/// Finds things by their hash: a table of where they are, which whoever uses it keeps and compares. Eight octets for
/// each of its slots, of which a quarter are free at least, so that of many thousands of things the table is near at
/// hand, and a thing is looked at for a likely find only. Which slot is looked at first the high bits of a hash say.
class HashIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The place of which `is(place)` says that it is the one; `none` where there is no such. Only those of the same hash
  /// are asked for.
  template <class Is>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, Is is) const {
    for (std::size_t at = first_slot(hash); slots_[at].place != none; at = after(at)) {
      if (slots_[at].hash == hash && is(slots_[at].place)) return slots_[at].place;
    }
    return none;
  }
  /// Calls `visit(hash, place)` for all, hashes near each other one after another.
  template <class Visit>
  void each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.place != none) visit(slot.hash, slot.place);
    }
  }
  /// Starts to fetch what `find` looks at first.
  void fetch_early(std::uint32_t hash) const noexcept { prefetch(&slots_[first_slot(hash)]); }

  /// Precondition: `place` is none of those that are there.
  void insert(std::uint32_t hash, std::uint32_t place) {
    assert(place != none);
    reserve(size_ + 1);
    put({hash, place});
    ++size_;
  }
  /// Makes room for so many in all.
  void reserve(std::size_t count) {
    if (4 * count <= 3 * slots_.size()) return;
    const int bits = static_cast<int>(std::bit_width((4 * count - 1) / 3));
    Slots before(std::size_t{1} << bits);
    before.swap(slots_);
    shift_ = 32 - bits;
    for (const Slot& slot : before) {
      if (slot.place != none) put(slot);
    }
  }
  /// Precondition: it is there.
  void erase(std::uint32_t hash, std::uint32_t place) noexcept {
    std::size_t free = slot_of(hash, place);
    // What follows moves up, as far as it is found from its first slot on.
    for (std::size_t at = after(free); slots_[at].place != none; at = after(at)) {
      const std::size_t last = slots_.size() - 1;
      if (((at - first_slot(slots_[at].hash)) & last) < ((at - free) & last)) continue;
      slots_[free] = slots_[at];
      free = at;
    }
    slots_[free] = {};
    --size_;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t place = none;
  };
  using Slots = std::vector<Slot>;

  [[nodiscard]] std::size_t first_slot(std::uint32_t hash) const noexcept { return hash >> shift_; }
  [[nodiscard]] std::size_t after(std::size_t at) const noexcept { return (at + 1) & (slots_.size() - 1); }
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash, std::uint32_t place) const noexcept {
    std::size_t at = first_slot(hash);
    while (slots_[at].place != place) at = after(at);
    return at;
  }
  void put(const Slot& slot) noexcept {
    std::size_t at = first_slot(slot.hash);
    while (slots_[at].place != none) at = after(at);
    slots_[at] = slot;
  }

  Slots slots_{Slots(std::size_t{1} << first_bits)};  // a power of two of them
  int shift_ = 32 - first_bits;
  std::size_t size_ = 0;

  static constexpr int first_bits = 4;
};

}  // namespace encap

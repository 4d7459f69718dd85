#pragma once

#include <cstddef>
#include <cstdint>
#include <tsl/robin_map.h>
#include <vector>

namespace encap {

/// Values by key, of which the `most` that were made last are kept. Keys and values are used again, so nothing is
/// allocated for them once the memory is full.
template <class Key, class Value, class Hash>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_{most} {}

  /// nullptr when it is not there, or no longer. Lifetime: until the next `at`.
  [[nodiscard]] Value* find(const Key& key) {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &entries_[found->second].value;
  }

  /// The value of a key; a new one, in place of the oldest, where it is not there. Lifetime: until the next call.
  [[nodiscard]] Value& at(const Key& key) {
    if (Value* const value = find(key); value != nullptr) return *value;
    if (entries_.size() < most_) {
      places_.emplace(key, entries_.size());
      return entries_.emplace_back(Entry{key, Value{}}).value;
    }
    Entry& entry = entries_[oldest_];
    places_.erase(entry.key);
    places_.emplace(key, oldest_);
    oldest_ = (oldest_ + 1) % most_;
    entry = {key, Value{}};
    return entry.value;
  }

  /// The first value, of those that are kept, of which `holds` is true; nullptr when there is none. Cost: linear.
  template <class Holds>
  [[nodiscard]] Value* find_if(Holds holds) {
    for (Entry& entry : entries_) {
      if (holds(entry.value)) return &entry.value;
    }
    return nullptr;
  }

 private:
  struct Entry {
    Key key;
    Value value;
  };
  std::size_t most_;
  std::vector<Entry> entries_;
  std::size_t oldest_ = 0;
  tsl::robin_map<Key, std::size_t, Hash> places_;
};

}  // namespace encap

#include "dissect/protocol.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace encap {
namespace {

struct Entry {
  std::uint32_t value;
  const ProtocolInfo* protocol;
};

// Protocols by number: an open hash table that is mostly empty, so that a look-up is one multiplication and, as a
// rule, one comparison.
class Numbers {
 public:
  void add(Entry entry) {
    entries_.push_back(entry);
    if (entries_.size() * 4 <= slots_.size()) {
      place(entry);
      return;
    }
    const auto bits = static_cast<int>(std::bit_width(entries_.size() * 4));
    shift_ = 32 - bits;
    slots_.assign(std::size_t{1} << bits, Entry{0, nullptr});
    for (const Entry& known : entries_) place(known);
  }
  [[nodiscard]] const ProtocolInfo* find(std::uint32_t value) const noexcept {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = first_slot(value); slots_[at].protocol != nullptr; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].value == value) return slots_[at].protocol;
    }
    return nullptr;
  }
  /// In order of their numbers.
  [[nodiscard]] std::vector<const ProtocolInfo*> in_order() const {
    std::vector<Entry> sorted = entries_;
    std::sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) { return a.value < b.value; });
    std::vector<const ProtocolInfo*> protocols;
    protocols.reserve(sorted.size());
    for (const Entry& entry : sorted) protocols.push_back(entry.protocol);
    return protocols;
  }

 private:
  [[nodiscard]] std::size_t first_slot(std::uint32_t value) const noexcept { return (value * 0x9e3779b1u) >> shift_; }
  void place(const Entry& entry) {
    std::size_t at = first_slot(entry.value);
    while (slots_[at].protocol != nullptr) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = entry;
  }

  std::vector<Entry> entries_;
  std::vector<Entry> slots_;
  int shift_ = 31;
};

// Every binding of every protocol.
class Bindings {
 public:
  Bindings() {
    for (const ProtocolInfo* protocol : all_protocols()) {
      for (const Binding& binding : protocol->bindings) {
        if (binding.table == Table::media_type) {
          media_types_.push_back({binding.text, protocol});
        } else {
          tables_[static_cast<std::size_t>(binding.table)].add({binding.value, protocol});
        }
      }
    }
    std::sort(media_types_.begin(), media_types_.end());
    tcp_heuristics_ = tables_[static_cast<std::size_t>(Table::tcp_heuristic)].in_order();
    udp_heuristics_ = tables_[static_cast<std::size_t>(Table::udp_heuristic)].in_order();
  }

  [[nodiscard]] const ProtocolInfo* find(Table table, std::uint32_t value) const noexcept {
    return tables_[static_cast<std::size_t>(table)].find(value);
  }
  [[nodiscard]] const ProtocolInfo* find_media_type(std::string_view type) const noexcept {
    const auto at = std::lower_bound(media_types_.begin(), media_types_.end(), type,
                                     [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    return at != media_types_.end() && at->first == type ? at->second : nullptr;
  }
  [[nodiscard]] std::span<const ProtocolInfo* const> tcp_heuristics() const noexcept { return tcp_heuristics_; }
  [[nodiscard]] std::span<const ProtocolInfo* const> udp_heuristics() const noexcept { return udp_heuristics_; }

 private:
  Numbers tables_[table_count];
  std::vector<std::pair<std::string_view, const ProtocolInfo*>> media_types_;
  std::vector<const ProtocolInfo*> tcp_heuristics_;
  std::vector<const ProtocolInfo*> udp_heuristics_;
};

const Bindings& bindings() {
  static const Bindings made;
  return made;
}

}  // namespace

const ProtocolInfo* find_protocol(Table table, std::uint32_t value) noexcept { return bindings().find(table, value); }
const ProtocolInfo* find_media_type(std::string_view type) noexcept { return bindings().find_media_type(type); }
std::span<const ProtocolInfo* const> tcp_heuristics() noexcept { return bindings().tcp_heuristics(); }
std::span<const ProtocolInfo* const> udp_heuristics() noexcept { return bindings().udp_heuristics(); }

}  // namespace encap

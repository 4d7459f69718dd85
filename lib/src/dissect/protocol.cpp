#include "dissect/protocol.h"

#include <algorithm>
#include <vector>

namespace encap {
namespace {

struct Entry {
  std::uint32_t value;
  const ProtocolInfo* protocol;
};

// Every binding of every protocol, sorted once, so that each look-up is a search in a short array.
class Bindings {
 public:
  Bindings() {
    for (const ProtocolInfo* protocol : all_protocols()) {
      for (const Binding& binding : protocol->bindings) {
        if (binding.table == Table::media_type) {
          media_types_.push_back({binding.text, protocol});
        } else {
          tables_[static_cast<std::size_t>(binding.table)].push_back({binding.value, protocol});
        }
      }
    }
    for (auto& table : tables_) {
      std::sort(table.begin(), table.end(), [](const Entry& a, const Entry& b) { return a.value < b.value; });
    }
    std::sort(media_types_.begin(), media_types_.end());
    for (const Table table : {Table::tcp_heuristic, Table::udp_heuristic}) {
      auto& heuristics = table == Table::tcp_heuristic ? tcp_heuristics_ : udp_heuristics_;
      for (const Entry& entry : tables_[static_cast<std::size_t>(table)]) heuristics.push_back(entry.protocol);
    }
  }

  [[nodiscard]] const ProtocolInfo* find(Table table, std::uint32_t value) const noexcept {
    const auto& entries = tables_[static_cast<std::size_t>(table)];
    const auto at = std::lower_bound(entries.begin(), entries.end(), value,
                                     [](const Entry& entry, std::uint32_t wanted) { return entry.value < wanted; });
    return at != entries.end() && at->value == value ? at->protocol : nullptr;
  }
  [[nodiscard]] const ProtocolInfo* find_media_type(std::string_view type) const noexcept {
    const auto at = std::lower_bound(media_types_.begin(), media_types_.end(), type,
                                     [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    return at != media_types_.end() && at->first == type ? at->second : nullptr;
  }
  [[nodiscard]] std::span<const ProtocolInfo* const> tcp_heuristics() const noexcept { return tcp_heuristics_; }
  [[nodiscard]] std::span<const ProtocolInfo* const> udp_heuristics() const noexcept { return udp_heuristics_; }

 private:
  std::vector<Entry> tables_[table_count];
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

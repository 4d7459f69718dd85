#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "encap/base/packet_record.h"
#include "encap/dissect/dissection.h"
#include "encap/wire/header_field.h"

namespace encap::filter {

/// What the headers of a plain TCP segment or UDP datagram tell of some fields, without a walk through the packet.
class Glance {
 public:
  /// `names`: of the fields that are asked for.
  explicit Glance(const std::vector<std::string>& names);

  /// Which of the two versions of IP and of the two transports it is; nothing: any other packet, or one whose headers
  /// are not whole.
  static constexpr std::size_t kinds = 4;
  [[nodiscard]] static std::optional<std::size_t> kind_of(const PacketRecord& record, Bytes& network, Bytes& transport);

  /// How much of a field is known of packets of a kind.
  enum class Knowledge : std::uint8_t {
    open,    ///< the walk must tell
    absent,  ///< none has it
    layer,   ///< it is a layer that all have
    values   ///< `read` finds all values
  };
  [[nodiscard]] Knowledge of(std::size_t name, std::size_t kind) const noexcept { return known_[kind][name].knowledge; }

  /// Calls `take(item)` for each value of a field, or once for a layer, whose octets are not told.
  template <class Take>
  void read(std::size_t name, std::size_t kind, Bytes network, Bytes transport, Take take) const {
    const Known& known = known_[kind][name];
    if (known.knowledge == Knowledge::layer) take(Item{.field = known.field, .is_layer = true});
    for (std::size_t i = 0; i < known.count; ++i) {
      take(item(*known.field, *known.places[i], known.in_network ? network : transport));
    }
  }

 private:
  struct Known {
    Knowledge knowledge = Knowledge::open;
    bool in_network = false;
    std::size_t count = 0;
    std::array<const HeaderField*, 2> places{};
    const Field* field = nullptr;
  };
  [[nodiscard]] static Known find(std::string_view name, bool is_ipv6, bool is_udp);
  [[nodiscard]] static Item item(const Field& field, const HeaderField& place, Bytes header);

  std::array<std::vector<Known>, kinds> known_;
};

}  // namespace encap::filter

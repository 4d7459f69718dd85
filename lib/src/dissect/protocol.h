#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dissect/octets.h"
#include "encap/dissect/field.h"

namespace encap {

class Packet;

/// Where protocols are looked up.
enum class Table : std::uint8_t {
  link_type,       ///< LINKTYPE values
  ethertype,       ///< also of SLL, LLC/SNAP with organisation 0
  ip_protocol,     ///< also IPv6 next headers that are protocols
  ipv6_extension,  ///< IPv6 next headers that lead to another one; looked up before ip_protocol
  udp_port,
  tcp_port,
  tcp_heuristic,  ///< asked in turn when no port is known; the value orders them
  udp_heuristic,  ///< the same for datagrams
  media_type      ///< by text, lower case
};

inline constexpr std::size_t table_count = static_cast<std::size_t>(Table::media_type) + 1;

struct Binding {
  Table table;
  std::uint32_t value = 0;
  std::string_view text{};
};

/// Reads one layer. Returns how many octets were its own, headers and payload, or 0 when it is not this protocol after
/// all: then it has left no trace.
using Dissect = std::uint32_t (*)(Packet& packet, const Octets& octets);

/// One protocol: everything others need to know of it. Each file of protocols/ defines one, `<file>_protocol`, and is
/// found by that name: adding a protocol is adding one file.
struct ProtocolInfo {
  Field layer;                  ///< as {"tcp", "Transmission Control Protocol", FieldType::protocol}
  std::string_view short_name;  ///< such as "TCP": what a malformed packet is called
  Dissect dissect;
  std::span<const Binding> bindings{};
  std::span<const Field* const> fields{};  ///< all that it may add, for `-e` and filters
};

/// The protocol bound to `value`, or null.
[[nodiscard]] const ProtocolInfo* find_protocol(Table table, std::uint32_t value) noexcept;
[[nodiscard]] const ProtocolInfo* find_media_type(std::string_view type) noexcept;
/// All of them, in order of their file names.
[[nodiscard]] std::span<const ProtocolInfo* const> all_protocols() noexcept;
/// Those of tcp_heuristic, in order.
[[nodiscard]] std::span<const ProtocolInfo* const> tcp_heuristics() noexcept;
/// Those of udp_heuristic, in order.
[[nodiscard]] std::span<const ProtocolInfo* const> udp_heuristics() noexcept;

}  // namespace encap

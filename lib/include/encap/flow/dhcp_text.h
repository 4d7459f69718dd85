#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/wire/ethernet.h"
#include "encap/wire/ip_address.h"

namespace encap {

/// What a DHCP message is for. Source: RFC 2132 §9.6.
enum class DhcpType : std::uint8_t { discover = 1, offer, request, decline, ack, nak, release, inform };

/// Whether servers send it, and clients never do.
[[nodiscard]] constexpr bool is_from_server(DhcpType type) noexcept {
  return type == DhcpType::offer || type == DhcpType::ack || type == DhcpType::nak;
}

/// What a text says of a DHCP message.
struct DhcpText {
  DhcpType type = DhcpType::discover;
  std::optional<std::uint32_t> xid{};
  std::optional<MacAddress> client_hardware{};
  std::optional<Ipv4Address> address{};  ///< offered, asked for or given back
  std::optional<Ipv4Address> server{};
  std::optional<Ipv4Address> subnet_mask{};
  std::optional<Ipv4Address> router{};
  std::optional<Ipv4Address> name_server{};
  std::optional<std::uint32_t> lease_time{};  ///< seconds
};

/// Reads what people write for a DHCP message: `DHCP Discover`, `DHCPOFFER 192.168.1.100`, `DHCP ACK - lease 3600`, in
/// any case and whatever words follow; addresses, a lease time, a transaction id and a hardware address are taken from
/// them. `from_server` decides where several kinds are named; nullopt: nobody knows. nullopt when none is named.
/// Reads the first 4096 octets.
[[nodiscard]] std::optional<DhcpText> read_dhcp_text(std::string_view text, std::optional<bool> from_server = {});

/// A DHCP message to write. Source: RFC 2131 §2, figure 1 and table 3. What is absent is 0, or an option left out.
struct DhcpMessage {
  DhcpType type = DhcpType::discover;
  std::uint32_t xid = 0;
  MacAddress client_hardware{};
  Ipv4Address client_address{};  ///< ciaddr: of a client that has one
  Ipv4Address your_address{};    ///< yiaddr: of a client that gets one
  std::optional<Ipv4Address> requested_address{};
  std::optional<Ipv4Address> server{};  ///< the server identifier
  std::optional<std::uint32_t> lease_time{};
  std::optional<Ipv4Address> subnet_mask{};
  std::optional<Ipv4Address> router{};
  std::optional<Ipv4Address> name_server{};
  std::string_view host_name{};  ///< left out when empty or longer than 255 octets
};

/// Writes the octets of a message, options behind the magic cookie and an end mark, filled with zeros to the 300 octets
/// of a BOOTP message (RFC 1542 §2.1). Replaces the content of `out`.
void write_dhcp_message(const DhcpMessage& message, std::string& out);

}  // namespace encap

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "encap/base/input_error.h"
#include "encap/base/result.h"
#include "encap/flow/message.h"
#include "encap/flow/service.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// Where an application is, as `--host APP=IP[:PORT]` says it.
struct Host {
  std::string application;
  IpAddress address;
  std::optional<Port> port;

  /// Reads `APP=IP`, `APP=IP:PORT`, `APP=[IPV6]:PORT`. Errors: a name, excerpt and reason without a place.
  [[nodiscard]] static Result<Host, InputError> parse(std::string_view text);
};

struct AddressOptions {
  std::vector<Host> hosts{};
  std::optional<Transport> transport{};  ///< over what the protocol implies; a column of the table wins over both
  /// Given for every packet, over what the table says. With `overrides_follow_direction` they are those of the side
  /// that is served, and change places on its way back; without, they stand as they are in every packet.
  std::optional<IpAddress> source_address{};
  std::optional<IpAddress> destination_address{};
  std::optional<Port> source_port{};
  std::optional<Port> destination_port{};
  bool overrides_follow_direction = true;
};

/// Who a message goes from and to, once names, ports and defaults are settled.
struct SettledRoute {
  Route route;
  Transport transport = Transport::tcp;
  const Service* service = nullptr;  ///< nullptr when the protocol is not known
};

/// Whether the source is the serving side, as far as the message itself and the ports tell: what its file says; the
/// source of an HTTP response, not that of a request; else the side with the lower service port; else the source of an
/// SMTP reply and its like, whose servers speak first, and of what DHCP servers say. nullopt when nothing tells.
[[nodiscard]] std::optional<bool> source_serves(const Message& message, const SettledRoute& settled) noexcept;

/// Settles addresses and ports. Addresses: the row's; else the host's; else 127.0.0.1 (::1 beside an IPv6 address).
/// Ports: the row's; else the host's; else the service port for the serving side and, for the other, a port from 49152
/// up that is the same for the same pair of applications. The serving side is the one an HTTP request goes to, the
/// source of an HTTP response or of what a DHCP server says, the side with the lower service port, else the side that
/// is spoken to first.
class AddressBook {
 public:
  explicit AddressBook(AddressOptions options) : options_{std::move(options)} {}

  /// Errors: addresses of two families, an unknown name where only an address can be meant.
  [[nodiscard]] Result<SettledRoute, InputError> settle(const Message& message);

  /// Pairs of applications remembered at most; the ports of further pairs are a hash of their names.
  static constexpr std::size_t most_pairs = 65536;

 private:
  struct Pair {
    Port client_port;
    bool first_key_serves = false;  // of the two names in order
  };

  const Host* find_host(const Party& party) const noexcept;
  Pair& pair_of(const Message& message, bool source_first, std::optional<bool> serving);

  AddressOptions options_;
  std::unordered_map<std::string, Pair> pairs_;
  std::string key_;  // kept for its memory
  Pair unremembered_;
  std::string last_protocol_;  // of the row before, and its service
  const Service* last_service_ = nullptr;
};

}  // namespace encap

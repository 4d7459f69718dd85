#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/flow/dhcp_text.h"
#include "encap/wire/endpoint.h"
#include "flow/mix.h"
#include "flow/recent.h"

namespace encap {

/// Makes DHCP messages of texts, and remembers each client, so that the messages of an exchange belong together.
///
/// Clients are told apart by name, else by address. What a server says is to the client of that transaction, name or
/// address, else to the one that spoke last. Memory: the 1024 clients that came last, of about 100 octets.
class DhcpDialogue {
 public:
  explicit DhcpDialogue(std::uint64_t seed) : seed_{seed}, clients_{most_clients} {}

  /// Turns `text` into the message it says. False when it says none: then it stays. `client_name` is that of the
  /// application on the client's side, empty where it has none. `out` is used on the way.
  [[nodiscard]] bool complete(const Route& route, std::optional<bool> from_server, std::string_view client_name,
                              std::string& text, std::string& out);

 private:
  static constexpr std::size_t most_clients = 1024;

  struct Client {
    /// RFC 2131 §4.4, figure 5, as far as messages need it.
    enum class State : std::uint8_t { init, discovering, offered, requesting, bound, informing };
    State state = State::init;
    std::uint32_t xid = 0;
    MacAddress hardware{};
    Ipv4Address address{};  // offered, asked for or held; 0.0.0.0 while there is none
    std::optional<Ipv4Address> server{};
    // What the server said of the network, which it says again.
    std::uint32_t lease_time = 86400;
    std::optional<Ipv4Address> subnet_mask{};
    std::optional<Ipv4Address> router{};
    std::optional<Ipv4Address> name_server{};
  };
  struct Identity {
    std::size_t operator()(std::uint64_t key) const noexcept { return static_cast<std::size_t>(key); }
  };

  Client& client_of(const DhcpText& read, std::optional<Ipv4Address> address, std::string_view name);
  Ipv4Address draw_address() noexcept;
  DhcpMessage say_of_client(const DhcpText& read, Client& client, std::optional<Ipv4Address> own,
                            std::optional<Ipv4Address> server);
  DhcpMessage say_of_server(const DhcpText& read, Client& client, std::optional<Ipv4Address> own,
                            std::optional<Ipv4Address> client_address);

  std::uint64_t seed_;
  std::uint64_t exchanges_ = 0;
  std::uint64_t addresses_ = 0;
  std::uint64_t last_ = 0;  // key of the client that spoke or was spoken to last
  Recent<std::uint64_t, Client, Identity> clients_;
};

}  // namespace encap

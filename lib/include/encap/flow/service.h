#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "encap/flow/message.h"

namespace encap {

/// What a table's `app_protocol` implies. Names and ports are those of the IANA "Service Name and Transport Protocol
/// Port Number Registry", with the spellings people use beside them.
struct Service {
  /// How the text of a message becomes what the protocol sends.
  enum class Text : std::uint8_t {
    plain,  ///< goes out as it is
    http,   ///< HTTP/1 messages (RFC 9112)
    lines,  ///< lines that end in CRLF: SMTP, FTP, POP3, IMAP, IRC, NNTP
    dns,    ///< DNS messages (RFC 1035)
    dhcp,   ///< DHCP messages (RFC 2131)
    binary  ///< a binary protocol: text is called malformed by whoever reads the port
  };

  std::string_view name;  ///< in capitals
  Transport transport = Transport::tcp;
  Port port;
  Text text = Text::plain;
  std::optional<Port> client_port{};  ///< where clients use a fixed one, as DHCP's do
};

/// The port of a serving side whose protocol has none: the one the raw-socket exercises of networking courses use.
inline constexpr Port default_service_port{12345};

/// Looks a protocol up by name, in any case; what follows a slash or a space (`HTTP/1.1`, `HTTP/JSON`) does not count.
/// nullptr when the name is not known. Lifetime: static.
[[nodiscard]] const Service* find_service(std::string_view protocol) noexcept;

/// Whether a port is one that services listen on: 1..1023 (RFC 6335 §6), or one of a service we know.
[[nodiscard]] bool is_service_port(Port port) noexcept;

}  // namespace encap

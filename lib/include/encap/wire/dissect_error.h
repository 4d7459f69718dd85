#pragma once

#include <cstdint>
#include <string>

namespace encap {

/// The headers that can be found malformed or be refused.
enum class Layer : std::uint8_t {
  ethernet,
  vlan,
  null_loopback,
  ipv4,
  ipv6,
  ipv6_fragment,
  tcp,
  tcp_options,
  udp,
  icmp,
  linux_sll,
  pppoe
};

/// The name of a layer as Wireshark filters spell it, such as "ip" or "tcp".
[[nodiscard]] const char* name(Layer layer) noexcept;

/// Why octets are not the header they were taken for.
struct DissectError {
  enum class Code : std::uint8_t {
    truncated,    ///< fewer octets than the header or its length field needs
    bad_version,  ///< the version field names another protocol
    bad_length,   ///< a length field contradicts another one or its own minimum
    bad_option    ///< an option's length runs over the end of the options, or is below its minimum
  };
  /// What set the bound that was hit.
  enum class Limit : std::uint8_t { captured, header_length, total_length, udp_length, option_length };

  Layer layer;
  Code code;
  Limit limit;
  std::uint32_t offset = 0;     ///< octets from the start of the layer to the field that is wrong
  std::uint32_t needed = 0;     ///< octets (or the value) that would have been right
  std::uint32_t available = 0;  ///< octets (or the value) that were found

  friend bool operator==(const DissectError&, const DissectError&) = default;
};

/// As in `udp at 4: length says 64 octets, 40 captured`.
[[nodiscard]] std::string to_string(const DissectError& error);

/// Whether a view covers all that its length field names, or only the part that the capture kept.
enum class Completeness : std::uint8_t { whole, captured_part };

}  // namespace encap

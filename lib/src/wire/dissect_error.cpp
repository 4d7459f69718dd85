#include "encap/wire/dissect_error.h"

namespace encap {

const char* name(Layer layer) noexcept {
  switch (layer) {
    case Layer::ethernet:
      return "eth";
    case Layer::vlan:
      return "vlan";
    case Layer::null_loopback:
      return "null";
    case Layer::ipv4:
      return "ip";
    case Layer::ipv6:
      return "ipv6";
    case Layer::ipv6_fragment:
      return "ipv6.fraghdr";
    case Layer::tcp:
      return "tcp";
    case Layer::tcp_options:
      return "tcp.options";
    case Layer::udp:
      return "udp";
    case Layer::icmp:
      return "icmp";
    case Layer::linux_sll:
      return "sll";
    case Layer::pppoe:
      return "pppoe";
  }
  return "?";
}

std::string to_string(const DissectError& error) {
  const std::string where = std::string{name(error.layer)} + " at " + std::to_string(error.offset) + ": ";
  const std::string needed = std::to_string(error.needed);
  const std::string available = std::to_string(error.available);
  switch (error.code) {
    case DissectError::Code::truncated:
      return where + "length says " + needed + " octets, " + available + " captured";
    case DissectError::Code::bad_version:
      return where + "version is " + available + ", " + needed + " expected";
    case DissectError::Code::bad_length:
      return where + "length is " + available + " octets, at least " + needed + " needed";
    case DissectError::Code::bad_option:
      return where + "option of " + available + " octets, " + needed + " needed";
  }
  return where;
}

}  // namespace encap

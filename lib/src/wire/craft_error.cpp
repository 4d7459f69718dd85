#include "encap/wire/craft_error.h"

namespace encap {

std::string to_string(const CraftError& error) {
  const std::string where = std::string{name(error.layer)} + ": ";
  const std::string value = std::to_string(error.value);
  const std::string maximum = std::to_string(error.maximum);
  switch (error.code) {
    case CraftError::Code::payload_too_long: {
      // What IPv4 carries at most behind each header; only an IPv6 packet carries more.
      const std::uint64_t most_in_ipv4 = error.layer == Layer::udp ? 65507 : error.layer == Layer::tcp ? 65495 : 65515;
      const bool ipv6 = error.layer == Layer::ipv6 || error.maximum > most_in_ipv4;
      const char* const carrier = error.layer == Layer::pppoe ? "a PPPoE packet"
                                  : ipv6                      ? "an IPv6 packet"
                                                              : "an IPv4 datagram";
      return where + value + " octets of payload, " + carrier + " carries " + maximum;
    }
    case CraftError::Code::options_too_long:
      return where + value + " octets of options, the header carries " + maximum;
    case CraftError::Code::options_unaligned:
      return where + value + " octets of options, not a multiple of four";
    case CraftError::Code::mixed_families:
      return where + "source and destination are not of one address family";
    case CraftError::Code::mtu_too_small:
      return where + "no fragment fits into an MTU of " + value + ", it takes " + maximum;
  }
  return where;
}

}  // namespace encap

#pragma once

#include "dissect/ip.h"
#include "encap/wire/ipv4.h"

namespace encap {

/// Fields of addresses that stand in the header or, where the packet is routed by its source, in an option.
struct Ipv4AddressField {
  static constexpr Field any{"ip.addr", "Source or Destination Address", FieldType::ipv4};
  static constexpr Field any_host{"ip.host", "Source or Destination Host", FieldType::string};
  static constexpr Field destination{Ipv4Field::destination, FieldType::ipv4};
  static constexpr Field destination_host{"ip.dst_host", "Destination Host", FieldType::string};
};
inline constexpr AddressFields ipv4_destination{Ipv4AddressField::destination, Ipv4AddressField::any,
                                                Ipv4AddressField::destination_host, Ipv4AddressField::any_host};

/// Where in `options` the address is that a source route leads to; 0 where there is no route, or where it is done.
[[nodiscard]] std::uint32_t final_destination(Packet& p, const Octets& options);

/// The options behind the fixed header, with all that is in them. Source: RFC 791 §3.1.
void dissect_ipv4_options(Packet& p, ItemId layer, const Octets& options);

}  // namespace encap

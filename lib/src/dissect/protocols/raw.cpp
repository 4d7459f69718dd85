#include "dissect/link_layer.h"

namespace encap {
namespace {

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::link_type, 12}, {Table::link_type, 14}, {Table::link_type, 101}};

}  // namespace

extern const ProtocolInfo raw_protocol{{"raw", "Raw packet data", FieldType::protocol}, "Raw", dissect, bindings, {}};

namespace {

// Nothing says what the packet is, so it is looked at. What drivers of PPP are known to leave in front: nothing, one
// octet, a made-up address of six, or ten octets of zero while the line is down.
std::uint32_t dissect(Packet& p, const Octets& in) {
  static constexpr std::uint16_t ppp = 0xff03;
  static constexpr std::uint32_t zeros = 10;
  set_no_addresses(p);
  p.set_info("Raw packet data");
  p.add_layer(raw_protocol, in, 0, 0);
  for (const std::uint32_t at : {0u, 6u, 1u}) {
    if (p.u16(in, at) == ppp) {
      p.call_data(in.from(at));
      return in.reported;
    }
  }
  const Bytes first = p.octets(in, 0, zeros);
  if (p.stopped()) return 0;
  const unsigned version = std::to_integer<unsigned>(first[0]) >> 4;
  if (all_zero(first)) {
    p.call(Table::ethertype, 0x0800, in.from(zeros));
  } else if (version == 4) {
    p.call(Table::ethertype, 0x0800, in);
  } else if (version == 6) {
    p.call(Table::ethertype, 0x86dd, in);
  } else {
    p.call_data(in);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap

#include "dissect/ip.h"
#include "dissect/protocols/ipv6.h"

namespace encap {
namespace {

constexpr Field next_header{{"ipv6.fraghdr.nxt", "Next header", 0, 8}, FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field reserved_octet{
    {"ipv6.fraghdr.reserved_octet", "Reserved octet", 8, 8}, FieldType::uint8, {.show = Show::hex}};
constexpr Field fragment_offset{
    {"ipv6.fraghdr.offset", "Offset", 16, 13}, FieldType::uint16, {.drawn_bits = 16, .drawn_before = 0}};
constexpr Field reserved_bits{
    {"ipv6.fraghdr.reserved_bits", "Reserved bits", 29, 2}, FieldType::uint16, {.drawn_bits = 16, .drawn_before = 13}};
constexpr Field more_fragments{{"ipv6.fraghdr.more", "More Fragments", 31, 1},
                               FieldType::boolean,
                               {.names = no_yes, .drawn_bits = 16, .drawn_before = 15}};
constexpr Field identification{
    {"ipv6.fraghdr.ident", "Identification", 32, 32}, FieldType::uint32, {.show = Show::hex}};

constexpr Field fragments{"ipv6.fragments", "IPv6 Fragments", FieldType::none};
constexpr Field fragment{"ipv6.fragment", "IPv6 Fragment", FieldType::frame_number};
constexpr Field overlap{"ipv6.fragment.overlap", "Fragment overlap", FieldType::boolean};
constexpr Field conflict{"ipv6.fragment.overlap.conflict", "Conflicting data in fragment overlap", FieldType::boolean};
constexpr Field multiple_tails{"ipv6.fragment.multipletails", "Multiple tail fragments found", FieldType::boolean};
constexpr Field too_long{"ipv6.fragment.toolongfragment", "Fragment too long", FieldType::boolean};
constexpr Field error{"ipv6.fragment.error", "Defragmentation error", FieldType::frame_number};
constexpr Field count{"ipv6.fragment.count", "Fragment count", FieldType::uint32};
constexpr Field reassembled_length{"ipv6.reassembled.length", "Reassembled IPv6 length", FieldType::uint32};
constexpr Field reassembled_data{"ipv6.reassembled.data", "Reassembled IPv6 data", FieldType::bytes};
constexpr FragmentFields fragment_fields{
    fragments, fragment,           overlap,          conflict,           multiple_tails,  too_long, error,
    count,     reassembled_length, reassembled_data, "Reassembled IPv6", "IPv6 fragments"};

constexpr Note jumbo_fragment{
    {"ipv6.opt.jumbo.fragment", "Jumbo Payload option cannot be used with a fragment header", FieldType::none},
    Severity::warning,
    "Protocol"};

constexpr const Field* fields[] = {&next_header,
                                   &reserved_octet,
                                   &fragment_offset,
                                   &reserved_bits,
                                   &more_fragments,
                                   &identification,
                                   &fragments,
                                   &fragment,
                                   &overlap,
                                   &conflict,
                                   &multiple_tails,
                                   &too_long,
                                   &error,
                                   &count,
                                   &reassembled_length,
                                   &reassembled_data,
                                   &jumbo_fragment.field};
constexpr Binding bindings[] = {{Table::ipv6_extension, 44}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

/// Source: RFC 8200 §4.5.
extern const ProtocolInfo ipv6_fraghdr_protocol{
    {"ipv6.fraghdr", "Fragment Header for IPv6", FieldType::protocol}, "IPv6 Fragment", dissect, bindings, fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  constexpr std::uint32_t header_length = 8;
  Ipv6Chain& chain = *p.ipv6;
  const std::uint8_t next = p.u8(in, 0);
  const std::uint16_t offset_and_flag = p.u16(in, 2);
  const std::uint32_t offset = offset_and_flag & 0xfff8u;
  const bool more = (offset_and_flag & ipv6_more_fragments) != 0;
  const std::uint32_t id = p.u32(in, 4);
  if (p.stopped()) return 0;
  p.clear_info();
  p.append_info_format("IPv6 fragment (off={} more={} ident=0x{:08x} nxt={})", offset, more ? 'y' : 'n', id, next);
  const ItemId layer = p.add_layer(ipv6_fraghdr_protocol, in, 0, header_length);
  if (chain.jumbo) p.note(layer, jumbo_fragment);
  if (p.wants_items()) {
    p.add(layer, {&next_header, &reserved_octet}, in);
    p.append_text(p.add(layer, fragment_offset, in), p.text(" ({} bytes)", offset));
    p.add(layer, {&reserved_bits, &more_fragments, &identification}, in);
  }

  chain.next = next;
  chain.rest = in.from(header_length);
  // RFC 6946: a datagram in one piece. A jumbogram cannot be a fragment, RFC 2675 §3.
  if ((offset == 0 && !more) || chain.rest.reported == 0 || chain.jumbo) return header_length;
  chain.ended = true;
  if (chain.rest.reported <= chain.rest.captured) {
    const FragmentKey key{p.network_source, p.network_destination, id, 0};
    const Octets whole = reassemble(p, p.top, fragment_fields, key, offset, more, chain.rest, chain.info_is_said);
    chain.ended = whole.data == nullptr;
    if (!chain.ended) chain.rest = whole;
  }
  return header_length;
}

}  // namespace
}  // namespace encap

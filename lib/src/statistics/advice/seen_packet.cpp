#include "statistics/advice/seen_packet.h"

#include <algorithm>
#include <optional>

#include "encap/analyze/plain_flow.h"
#include "encap/dissect/field_table.h"
#include "encap/dissect/session.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/link_header.h"
#include "encap/wire/udp.h"
#include "wire/ipv6_extension.h"

namespace encap::advice {
namespace {

// Source: RFC 791 §3.1, options 131 and 137.
bool has_source_route(Bytes options) noexcept {
  for (std::size_t at = 0; at < options.size();) {
    const std::uint8_t kind = load_u8(options, at);
    if (kind == 131 || kind == 137) return true;
    if (kind == 0) return false;
    if (kind == 1) {
      ++at;
      continue;
    }
    if (at + 2 > options.size() || load_u8(options, at + 1) < 2) return false;
    at += load_u8(options, at + 1);
  }
  return false;
}

bool read_ipv4(SeenPacket& p, Bytes octets) {
  if (octets.size() < Ipv4View::minimum_header_length) return false;
  const std::size_t header = load_field<Ipv4Field::ihl>(octets) * std::size_t{4};
  if (header < Ipv4View::minimum_header_length || header > octets.size()) return false;
  std::size_t total = load_field<Ipv4Field::total_length>(octets);
  p.has_length = total != 0;
  if (total == 0) total = octets.size();
  if (total < header) return false;
  p.header = octets.first(header);
  p.source = address_at(octets, Ipv4Field::source, Address::Kind::ipv4);
  p.destination = address_at(octets, Ipv4Field::destination, Address::Kind::ipv4);
  p.hops = load_field<Ipv4Field::time_to_live>(octets);
  p.names_last_hop = has_source_route(p.header.subspan(Ipv4View::minimum_header_length));
  p.identification = load_field<Ipv4Field::identification>(octets);
  p.more_fragments = load_field<Ipv4Field::more_fragments>(octets) != 0;
  p.fragment_offset = load_field<Ipv4Field::fragment_offset>(octets) * 8u;
  p.is_fragment = p.more_fragments || p.fragment_offset != 0;
  p.protocol = static_cast<Protocol>(load_field<Ipv4Field::protocol>(octets));
  p.body = octets.first(std::min(total, octets.size())).subspan(header);
  p.body_length = static_cast<std::uint32_t>(total - header);
  return true;
}

bool read_ipv6(SeenPacket& p, Bytes octets) {
  if (octets.size() < Ipv6View::header_length) return false;
  const std::size_t length = load_field<Ipv6Field::payload_length>(octets);
  if (length == 0) return false;  // a jumbogram
  p.header = octets.first(Ipv6View::header_length);
  p.source = address_at(octets, Ipv6Field::source, Address::Kind::ipv6);
  p.destination = address_at(octets, Ipv6Field::destination, Address::Kind::ipv6);
  p.hops = load_field<Ipv6Field::hop_limit>(octets);
  p.protocol = static_cast<Protocol>(load_field<Ipv6Field::next_header>(octets));
  octets = octets.subspan(Ipv6View::header_length);
  p.body = octets.first(std::min(length, octets.size()));
  p.body_length = static_cast<std::uint32_t>(length);
  for (;;) {  // each turn takes 8 octets at least
    const auto extension = ipv6_extension(p.protocol, p.body);
    if (!extension || extension->length > p.body.size() || extension->length > p.body_length) return true;
    if (p.protocol == Protocol::routing && load_u8(p.body, 3) != 0) p.names_last_hop = true;
    if (p.protocol == Protocol::destination_options) p.names_last_hop = true;  // may name a home address: RFC 6275
    if (p.protocol == Protocol::fragment) {
      p.fragment_offset = load_be16(p.body, 2) & 0xfff8u;
      p.more_fragments = (load_be16(p.body, 2) & 1u) != 0;
      p.identification = load_be32(p.body, 4);
      p.is_fragment = p.more_fragments || p.fragment_offset != 0;
    }
    p.protocol = extension->next;
    p.body = p.body.subspan(extension->length);
    p.body_length -= static_cast<std::uint32_t>(extension->length);
    if (p.fragment_offset != 0) return true;
  }
}

struct MarkName {
  std::string_view name;
  std::uint32_t mark;
};
constexpr std::string_view mark_prefix = "tcp.analysis.";
constexpr MarkName mark_names[] = {{"retransmission", TcpMark::retransmission},
                                   {"fast_retransmission", TcpMark::fast_retransmission},
                                   {"spurious_retransmission", TcpMark::spurious_retransmission},
                                   {"out_of_order", TcpMark::out_of_order},
                                   {"lost_segment", TcpMark::lost_segment},
                                   {"ack_lost_segment", TcpMark::ack_lost_segment},
                                   {"keep_alive", TcpMark::keep_alive},
                                   {"keep_alive_ack", TcpMark::keep_alive_ack},
                                   {"duplicate_ack", TcpMark::duplicate_ack},
                                   {"zero_window", TcpMark::zero_window},
                                   {"zero_window_probe", TcpMark::zero_window_probe},
                                   {"zero_window_probe_ack", TcpMark::zero_window_probe_ack},
                                   {"window_full", TcpMark::window_full},
                                   {"window_update", TcpMark::window_update},
                                   {"reused_ports", TcpMark::reused_ports}};

std::uint32_t marks_of(const Facts& facts) noexcept {
  std::uint32_t marks = 0;
  for (const ToldNote& note : facts.notes) {
    if (!note.field->name.starts_with(mark_prefix)) continue;
    const std::string_view name = note.field->name.substr(mark_prefix.size());
    for (const MarkName& known : mark_names) {
      if (known.name == name) marks |= known.mark;
    }
  }
  return marks;
}

// The dissector's view of the transport: the last pair of ends of that layer. Null: it found none.
const LayerEnds* find_ends(const Facts& facts, const Field* layer) noexcept {
  const LayerEnds* found = nullptr;
  for (const LayerEnds& ends : facts.ends) {
    if (ends.layer == layer) found = &ends;
  }
  return found;
}

bool same_ports(const SeenPacket& p, const LayerEnds& ends) noexcept {
  return ends.source_port == p.source_port && ends.destination_port == p.destination_port && ends.source == p.source &&
         ends.destination == p.destination;
}

void read_tcp(SeenPacket& p, const LayerEnds& ends) {
  if (p.body.size() < TcpView::minimum_header_length) return;
  const std::size_t header = load_field<TcpField::data_offset>(p.body) * std::size_t{4};
  if (header < TcpView::minimum_header_length || header > p.body_length) return;
  p.source_port = load_field<TcpField::source_port>(p.body);
  p.destination_port = load_field<TcpField::destination_port>(p.body);
  if (!same_ports(p, ends)) return;
  p.has_tcp = true;
  p.stream = ends.stream;
  p.sequence = load_field<TcpField::sequence_number>(p.body);
  p.acknowledgment = load_field<TcpField::acknowledgment_number>(p.body);
  p.flags = {load_field<TcpField::flags>(p.body)};
  p.window = load_field<TcpField::window>(p.body);
  p.payload = p.body.subspan(std::min(header, p.body.size()));
  p.payload_length = p.body_length - static_cast<std::uint32_t>(header);
  p.marks = marks_of(p.dissection.facts);
}

void read_udp(SeenPacket& p, const LayerEnds& ends) {
  if (p.body.size() < UdpView::header_length) return;
  const std::uint32_t length = load_field<UdpField::length>(p.body);
  if (length < UdpView::header_length || length > p.body_length) return;
  p.source_port = load_field<UdpField::source_port>(p.body);
  p.destination_port = load_field<UdpField::destination_port>(p.body);
  if (!same_ports(p, ends)) return;
  p.has_udp = true;
  p.payload_length = length - static_cast<std::uint32_t>(UdpView::header_length);
  p.payload = p.body.first(std::min<std::size_t>(length, p.body.size())).subspan(UdpView::header_length);
}

}  // namespace

IpAddress ip_address(const Address& address) noexcept {
  if (address.kind == Address::Kind::ipv4) return Ipv4Address{load_be32(std::as_bytes(std::span{address.octets}), 0)};
  return Ipv6Address{address.octets};
}

PseudoHeader SeenPacket::pseudo_header(std::uint32_t length) const noexcept {
  return {ip_address(source), ip_address(destination), protocol, length};
}

SeenPacket see_packet(const Dissection& dissection) {
  static const Field* const ip = find_field("ip")->field;
  static const Field* const ipv6 = find_field("ipv6")->field;
  static const Field* const tcp = find_field("tcp")->field;
  static const Field* const udp = find_field("udp")->field;
  static const Field* const http = find_field("http")->field;
  const PacketRecord& record = *dissection.record;
  const Facts& facts = dissection.facts;
  SeenPacket p{dissection};
  p.frame = dissection.frame_number;
  p.time = record.timestamp;
  p.is_cut = record.bytes.size() < record.original_length;

  // Whether IP follows, its version says, and the dissector.
  const auto link = link_header(record.link_type, record.bytes);
  if (!link || link->length == record.bytes.size()) return p;
  const Bytes octets = record.bytes.subspan(link->length);
  const unsigned version = load_u8(octets, 0) >> 4;
  const bool read = version == 4 ? read_ipv4(p, octets) : version == 6 && read_ipv6(p, octets);
  const auto outermost = std::find_if(facts.ends.begin(), facts.ends.end(),
                                      [](const LayerEnds& ends) { return ends.layer == ip || ends.layer == ipv6; });
  if (!read || outermost == facts.ends.end() || outermost->source != p.source ||
      outermost->destination != p.destination) {
    return p;
  }
  p.version = static_cast<std::uint8_t>(version);
  p.link = record.bytes.first(link->length);
  p.body_is_whole = p.has_length && !p.is_fragment && p.body.size() == p.body_length;
  if (p.body_is_whole) p.body_sum = sum_words(p.body);
  if (p.is_fragment) return p;
  if (p.protocol == Protocol::tcp) {
    if (const LayerEnds* const ends = find_ends(facts, tcp)) read_tcp(p, *ends);
  } else if (p.protocol == Protocol::udp) {
    if (const LayerEnds* const ends = find_ends(facts, udp)) read_udp(p, *ends);
  }
  p.has_http = std::find(facts.layers.begin(), facts.layers.end(), http) != facts.layers.end();
  return p;
}

}  // namespace encap::advice

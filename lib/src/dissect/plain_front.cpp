#include "dissect/plain_front.h"

#include "dissect/link_layer.h"
#include "dissect/protocols/ethernet.h"
#include "dissect/protocols/tcp.h"
#include "dissect/protocols/tcp_options.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/plain_headers.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"

namespace encap {

extern const ProtocolInfo ipv4_protocol;
extern const ProtocolInfo tcp_protocol;
extern const ProtocolInfo udp_protocol;

namespace {

constexpr auto link_length = static_cast<std::uint32_t>(EthernetView::header_length);
constexpr auto network_length = static_cast<std::uint32_t>(Ipv4View::minimum_header_length);
constexpr std::uint32_t least_transport_length = 8;  // octets: both of UDP and TCP then have their ports

constexpr std::uint8_t least_time_to_live = 5;     // what is below is worth a note
constexpr std::uint32_t first_group = 0xe0000000;  // 224.0.0.0; behind the groups is what no host has

// Whether a frame with those headers is Ethernet without tags and a whole datagram of IPv4 from one host to one host,
// both of which say nothing out of the ordinary.
bool is_plain_front(const PacketRecord& record, const std::optional<PlainHeaders>& headers) noexcept {
  if (record.link_type != LinkType::ethernet || record.original_length > record.bytes.size()) return false;
  if (!headers || headers->is_ipv6 || headers->network.size() + link_length != record.bytes.size()) return false;
  const bool is_from_group = (load_u8(record.bytes, EthernetField::source.first_octet()) & 1) != 0;  // worth a note
  const std::size_t total = load_field<Ipv4Field::total_length>(headers->network);
  return !is_from_group && total >= network_length + least_transport_length && total <= headers->network.size() &&
         load_field<Ipv4Field::time_to_live>(headers->network) >= least_time_to_live &&
         load_field<Ipv4Field::destination>(headers->network) < first_group;
}

// What the datagram of such a frame carries, which is whole.
Octets datagram_of(const Octets& frame, std::size_t length) noexcept {
  Octets datagram;
  datagram.data = frame.data + link_length + network_length;
  datagram.captured = datagram.contained = datagram.reported = static_cast<std::uint32_t>(length);
  datagram.offset = frame.offset + link_length + network_length;
  datagram.source = frame.source;
  return datagram;
}

// Leaves what the layers inside the datagram want to know of it.
void enter_datagram(Packet& p, Bytes header, const Address& source, const Address& destination) noexcept {
  p.network_source = source;
  p.network_destination = destination;
  p.ip_hops = load_field<Ipv4Field::time_to_live>(header);
  p.ip_protocol = load_field<Ipv4Field::protocol>(header);
}

// Appends the ends, whose members are written where they stay.
LayerEnds& add_ends(Facts& facts, const ProtocolInfo& protocol, const Address& source, const Address& destination) {
  LayerEnds& ends = facts.ends.emplace_back();
  ends.layer = &protocol.layer;
  ends.source = source;
  ends.destination = destination;
  return ends;
}

}  // namespace

bool dissect_plain_front(Packet& p, const Octets& frame) {
  if (p.out.detail >= Detail::fields) return false;
  const auto headers = plain_headers(*p.out.record);
  if (!is_plain_front(*p.out.record, headers)) return false;
  const Bytes header = headers->network;
  p.add_layer_fact(ethernet_protocol.layer);
  p.add_layer_fact(ipv4_protocol.layer);
  enter_datagram(p, header, address_at(header, Ipv4Field::source, Address::Kind::ipv4),
                 address_at(header, Ipv4Field::destination, Address::Kind::ipv4));
  if (p.out.wants_ends) {
    add_ends(p.out.facts, ethernet_protocol, address_at(frame.bytes(), EthernetField::source, Address::Kind::ether),
             address_at(frame.bytes(), EthernetField::destination, Address::Kind::ether));
    add_ends(p.out.facts, ipv4_protocol, p.network_source, p.network_destination);
  }
  p.set_addresses(p.network_source, p.network_destination);
  const bool is_tcp = headers->protocol == Protocol::tcp;
  const std::uint32_t total = load_field<Ipv4Field::total_length>(header);
  p.deepen(2);
  const Octets transport = datagram_of(frame, total - network_length);
  p.guard([&] {
    p.protocol_name = ipv4_protocol.short_name;
    p.call(is_tcp ? tcp_protocol : udp_protocol, transport);
  });
  if (link_length + total == frame.captured) return true;
  p.protocol_name = "Ethertype";
  add_trailer(p, frame, link_length + total, ItemId::none, ethernet_trailer, FrameCheck::perhaps);
  return true;
}

bool read_plain_facts(Session& session, const PacketRecord& record, Dissection& into) {
  const auto headers = plain_headers(record);
  if (!is_plain_front(record, headers)) return false;
  const Bytes header = headers->network;
  const Bytes transport = header.first(load_field<Ipv4Field::total_length>(header)).subspan(network_length);
  const bool is_tcp = headers->protocol == Protocol::tcp;
  const std::uint32_t header_length = is_tcp ? plain_tcp_header_length(transport) : UdpView::header_length;
  if (header_length == 0 || (!is_tcp && load_field<UdpField::length>(transport) < header_length)) return false;
  if (!is_tcp && into.wants_layers) return false;  // that of UDP is one of them

  Facts& facts = into.facts;
  if (into.wants_layers) {
    for (const ProtocolInfo* const protocol : {&ethernet_protocol, &ipv4_protocol, &tcp_protocol}) {
      facts.layers.push_back(&protocol->layer);
    }
  }
  FlowKey key;
  key.source = address_at(header, Ipv4Field::source, Address::Kind::ipv4);
  key.destination = address_at(header, Ipv4Field::destination, Address::Kind::ipv4);
  key.source_port = load_field<UdpField::source_port>(transport);
  key.destination_port = load_field<UdpField::destination_port>(transport);
  LayerEnds* ends = nullptr;
  if (into.wants_ends) {
    add_ends(facts, ethernet_protocol, address_at(record.bytes, EthernetField::source, Address::Kind::ether),
             address_at(record.bytes, EthernetField::destination, Address::Kind::ether));
    add_ends(facts, ipv4_protocol, key.source, key.destination);
    ends = &add_ends(facts, is_tcp ? tcp_protocol : udp_protocol, key.source, key.destination);
    ends->source_port = key.source_port;
    ends->destination_port = key.destination_port;
  }
  if (!is_tcp) {
    session.flow(key).begin(record.timestamp);
    return true;
  }
  key.transport = FlowKey::Transport::tcp;
  TcpSegmentFacts segment;
  segment.frame_number = into.frame_number;
  segment.time = record.timestamp;
  segment.sequence_number = load_field<TcpField::sequence_number>(transport);
  segment.acknowledgment_number = load_field<TcpField::acknowledgment_number>(transport);
  segment.length = static_cast<std::uint32_t>(transport.size() - header_length);
  segment.flags = load_be16(transport, TcpField::data_offset.first_octet()) & 0x0fff;
  segment.window = load_field<TcpField::window>(transport);
  const TcpAnalysis& analysis = session.tcp(key, segment);
  if (ends != nullptr) {
    ends->stream = analysis.flow->index;
    if (analysis.acked_frame != 0) add_round_trip(facts, analysis);
  }
  if (!into.wants_layers) return true;
  // A FIN may end what was sent before.
  if (segment.length == 0 && load_field<TcpField::fin>(transport) == 0) return true;

  into.clear_items();
  Packet p{into, &session};
  const Octets frame = p.add_source("Frame", record.bytes);
  p.deepen(3);
  enter_datagram(p, header, key.source, key.destination);
  p.source_port = key.source_port;
  p.destination_port = key.destination_port;
  p.flow = analysis.flow;
  p.guard([&] {
    p.protocol_name = tcp_protocol.short_name;
    dissect_tcp_payload(p, datagram_of(frame, transport.size()), header_length, segment, analysis);
  });
  return true;
}

}  // namespace encap

#include "encap/flow/encapsulator.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"

namespace encap {
namespace {

/// A checksum that is wrong by a fixed amount, and none that UDP takes for an absent one.
constexpr std::uint16_t spoiled(std::uint16_t checksum) noexcept {
  constexpr std::uint16_t amount = 0x1111;
  const auto wrong = static_cast<std::uint16_t>(checksum + amount);
  return wrong == 0 ? amount : wrong;
}

/// The transport header of a segment, in front of the payload in `buffer`. The caller has checked that it fits.
void add_transport_header(PacketBuffer& buffer, const Segment& segment,
                          const std::optional<std::uint16_t>& checksum = {}) {
  const Port source = segment.route.source.port;
  const Port destination = segment.route.destination.port;
  [[maybe_unused]] const Result<void, CraftError> done =
      segment.transport == Transport::udp
          ? prepend(buffer,
                    UdpHeader{.source_port = source, .destination_port = destination, .forced = {.checksum = checksum}},
                    segment.route)
          : prepend(buffer,
                    TcpHeader{.source_port = source,
                              .destination_port = destination,
                              .sequence_number = segment.sequence_number,
                              .acknowledgment_number = segment.acknowledgment_number,
                              .flags = segment.flags,
                              .window = segment.window,
                              .options = segment.options.bytes(),
                              .forced = {.checksum = checksum}},
                    segment.route);
  assert(done);
}

/// Payload and transport header of a segment, in a buffer that held something else.
void fill(PacketBuffer& buffer, const Segment& segment) {
  buffer.clear();
  buffer.append(segment.payload);
  add_transport_header(buffer, segment);
  if (!segment.bad_checksum) return;
  const std::size_t at =
      segment.transport == Transport::udp ? UdpField::checksum.first_octet() : TcpField::checksum.first_octet();
  const std::uint16_t right = load_be16(buffer.bytes(), at);
  buffer.clear();
  buffer.append(segment.payload);
  add_transport_header(buffer, segment, spoiled(right));
}

/// The header in front of what is in `buffer`, with a wrong checksum where the segment wants one.
Result<void, CraftError> add_ipv4_header(PacketBuffer& buffer, const Ipv4Header& header, bool bad_checksum) {
  if (!bad_checksum) return prepend(buffer, header);
  PacketBuffer right;
  right.append(buffer.bytes());
  if (auto done = prepend(right, header); !done) return done;
  Ipv4Header wrong = header;
  wrong.forced.checksum = spoiled(load_be16(right.bytes(), Ipv4Field::checksum.first_octet()));
  return prepend(buffer, wrong);
}

constexpr Protocol protocol_of(Transport transport) noexcept {
  return transport == Transport::udp ? Protocol::udp : Protocol::tcp;
}

/// The parts of a segment's payload that a fragment carries, which has `length` octets of it from `start` on.
void cut(std::span<const RowPart> parts, std::size_t start, std::size_t length, std::vector<RowPart>& out) {
  out.clear();
  for (const RowPart& part : parts) {
    const std::size_t first = std::max<std::size_t>(part.offset, start);
    const std::size_t last = std::min<std::size_t>(part.offset + part.length, start + length);
    if (first >= last) continue;
    out.push_back({part.row, static_cast<std::uint32_t>(first - start), static_cast<std::uint32_t>(last - first),
                   part.message_offset + (first - part.offset)});
  }
}

}  // namespace

/// The outer headers, the link header, and off it goes.
Result<void, IoError> Encapsulator::hand_over(const Segment& segment, std::size_t payload_start,
                                              std::size_t payload_length, PacketSink& sink) {
  const Front front = wrap(buffer_, options_.outer, segment.route, options_.time_to_live);
  switch (options_.link_type) {
    case LinkType::null:
      prepend(buffer_, NullLoopbackHeader{.family = front.source.family()});
      break;
    case LinkType::loop:
      prepend(buffer_, NullLoopbackHeader{.family = front.source.family(), .network_order = true});
      break;
    case LinkType::ethernet:
      prepend(buffer_,
              EthernetHeader{MacAddress::made_for(front.source), MacAddress::made_for(front.destination), front.type});
      break;
    case LinkType::linux_sll:
      prepend(buffer_, LinuxSllHeader{MacAddress::made_for(front.source), front.type});
      break;
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      break;
    case LinkType::linux_sll2:
      assert(false);
      break;
  }
  ++packets_;
  octets_ += buffer_.size();
  PacketRecord record{segment.timestamp, options_.link_type, static_cast<std::uint32_t>(buffer_.size()),
                      buffer_.bytes()};
  if (segment.origin == nullptr) return sink.write(record);
  PacketOrigin origin = *segment.origin;
  origin.stream_offset += payload_start;
  origin.payload_offset = static_cast<std::uint32_t>(buffer_.size() - payload_length);
  origin.payload_length = static_cast<std::uint32_t>(payload_length);
  if (payload_length != segment.payload.size()) {
    cut(origin.parts, payload_start, payload_length, parts_);
    origin.parts = parts_;
  }
  record.origin = &origin;
  return sink.write(record);
}

Result<void, IoError> Encapsulator::send(const Segment& segment, PacketSink& sink) {
  const std::size_t network = segment.route.source.address.is_ipv4() ? 20 : 40;
  const std::size_t transport =
      segment.transport == Transport::udp ? 8 : TcpView::minimum_header_length + segment.options.bytes().size();
  const bool fits = network + transport + segment.payload.size() <= options_.mtu && segment.fragment_size == 0;
  return fits || segment.dont_fragment ? send_packet(segment, sink) : send_fragments(segment, sink);
}

Result<void, IoError> Encapsulator::send_packet(const Segment& segment, PacketSink& sink) {
  fill(buffer_, segment);
  const IpAddress& source = segment.route.source.address;
  const IpAddress& destination = segment.route.destination.address;
  [[maybe_unused]] const Result<void, CraftError> done =
      source.is_ipv4() ? add_ipv4_header(buffer_,
                                         Ipv4Header{.source = source.ipv4(),
                                                    .destination = destination.ipv4(),
                                                    .time_to_live = options_.time_to_live,
                                                    .protocol = protocol_of(segment.transport),
                                                    .identification = segment.identification,
                                                    .dont_fragment = segment.dont_fragment},
                                         segment.bad_ip_checksum)
                       : prepend(buffer_, Ipv6Header{.source = source.ipv6(),
                                                     .destination = destination.ipv6(),
                                                     .hop_limit = options_.time_to_live,
                                                     .next_header = protocol_of(segment.transport)});
  assert(done);
  return hand_over(segment, 0, segment.payload.size(), sink);
}

Result<void, IoError> Encapsulator::send_fragments(const Segment& segment, PacketSink& sink) {
  fill(whole_, segment);
  const Bytes whole = whole_.bytes();
  const std::size_t transport = whole.size() - segment.payload.size();
  const IpAddress& source = segment.route.source.address;
  const IpAddress& destination = segment.route.destination.address;
  const std::size_t network = source.is_ipv4() ? 20 : 40 + Ipv6FragmentView::header_length;
  // Every fragment but the last carries whole units of eight octets.
  std::size_t room = std::max<std::size_t>((options_.mtu - std::min<std::size_t>(network, options_.mtu)) / 8 * 8, 8);
  if (segment.fragment_size != 0) room = std::min<std::size_t>(room, segment.fragment_size);
  for (std::size_t at = 0; at < whole.size(); at += room) {
    const Bytes part = whole.subspan(at, std::min(room, whole.size() - at));
    const bool more = at + part.size() < whole.size();
    const auto offset = static_cast<std::uint16_t>(at / 8);
    buffer_.clear();
    buffer_.append(part);
    if (source.is_ipv4()) {
      [[maybe_unused]] const auto done = add_ipv4_header(buffer_,
                                                         Ipv4Header{.source = source.ipv4(),
                                                                    .destination = destination.ipv4(),
                                                                    .time_to_live = options_.time_to_live,
                                                                    .protocol = protocol_of(segment.transport),
                                                                    .identification = segment.identification,
                                                                    .more_fragments = more,
                                                                    .fragment_offset = offset},
                                                         segment.bad_ip_checksum);
      assert(done);
    } else {
      prepend(buffer_, Ipv6FragmentHeader{.next_header = protocol_of(segment.transport),
                                          .fragment_offset = offset,
                                          .more_fragments = more,
                                          .identification = segment.identification});
      [[maybe_unused]] const auto done = prepend(buffer_, Ipv6Header{.source = source.ipv6(),
                                                                     .destination = destination.ipv6(),
                                                                     .hop_limit = options_.time_to_live,
                                                                     .next_header = Protocol::fragment});
      assert(done);
    }
    const std::size_t payload_start = std::max(at, transport) - transport;
    const std::size_t payload_end = std::max(at + part.size(), transport) - transport;
    if (const auto sent = hand_over(segment, payload_start, payload_end - payload_start, sink); !sent) return sent;
  }
  return {};
}

}  // namespace encap

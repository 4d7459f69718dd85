#include "trace/transport_packet.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "dissect/items.h"
#include "encap/wire/checksum.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/udp.h"

namespace encap::trace {
namespace {

constexpr std::size_t most_transports = 8;  // of one packet, tunnels in tunnels

Ipv6Address ipv6_at(Bytes octets) noexcept {
  Ipv6Address address;
  std::memcpy(address.octets.data(), octets.data(), address.octets.size());
  return address;
}

/// A route that a source chose ends elsewhere than the header says, and the pseudo-header has its end. Source: RFC 1122
/// §4.1.1.1; options 131 and 137 of RFC 791. An octet of that value that is none of these costs us one checksum.
bool may_have_source_route(Bytes options) noexcept {
  return std::any_of(options.begin(), options.end(),
                     [](std::byte octet) { return octet == std::byte{131} || octet == std::byte{137}; });
}

ChecksumState state_of(std::uint64_t pseudo, std::uint64_t pseudo_without_length, std::uint16_t sum,
                       std::uint16_t checksum) noexcept {
  if (fold_carries(pseudo + sum) == 0xffff) return ChecksumState::good;
  // Of segments that the card cuts, the sum may be without the length.
  const bool left_to_card =
      checksum == 0 || checksum == fold_carries(pseudo) || checksum == fold_carries(pseudo_without_length);
  return left_to_card ? ChecksumState::offloaded : ChecksumState::bad;
}

}  // namespace

void PacketReading::read(const Dissection& dissection) {
  dissection_ = &dissection;
  transports_.clear();
  quoted_.clear();
  pieces_.clear();
  innermost_ = nullptr;
  waiting_fragment_ = is_fragment_ = header_is_bad_ = pseudo_header_is_known_ = false;
  identification_ = 0;
  header_ = ChecksumState::unknown;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Item& layer = dissection.at(id);
    const std::string_view name = name_of(layer);
    if (name.empty() || name.find('.') != std::string_view::npos) continue;
    if (layer.field->type == FieldType::protocol && name != "frame" && name != "data") innermost_ = layer.field;
    if (name == "ip" || name == "ipv6") {
      read_ip(dissection, layer, name == "ipv6");
    } else if (name == "tcp" || name == "udp") {
      waiting_fragment_ = false;
      if (pseudo_header_is_known_ && transports_.size() < most_transports)
        read_transport(dissection, layer, name == "tcp" ? Transport::tcp : Transport::udp);
    } else if (name == "icmp" || name == "icmpv6") {
      waiting_fragment_ = false;
      read_quoted(dissection, id);
    }
  }
}

void PacketReading::read_ip(const Dissection& dissection, const Item& layer, bool version_6) {
  pieces_.clear();
  waiting_fragment_ = is_fragment_ = pseudo_header_is_known_ = false;
  header_ = ChecksumState::unknown;
  if (version_6) {
    const Bytes header = octets_at(dissection, layer, Ipv6View::header_length);
    if (header.size() < Ipv6View::header_length) return;
    source_ = ipv6_at(header.subspan(Ipv6Field::source.first_octet()));
    destination_ = ipv6_at(header.subspan(Ipv6Field::destination.first_octet()));
    const auto next = static_cast<Protocol>(load_field<Ipv6Field::next_header>(header));
    header_ = next == Protocol::tcp || next == Protocol::udp || next == Protocol::fragment ? ChecksumState::good
                                                                                           : ChecksumState::unknown;
    is_fragment_ = waiting_fragment_ = next == Protocol::fragment;
  } else {
    const Bytes start = octets_at(dissection, layer, Ipv4View::minimum_header_length);
    if (start.size() < Ipv4View::minimum_header_length) return;
    const std::size_t length = load_field<Ipv4Field::ihl>(start) * std::size_t{4};
    const Bytes header = octets_at(dissection, layer, length);
    if (length < start.size() || header.size() < length) return;
    source_ = Ipv4Address{load_be32(header, Ipv4Field::source.first_octet())};
    destination_ = Ipv4Address{load_be32(header, Ipv4Field::destination.first_octet())};
    header_ = may_have_source_route(header.subspan(start.size())) ? ChecksumState::unknown : ChecksumState::good;
    if (sum_words(header) != 0xffff) {
      header_ = load_field<Ipv4Field::checksum>(header) == 0 ? ChecksumState::offloaded : ChecksumState::bad;
      header_is_bad_ = header_is_bad_ || header_ == ChecksumState::bad;
    }
    is_fragment_ = waiting_fragment_ =
        load_field<Ipv4Field::more_fragments>(header) != 0 || load_field<Ipv4Field::fragment_offset>(header) != 0;
    identification_ =
        std::uint64_t{load_field<Ipv4Field::protocol>(header)} << 32 | load_field<Ipv4Field::identification>(header);
  }
  pseudo_header_is_known_ = true;
  if (!is_fragment_) return;
  const auto top = static_cast<ItemId>(&layer - dissection.items.data());
  for_each_below(dissection, top, [&](const Item& item) {
    const std::string_view name = name_of(item);
    if (name == "ipv6.fraghdr.ident") identification_ = item.number;
    if (name == "ip.fragment" || name == "ipv6.fragment") pieces_.push_back({item.number, item.offset, item.length});
  });
}

void PacketReading::read_transport(const Dissection& dissection, const Item& layer, Transport transport) {
  const Bytes body = octets_at(dissection, layer, layer.reach);
  const bool tcp = transport == Transport::tcp;
  const std::size_t least = tcp ? TcpView::minimum_header_length : UdpView::header_length;
  if (body.size() < least) return;
  TransportPacket packet;
  packet.transport = transport;
  packet.route = {{source_, Port{load_be16(body, 0)}}, {destination_, Port{load_be16(body, 2)}}};
  std::uint32_t whole = 0;  // octets of header and payload on the wire
  std::uint16_t checksum = 0;
  if (tcp) {
    packet.header_length = load_field<TcpField::data_offset>(body) * 4u;
    if (packet.header_length < least) return;
    bool has_length = false;
    const auto top = static_cast<ItemId>(&layer - dissection.items.data());
    for (ItemId id = dissection.at(top).first_child; id != ItemId::none; id = dissection.at(id).next) {
      if (name_of(dissection.at(id)) != "tcp.len") continue;
      packet.payload_length = static_cast<std::uint32_t>(dissection.at(id).number);
      has_length = true;
      break;
    }
    if (!has_length) return;
    packet.sequence_number = load_field<TcpField::sequence_number>(body);
    packet.flags = {load_field<TcpField::flags>(body)};
    checksum = load_field<TcpField::checksum>(body);
    whole = packet.header_length + packet.payload_length;
  } else {
    whole = load_field<UdpField::length>(body);
    if (whole < least) return;
    packet.header_length = static_cast<std::uint32_t>(least);
    packet.payload_length = whole - packet.header_length;
    checksum = load_field<UdpField::checksum>(body);
  }
  const Bytes captured = body.first(std::min<std::size_t>(body.size(), whole));
  packet.payload = captured.subspan(std::min<std::size_t>(packet.header_length, captured.size()));

  packet.checksum = header_;
  packet.header_checksum = header_ != ChecksumState::good;
  if (header_ == ChecksumState::good) {
    if (captured.size() < whole) {
      packet.checksum = ChecksumState::unknown;
    } else if (!tcp && checksum == 0 && source_.is_ipv4()) {
      packet.checksum = ChecksumState::good;  // RFC 768: none was computed
    } else {
      const Protocol protocol = tcp ? Protocol::tcp : Protocol::udp;
      const std::uint64_t pseudo = PseudoHeader{source_, destination_, protocol, whole}.sum();
      const std::uint64_t without = PseudoHeader{source_, destination_, protocol, 0}.sum();
      packet.checksum = state_of(pseudo, without, sum_words(captured), checksum);
    }
  }
  if (is_fragment_) {
    packet.identification = identification_;
    packet.fragments = pieces_;
  }
  transports_.push_back(packet);
}

void PacketReading::read_quoted(const Dissection& dissection, ItemId icmp) {
  QuotedPacket quoted;
  bool has_addresses = false;
  for_each_below(dissection, icmp, [&](const Item& item) {
    const std::string_view name = name_of(item);
    if (name == "ip" || name == "ipv6") {
      const bool version_6 = name == "ipv6";
      const std::size_t length = version_6 ? Ipv6View::header_length : Ipv4View::minimum_header_length;
      const Bytes header = octets_at(dissection, item, length);
      has_addresses = header.size() == length;
      if (!has_addresses) return;
      if (version_6) {
        quoted.route.source.address = ipv6_at(header.subspan(Ipv6Field::source.first_octet()));
        quoted.route.destination.address = ipv6_at(header.subspan(Ipv6Field::destination.first_octet()));
      } else {
        quoted.route.source.address = Ipv4Address{load_be32(header, Ipv4Field::source.first_octet())};
        quoted.route.destination.address = Ipv4Address{load_be32(header, Ipv4Field::destination.first_octet())};
      }
    } else if (has_addresses && (name == "tcp" || name == "udp")) {
      const Bytes ports = octets_at(dissection, item, 4);
      if (ports.size() < 4 || quoted_.size() >= most_transports) return;
      quoted.transport = name == "tcp" ? Transport::tcp : Transport::udp;
      quoted.route.source.port = Port{load_be16(ports, 0)};
      quoted.route.destination.port = Port{load_be16(ports, 2)};
      quoted_.push_back(quoted);
    }
  });
}

std::string PacketReading::label() const {
  std::string source;
  std::string destination;
  append_text(source, dissection_->columns.source);
  append_text(destination, dissection_->columns.destination);
  if (destination < source) source.swap(destination);
  std::string text{waiting_fragment_ ? "fragments" : innermost_ == nullptr ? "data" : innermost_->name};
  if (!source.empty() || !destination.empty()) text += ' ' + source + " - " + destination;
  return text;
}

}  // namespace encap::trace

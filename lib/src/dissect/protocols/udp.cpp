#include "encap/wire/udp.h"

#include <algorithm>

#include "dissect/protocols/udp.h"

namespace encap {
namespace {

constexpr ValueName checksum_status[] = {
    {0, 0, "Bad"}, {1, 1, "Good"}, {2, 2, "Unverified"}, {3, 3, "Not present"}, {4, 4, "Illegal"}};

constexpr Field source_port{UdpField::source_port, FieldType::uint16};
constexpr Field destination_port{UdpField::destination_port, FieldType::uint16};
constexpr Field port{"udp.port", "Source or Destination Port", FieldType::uint16};
constexpr Field length{UdpField::length, FieldType::uint16};
constexpr Field coverage{{"udp.checksum_coverage", "Checksum coverage", 32, 16}, FieldType::uint16};
constexpr Field checksum{UdpField::checksum, FieldType::uint16, {.show = Show::hex}};
constexpr Field status{
    "udp.checksum.status", "Checksum Status", FieldType::uint8, {.names = checksum_status, .names_only = true}};
constexpr Field stream{"udp.stream", "Stream index", FieldType::uint32};
constexpr Field time_relative{"udp.time_relative", "Time since first frame", FieldType::relative_time};
constexpr Field time_delta{"udp.time_delta", "Time since previous frame", FieldType::relative_time};
constexpr Field payload{"udp.payload", "Payload", FieldType::bytes};

constexpr Note possible_traceroute{
    {"udp.possible_traceroute", "Possible traceroute", FieldType::none}, Severity::chat, "Sequence"};
constexpr Note bad_length{{"udp.length.bad", "Bad length value", FieldType::none}, Severity::error, "Malformed"};
constexpr Note bad_coverage{{"udplite.checksum_coverage.bad", "Bad checksum coverage length value", FieldType::none},
                            Severity::error,
                            "Malformed"};
constexpr Note zero_checksum{
    {"udp.checksum.zero", "Illegal checksum value (0)", FieldType::none}, Severity::error, "Checksum"};
constexpr Note zero_length{
    {"udp.length.bad_zero", "Length is zero but payload < 65536", FieldType::none}, Severity::warning, "Protocol"};

constexpr Binding bindings[] = {{Table::ip_protocol, 17}};

std::uint32_t dissect(Packet& p, const Octets& in) { return dissect_udp(p, in, UdpVariant::udp); }

}  // namespace

extern const Field* const udp_fields[16] = {&source_port,
                                            &destination_port,
                                            &port,
                                            &length,
                                            &coverage,
                                            &checksum,
                                            &status,
                                            &stream,
                                            &time_relative,
                                            &time_delta,
                                            &payload,
                                            &possible_traceroute.field,
                                            &bad_length.field,
                                            &bad_coverage.field,
                                            &zero_checksum.field,
                                            &zero_length.field};

extern const ProtocolInfo udp_protocol{
    {"udp", "User Datagram Protocol", FieldType::protocol}, "UDP", dissect, bindings, udp_fields};

namespace {

// traceroute sends three probes for each hop, each to the next port.
void note_traceroute(Packet& p, ItemId item) {
  constexpr std::uint16_t first_port = 33435;
  constexpr std::uint16_t ports = 30;
  const unsigned probe = static_cast<unsigned>(p.destination_port) - first_port;
  if (probe < ports && p.wants_notes()) {
    p.note(item, possible_traceroute,
           p.value("Possible traceroute: hop #{}, attempt #{}", probe / 3 + 1, probe % 3 + 1));
  }
}

void check_sum(Packet& p, ItemId layer, const Octets& in, UdpVariant variant) {
  const std::uint16_t value = p.u16(in, 6);
  if (p.stopped()) return;
  const bool may_be_missing = variant == UdpVariant::udp && p.network_source.kind != Address::Kind::ipv6;
  if (value == 0 && !may_be_missing) p.append_info(" [ILLEGAL CHECKSUM (0)]");
  if (!p.wants_items()) {
    if (value == 0 && !may_be_missing) p.note(ItemId::none, zero_checksum);
    return;
  }
  const ItemId item = p.add(layer, checksum, in);
  if (value != 0) {
    p.append_text(item, " [unverified]");
    p.generated(p.add(layer, status, in, 6, 0, 2));
  } else if (may_be_missing) {
    p.append_text(item, " [zero-value ignored]");
    p.generated(p.add(item, status, in, 6, 0, 3));
  } else {
    p.append_text(item, " [zero-value illegal]");
    p.note(item, zero_checksum);
    p.generated(p.add(item, status, in, 6, 0, 4));
  }
}

void call_application(Packet& p, const Octets& in) {
  if (p.flow != nullptr && p.flow->application != nullptr) {
    if (p.call(*p.flow->application, in) != 0 || p.stopped()) return;
  }
  const auto [low, high] = std::minmax(p.source_port, p.destination_port);
  for (const std::uint16_t number : {low, high}) {
    if (number == 0) continue;
    if (const ProtocolInfo* protocol = find_protocol(Table::udp_port, number);
        protocol != nullptr && (p.call(*protocol, in) != 0 || p.stopped())) {
      return;
    }
  }
  for (const ProtocolInfo* protocol : udp_heuristics()) {
    if (p.call(*protocol, in) != 0 || p.stopped()) return;
  }
  p.call_data(in);
}

}  // namespace

std::uint32_t dissect_udp(Packet& p, const Octets& in, UdpVariant variant) {
  const bool lite = variant == UdpVariant::lite;
  const ProtocolInfo& self = lite ? udplite_protocol : udp_protocol;
  const std::uint16_t from = p.u16(in, 0);
  const std::uint16_t to = p.u16(in, 2);
  if (p.stopped()) return 0;
  p.source_port = from;
  p.destination_port = to;
  p.set_protocol(self.short_name);
  p.clear_info();
  p.append_info_format("{} → {}", from, to);
  ItemId layer = ItemId::none;
  if (!p.takes_items()) {
    p.add_layer(self, in, 0, 0);
    note_traceroute(p, ItemId::none);
  } else if (p.wants_items()) {
    layer = p.add_layer(self, in, 0, std::min(in.captured, std::uint32_t{UdpView::header_length}),
                        p.text("{}, Src Port: {}, Dst Port: {}", self.layer.label, from, to));
    p.add(layer, source_port, in);
    const ItemId port_item = p.add(layer, destination_port, in);
    p.hidden(p.add(layer, port, in, 0, 2));
    p.hidden(p.add(layer, port, in, 2, 2));
    note_traceroute(p, port_item);
  }

  std::uint32_t total = p.u16(in, 4);  // octets of header and payload
  if (p.stopped()) return 0;
  const bool jumbo = !lite && total == 0 && p.network_source.kind == Address::Kind::ipv6;
  const ItemId length_item = p.add(layer, lite ? coverage : length, in);
  if (lite) {
    const std::uint32_t covered = total == 0 ? in.reported : total;
    total = in.reported;
    if (covered < UdpView::header_length || covered > total) {
      p.append_info_format(" [BAD LIGHTWEIGHT UDP CHECKSUM COVERAGE LENGTH {} < {} or > {}]", covered,
                           UdpView::header_length, total);
      if (p.wants_notes()) {
        p.append_text(length_item, p.text(" (bogus, must be >= {} and <= {})", UdpView::header_length, total));
        p.note(length_item, bad_coverage,
               p.value("Bad checksum coverage length value {} < {} or > {}", covered, UdpView::header_length, total));
      }
    }
    p.generated(p.add(layer, length, in, 4, 0, total));
  } else if (jumbo) {  // RFC 2675 §4: longer than the field can tell
    total = in.reported;
    if (total < 65536) p.note(length_item, zero_length);
  } else if (total < UdpView::header_length) {
    p.append_info_format(" [BAD UDP LENGTH {} < {}]", total, UdpView::header_length);
    if (p.wants_notes()) {
      p.append_text(length_item, p.text(" (bogus, must be >= {})", UdpView::header_length));
      p.note(length_item, bad_length, p.value("Bad length value {} < {}", total, UdpView::header_length));
    }
    return in.reported;
  } else if (total > in.reported && !p.fragmented && !p.in_error) {
    p.append_info_format(" [BAD UDP LENGTH {} > IP PAYLOAD LENGTH]", total);
    if (p.wants_notes()) {
      p.append_text(length_item, p.text(" (bogus, payload length {})", in.reported));
      p.note(length_item, bad_length, p.value("Bad length value {} > IP payload length", total));
    }
  }
  const std::uint32_t payload_length = total - std::min(total, std::uint32_t{UdpView::header_length});
  p.append_info_format(" Len={}", payload_length);
  if (jumbo) p.append_info(" [Jumbogram]");
  check_sum(p, layer, in, variant);
  if (p.stopped()) return 0;
  p.add_ends(udp_protocol);  // also of UDP-Lite, as tshark counts them

  if (p.session != nullptr) {
    p.flow = &p.session->flow({FlowKey::Transport::udp, p.network_source, p.network_destination, from, to});
    p.flow->begin(p.time());
    p.generated(p.add(layer, stream, in, UdpView::header_length, 0, p.flow->index));
  }
  if (payload_length == 0 || !p.wants_payload()) return in.reported;
  if (p.flow != nullptr && !p.in_error) {
    if (p.wants_items()) {
      const ItemId times = p.generated(p.add_text(layer, in, 0, 0, "Timestamps"));
      const auto add_time = [&](const Field& field, Duration value) {
        p.generated(p.add(times, field, in, 0, 0, static_cast<std::uint64_t>(value.count())));
      };
      add_time(time_relative, p.time() - p.flow->first_time);
      add_time(time_delta, p.time() - p.flow->previous_time);
    }
    p.flow->previous_time = p.time();
  }

  const Octets rest = in.from(UdpView::header_length);
  if (rest.captured == 0 && p.in_error) return in.reported;
  if (!p.need(rest, 0, 1)) return 0;
  const Octets datagram = rest.cut(payload_length);
  if (p.wants_items()) {
    const ItemId item = p.add(layer, payload, rest, 0, rest.captured);
    p.set_text(item, p.text("UDP payload ({} byte{})", datagram.captured, plural(datagram.captured)));
  }
  // Wireshark shows the payload as a layer of the packet, also where the header is quoted by an ICMP error.
  const ItemId top = p.top;
  p.top = ItemId::root;
  call_application(p, datagram);
  p.top = top;
  return in.reported;
}

}  // namespace encap

#include "encap/flow/outer_layer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "encap/wire/ethernet.h"
#include "encap/wire/gre.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/mpls.h"
#include "encap/wire/pppoe.h"
#include "encap/wire/udp.h"
#include "encap/wire/vxlan.h"
#include "flow/mix.h"

namespace encap {
namespace {

using outer::Ends;
using outer::Gre;
using outer::Ip;
using outer::Label;
using outer::Pppoe;
using outer::Tag;
using outer::Vxlan;

constexpr std::uint16_t first_dynamic_port = 49152;  // RFC 6335 §6
constexpr std::uint16_t dynamic_ports = 16384;

// ---- Reading the text ----

/// A whole number within bounds, in decimal or 0x hexadecimal, as other options take it.
std::optional<std::uint32_t> number(std::string_view text, std::uint32_t least, std::uint32_t most) noexcept {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

/// What is behind the first `separator`, taken off `text` with it; nullopt when there is none.
std::optional<std::string_view> take_behind(std::string_view& text, char separator) noexcept {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

/// A layer's text, taken apart at its first colon and at its @.
struct Written {
  std::string_view name;
  std::optional<std::string_view> values;
  std::optional<Ends> ends;
};

using Layers = std::vector<OuterLayer>;

bool read_vlan(const Written& written, Layers& out) {
  std::string_view text = written.values.value_or("");
  const auto priority_text = take_behind(text, ':');
  const auto priority = number(priority_text.value_or("0"), 0, 7);
  const auto id = number(text, 0, 4094);
  if (!id || !priority) return false;
  out.emplace_back(Tag{.id = static_cast<std::uint16_t>(*id), .priority = static_cast<std::uint8_t>(*priority)});
  return true;
}

bool read_qinq(const Written& written, Layers& out) {
  std::string_view text = written.values.value_or("");
  const auto customer_text = take_behind(text, ',');
  const auto service = number(text, 0, 4094);
  const auto customer = number(customer_text.value_or(""), 0, 4094);
  if (!service || !customer) return false;
  out.emplace_back(Tag{.announced_by = EtherType::qinq, .id = static_cast<std::uint16_t>(*service)});
  out.emplace_back(Tag{.id = static_cast<std::uint16_t>(*customer)});
  return true;
}

bool read_mpls(const Written& written, Layers& out) {
  for (std::optional<std::string_view> rest = written.values.value_or(""); rest;) {
    std::string_view text = *rest;
    rest = take_behind(text, '/');
    const auto label = number(text, MplsHeader::first_unreserved, MplsHeader::last_label);
    if (!label) return false;
    out.emplace_back(Label{*label});
  }
  return true;
}

bool read_pppoe(const Written& written, Layers& out) {
  const auto session = number(written.values.value_or("1"), 1, PppoeHeader::last_session);
  if (!session) return false;
  out.emplace_back(Pppoe{static_cast<std::uint16_t>(*session)});
  return true;
}

bool read_ipip(const Written& written, Layers& out) {
  if (written.values || (written.ends && !written.ends->first.is_ipv4())) return false;
  out.emplace_back(Ip{written.ends.value_or(outer::ipv4_ends)});
  return true;
}

bool read_ip6ip(const Written& written, Layers& out) {
  if (written.values || (written.ends && written.ends->first.is_ipv4())) return false;
  out.emplace_back(Ip{written.ends.value_or(outer::ipv6_ends)});
  return true;
}

bool read_gre(const Written& written, Layers& out) {
  const auto key = number(written.values.value_or("0"), 0, UINT32_MAX);
  if (!key) return false;
  out.emplace_back(Gre{written.ends.value_or(outer::ipv4_ends), written.values ? key : std::optional<std::uint32_t>{}});
  return true;
}

bool read_vxlan(const Written& written, Layers& out) {
  const auto vni = number(written.values.value_or(""), 0, VxlanHeader::last_vni);
  if (!vni) return false;
  out.emplace_back(Vxlan{written.ends.value_or(outer::ipv4_ends), *vni});
  return true;
}

/// One name that a layer goes by on the command line.
struct Named {
  std::string_view name;
  bool has_ends;
  bool (*read)(const Written&, Layers&);
  std::string_view right;  ///< what would be right, for error messages
};

// In the order of the shapes below.
constexpr std::array<Named, 8> named_layers{
    {{"vlan", false, read_vlan,
      "write a number from 0 to 4094, and a priority from 0 to 7 behind it if one is wanted, as "
      "in vlan:10 or vlan:10:5"},
     {"qinq", false, read_qinq,
      "write the service's number and the customer's, each from 0 to 4094, as in qinq:100,10"},
     {"mpls", false, read_mpls,
      "write labels from 16 to 1048575 (those below are reserved), as in mpls:100 or "
      "mpls:100/200"},
     {"pppoe", false, read_pppoe, "write pppoe, or with a session's number from 1 to 65534, as in pppoe:7"},
     {"ipip", true, read_ipip,
      "write ipip, or with two IPv4 addresses, as in ipip@192.0.2.1-192.0.2.2; an IPv6 header "
      "is ip6ip"},
     {"ip6ip", true, read_ip6ip,
      "write ip6ip, or with two IPv6 addresses, as in ip6ip@2001:db8::1-2001:db8::2; an IPv4 "
      "header is ipip"},
     {"gre", true, read_gre,
      "write gre, with a key from 0 to 4294967295 if one is wanted, and with two addresses of one "
      "family, as in gre:7 or gre@192.0.2.1-192.0.2.2"},
     {"vxlan", true, read_vxlan,
      "write a network's number from 0 to 16777215, and two addresses of one family if others "
      "are wanted, as in vxlan:42 or vxlan:42@192.0.2.1-192.0.2.2"}}};

constexpr std::array<OuterShape, named_layers.size()> shapes{
    {{"vlan:ID[:PCP]", "an 802.1Q tag, with a priority"},
     {"qinq:S,C", "an 802.1ad service tag and a customer's 802.1Q tag"},
     {"mpls:LABEL[/LABEL...]", "MPLS labels"},
     {"pppoe[:SESSION]", "PPPoE and PPP, in session 1 or the one given"},
     {"ipip[@SRC-DST]", "an IPv4 header"},
     {"ip6ip[@SRC-DST]", "an IPv6 header"},
     {"gre[:KEY][@SRC-DST]", "an IP header and GRE"},
     {"vxlan:VNI[@SRC-DST]", "an IP header, UDP, VXLAN and an Ethernet header"}}};

InputError wrong(std::string_view text, std::string reason) {
  return {.where = {}, .name = "--outer", .excerpt = std::string{text}, .reason = std::move(reason)};
}

std::string names_of_all() {
  std::string names;
  for (const Named& named : named_layers) names.append(names.empty() ? "" : ", ").append(named.name);
  return names;
}

/// Two addresses of one family with a hyphen between them.
std::optional<Ends> parse_ends(std::string_view text) noexcept {
  const auto second_text = take_behind(text, '-');
  const auto first = IpAddress::parse(text);
  const auto second = second_text ? IpAddress::parse(*second_text) : std::nullopt;
  if (!first || !second || first->family() != second->family()) return std::nullopt;
  return Ends{*first, *second};
}

Result<void, InputError> parse_layer(std::string_view text, Layers& out) {
  Written written{.name = text, .values = {}, .ends = {}};
  const auto ends = take_behind(written.name, '@');
  written.values = take_behind(written.name, ':');
  const auto* const named = std::ranges::find(named_layers, written.name, &Named::name);
  if (named == named_layers.end()) return unexpected(wrong(text, "write one of " + names_of_all()));
  if (ends) written.ends = parse_ends(*ends);
  if ((ends && (!named->has_ends || !written.ends)) || !named->read(written, out)) {
    return unexpected(wrong(text, std::string{named->right}));
  }
  return {};
}

// ---- What may stand where ----

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

constexpr EtherType type_of(const Ends& ends) noexcept {
  return ends.first.is_ipv4() ? EtherType::ipv4 : EtherType::ipv6;
}

/// What announces a layer to the one that carries it.
EtherType type_of(const OuterLayer& layer) noexcept {
  return std::visit(
      Overloaded{[](const Tag& tag) { return tag.announced_by; }, [](const Label&) { return EtherType::mpls; },
                 [](const Pppoe&) { return EtherType::pppoe_session; },
                 [](const auto& tunnel) { return type_of(tunnel.ends); }},
      layer);
}

/// Whether only an Ethernet frame carries it.
constexpr bool needs_frame(EtherType type) noexcept {
  return type == EtherType::vlan || type == EtherType::qinq || type == EtherType::pppoe_session;
}

std::string_view name_of(const OuterLayer& layer) noexcept {
  return std::visit(Overloaded{[](const Tag& tag) { return tag.announced_by == EtherType::qinq ? "qinq" : "vlan"; },
                               [](const Label&) { return "mpls"; }, [](const Pppoe&) { return "pppoe"; },
                               [](const Ip& ip) { return ip.ends.first.is_ipv4() ? "ipip" : "ip6ip"; },
                               [](const Gre&) { return "gre"; }, [](const Vxlan&) { return "vxlan"; }},
                    layer);
}

bool carries_frames(const OuterLayer& layer) noexcept {
  return std::holds_alternative<Tag>(layer) || std::holds_alternative<Gre>(layer) ||
         std::holds_alternative<Vxlan>(layer);
}

// ---- Making the headers ----

Protocol protocol_of(EtherType type) noexcept {
  return type == EtherType::ipv4 ? Protocol::ipv4 : type == EtherType::ipv6 ? Protocol::ipv6 : Protocol::mpls;
}

PppProtocol ppp_protocol_of(EtherType type) noexcept {
  return type == EtherType::ipv4 ? PppProtocol::ipv4 : type == EtherType::ipv6 ? PppProtocol::ipv6 : PppProtocol::mpls;
}

// What a packet begins with that goes along `route` and is in no other one.
Front front_of(const Route& route) noexcept {
  return {route.source.address.is_ipv4() ? EtherType::ipv4 : EtherType::ipv6, route.source.address,
          route.destination.address};
}

/// Puts one layer after another in front of a packet, and knows what it begins with.
class Wrapper {
 public:
  Wrapper(PacketBuffer& buffer, const Route& route, std::uint8_t time_to_live)
      : buffer_{buffer}, route_{route}, time_to_live_{time_to_live}, front_{front_of(route)} {}

  void operator()(const Tag& tag) {
    prepend(buffer_, VlanHeader{.id = tag.id, .priority = tag.priority, .type = front_.type});
    front_.type = tag.announced_by;
  }
  void operator()(const Label& label) {
    prepend(buffer_, MplsHeader{.label = label.label,
                                .bottom_of_stack = front_.type != EtherType::mpls,
                                .time_to_live = time_to_live_});
    front_.type = EtherType::mpls;
  }
  void operator()(const Pppoe& pppoe) {
    prepend(buffer_, PppHeader{ppp_protocol_of(front_.type)});
    [[maybe_unused]] const auto done = prepend(buffer_, PppoeHeader{pppoe.session_id});
    assert(done);
    front_.type = EtherType::pppoe_session;
  }
  void operator()(const Ip& ip) { add_ip(ip.ends, protocol_of(front_.type)); }
  void operator()(const Gre& gre) {
    if (needs_frame(front_.type)) add_frame();
    prepend(buffer_, GreHeader{.protocol_type = front_.type, .key = gre.key});
    add_ip(gre.ends, Protocol::gre);
  }
  void operator()(const Vxlan& vxlan) {
    add_frame();
    prepend(buffer_, VxlanHeader{vxlan.vni});
    const Route route{{source_of(vxlan.ends), flow_port()}, {destination_of(vxlan.ends), VxlanHeader::port}};
    UdpHeader header{.source_port = route.source.port, .destination_port = route.destination.port};
    // RFC 7348 §5 wants none; over IPv6 that takes both ends to agree on it first (RFC 6935 §5).
    if (type_of(vxlan.ends) == EtherType::ipv4) header.forced.checksum = 0;
    [[maybe_unused]] const auto done = prepend(buffer_, header, route);
    assert(done);
    add_ip(vxlan.ends, Protocol::udp);
  }

  [[nodiscard]] const Front& front() const noexcept { return front_; }

 private:
  [[nodiscard]] bool goes_to_second() const noexcept {
    const auto& [source, destination] = route_;
    return source.port != destination.port ? source.port > destination.port : source.address <= destination.address;
  }
  [[nodiscard]] const IpAddress& source_of(const Ends& ends) const noexcept {
    return goes_to_second() ? ends.first : ends.second;
  }
  [[nodiscard]] const IpAddress& destination_of(const Ends& ends) const noexcept {
    return goes_to_second() ? ends.second : ends.first;
  }

  /// A dynamic port, the same for all that goes along the route (RFC 7348 §5).
  [[nodiscard]] Port flow_port() const noexcept {
    Mixer mixer{0};
    for (const Endpoint* const end : {&route_.source, &route_.destination}) {
      mixer.add(end->address.octets()).add(end->port.value);
    }
    return Port{static_cast<std::uint16_t>(first_dynamic_port + mixer.next() % dynamic_ports)};
  }

  void add_frame() {
    prepend(buffer_,
            EthernetHeader{MacAddress::made_for(front_.source), MacAddress::made_for(front_.destination), front_.type});
    front_.type = EtherType::ethernet;
  }

  void add_ip(const Ends& ends, Protocol protocol) {
    front_ = {type_of(ends), source_of(ends), destination_of(ends)};
    [[maybe_unused]] const auto done = front_.type == EtherType::ipv4
                                           ? prepend(buffer_, Ipv4Header{.source = front_.source.ipv4(),
                                                                         .destination = front_.destination.ipv4(),
                                                                         .time_to_live = time_to_live_,
                                                                         .protocol = protocol,
                                                                         .dont_fragment = true})
                                           : prepend(buffer_, Ipv6Header{.source = front_.source.ipv6(),
                                                                         .destination = front_.destination.ipv6(),
                                                                         .hop_limit = time_to_live_,
                                                                         .next_header = protocol});
    assert(done);
  }

  PacketBuffer& buffer_;
  const Route& route_;
  std::uint8_t time_to_live_;
  Front front_;
};

}  // namespace

std::span<const OuterShape> outer_shapes() noexcept { return shapes; }

Result<std::vector<OuterLayer>, InputError> parse_outer_layers(std::string_view text) {
  Layers layers;
  for (std::size_t begin = 0; begin <= text.size();) {
    // The next comma with no digit behind it.
    std::size_t end = text.find(',', begin);
    while (end != std::string_view::npos && end + 1 < text.size() && text[end + 1] >= '0' && text[end + 1] <= '9') {
      end = text.find(',', end + 1);
    }
    end = std::min(end, text.size());
    if (auto read = parse_layer(text.substr(begin, end - begin), layers); !read) return unexpected(read.error());
    begin = end + 1;
  }
  return layers;
}

Result<void, InputError> check(std::span<const OuterLayer> layers, std::optional<LinkType> link_type) {
  if (layers.empty()) return {};
  if (layers.size() > most_outer_layers) {
    return unexpected(wrong(name_of(layers[most_outer_layers]), std::to_string(layers.size()) +
                                                                    " tags, labels and tunnels; write at most " +
                                                                    std::to_string(most_outer_layers)));
  }
  const LinkType link = link_type.value_or(LinkType::ethernet);
  const EtherType outermost = type_of(layers.front());
  const bool is_ip = outermost == EtherType::ipv4 || outermost == EtherType::ipv6;
  if (!is_ip && link != LinkType::ethernet && link != LinkType::linux_sll) {
    return unexpected(wrong(name_of(layers.front()),
                            "this link type carries IP packets only; leave --link out, or write --link ether or sll"));
  }
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (!needs_frame(type_of(layers[i])) || carries_frames(layers[i - 1])) continue;
    return unexpected(wrong(name_of(layers[i]), "stands inside " + std::string{name_of(layers[i - 1])} +
                                                    ", which carries no Ethernet frames; write it in front, or inside "
                                                    "gre or vxlan"));
  }
  return {};
}

std::uint32_t most_wrapped(std::span<const OuterLayer> layers) {
  constexpr std::uint32_t most = 65535;
  // Tags and labels count nothing: what is outside of all else may be as long as it likes.
  const auto counting = std::ranges::find_if(layers, [](const OuterLayer& layer) {
    return !std::holds_alternative<Tag>(layer) && !std::holds_alternative<Label>(layer);
  });
  PacketBuffer empty;
  wrap(empty, {counting, layers.end()}, {}, 0);
  return most - static_cast<std::uint32_t>(empty.size());
}

Front wrap(PacketBuffer& buffer, std::span<const OuterLayer> layers, const Route& route, std::uint8_t time_to_live) {
  if (layers.empty()) return front_of(route);
  Wrapper wrapper{buffer, route, time_to_live};
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) std::visit(wrapper, *layer);
  return wrapper.front();
}

}  // namespace encap

#include "input/packet_list.h"

#include <algorithm>
#include <tuple>

#include "encap/flow/service.h"
#include "input/party_text.h"

namespace encap {
namespace {

/// What Wireshark's column Protocol calls a protocol that a message table calls otherwise, or does not know.
struct ProtocolName {
  std::string_view shown;  // in capitals
  std::string_view name;
  Transport transport = Transport::tcp;
  Port service;
};

constexpr std::array renamed{
    ProtocolName{"TLSV1", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"TLSV1.1", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"TLSV1.2", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"TLSV1.3", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"SSLV2", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"SSLV3", "TLS", Transport::tcp, Port{443}},
    ProtocolName{"GQUIC", "QUIC", Transport::udp, Port{443}},
    ProtocolName{"SSHV1", "SSH", Transport::tcp, Port{22}},
    ProtocolName{"SSHV2", "SSH", Transport::tcp, Port{22}},
    ProtocolName{"POP", "POP3", Transport::tcp, Port{110}},
    ProtocolName{"IMF", "SMTP", Transport::tcp, Port{25}},
    ProtocolName{"SMB2", "SMB", Transport::tcp, Port{445}},
    ProtocolName{"PGSQL", "POSTGRESQL", Transport::tcp, Port{5432}},
    ProtocolName{"RESP", "REDIS", Transport::tcp, Port{6379}},
    ProtocolName{"SSDP", "UDP", Transport::udp, Port{1900}},
    ProtocolName{"NBNS", "UDP", Transport::udp, Port{137}},
    ProtocolName{"NBDS", "UDP", Transport::udp, Port{138}},
    ProtocolName{"BROWSER", "UDP", Transport::udp, Port{138}},
};

/// Protocols that carry no messages of applications, or none over TCP and UDP; with a star, all that begin so.
constexpr std::array<std::string_view, 38> below{
    "ARP",   "RARP", "ICMP*",  "IGMP*", "MLD*",  "IPV4",      "IPV6",    "IP",    "ETHERNET*", "0X*",
    "LLC",   "STP",  "RSTP",   "MSTP",  "LLDP",  "CDP",       "VTP",     "DTP",   "LACP",      "LOOP",
    "EAPOL", "EAP",  "802.11", "802.3", "OSPF*", "EIGRP",     "VRRP*",   "HSRP*", "PIM*",      "GRE",
    "ESP",   "AH",   "SCTP",   "PPP*",  "USB*",  "HOMEPLUG*", "IPV6CTL", "SLARP"};

constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr bool starts_upper(std::string_view text, std::string_view capitals) noexcept {
  return text.size() >= capitals.size() &&
         std::equal(capitals.begin(), capitals.end(), text.begin(), [](char a, char b) { return a == upper(b); });
}

bool is_below(std::string_view protocol) noexcept {
  return std::any_of(below.begin(), below.end(), [protocol](std::string_view name) {
    if (name.ends_with('*')) return starts_upper(protocol, name.substr(0, name.size() - 1));
    return protocol.size() == name.size() && starts_upper(protocol, name);
  });
}

void skip_blanks(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

/// `80`, `http(80)`, `http`
std::optional<Port> take_port(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find_first_of(" \xe2"), text.size());
  std::string_view word = text.substr(0, end);
  if (const std::size_t open = word.find('('); open != std::string_view::npos && word.ends_with(')')) {
    word = word.substr(open + 1, word.size() - open - 2);
  }
  auto port = read_port(word).port();
  if (!port) {
    const Service* const service = word.empty() ? nullptr : find_service(word);
    if (service == nullptr) return std::nullopt;
    port = service->port;
  }
  text.remove_prefix(end);
  return port;
}

/// Takes `54321 → 80 ` off the front, with the arrows that versions of Wireshark have printed.
bool take_ports(std::string_view& info, PacketText& into) noexcept {
  static constexpr std::array<std::string_view, 3> arrows{"\xe2\x86\x92", "->", ">"};
  std::string_view rest = info;
  const auto source = take_port(rest);
  skip_blanks(rest);
  const auto arrow = std::find_if(arrows.begin(), arrows.end(), [rest](auto mark) { return rest.starts_with(mark); });
  if (!source || arrow == arrows.end()) return false;
  rest.remove_prefix(arrow->size());
  skip_blanks(rest);
  const auto destination = take_port(rest);
  if (!destination) return false;
  into.source = source;
  into.destination = destination;
  skip_blanks(rest);
  info = rest;
  return true;
}

/// Takes notes of the analysis off the front, as in `[TCP Previous segment not captured] , GET / HTTP/1.1`.
/// Returns whether one of them says that the segment was sent again.
bool take_notes(std::string_view& info) noexcept {
  bool again = false;
  while (info.starts_with('[')) {
    const std::size_t end = info.find(']');
    if (end == std::string_view::npos) break;
    again = again || info.substr(0, end).ends_with("Retransmission");
    info.remove_prefix(end + 1);
    info.remove_prefix(std::min(info.find_first_not_of(" ,"), info.size()));
  }
  return again;
}

/// The start line of an HTTP message without the type of its body, which Wireshark adds: `HTTP/1.1 200 OK
/// (text/html)`, `POST / HTTP/1.1 , JSON (application/json)`.
std::string_view start_line_of(std::string_view info) noexcept {
  const std::size_t version = info.find("HTTP/");
  if (version == std::string_view::npos) return info;
  const std::size_t type = std::min(info.find("  (", version), info.find(" , ", version));
  info = info.substr(0, type);
  while (info.ends_with(' ')) info.remove_suffix(1);
  return info;
}

/// Octets of data as `Len=12` says; without it 0.
bool has_data(std::string_view info) noexcept {
  const std::size_t at = info.find("Len=");
  return at != std::string_view::npos && at + 4 < info.size() && info[at + 4] >= '1' && info[at + 4] <= '9';
}

}  // namespace

PacketText read_packet_text(std::string_view protocol, std::string_view info) noexcept {
  PacketText text{.protocol = protocol, .message = info};
  if (is_below(protocol)) {
    text.row = PacketRow::other;
    return text;
  }
  const auto other_name = std::find_if(renamed.begin(), renamed.end(), [protocol](const ProtocolName& entry) {
    return protocol.size() == entry.shown.size() && starts_upper(protocol, entry.shown);
  });
  const Service* const service = find_service(protocol);
  if (other_name != renamed.end()) {
    text.protocol = other_name->name;
    text.transport = other_name->transport;
    text.service = other_name->service;
  } else if (service != nullptr) {
    text.transport = service->transport;
    text.service = service->port;
  }

  const bool again = take_notes(info);
  text.message = info;
  const bool bare = service != nullptr && (service->name == "TCP" || service->name == "UDP");
  if (bare) text.service.reset();
  if (bare && take_ports(info, text)) {
    text.row = again || (service->name == "TCP" && !has_data(info)) ? PacketRow::control : PacketRow::hidden_data;
  } else if (again) {
    text.row = PacketRow::control;
  } else if (info.empty()) {
    text.row = PacketRow::hidden_data;
  } else if (service != nullptr && service->text == Service::Text::http) {
    if (info.starts_with("Continuation")) text.row = PacketRow::hidden_data;
    text.message = start_line_of(info);
  }
  return text;
}

void PacketPorts::settle(const PacketText& text, Message& message) {
  if (!message.source.port && !message.destination.port) {
    message.source.port = text.source;
    message.destination.port = text.destination;
  }
  const bool named = message.source.port && message.destination.port;
  if (!named && (message.source.port || message.destination.port)) return;

  const auto side = [](const Party& party) { return std::tie(party.name, party.address); };
  const bool in_order = side(message.source) <= side(message.destination);
  key_.clear();
  for (const Party* party :
       {in_order ? &message.source : &message.destination, in_order ? &message.destination : &message.source}) {
    key_.append(party->name).push_back('\0');
    if (party->address) key_.append(as_text(party->address->octets()));
    key_.push_back('\0');
  }

  if (named) {
    if (hosts_.size() >= most_pairs && hosts_.find(key_) == hosts_.end()) hosts_.clear();
    Known& known = hosts_[key_];
    const Ports ports{in_order ? *message.source.port : *message.destination.port,
                      in_order ? *message.destination.port : *message.source.port,
                      text.transport.value_or(Transport::tcp)};
    const auto end = known.latest.begin() + static_cast<std::ptrdiff_t>(known.count);
    auto at = std::find(known.latest.begin(), end, ports);
    if (at == end) {
      if (known.count < known.latest.size()) ++known.count;
      at = known.latest.begin() + static_cast<std::ptrdiff_t>(known.count) - 1;
      *at = ports;
    }
    std::rotate(known.latest.begin(), at, at + 1);
    return;
  }

  const auto found = hosts_.find(key_);
  if (found != hosts_.end()) {
    const auto begin = found->second.latest.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(found->second.count);
    const auto carried = [&text](const Ports& ports) { return !text.transport || ports.transport == *text.transport; };
    auto best = std::find_if(begin, end, [&](const Ports& ports) {
      return carried(ports) && (!text.service || ports.first == *text.service || ports.second == *text.service);
    });
    // Else those of a service without a well-known port (RFC 6335 §6): HTTP may be spoken at 8000, not at 22.
    if (best == end) {
      best = std::find_if(begin, end, [&](const Ports& ports) {
        return carried(ports) && ports.first.value >= 1024 && ports.second.value >= 1024;
      });
    }
    if (best != end) {
      message.source.port = in_order ? best->first : best->second;
      message.destination.port = in_order ? best->second : best->first;
      return;
    }
  }
  // What no message table has a name for still has its port.
  if (text.service && find_service(text.protocol)->port != *text.service) message.destination.port = text.service;
}

}  // namespace encap

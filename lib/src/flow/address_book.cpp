#include "encap/flow/address_book.h"

#include <charconv>

#include "encap/flow/dhcp_text.h"
#include "encap/flow/http_text.h"

namespace encap {
namespace {

constexpr std::uint16_t first_dynamic_port = 49152;  // RFC 6335 §6
constexpr std::uint32_t dynamic_ports = 65536 - first_dynamic_port;

InputError wrong_host(std::string_view text, std::string reason) {
  return {.where = {}, .name = "--host", .excerpt = std::string{text}, .reason = std::move(reason)};
}

std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a: the same on every machine
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// Whether a line is a server's: a reply code (RFC 5321 §4.2, RFC 959 §4.2, RFC 3977 §3.2), a status indicator
/// (RFC 1939 §3), an untagged response (RFC 3501 §2.2.2), a message with the server's prefix (RFC 2812 §2.3).
/// Servers of these protocols speak first, so who is spoken to first does not tell.
bool is_reply_line(std::string_view line) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (line.size() >= 3 && digit(line[0]) && digit(line[1]) && digit(line[2])) {
    return line.size() == 3 || line[3] == ' ' || line[3] == '-';
  }
  return line.starts_with("+OK") || line.starts_with("-ERR") || line.starts_with("* ") || line.starts_with(':');
}

/// What the message, its file and the ports it names say about who serves.
std::optional<bool> told(const Message& message, const Service* service, std::optional<Port> source_port,
                         std::optional<Port> destination_port) noexcept {
  if (message.source_serves) return message.source_serves;
  if (service != nullptr && service->text == Service::Text::http) {
    switch (http_start_line(as_text(message.payload))) {
      case HttpStartLine::request:
        return false;
      case HttpStartLine::response:
        return true;
      case HttpStartLine::none:
        break;
    }
  }
  const bool source = source_port && is_service_port(*source_port);
  const bool destination = destination_port && is_service_port(*destination_port);
  if (source && destination) {
    if (*source_port == *destination_port) return std::nullopt;
    return *source_port < *destination_port;
  }
  if (source || destination) return source;
  if (service != nullptr && service->text == Service::Text::lines) return is_reply_line(as_text(message.payload));
  if (service != nullptr && service->text == Service::Text::dhcp) {
    if (const auto dhcp = read_dhcp_text(as_text(message.payload))) return is_from_server(dhcp->type);
  }
  return std::nullopt;
}

}  // namespace

std::optional<bool> source_serves(const Message& message, const SettledRoute& settled) noexcept {
  return told(message, settled.service, settled.route.source.port, settled.route.destination.port);
}

Result<Host, InputError> Host::parse(std::string_view text) {
  static constexpr const char* shape = "write APP=IP or APP=IP:PORT, as in web_server=10.0.0.2:80";
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return unexpected(wrong_host(text, shape));
  Host host{.application = std::string{text.substr(0, equals)}, .address = {}, .port = {}};
  std::string_view place = text.substr(equals + 1);
  if (const auto whole = IpAddress::parse(place)) {
    host.address = *whole;
    return host;
  }
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos) return unexpected(wrong_host(text, shape));
  const auto address = IpAddress::parse(place.substr(0, colon));
  const std::string_view digits = place.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return unexpected(wrong_host(text, shape));
  }
  host.address = *address;
  host.port = Port{port};
  return host;
}

const Host* AddressBook::find_host(const Party& party) const noexcept {
  if (party.name.empty()) return nullptr;
  for (const Host& host : options_.hosts) {
    if (host.application == party.name) return &host;
  }
  return nullptr;
}

AddressBook::Pair& AddressBook::pair_of(const Message& message, bool source_first, std::optional<bool> serving) {
  // The two sides in an order of their own, so that both directions find the same entry.
  const auto append_side = [this](const Party& party) {
    key_.append(party.name).push_back('\0');
    if (party.address) key_.append(as_text(party.address->octets()));
  };
  key_.clear();
  append_side(source_first ? message.source : message.destination);
  key_.push_back('\1');
  append_side(source_first ? message.destination : message.source);

  const auto known = pairs_.find(key_);
  if (known != pairs_.end()) return known->second;
  const bool first_serves = serving.value_or(false) == source_first;
  if (pairs_.size() >= most_pairs) {
    // Without memory the direction cannot be told from who spoke first, so the order of the names decides.
    const auto port = static_cast<std::uint16_t>(first_dynamic_port + hash_of(key_) % dynamic_ports);
    unremembered_ = {Port{port}, serving ? first_serves : false};
    return unremembered_;
  }
  const auto port = static_cast<std::uint16_t>(first_dynamic_port + pairs_.size() % dynamic_ports);
  return pairs_.emplace(key_, Pair{Port{port}, first_serves}).first->second;
}

Result<SettledRoute, InputError> AddressBook::settle(const Message& message) {
  Result<SettledRoute, InputError> result;  // filled where it is handed out
  SettledRoute& settled = *result;
  if (message.protocol != last_protocol_) {  // mostly that of the row before
    last_protocol_ = message.protocol;
    last_service_ = find_service(message.protocol);
  }
  settled.service = last_service_;
  settled.transport = message.transport    ? *message.transport
                      : options_.transport ? *options_.transport
                      : settled.service    ? settled.service->transport
                                           : Transport::tcp;

  Party source = message.source;
  Party destination = message.destination;
  if (!options_.hosts.empty()) {
    for (Party* party : {&source, &destination}) {
      if (const Host* host = find_host(*party)) {
        if (!party->address) party->address = host->address;
        if (!party->port) party->port = host->port;
      }
    }
  }

  const bool overridden =
      options_.source_address || options_.destination_address || options_.source_port || options_.destination_port;
  bool serving = false;
  if (!source.port || !destination.port || (overridden && options_.overrides_follow_direction)) {
    Message known = message;
    known.source = source;
    known.destination = destination;
    const auto source_side = std::tie(source.name, source.address);
    const auto destination_side = std::tie(destination.name, destination.address);
    const bool source_first = source_side <= destination_side;
    const auto by_message = told(known, settled.service, source.port, destination.port);
    Pair& pair = pair_of(known, source_first, by_message);
    // Each HTTP start line decides anew, as does each kind of DHCP message, and what tells nothing goes the way of the
    // last one. So do sides that look the same, which only their messages tell apart.
    const auto is = [&settled](Service::Text text) {
      return settled.service != nullptr && settled.service->text == text;
    };
    const bool anew = is(Service::Text::http) || is(Service::Text::dhcp);
    if (by_message && (anew || source_side == destination_side)) pair.first_key_serves = *by_message == source_first;
    serving = pair.first_key_serves == source_first;
    const Port service_port = settled.service ? settled.service->port : default_service_port;
    const Port client_port =
        settled.service && settled.service->client_port ? *settled.service->client_port : pair.client_port;
    if (!source.port) source.port = serving ? service_port : client_port;
    if (!destination.port) destination.port = serving ? client_port : service_port;
  }
  if (overridden) {
    const bool swapped = options_.overrides_follow_direction && serving;
    Party& client = swapped ? destination : source;
    Party& server = swapped ? source : destination;
    if (options_.source_address) client.address = options_.source_address;
    if (options_.source_port) client.port = options_.source_port;
    if (options_.destination_address) server.address = options_.destination_address;
    if (options_.destination_port) server.port = options_.destination_port;
  }

  const auto loopback_beside = [](const std::optional<IpAddress>& other) -> IpAddress {
    if (other && !other->is_ipv4()) return Ipv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return Ipv4Address{0x7f000001};
  };
  settled.route.source = {source.address ? *source.address : loopback_beside(destination.address), *source.port};
  settled.route.destination = {destination.address ? *destination.address : loopback_beside(source.address),
                               *destination.port};
  if (settled.route.source.address.family() != settled.route.destination.address.family()) {
    result = unexpected(InputError{.where = {std::string{message.file}, message.line, 0},
                                   .name = "dst_ip",
                                   .excerpt = to_string(settled.route.destination.address),
                                   .reason = "the source is " + to_string(settled.route.source.address) +
                                             ": give both sides IPv4 addresses, or both IPv6"});
  }
  return result;
}

}  // namespace encap

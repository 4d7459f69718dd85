#include "flow/dhcp_dialogue.h"

#include "encap/flow/dns_text.h"

namespace encap {
namespace {

constexpr std::uint64_t for_xid = 0x786964;  // what is drawn from the seed is drawn for
constexpr std::uint64_t for_hardware = 0x6d6163;
constexpr std::uint64_t for_address = 0x6970;
constexpr std::uint32_t private_network = 0xc0a80000;  // 192.168.0.0/24, RFC 1918 §3
constexpr Ipv4Address class_c_mask{0xffffff00};

std::uint64_t hash_of(std::string_view text) noexcept { return Mixer{for_hardware}.add(as_bytes(text)).next(); }

/// An address that a host has to itself; 127.0.0.1 is that of all hosts in a table without addresses.
std::optional<Ipv4Address> address_of(const IpAddress& address) noexcept {
  if (!address.is_ipv4()) return std::nullopt;
  const Ipv4Address of = address.ipv4();
  if (of.value == 0 || of.is_broadcast() || of.is_multicast() || of.is_loopback()) return std::nullopt;
  return of;
}

/// A locally administered address of a card that nobody made.
MacAddress hardware_of(std::uint64_t seed, std::uint64_t key) noexcept {
  const std::uint64_t drawn = Mixer{seed}.add(for_hardware).add(key).next();
  MacAddress made{{0x02}};
  for (unsigned i = 1; i < made.octets.size(); ++i) made.octets[i] = static_cast<std::uint8_t>(drawn >> (8 * i));
  return made;
}

/// The server of a network where the table does not say: its first host, or its last beside that one.
Ipv4Address server_beside(Ipv4Address client) noexcept {
  const std::uint32_t network = client.value & class_c_mask.value;
  return {network | (client.value == (network | 1) ? 254u : 1u)};
}

}  // namespace

Ipv4Address DhcpDialogue::draw_address() noexcept {
  // Of .2 to .254, each once before one comes again.
  const std::uint64_t drawn = Mixer{seed_}.add(for_address).next() % 253 + 89 * addresses_++;
  return {private_network | static_cast<std::uint32_t>(2 + drawn % 253)};
}

DhcpDialogue::Client& DhcpDialogue::client_of(const DhcpText& read, std::optional<Ipv4Address> address,
                                              std::string_view name) {
  const bool from_server = is_from_server(read.type);
  if (read.xid) {
    if (Client* const known = clients_.find_if(
            [&](const Client& client) { return client.xid == *read.xid && client.state != Client::State::init; })) {
      return *known;
    }
  }
  std::uint64_t key = 0;
  if (!name.empty()) {
    key = hash_of(name);
  } else if (address) {
    key = Mixer{for_address}.add(address->value).next();
  }
  if (Client* const known = clients_.find(key); known != nullptr) {
    last_ = key;
    return *known;
  }
  // It got the address it has now, or is called something else in a broadcast.
  if (address) {
    if (Client* const known =
            clients_.find_if([&](const Client& client) { return client.address == *address && client.server; })) {
      return *known;
    }
  }
  if (from_server) {
    Client* const spoke = clients_.find(last_);
    if (spoke != nullptr && spoke->state != Client::State::init && spoke->state != Client::State::bound) return *spoke;
  }
  Client& client = clients_.at(key);
  client.hardware = address ? MacAddress::made_for(*address) : hardware_of(seed_, key);
  last_ = key;
  return client;
}

DhcpMessage DhcpDialogue::say_of_client(const DhcpText& read, Client& client, std::optional<Ipv4Address> own,
                                        std::optional<Ipv4Address> server) {
  using State = Client::State;
  DhcpMessage message{.type = read.type};
  // A request goes on with what was discovered, and with what was requested before and not answered; all else is new.
  const bool goes_on = (read.type == DhcpType::request && client.state != State::init && client.state != State::bound &&
                        client.state != State::informing) ||
                       (read.type == DhcpType::discover && client.state == State::discovering);
  if (!goes_on) client.xid = static_cast<std::uint32_t>(Mixer{seed_}.add(for_xid).add(exchanges_++).next());
  if (read.server) {
    client.server = read.server;
  } else if (server && !client.server) {
    client.server = server;
  }
  switch (read.type) {
    case DhcpType::discover:
      if (client.state != State::discovering) client.address = {};
      client.server.reset();
      message.requested_address = read.address;
      client.state = State::discovering;
      break;
    case DhcpType::request:
      if (client.state == State::bound && read.address.value_or(client.address) == client.address) {
        // RENEWING: RFC 2131 §4.3.2
        message.client_address = client.address;
      } else {
        if (read.address) client.address = *read.address;
        if (client.address.value == 0) client.address = own ? *own : draw_address();
        message.requested_address = client.address;
        // Only who was offered something chooses a server.
        if (client.state == State::offered || client.state == State::requesting) message.server = client.server;
      }
      client.state = State::requesting;
      break;
    case DhcpType::inform:
      message.client_address = own ? *own : read.address.value_or(client.address);
      client.state = State::informing;
      break;
    case DhcpType::decline:
    case DhcpType::release:
      if (read.address) client.address = *read.address;
      if (client.address.value == 0) client.address = own ? *own : draw_address();
      if (!client.server) client.server = server_beside(client.address);
      (read.type == DhcpType::release ? message.client_address : message.requested_address.emplace()) = client.address;
      message.server = client.server;
      client.state = State::init;
      break;
    default:
      break;
  }
  return message;
}

DhcpMessage DhcpDialogue::say_of_server(const DhcpText& read, Client& client, std::optional<Ipv4Address> own,
                                        std::optional<Ipv4Address> client_address) {
  using State = Client::State;
  DhcpMessage message{.type = read.type};
  const bool informed = client.state == State::informing && read.type == DhcpType::ack;
  // A server that nobody asked answers something that is not in the table.
  if (client.state == State::init || client.state == State::bound) {
    client.xid = static_cast<std::uint32_t>(Mixer{seed_}.add(for_xid).add(exchanges_++).next());
    if (read.type == DhcpType::offer) client.address = {};
  }
  if (read.address && read.type != DhcpType::nak) client.address = *read.address;
  // What is not broadcast goes to the address it offers (RFC 2131 §4.1).
  if (client.address.value == 0 && !informed) client.address = client_address ? *client_address : draw_address();
  if (read.server || own) {
    client.server = read.server ? read.server : own;
  } else if (!client.server) {
    client.server = server_beside(client.address);
  }
  message.server = client.server;
  if (read.type == DhcpType::nak) {
    client.address = {};
    client.state = State::init;
    return message;
  }
  const auto keep = [](auto& known, const auto& said) {
    if (said) known = *said;
  };
  keep(client.subnet_mask, read.subnet_mask);
  keep(client.router, read.router);
  keep(client.name_server, read.name_server);
  keep(client.lease_time, read.lease_time);
  const Ipv4Address mask = client.subnet_mask.value_or(class_c_mask);
  const bool near = (client.server->value & mask.value) == (client.address.value & mask.value);
  message.subnet_mask = mask;
  message.router = client.router ? *client.router : near ? *client.server : server_beside(client.address);
  message.name_server = client.name_server;
  if (informed) {  // RFC 2131 §4.3.5: no address, no lease
    client.state = State::bound;
    return message;
  }
  message.your_address = client.address;
  message.lease_time = client.lease_time;
  client.state = read.type == DhcpType::offer ? State::offered : State::bound;
  return message;
}

bool DhcpDialogue::complete(const Route& route, std::optional<bool> from_server, std::string_view client_name,
                            std::string& text, std::string& out) {
  const auto read = read_dhcp_text(text, from_server);
  if (!read) return false;
  const bool server_speaks = is_from_server(read->type);
  const bool client_is_source = from_server ? !*from_server : !server_speaks;
  const auto client_address = address_of((client_is_source ? route.source : route.destination).address);
  const auto server_address = address_of((client_is_source ? route.destination : route.source).address);
  Client& client = client_of(*read, client_address, client_name);
  if (read->client_hardware) client.hardware = *read->client_hardware;
  DhcpMessage message = server_speaks ? say_of_server(*read, client, server_address, client_address)
                                      : say_of_client(*read, client, client_address, server_address);
  if (read->xid) client.xid = *read->xid;
  message.xid = client.xid;
  message.client_hardware = client.hardware;
  if (!server_speaks && read->type != DhcpType::release && read->type != DhcpType::decline) {
    if (is_dns_name(client_name)) message.host_name = client_name;
  }
  write_dhcp_message(message, out);
  text.swap(out);
  return true;
}

}  // namespace encap

#include "live/socket_sender.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#ifdef __linux__

#include <sys/resource.h>

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/udp.h"
#include "live/datagram_gatherer.h"
#include "live/tcp_carrier.h"
#include "live/udp_carrier.h"

namespace encap {
namespace live {
namespace {

/// How many file descriptors are for what.
struct Descriptors {
  std::size_t connections;
  std::size_t listeners;
  std::size_t datagrams;
};

// Raises the soft limit to what all of them could need and divides what there is.
Descriptors take_descriptors() noexcept {
  constexpr std::size_t most_connections = 20'000;
  constexpr std::size_t most_others = 1024;
  constexpr std::size_t kept = 128;  // for the rest of the process
  constexpr rlim_t wanted = 2 * most_connections + 2 * most_others + kept;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) limit = {1024, 1024};
  if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const auto have = static_cast<std::size_t>(std::clamp<rlim_t>(limit.rlim_cur, kept, wanted)) - kept;
  const std::size_t others = std::clamp<std::size_t>(have / 8, 2, most_others);
  const std::size_t left = have > 2 * others ? have - 2 * others : 0;
  return {std::clamp<std::size_t>(left / 2, 1, most_connections), others, others};
}

/// The transport part of an IP packet or of a fragment of one.
struct IpPayload {
  DatagramGatherer::Key key{};
  Bytes octets{};
  std::size_t offset = 0;
  bool more = false;
};

std::optional<IpPayload> read_ipv4(Bytes octets) noexcept {
  const auto packet = Ipv4View::parse(octets);
  if (!packet) return std::nullopt;
  return IpPayload{{packet->source(), packet->destination(), packet->identification(), packet->protocol()},
                   packet->payload(),
                   packet->fragment_offset(),
                   packet->more_fragments()};
}

std::optional<IpPayload> read_ipv6(Bytes octets) noexcept {
  const auto packet = Ipv6View::parse(octets);
  if (!packet) return std::nullopt;
  IpPayload payload{{packet->source(), packet->destination(), 0, packet->next_header()}, packet->payload()};
  if (packet->next_header() != Protocol::fragment) return payload;
  const auto fragment = Ipv6FragmentView::parse(packet->payload());
  if (!fragment) return std::nullopt;
  payload.key.identification = fragment->identification();
  payload.key.protocol = fragment->next_header();
  payload.octets = fragment->payload();
  payload.offset = fragment->fragment_offset();
  payload.more = fragment->more_fragments();
  return payload;
}

std::optional<IpPayload> read_packet(Bytes octets) noexcept {
  if (octets.empty()) return std::nullopt;
  return std::to_integer<unsigned>(octets.front()) >> 4 == 6 ? read_ipv6(octets) : read_ipv4(octets);
}

class SocketSender final : public LiveSender {
 public:
  explicit SocketSender(const NetworkInterface& interface) : SocketSender{interface, take_descriptors()} {}

  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    if (record.link_type != LinkType::raw) {
      return unexpected(IoError{"send on", interface_.name, EINVAL, "the packets must be of the link type raw"});
    }
    const auto carried = carry(record.bytes);
    if (!carried) return unexpected(carried.error());
    if (*carried) {
      ++counts_.packets;
      counts_.octets += record.bytes.size();
    } else {
      ++counts_.passed_over;
    }
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }
  [[nodiscard]] LinkType link_type() const noexcept override { return LinkType::raw; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override {
    LiveSenderCounts counts = counts_;
    counts.to_other_programs = tcp_.to_other_programs() + udp_.to_other_programs();
    return counts;
  }
  [[nodiscard]] Result<void, IoError> finish() override {
    udp_.finish();
    return tcp_.finish(Deadline{std::chrono::seconds{1}});
  }

 private:
  SocketSender(const NetworkInterface& interface, const Descriptors& descriptors)
      : interface_{interface},
        tcp_{{.connections = descriptors.connections, .listeners = descriptors.listeners}},
        udp_{descriptors.datagrams} {
    for (const std::string& text : interface.addresses) {
      if (const auto address = IpAddress::parse(text)) addresses_.push_back(*address);
    }
  }

  [[nodiscard]] Result<bool, IoError> carry(Bytes octets) {
    auto payload = read_packet(octets);
    if (!payload) return false;
    if (payload->offset != 0 || payload->more) {
      const auto [taken, whole] = gatherer_.add(payload->key, payload->offset, payload->more, payload->octets);
      if (!whole) return taken;
      payload->octets = *whole;
    }
    Route route{{payload->key.source, Port{}}, {payload->key.destination, Port{}}};
    if (payload->key.protocol == Protocol::tcp) {
      const auto segment = TcpView::parse(payload->octets);
      if (!segment) return false;
      route.source.port = segment->source_port();
      route.destination.port = segment->destination_port();
      if (auto known = check(route); !known) return unexpected(known.error());
      return tcp_.carry(route, *segment);
    }
    if (payload->key.protocol == Protocol::udp) {
      const auto datagram = UdpView::parse(payload->octets);
      if (!datagram) return false;
      route.source.port = datagram->source_port();
      route.destination.port = datagram->destination_port();
      if (auto known = check(route); !known) return unexpected(known.error());
      return udp_.carry(route, datagram->payload());
    }
    return false;
  }

  // Whether both ends can have a socket.
  [[nodiscard]] Result<void, IoError> check(const Route& route) const {
    for (const Endpoint& endpoint : {route.source, route.destination}) {
      if (!has(endpoint.address)) return unexpected(no_address(endpoint.address));
      if (endpoint.port.value == 0) {
        return unexpected(conversation_error("send", route, EINVAL, "no socket can have port 0: use another one"));
      }
    }
    return {};
  }
  // The whole of 127.0.0.0/8 is local, whatever the loopback interface lists of it.
  [[nodiscard]] bool has(const IpAddress& address) const noexcept {
    if (interface_.has_loopback_flag && address.is_ipv4() && address.is_loopback()) return true;
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }
  [[nodiscard]] IoError no_address(const IpAddress& address) const {
    const std::string text = to_string(address);
    std::string has;
    for (const std::string& one : interface_.addresses) has += (has.empty() ? "" : ", ") + one;
    std::string reason = text + " is not an address of " + interface_.name + (has.empty() ? "" : ", which has " + has) +
                         ": real sockets need both ends on this machine. Take addresses of 127.0.0.0/8, which are all "
                         "local";
    if (!address.is_multicast() && !(address.is_ipv4() && address.ipv4().is_broadcast())) {
      reason +=
          ", or add it: ip address add " + text + (address.is_ipv4() ? "/32" : "/128") + " dev " + interface_.name;
    }
    return {"send on", interface_.name, EADDRNOTAVAIL, std::move(reason)};
  }

  NetworkInterface interface_;
  std::vector<IpAddress> addresses_;
  DatagramGatherer gatherer_;
  TcpCarrier tcp_;
  UdpCarrier udp_;
  LiveSenderCounts counts_;
};

}  // namespace
}  // namespace live

Result<std::unique_ptr<LiveSender>, IoError> open_socket_sender(const NetworkInterface& interface) {
  if (!interface.is_up) {
    return unexpected(IoError{"open", interface.name, ENETDOWN, "it is down: ip link set " + interface.name + " up"});
  }
  return std::make_unique<live::SocketSender>(interface);
}

}  // namespace encap

#else

namespace encap {

Result<std::unique_ptr<LiveSender>, IoError> open_socket_sender(const NetworkInterface& interface) {
  return unexpected(IoError{"open", interface.name, ENOTSUP, "sending with real sockets needs Linux"});
}

}  // namespace encap

#endif

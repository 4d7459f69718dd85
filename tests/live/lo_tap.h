#pragma once

#ifdef __linux__

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"

namespace encap::test {

/// A packet that passed `lo`.
struct PassedPacket {
  Route route;
  Protocol protocol = Protocol::tcp;
  TcpFlags flags{};
  SequenceNumber sequence_number{};
  SequenceNumber acknowledgment_number{};
  std::string payload{};
};

/// Listens to what passes `lo` of the network namespace it is made in, from then on.
class LoTap {
 public:
  LoTap() : socket_{::socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL))} {
    sockaddr_ll lo{};
    lo.sll_family = AF_PACKET;
    lo.sll_protocol = htons(ETH_P_ALL);
    lo.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    const int octets = 32 << 20;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&lo), sizeof lo), 0) << std::strerror(errno);
  }
  LoTap(const LoTap&) = delete;
  LoTap& operator=(const LoTap&) = delete;
  ~LoTap() { ::close(socket_); }

  /// All TCP and UDP packets that passed, each once.
  std::vector<PassedPacket> packets() {
    std::vector<PassedPacket> passed;
    std::vector<std::byte> buffer(1 << 17);
    for (;;) {
      sockaddr_ll from{};
      socklen_t length = sizeof from;
      const auto count =
          ::recvfrom(socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (count < 0) break;
      if (from.sll_pkttype == PACKET_OUTGOING) continue;  // each passes twice: on its way out and on its way in
      if (auto packet = read(Bytes{buffer}.first(static_cast<std::size_t>(count)))) passed.push_back(*packet);
    }
    return passed;
  }

 private:
  static std::optional<PassedPacket> read(Bytes octets) {
    PassedPacket packet;
    Bytes transport;
    if (const auto ipv4 = Ipv4View::parse(octets)) {
      packet.route = {{ipv4->source(), {}}, {ipv4->destination(), {}}};
      packet.protocol = ipv4->protocol();
      transport = ipv4->payload();
    } else if (const auto ipv6 = Ipv6View::parse(octets)) {
      packet.route = {{ipv6->source(), {}}, {ipv6->destination(), {}}};
      packet.protocol = ipv6->next_header();
      transport = ipv6->payload();
    }
    const auto set_ports = [&packet](const auto& view) {
      packet.route.source.port = view.source_port();
      packet.route.destination.port = view.destination_port();
      packet.payload = as_text(view.payload());
    };
    if (packet.protocol == Protocol::tcp) {
      const auto tcp = TcpView::parse(transport);
      if (!tcp) return std::nullopt;
      packet.flags = tcp->flags();
      packet.sequence_number = tcp->sequence_number();
      packet.acknowledgment_number = tcp->acknowledgment_number();
      set_ports(*tcp);
      return packet;
    }
    if (packet.protocol != Protocol::udp) return std::nullopt;
    const auto udp = UdpView::parse(transport);
    if (!udp) return std::nullopt;
    set_ports(*udp);
    return packet;
  }

  int socket_;
};

}  // namespace encap::test

#endif  // __linux__

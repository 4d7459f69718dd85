#pragma once

#ifdef __linux__

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <optional>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "capture/file_descriptor.h"
#include "encap/base/bytes.h"

namespace encap::test {

/// Sees what comes in by an interface, on loopback each packet once, with a socket of its own: what it says does not
/// hang on what is tested.
class PacketTap {
 public:
  explicit PacketTap(const char* interface) : socket_{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)} {
    EXPECT_TRUE(socket_);
    const int on = 1;
    const int room = 64 << 20;  // octets
    EXPECT_EQ(::setsockopt(socket_.get(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
    EXPECT_EQ(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room), 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  /// The next frame, with its Ethernet header; nothing when none comes within two seconds.
  std::optional<std::vector<std::byte>> next() {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 2000) != 1) return std::nullopt;
    std::vector<std::byte> frame(70'000);
    const ssize_t got = ::recv(socket_.get(), frame.data(), frame.size(), 0);
    if (got < 0) return std::nullopt;
    frame.resize(static_cast<std::size_t>(got));
    return frame;
  }

  /// The next frame's packet, without its Ethernet header; empty when none comes.
  std::vector<std::byte> next_packet() {
    const auto frame = next();
    if (!frame || frame->size() < ETH_HLEN) return {};
    return {frame->begin() + ETH_HLEN, frame->end()};
  }

 private:
  FileDescriptor socket_;
};

/// How many packets came in by the interface, as the kernel counts them.
inline std::uint64_t packets_received(const std::string& interface) {
  std::ifstream file{"/proc/thread-self/net/dev"};
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos ||
        line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' ')) != interface) {
      continue;
    }
    std::istringstream numbers{line.substr(colon + 1)};
    std::uint64_t octets = 0, packets = 0;
    numbers >> octets >> packets;
    return packets;
  }
  ADD_FAILURE() << interface << " is not in /proc/net/dev";
  return 0;
}

}  // namespace encap::test

#endif

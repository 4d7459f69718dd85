#ifdef __linux__

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "capture/file_descriptor.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "live/link_device.h"
#include "live/packet_senders.h"
#include "live/send_batch.h"

namespace encap {
namespace {

// Every IPv4 address the machine has, whichever interface has it. Errors: the system does not tell.
Result<std::vector<Ipv4Address>, IoError> addresses_of_this_machine(const std::string& interface) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return unexpected(IoError{"open", interface, errno, {}});
  std::vector<Ipv4Address> addresses;
  for (const ifaddrs* item = list; item != nullptr; item = item->ifa_next) {
    if (item->ifa_addr == nullptr || item->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address;
    std::memcpy(&address, item->ifa_addr, sizeof address);
    addresses.push_back({ntohl(address.sin_addr.s_addr)});
  }
  ::freeifaddrs(list);
  return addresses;
}

// A raw socket that takes whole packets and sends them by one interface only.
Result<FileDescriptor, IoError> open_raw_socket(int family, const std::string& interface) {
  FileDescriptor socket{::socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)};
  if (!socket) return unexpected(not_opened(interface, errno));
  const auto set = [&](int level, int option) {
    const int on = 1;
    return ::setsockopt(socket.get(), level, option, &on, sizeof on) == 0;
  };
  const bool is_ipv4 = family == AF_INET;
  // A full queue is told only to those who ask for errors; DHCP is sent to the broadcast address.
  const bool is_ready = ::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                                     static_cast<socklen_t>(interface.size())) == 0 &&
                        (is_ipv4 ? set(IPPROTO_IP, IP_HDRINCL) && set(IPPROTO_IP, IP_RECVERR)
                                 : set(IPPROTO_IPV6, IPV6_HDRINCL) && set(IPPROTO_IPV6, IPV6_RECVERR)) &&
                        set(SOL_SOCKET, SO_BROADCAST);
  if (!is_ready) return unexpected(not_opened(interface, errno));
  // Connection tracking would put fragments together before they leave. Kernels without it need no such wish.
  if (is_ipv4) static_cast<void>(set(IPPROTO_IP, IP_NODEFRAG));
  return socket;
}

// A packet socket that takes IP packets. Those it sends on loopback nobody takes in: their frames are for another host.
Result<FileDescriptor, IoError> open_unheard_socket(const std::string& interface) {
  FileDescriptor socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return unexpected(not_opened(interface, errno));
  return socket;
}

sockaddr_ll other_host(const LinkDevice& device, std::uint16_t type) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(type);
  address.sll_ifindex = device.index;
  address.sll_halen = ETH_ALEN;
  address.sll_addr[0] = 2;  // locally administered, as of hosts that are made up; lo's own are all zero
  address.sll_addr[5] = 1;
  return address;
}

// Sends IPv4 and IPv6 packets as they are; Linux itself writes an IPv4 packet's total length and checksum, an
// identification that is 0 and a source that is 0.0.0.0. Sources: raw(7), Linux net/ipv4/raw.c and net/ipv6/raw.c.
//
// On loopback, Linux takes in what raw sockets send, for whatever address, and what answers (the kernel, a socket that
// listens) sends to the packet's source: out of this machine, when that is not one of its addresses. It keeps in only
// what comes from 127.0.0.0/8; of IPv6, only what goes from ::1 to ::1, as even what the machine says from an address
// of its own to ::1 was seen to leave. So packets whose answers could leave go by a packet socket and pass unheard.
class IpSender final : public LiveSender {
 public:
  IpSender(const NetworkInterface& interface, const LinkDevice& device, FileDescriptor ipv4, FileDescriptor ipv6,
           FileDescriptor unheard, std::vector<Ipv4Address> own_addresses)
      : name_{interface.name},
        device_{device},
        maximum_length_{std::min(device.maximum_packet_length, SendBatch::longest_packet)},
        own_addresses_{std::move(own_addresses)},
        sockets_{std::move(ipv4), std::move(ipv6), std::move(unheard)} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    const Bytes packet = record.bytes;
    if (record.link_type != LinkType::raw) return refuse("raw IP sockets take packets without a link header");
    if (record.original_length > packet.size()) {
      return refuse("the packet was cut to " + std::to_string(packet.size()) + " of " +
                    std::to_string(record.original_length) + " octets when it was captured");
    }
    if (packet.size() > maximum_length_) {
      return refuse("a packet of " + std::to_string(packet.size()) + " octets is longer than the " +
                    std::to_string(maximum_length_) + " the interface carries (its MTU)");
    }
    const unsigned version = packet.empty() ? 0 : std::to_integer<unsigned>(packet[0]) >> 4;
    if (version == 4) return write_ipv4(packet);
    if (version == 6) return write_ipv6(packet);
    return refuse("raw IP sockets take IPv4 and IPv6 packets; the version field of this one says " +
                  std::to_string(version));
  }

  Result<void, IoError> flush() override {
    const std::uint64_t before = counts_.packets;
    auto r = batch_.send(sockets_[static_cast<std::size_t>(in_use_)].get(), name_, counts_);
    if (in_use_ == Socket::unheard) counts_.unheard += counts_.packets - before;
    return r;
  }

  Result<void, IoError> finish() override {
    if (auto r = flush(); !r) return r;
    for (const FileDescriptor& socket : sockets_) {
      if (socket) wait_until_sent(socket.get());
    }
    return {};
  }

  [[nodiscard]] LinkType link_type() const noexcept override { return LinkType::raw; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override { return counts_; }

 private:
  enum class Socket : std::uint8_t { ipv4, ipv6, unheard };

  Result<void, IoError> write_ipv4(Bytes packet) {
    if (packet.size() < Ipv4View::minimum_header_length ||
        packet.size() < load_field<Ipv4Field::ihl>(packet) * std::size_t{4}) {
      return refuse("a packet of " + std::to_string(packet.size()) + " octets ends within its IPv4 header");
    }
    const Ipv4Address source{load_field<Ipv4Field::source>(packet)};
    const Ipv4Address destination{load_field<Ipv4Field::destination>(packet)};
    if (device_.is_loopback && !destination.is_loopback() && !is_own(source)) return pass(packet, ETH_P_IP);
    if (auto r = make_room(Socket::ipv4, packet.size()); !r) return r;
    sockaddr_in& to = batch_.add(packet, sizeof(sockaddr_in)).ipv4;
    to = {};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(destination.value);
    return {};
  }

  Result<void, IoError> write_ipv6(Bytes packet) {
    if (packet.size() < Ipv6View::header_length) {
      return refuse("a packet of " + std::to_string(packet.size()) + " octets ends within its IPv6 header");
    }
    const auto header = Ipv6View::parse_captured(packet);
    if (!header) return refuse(to_string(header.error()));
    const Ipv6Address destination = header->destination();
    const bool is_heard = destination.is_loopback() && header->source().is_loopback();
    if (device_.is_loopback && !is_heard) return pass(packet, ETH_P_IPV6);
    if (!sockets_[static_cast<std::size_t>(Socket::ipv6)]) return refuse("this machine has no IPv6");
    if (auto r = make_room(Socket::ipv6, packet.size()); !r) return r;
    sockaddr_in6& to = batch_.add(packet, sizeof(sockaddr_in6)).ipv6;
    to = {};
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, destination.octets.data(), destination.octets.size());
    to.sin6_scope_id = static_cast<std::uint32_t>(device_.index);  // looked at for addresses of a link only
    return {};
  }

  // Sends a packet that nobody on this machine takes in.
  Result<void, IoError> pass(Bytes packet, std::uint16_t type) {
    if (auto r = make_room(Socket::unheard, packet.size()); !r) return r;
    batch_.add(packet, sizeof(sockaddr_ll)).link = other_host(device_, type);
    return {};
  }

  [[nodiscard]] bool is_own(Ipv4Address address) const {
    return address.is_loopback() ||
           std::find(own_addresses_.begin(), own_addresses_.end(), address) != own_addresses_.end();
  }

  // Packets keep their order, so a batch holds those of one socket.
  Result<void, IoError> make_room(Socket socket, std::size_t octets) {
    if (socket != in_use_ || !batch_.has_room_for(octets)) {
      if (auto r = flush(); !r) return r;
      in_use_ = socket;
    }
    return {};
  }

  [[nodiscard]] Result<void, IoError> refuse(std::string reason) const {
    return unexpected(IoError{"send", name_, 0, std::move(reason)});
  }

  std::string name_;
  LinkDevice device_;
  std::size_t maximum_length_;  // octets; an empty batch has room for as many, whatever the interface would carry
  std::vector<Ipv4Address> own_addresses_;
  std::array<FileDescriptor, 3> sockets_;  // by `Socket`; there is none of IPv6 on machines without it
  Socket in_use_ = Socket::ipv4;
  LiveSenderCounts counts_;
  SendBatch batch_;
};

}  // namespace

Result<std::unique_ptr<LiveSender>, IoError> open_ip_sender(const NetworkInterface& interface) {
  const auto device = LinkDevice::find(interface.name);
  if (!device) return unexpected(device.error());
  auto ipv4 = open_raw_socket(AF_INET, interface.name);
  if (!ipv4) return unexpected(ipv4.error());
  auto ipv6 = open_raw_socket(AF_INET6, interface.name);
  if (!ipv6 && ipv6.error().code != EAFNOSUPPORT) return unexpected(ipv6.error());
  auto unheard = open_unheard_socket(interface.name);
  if (!unheard) return unexpected(unheard.error());
  auto addresses = addresses_of_this_machine(interface.name);
  if (!addresses) return unexpected(addresses.error());
  return std::make_unique<IpSender>(interface, *device, *std::move(ipv4), ipv6 ? *std::move(ipv6) : FileDescriptor{},
                                    *std::move(unheard), *std::move(addresses));
}

}  // namespace encap

#endif

#ifdef __linux__

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "capture/file_descriptor.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "live/link_device.h"
#include "live/packet_senders.h"
#include "live/send_batch.h"

namespace encap {
namespace {

// Every address the machine has, whichever interface has it. Errors: the system does not tell.
Result<std::vector<IpAddress>, IoError> addresses_of_this_machine(const std::string& interface) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return unexpected(IoError{"open", interface, errno, {}});
  std::vector<IpAddress> addresses;
  for (const ifaddrs* item = list; item != nullptr; item = item->ifa_next) {
    if (item->ifa_addr == nullptr) continue;
    if (item->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address;
      std::memcpy(&address, item->ifa_addr, sizeof address);
      addresses.emplace_back(Ipv4Address{ntohl(address.sin_addr.s_addr)});
    } else if (item->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address;
      Ipv6Address octets;
      std::memcpy(&address, item->ifa_addr, sizeof address);
      std::memcpy(octets.octets.data(), &address.sin6_addr, octets.octets.size());
      addresses.emplace_back(octets);
    }
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

// Sends IPv4 and IPv6 packets as they are; Linux itself writes an IPv4 packet's total length and checksum, an
// identification that is 0 and a source that is 0.0.0.0. Sources: raw(7), Linux net/ipv4/raw.c and net/ipv6/raw.c.
class IpSender final : public LiveSender {
 public:
  IpSender(const NetworkInterface& interface, const LinkDevice& device, FileDescriptor ipv4, FileDescriptor ipv6,
           std::vector<IpAddress> own_addresses)
      : name_{interface.name},
        device_{device},
        own_addresses_{std::move(own_addresses)},
        ipv4_{std::move(ipv4)},
        ipv6_{std::move(ipv6)} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    const Bytes packet = record.bytes;
    if (record.link_type != LinkType::raw) return refuse("raw IP sockets take packets without a link header");
    if (record.original_length > packet.size()) {
      return refuse("the packet was cut to " + std::to_string(packet.size()) + " of " +
                    std::to_string(record.original_length) + " octets when it was captured");
    }
    if (packet.size() > device_.maximum_packet_length) {
      return refuse("a packet of " + std::to_string(packet.size()) + " octets is longer than the " +
                    std::to_string(device_.maximum_packet_length) + " the interface carries (its MTU)");
    }
    const unsigned version = packet.empty() ? 0 : std::to_integer<unsigned>(packet[0]) >> 4;
    if (version == 4) return write_ipv4(packet);
    if (version == 6) return write_ipv6(packet);
    return refuse("raw IP sockets take IPv4 and IPv6 packets; the version field of this one says " +
                  std::to_string(version));
  }

  Result<void, IoError> flush() override {
    if (batch_.is_empty()) return {};
    return batch_.send(socket().get(), name_, counts_);
  }

  Result<void, IoError> finish() override {
    if (auto r = flush(); !r) return r;
    if (ipv4_) wait_until_sent(ipv4_.get());
    if (ipv6_) wait_until_sent(ipv6_.get());
    return {};
  }

  [[nodiscard]] LinkType link_type() const noexcept override { return LinkType::raw; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override { return counts_; }

 private:
  Result<void, IoError> write_ipv4(Bytes packet) {
    if (packet.size() < Ipv4View::minimum_header_length ||
        packet.size() < load_field<Ipv4Field::ihl>(packet) * std::size_t{4}) {
      return refuse("a packet of " + std::to_string(packet.size()) + " octets ends within its IPv4 header");
    }
    const Ipv4Address source{load_field<Ipv4Field::source>(packet)};
    const Ipv4Address destination{load_field<Ipv4Field::destination>(packet)};
    // The kernel lets nothing from 127.0.0.0/8 leave the machine, answers from there among it.
    if (!source.is_loopback() && !destination.is_loopback()) {
      if (auto r = check_answer(source, destination); !r) return r;
    }
    if (auto r = make_room(IpAddress::Family::ipv4, packet.size()); !r) return r;
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
    if (!ipv6_) return refuse("this machine has no IPv6");
    const auto header = Ipv6View::parse_captured(packet);
    if (!header) return refuse(to_string(header.error()));
    const Ipv6Address destination = header->destination();
    if (const Ipv6Address source = header->source(); !source.is_loopback()) {
      if (auto r = check_answer(source, destination); !r) return r;
    }
    if (auto r = make_room(IpAddress::Family::ipv6, packet.size()); !r) return r;
    sockaddr_in6& to = batch_.add(packet, sizeof(sockaddr_in6)).ipv6;
    to = {};
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, destination.octets.data(), destination.octets.size());
    to.sin6_scope_id = static_cast<std::uint32_t>(device_.index);  // looked at for addresses of a link only
    return {};
  }

  // On loopback the kernel would answer a packet for this machine, and the answer goes where the source address
  // says: out of this machine, when the address is not one of its own.
  Result<void, IoError> check_answer(const IpAddress& source, const IpAddress& destination) const {
    if (!device_.is_loopback || is_own(source) || !is_own(destination)) return {};
    return refuse(
        "the answer to " + to_string(source) +
        " would leave this machine; use a source of its own, such as 127.0.0.1 or ::1, or the link layer (wire)");
  }

  [[nodiscard]] bool is_own(const IpAddress& address) const {
    return std::find(own_addresses_.begin(), own_addresses_.end(), address) != own_addresses_.end();
  }

  // Packets keep their order, so a batch holds those of one socket.
  Result<void, IoError> make_room(IpAddress::Family family, std::size_t octets) {
    if (family != family_ || !batch_.has_room_for(octets)) {
      if (auto r = flush(); !r) return r;
      family_ = family;
    }
    return {};
  }

  [[nodiscard]] const FileDescriptor& socket() const noexcept {
    return family_ == IpAddress::Family::ipv4 ? ipv4_ : ipv6_;
  }
  [[nodiscard]] Result<void, IoError> refuse(std::string reason) const {
    return unexpected(IoError{"send", name_, 0, std::move(reason)});
  }

  std::string name_;
  LinkDevice device_;
  std::vector<IpAddress> own_addresses_;
  FileDescriptor ipv4_;
  FileDescriptor ipv6_;  // none on machines without IPv6
  IpAddress::Family family_ = IpAddress::Family::ipv4;
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
  auto addresses = addresses_of_this_machine(interface.name);
  if (!addresses) return unexpected(addresses.error());
  return std::make_unique<IpSender>(interface, *device, *std::move(ipv4), ipv6 ? *std::move(ipv6) : FileDescriptor{},
                                    *std::move(addresses));
}

}  // namespace encap

#endif

#ifdef __linux__

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include "capture/file_descriptor.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "live/link_device.h"
#include "live/packet_senders.h"
#include "live/send_batch.h"

namespace encap {
namespace {

// Sends Ethernet frames as they are. Source: packet(7).
class WireSender final : public LiveSender {
 public:
  WireSender(const NetworkInterface& interface, const LinkDevice& device, FileDescriptor socket)
      : name_{interface.name},
        // An empty batch has room for as many octets, whatever the interface would carry.
        maximum_frame_length_{std::min(device.maximum_packet_length + EthernetView::header_length,
                                       SendBatch::longest_packet - VlanView::header_length)},
        device_{device},
        socket_{std::move(socket)} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    const Bytes frame = record.bytes;
    if (record.link_type != LinkType::ethernet) return refuse("packets need an Ethernet header here");
    if (record.original_length > frame.size()) {
      return refuse("the packet was cut to " + std::to_string(frame.size()) + " of " +
                    std::to_string(record.original_length) + " octets when it was captured");
    }
    if (frame.size() < EthernetView::header_length) {
      return refuse("a frame of " + std::to_string(frame.size()) + " octets ends within its Ethernet header");
    }
    const auto type = EtherType{load_field<EthernetField::type>(frame)};
    if (device_.is_loopback && is_taken_in(frame, type)) {
      return refuse(
          "the system's stack would take this packet in and answer it; give the frame another destination than " +
          to_string(device_.hardware_address) + ", the interface's own");
    }
    // The one tag that Linux allows beyond the MTU, on Ethernet.
    const bool is_tagged = type == EtherType::vlan && device_.hardware_type == ARPHRD_ETHER;
    if (frame.size() > maximum_frame_length_ + (is_tagged ? VlanView::header_length : 0)) {
      return refuse("a frame of " + std::to_string(frame.size()) + " octets is longer than the " +
                    std::to_string(maximum_frame_length_) + " the interface carries (its MTU and the Ethernet header)");
    }
    if (!batch_.has_room_for(frame.size())) {
      if (auto r = flush(); !r) return r;
    }
    batch_.add(frame, 0);
    return {};
  }

  Result<void, IoError> flush() override { return batch_.send(socket_.get(), name_, counts_); }

  Result<void, IoError> finish() override {
    if (auto r = flush(); !r) return r;
    wait_until_sent(socket_.get());
    return {};
  }

  [[nodiscard]] LinkType link_type() const noexcept override { return LinkType::ethernet; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override { return counts_; }

 private:
  // Whether Linux would, though no route led here: frames for another host it drops, and so it does packets from
  // 127.0.0.0/8, whose routes stay inside.
  [[nodiscard]] bool is_taken_in(Bytes frame, EtherType type) const {
    const auto& own = device_.hardware_address.octets;
    if (std::memcmp(frame.data(), own.data(), own.size()) != 0) return false;
    const Bytes packet = frame.subspan(EthernetView::header_length);
    if (type != EtherType::ipv4 || packet.size() < Ipv4View::minimum_header_length) return type == EtherType::ipv6;
    return !Ipv4Address{load_field<Ipv4Field::source>(packet)}.is_loopback();
  }

  [[nodiscard]] Result<void, IoError> refuse(std::string reason) const {
    return unexpected(IoError{"send", name_, 0, std::move(reason)});
  }

  std::string name_;
  std::size_t maximum_frame_length_;
  LinkDevice device_;
  FileDescriptor socket_;
  LiveSenderCounts counts_;
  SendBatch batch_;
};

}  // namespace

Result<std::unique_ptr<LiveSender>, IoError> open_wire_sender(const NetworkInterface& interface) {
  const auto device = LinkDevice::find(interface.name);
  if (!device) return unexpected(device.error());
  if (device->hardware_type != ARPHRD_ETHER && device->hardware_type != ARPHRD_LOOPBACK) {
    return unexpected(
        IoError{"open", interface.name, 0, "its link layer is not Ethernet; raw IP sockets (ip) can send there"});
  }
  // With protocol 0 it hears nothing, so nothing is queued for it.
  FileDescriptor socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  if (!socket) return unexpected(not_opened(interface.name, errno));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = device->index;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return unexpected(not_opened(interface.name, errno));
  }
  return std::make_unique<WireSender>(interface, *device, std::move(socket));
}

}  // namespace encap

#endif

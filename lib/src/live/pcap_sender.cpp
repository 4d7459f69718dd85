// macOS, BSD and Windows: what libpcap (there Npcap) injects.
#ifndef __linux__

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

#include "capture/pcap_library.h"
#include "live/packet_senders.h"

namespace encap {
namespace {

std::optional<LinkType> link_type_of(pcap_t* handle) {
  switch (pcap_library()->datalink(handle)) {
    case DLT_NULL:
      return LinkType::null;
    case DLT_LOOP:
      return LinkType::loop;
    case DLT_RAW:
      return LinkType::raw;
    case DLT_EN10MB:
      return LinkType::ethernet;
    default:
      return std::nullopt;
  }
}

// Hands each packet to pcap_inject, with the link header the interface has. Source: pcap_inject(3PCAP).
class PcapSender final : public LiveSender {
 public:
  PcapSender(std::string name, PcapHandle handle, LinkType link_type)
      : name_{std::move(name)}, handle_{std::move(handle)}, link_type_{link_type} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (record.link_type != link_type_) {
      return refuse("the packet's link type is " + std::to_string(static_cast<unsigned>(record.link_type)) +
                    ", the interface's is " + std::to_string(static_cast<unsigned>(link_type_)));
    }
    if (record.original_length > record.bytes.size()) return refuse("the packet was cut when it was captured");
    if (pcap_library()->inject(handle_.get(), record.bytes.data(), record.bytes.size()) < 0) {
      return refuse("a packet of " + std::to_string(record.bytes.size()) +
                    " octets: " + pcap_library()->geterr(handle_.get()));
    }
    ++counts_.packets;
    counts_.octets += record.bytes.size();
    return {};
  }

  Result<void, IoError> flush() override { return {}; }
  Result<void, IoError> finish() override { return {}; }
  [[nodiscard]] LinkType link_type() const noexcept override { return link_type_; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override { return counts_; }

 private:
  [[nodiscard]] Result<void, IoError> refuse(std::string reason) const {
    return unexpected(IoError{"send", name_, 0, std::move(reason)});
  }

  std::string name_;
  PcapHandle handle_;
  LinkType link_type_;
  LiveSenderCounts counts_;
};

Result<std::unique_ptr<LiveSender>, IoError> open_pcap_sender(const NetworkInterface& interface, bool by_the_stack) {
  char reason[PCAP_ERRBUF_SIZE] = {};
  PcapHandle handle{pcap_library()->create(interface.name.c_str(), reason)};
  if (!handle) return unexpected(IoError{"open", interface.name, 0, reason});
  pcap_library()->set_snaplen(handle.get(), 1);  // what passes is read elsewhere
  if (const int status = pcap_library()->activate(handle.get()); status < 0) {
    const bool is_refused = status == PCAP_ERROR_PERM_DENIED;
    const std::string detail = pcap_library()->geterr(handle.get());
    return unexpected(IoError{"open", interface.name, is_refused ? EPERM : 0,
                              detail.empty() ? std::string{pcap_library()->statustostr(status)} : detail});
  }
  const auto link_type = link_type_of(handle.get());
  if (!link_type) return unexpected(IoError{"open", interface.name, 0, "packets cannot be made for its link layer"});
  // What is injected into a loopback interface without an Ethernet header is taken in by the system's own stack.
  if (by_the_stack && *link_type == LinkType::ethernet) {
    return unexpected(
        IoError{"open", interface.name, 0, "this system takes no IP packets there; the link layer (wire) sends"});
  }
  return std::make_unique<PcapSender>(interface.name, std::move(handle), *link_type);
}

}  // namespace

Result<std::unique_ptr<LiveSender>, IoError> open_ip_sender(const NetworkInterface& interface) {
  return open_pcap_sender(interface, true);
}

Result<std::unique_ptr<LiveSender>, IoError> open_wire_sender(const NetworkInterface& interface) {
  return open_pcap_sender(interface, false);
}

}  // namespace encap

#endif

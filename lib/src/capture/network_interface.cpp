#include "encap/capture/network_interface.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <netinet/in.h>
#include <optional>

#include "capture/pcap_library.h"

namespace encap {
namespace {

struct FreeInterfaces {
  void operator()(pcap_if_t* first) const noexcept { pcap_library()->freealldevs(first); }
};

// An address of a family other than IP (the link layer's own) has no place in the list.
std::optional<std::string> address_text(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  const void* octets = nullptr;
  if (address->sa_family == AF_INET) {
    octets = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    octets = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  } else {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(address->sa_family, octets, text.data(), text.size()) == nullptr) return std::nullopt;
  return std::string{text.data()};
}

bool is_loopback_address(const std::string& text) noexcept {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

NetworkInterface described(const pcap_if_t& known) {
  NetworkInterface interface {
    .name = known.name, .description = known.description != nullptr ? known.description : "", .addresses = {},
    .is_up = (known.flags & PCAP_IF_UP) != 0, .has_loopback_flag = (known.flags & PCAP_IF_LOOPBACK) != 0
  };
  for (const pcap_addr* each = known.addresses; each != nullptr; each = each->next) {
    if (auto text = address_text(each->addr)) interface.addresses.push_back(std::move(*text));
  }
  return interface;
}

}  // namespace

bool NetworkInterface::is_loopback() const noexcept {
  return has_loopback_flag && std::all_of(addresses.begin(), addresses.end(), is_loopback_address);
}

Result<std::vector<NetworkInterface>, IoError> network_interfaces() {
  const auto& pcap = pcap_library();
  if (!pcap) return unexpected(IoError{"list", "the interfaces", 0, pcap.error()});
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  pcap_if_t* first = nullptr;
  if (pcap->findalldevs(&first, reason.data()) != 0) {
    return unexpected(IoError{"list", "the interfaces", 0, reason.data()});
  }
  const std::unique_ptr<pcap_if_t, FreeInterfaces> all{first};
  std::vector<NetworkInterface> interfaces;
  for (const pcap_if_t* each = first; each != nullptr; each = each->next) interfaces.push_back(described(*each));
  return interfaces;
}

Result<NetworkInterface, IoError> find_network_interface(const std::string& name_or_number) {
  auto interfaces = network_interfaces();
  if (!interfaces) return unexpected(std::move(interfaces.error()));
  const auto named = std::find_if(interfaces->begin(), interfaces->end(),
                                  [&](const NetworkInterface& interface) { return interface.name == name_or_number; });
  if (named != interfaces->end()) return std::move(*named);

  std::size_t number = 0;
  const char* const end = name_or_number.data() + name_or_number.size();
  const auto [stopped, error] = std::from_chars(name_or_number.data(), end, number);
  if (error == std::errc{} && stopped == end && number >= 1 && number <= interfaces->size()) {
    return std::move((*interfaces)[number - 1]);
  }
  std::string known;
  for (const NetworkInterface& interface : *interfaces) known += (known.empty() ? "" : ", ") + interface.name;
  return unexpected(IoError{"open", name_or_number, ENODEV,
                            known.empty() ? "there are no interfaces" : "no such interface; there are " + known});
}

}  // namespace encap

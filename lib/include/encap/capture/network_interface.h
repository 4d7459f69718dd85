#pragma once

#include <string>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// An interface of this machine, as the system and libpcap describe it.
struct NetworkInterface {
  std::string name;                    ///< such as "lo"
  std::string description{};           ///< for people; may be empty
  std::vector<std::string> addresses;  ///< IPv4 and IPv6, as text without a prefix length or zone
  bool is_up = false;
  bool has_loopback_flag = false;

  /// Whether what is sent there stays on this machine: the interface says that it is a loopback one, and every address
  /// it has is one of 127.0.0.0/8 or ::1. Its name does not count.
  [[nodiscard]] bool is_loopback() const noexcept;
};

/// All of them, in the order in which `dissect -D` numbers them, from 1. Errors: the system does not tell.
[[nodiscard]] Result<std::vector<NetworkInterface>, IoError> network_interfaces();

/// The interface of that name, or of that number in `network_interfaces()`. Errors: there is none; the reason names
/// those there are.
[[nodiscard]] Result<NetworkInterface, IoError> find_network_interface(const std::string& name_or_number);

}  // namespace encap

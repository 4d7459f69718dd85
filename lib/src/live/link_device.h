#pragma once

#include <cstddef>
#include <string>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/wire/ethernet.h"

namespace encap {

/// What Linux says of an interface that packets are to leave by. Source: netdevice(7).
struct LinkDevice {
  int index = 0;
  unsigned short hardware_type = 0;       ///< ARPHRD_ETHER, ARPHRD_LOOPBACK ...
  MacAddress hardware_address;            ///< where the type is one of those two
  bool is_loopback = false;               ///< by its flags
  std::size_t maximum_packet_length = 0;  ///< octets behind the link header (its MTU)

  /// Errors: no such interface, or it is down.
  [[nodiscard]] static Result<LinkDevice, IoError> find(const std::string& name);
};

/// The error of a socket that the system did not open, from errno: names the capability where one is missing.
[[nodiscard]] IoError not_opened(const std::string& interface, int code);

}  // namespace encap

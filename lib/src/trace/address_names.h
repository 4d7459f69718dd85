#pragma once

#include <map>
#include <string>
#include <string_view>

#include "encap/wire/ip_address.h"

namespace encap {

/// Which applications are at an address, as one name for it.
class AddressNames {
 public:
  static constexpr std::size_t most_octets = 63;  // of a name; Wireshark reads no more (MAXNAMELEN)

  /// Notes that an application is at an address. `application` may be empty, and hold anything.
  /// Returns the new name of the address; nothing while that is the one it had, or none of its applications has a name.
  /// Lifetime: until the next call.
  [[nodiscard]] std::string_view add(const IpAddress& address, std::string_view application);

 private:
  struct Known {
    std::string name;      // the applications in the order they came, with bars between them
    bool is_told = false;  // one of them has a name
    bool is_full = false;
  };

  std::map<IpAddress, Known> known_;
};

}  // namespace encap

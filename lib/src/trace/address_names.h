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
  /// Returns whether the address has another name now, or its first one.
  bool add(const IpAddress& address, std::string_view application);

  /// The name of an address; empty while none of its applications has one. Lifetime: until the next `add`.
  [[nodiscard]] std::string_view name(const IpAddress& address) const;

 private:
  struct Known {
    std::string name;      // the applications in the order they came, with bars between them
    bool is_told = false;  // one of them has a name
    bool is_full = false;
  };

  std::map<IpAddress, Known> known_;
};

}  // namespace encap

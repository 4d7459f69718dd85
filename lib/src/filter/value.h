#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace encap::filter {

/// One value of a field, of a literal, or of what is worked out of them. What of it counts, its type says.
struct Value {
  std::uint64_t number = 0;      ///< of numbers, IPv4 addresses, and the seconds of times; the bits of a double
  std::int32_t nanoseconds = 0;  ///< of times: of the same sign as the seconds where those are not absolute
  bool is_signed = false;        ///< `number` is in two's complement
  std::uint8_t prefix = 128;     ///< of addresses: leading bits that are compared
  const char* data = "";         ///< of strings, octets and addresses
  std::uint32_t size = 0;
  std::uint32_t reach = 0;  ///< octets from `data` on that are searched: a layer's payload as well

  [[nodiscard]] std::string_view octets() const noexcept { return {data, size}; }
  [[nodiscard]] std::string_view searched() const noexcept { return {data, reach}; }
  void set_octets(std::string_view octets) noexcept {
    data = octets.data();
    size = reach = static_cast<std::uint32_t>(octets.size());
  }
};

}  // namespace encap::filter

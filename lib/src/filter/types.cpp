#include "filter/types.h"

#include <cstddef>
#include <iterator>

namespace encap::filter {
namespace {

struct Named {
  FieldType type;
  std::string_view long_name;
  std::string_view short_name;
};

constexpr Named names[] = {{FieldType::none, "Label", "FT_NONE"},
                           {FieldType::protocol, "Protocol", "FT_PROTOCOL"},
                           {FieldType::boolean, "Boolean", "FT_BOOLEAN"},
                           {FieldType::uint8, "Unsigned integer (1 byte)", "FT_UINT8"},
                           {FieldType::uint16, "Unsigned integer (2 bytes)", "FT_UINT16"},
                           {FieldType::uint24, "Unsigned integer (3 bytes)", "FT_UINT24"},
                           {FieldType::uint32, "Unsigned integer (4 bytes)", "FT_UINT32"},
                           {FieldType::uint64, "Unsigned integer (8 bytes)", "FT_UINT64"},
                           {FieldType::int32, "Signed integer (4 bytes)", "FT_INT32"},
                           {FieldType::int64, "Signed integer (8 bytes)", "FT_INT64"},
                           {FieldType::frame_number, "Frame number", "FT_FRAMENUM"},
                           {FieldType::absolute_time, "Date and time", "FT_ABSOLUTE_TIME"},
                           {FieldType::relative_time, "Time offset", "FT_RELATIVE_TIME"},
                           {FieldType::real, "Floating point (double-precision)", "FT_DOUBLE"},
                           {FieldType::string, "Character string", "FT_STRING"},
                           {FieldType::bytes, "Sequence of bytes", "FT_BYTES"},
                           {FieldType::ether, "Ethernet or other MAC address", "FT_ETHER"},
                           {FieldType::ipv4, "IPv4 address", "FT_IPv4"},
                           {FieldType::ipv6, "IPv6 address", "FT_IPv6"},
                           {FieldType::eui64, "EUI64 address", "FT_EUI64"}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (static_cast<std::size_t>(names[i].type) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::string_view long_name(FieldType type) noexcept { return names[static_cast<std::size_t>(type)].long_name; }
std::string_view short_name(FieldType type) noexcept { return names[static_cast<std::size_t>(type)].short_name; }

bool is_integer(FieldType type) noexcept {
  return (type >= FieldType::uint8 && type <= FieldType::frame_number) || type == FieldType::eui64;
}
bool is_signed(FieldType type) noexcept { return type == FieldType::int32 || type == FieldType::int64; }
int width(FieldType type) noexcept {
  return type == FieldType::uint64 || type == FieldType::int64 || type == FieldType::eui64 ? 64 : 32;
}

std::uint64_t maximum(FieldType type) noexcept {
  switch (type) {
    case FieldType::uint8:
      return 0xff;
    case FieldType::uint16:
      return 0xffff;
    case FieldType::uint24:
      return 0xffffff;
    case FieldType::int32:
      return 0x7fffffff;
    case FieldType::int64:
      return 0x7fffffffffffffff;
    case FieldType::uint64:
    case FieldType::eui64:
      return 0xffffffffffffffff;
    default:
      return 0xffffffff;
  }
}

bool can_be_sliced(FieldType type) noexcept {
  return can_be_searched(type) || type == FieldType::ipv4 || type == FieldType::ipv6;
}

bool can_compute(FieldType type, Arithmetic sign) noexcept {
  switch (sign) {
    case Arithmetic::bit_and:
      return is_integer(type) || type == FieldType::bytes || type == FieldType::ether || type == FieldType::ipv4 ||
             type == FieldType::ipv6;
    case Arithmetic::add:
    case Arithmetic::subtract:
      return is_integer(type) || type == FieldType::relative_time || type == FieldType::real;
    case Arithmetic::multiply:
    case Arithmetic::divide:
      return is_integer(type) || type == FieldType::real;
    case Arithmetic::modulo:
      return is_integer(type);
  }
  return false;
}

bool can_be_negated(FieldType type) noexcept {
  return is_integer(type) || type == FieldType::relative_time || type == FieldType::real;
}

bool can_be_compared(FieldType left, FieldType right) noexcept {
  if (left == right) return true;
  if (is_integer(left)) return is_integer(right) || right == FieldType::boolean;
  const auto is_row = [](FieldType type) { return type == FieldType::bytes || type == FieldType::ether; };
  return is_row(left) && is_row(right);
}

std::string_view sign_text(Arithmetic sign) noexcept {
  static constexpr std::string_view texts[] = {"+", "-", "*", "/", "%", "&"};
  return texts[static_cast<std::size_t>(sign)];
}

}  // namespace encap::filter

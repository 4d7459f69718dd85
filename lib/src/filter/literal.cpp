#include "filter/literal.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

#include "dissect/text.h"
#include "encap/base/byte_order.h"
#include "encap/wire/ip_address.h"
#include "filter/escape.h"
#include "filter/types.h"

namespace encap::filter {
namespace {

using Read = Result<LiteralValue, std::string>;

enum class NumberFault : std::uint8_t { none, no_number, overflow };

// A number as C writes it, and 0b...
NumberFault read_number(std::string_view text, std::uint64_t& number) {
  int base = 10;
  const char second = text.size() > 1 && text[0] == '0' ? ascii_lower(text[1]) : '\0';
  if (second == 'x' || second == 'b') {
    base = second == 'x' ? 16 : 2;
    text.remove_prefix(2);
    if (text.empty() && base == 2) return NumberFault::none;
  } else if (second != '\0') {
    base = 8;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return NumberFault::no_number;
  return error == std::errc{} ? NumberFault::none : NumberFault::overflow;
}

std::string no_number(std::string_view text) { return fmt::format("\"{}\" is not a valid number.", text); }

std::string not_from_text(const Entity& literal, FieldType type) {
  if (literal.kind == Entity::Kind::string)
    return fmt::format("{} cannot be converted from a string ({}).", long_name(type), literal.text);
  const bool printable = literal.number >= 0x20 && literal.number < 0x7f;
  return printable
             ? fmt::format("Character constant '{}' (0x{:02x}) cannot be converted to {}.",
                           static_cast<char>(literal.number), literal.number, long_name(type))
             : fmt::format("Character constant 0x{:02x} cannot be converted to {}.", literal.number, long_name(type));
}

Read number(std::uint64_t value) {
  LiteralValue read;
  read.value.number = value;
  return read;
}

Read octets(std::string octets) {
  LiteralValue read;
  read.storage = std::move(octets);
  return read;
}

const ValueName* find_by_name(ValueNames names, std::string_view text) {
  for (const ValueName& name : names) {
    if (name.first == name.last && equals_ignoring_case(name.name, text)) return &name;
  }
  return nullptr;
}

Read read_integer(const Entity& literal, FieldType type, const Field* field) {
  if (literal.kind == Entity::Kind::character) {
    Read read = number(literal.number);
    read->value.is_signed = is_signed(type);
    return read;
  }
  const std::string_view text = literal.kind == Entity::Kind::string ? literal.value : literal.text;
  std::string fault;
  std::uint64_t value = 0;
  if (literal.kind == Entity::Kind::string) {
    fault = not_from_text(literal, type);
  } else if (const NumberFault wrong = read_number(text, value); wrong == NumberFault::no_number) {
    fault = no_number(text);
  } else if (wrong == NumberFault::overflow) {
    fault = fmt::format("\"{}\" causes an integer overflow.", text);
  } else if (value > maximum(type)) {
    fault = fmt::format("\"{}\" too big for this field, maximum {}.", text, maximum(type));
  }
  if (!fault.empty() && field != nullptr && !field->look.names.empty()) {
    const ValueName* const named = find_by_name(field->look.names, text);
    if (named == nullptr)
      return unexpected(fmt::format("\"{}\" cannot be found among the possible values for {}.", text, field->name));
    value = named->first;
    fault.clear();
  }
  if (!fault.empty()) return unexpected(std::move(fault));
  Read read = number(value);
  read->value.is_signed = is_signed(type);
  return read;
}

Read read_boolean(const Entity& literal, const Field* field) {
  if (literal.kind == Entity::Kind::character) return number(literal.number != 0 ? 1 : 0);
  const bool quoted = literal.kind == Entity::Kind::string;
  const std::string_view text = quoted ? literal.value : literal.text;
  if (!quoted) {
    std::uint64_t value = 0;
    if (read_number(text, value) == NumberFault::none) return number(value != 0 ? 1 : 0);
    if (text == "True" || text == "TRUE") return number(1);
    if (text == "False" || text == "FALSE") return number(0);
  }
  static constexpr ValueName own[] = {{0, 0, "False"}, {1, 1, "True"}};
  const ValueNames names = field != nullptr && !field->look.names.empty() ? field->look.names : ValueNames{own};
  if (const ValueName* const named = find_by_name(names, text)) return number(named->first);
  return unexpected(fmt::format("\"{}\" cannot be found among the possible values for {}.", text,
                                field != nullptr ? field->name : std::string_view{}));
}

Read read_string(const Entity& literal) {
  switch (literal.kind) {
    case Entity::Kind::string:
      return octets(literal.value);
    case Entity::Kind::character: {
      std::string text;
      append_utf8(text, static_cast<std::uint32_t>(literal.number));
      return octets(std::move(text));
    }
    default:
      return octets(literal.text);
  }
}

Read read_bytes(const Entity& literal) {
  switch (literal.kind) {
    case Entity::Kind::string:
      return octets(literal.value);
    case Entity::Kind::character:
      return octets(std::string(1, static_cast<char>(literal.number)));
    default:
      break;
  }
  std::string_view text = literal.text;
  if (text.starts_with(':')) text.remove_prefix(1);
  if (auto read = read_octets(text)) return octets(std::move(*read));
  return unexpected(fmt::format("\"{}\" is not a valid byte string.", text));
}

Read read_ether(const Entity& literal, bool whole) {
  constexpr std::size_t size = 6;
  if (literal.kind != Entity::Kind::word) return unexpected(not_from_text(literal, FieldType::ether));
  const std::string_view text = literal.text;
  std::optional<std::string> read = text.starts_with(':') ? std::nullopt : read_octets(text);
  if (!read) return unexpected(fmt::format("\"{}\" is not a valid Ethernet address.", text));
  if (read->size() > size)
    return unexpected(fmt::format("\"{}\" contains too many bytes to be a valid Ethernet address.", text));
  if (read->size() < size && whole)
    return unexpected(fmt::format("\"{}\" contains too few bytes to be a valid Ethernet address.", text));
  return octets(std::move(*read));
}

// Takes the prefix length off an address. Empty: it is one, or there is none.
std::string take_prefix(std::string_view& text, std::uint64_t most, std::string_view complaint, std::uint8_t& prefix) {
  const std::size_t slash = text.find('/');
  prefix = static_cast<std::uint8_t>(most);
  if (slash == std::string_view::npos) return {};
  const std::string_view digits = text.substr(slash + 1);
  text = text.substr(0, slash);
  std::uint64_t length = 0;
  if (read_number(digits, length) != NumberFault::none) return no_number(digits);
  if (length > most) return fmt::format("{} should be <= {}, not {}", complaint, most, length);
  prefix = static_cast<std::uint8_t>(length);
  return {};
}

Read read_ipv4(const Entity& literal) {
  if (literal.kind != Entity::Kind::word) return unexpected(not_from_text(literal, FieldType::ipv4));
  std::string_view text = literal.text;
  LiteralValue read;
  std::string fault = take_prefix(text, 32, "Netmask bits in a CIDR IPv4 address", read.value.prefix);
  const auto address = Ipv4Address::parse(text);
  if (!address) return unexpected(fmt::format("\"{}\" is not a valid hostname or IPv4 address.", literal.text));
  if (!fault.empty()) return unexpected(std::move(fault));
  const IpAddress whole{*address};
  read.storage = characters(whole.octets());
  read.value.number = load_be32(whole.octets(), 0);
  return read;
}

Read read_ipv6(const Entity& literal) {
  if (literal.kind != Entity::Kind::word) return unexpected(not_from_text(literal, FieldType::ipv6));
  std::string_view text = literal.text;
  LiteralValue read;
  std::string fault = take_prefix(text, 128, "Prefix in a IPv6 address", read.value.prefix);
  const auto address = Ipv6Address::parse(text);
  if (!address) return unexpected(fmt::format("\"{}\" is not a valid hostname or IPv6 address.", literal.text));
  if (!fault.empty()) return unexpected(std::move(fault));
  read.storage = characters(IpAddress{*address}.octets());
  return read;
}

Read read_eui64(const Entity& literal) {
  if (literal.kind == Entity::Kind::character) return number(literal.number);
  if (literal.kind == Entity::Kind::string) return unexpected(not_from_text(literal, FieldType::eui64));
  std::uint64_t value = 0;
  if (read_number(literal.text, value) == NumberFault::none) return number(value);
  const std::optional<std::string> read = read_octets(literal.text);
  if (!read || read->size() != 8) return unexpected(fmt::format("\"{}\" is not a valid EUI-64 address.", literal.text));
  return number(load_be<8>(std::as_bytes(std::span{*read}), 0));
}

Read read_real(const Entity& literal) {
  if (literal.kind != Entity::Kind::word) return unexpected(not_from_text(literal, FieldType::real));
  char* end = nullptr;
  const double value = std::strtod(literal.text.c_str(), &end);
  if (end != literal.text.c_str() + literal.text.size())
    return unexpected(fmt::format("\"{}\" is not a valid floating-point number.", literal.text));
  if (value == HUGE_VAL && literal.text.find_first_of("iI") == std::string::npos)
    return unexpected(fmt::format("\"{}\" causes floating-point overflow.", literal.text));
  return number(std::bit_cast<std::uint64_t>(value));
}

Read read_time(const Entity& literal, FieldType type) {
  LiteralValue read;
  if (literal.kind == Entity::Kind::character) return unexpected(not_from_text(literal, type));
  const bool quoted = literal.kind == Entity::Kind::string;
  const std::string_view text = quoted ? literal.value : literal.text;
  if (type == FieldType::relative_time) {
    if (quoted) return unexpected(not_from_text(literal, type));
    if (!read_relative_time(text, read.value)) return unexpected(fmt::format("\"{}\" is not a valid time.", text));
    return read;
  }
  switch (read_absolute_time(text, read.value)) {
    case TimeFault::none:
      return read;
    case TimeFault::data_behind:
      return unexpected(std::string{"Unexpected data after time value."});
    case TimeFault::no_time:
      break;
  }
  return unexpected(
      fmt::format("\"{}\" is not a valid absolute time. Example: \"Nov 12, 1999 08:55:44.123\" or \"2011-07-04 "
                  "12:34:56\"",
                  text));
}

}  // namespace

Result<LiteralValue, std::string> read_literal(const Entity& literal, FieldType type, const Field* field) {
  switch (type) {
    case FieldType::boolean:
      return read_boolean(literal, field);
    case FieldType::string:
      return read_string(literal);
    case FieldType::bytes:
    case FieldType::protocol:
      return read_bytes(literal);
    case FieldType::ether:
      return read_ether(literal, true);
    case FieldType::ipv4:
      return read_ipv4(literal);
    case FieldType::ipv6:
      return read_ipv6(literal);
    case FieldType::eui64:
      return read_eui64(literal);
    case FieldType::real:
      return read_real(literal);
    case FieldType::absolute_time:
    case FieldType::relative_time:
      return read_time(literal, type);
    case FieldType::none:
      return LiteralValue{};
    default:
      return read_integer(literal, type, field);
  }
}

std::optional<std::string> read_octets(std::string_view text) {
  const auto digits_from = [text](std::size_t at) {
    std::size_t count = 0;
    while (count < 4 && at + count < text.size() && hex_digit(text[at + count]) >= 0) ++count;
    return count;
  };
  std::string octets;
  if (text.size() == 4 && text[0] == '0' && ascii_lower(text[1]) == 'x' && digits_from(2) == 2) {
    octets += static_cast<char>(hex_digit(text[2]) * 16 + hex_digit(text[3]));
    return octets;
  }
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t count = digits_from(at);
    if (count == 0) return std::nullopt;
    if (count == 3) count = 2;
    for (const std::size_t end = at + count; at < end;) {
      int octet = hex_digit(text[at++]);
      if (at < end) octet = octet * 16 + hex_digit(text[at++]);
      octets += static_cast<char>(octet);
    }
    if (at < text.size() && (text[at] == ':' || text[at] == '-' || text[at] == '.')) ++at;
  }
  if (octets.empty()) return std::nullopt;
  return octets;
}

Result<LiteralValue, std::string> read_searched(const Entity& literal, FieldType type) {
  return type == FieldType::ether ? read_ether(literal, false) : read_literal(literal, type, nullptr);
}

}  // namespace encap::filter

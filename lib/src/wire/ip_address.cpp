#include "encap/wire/ip_address.h"

#include <algorithm>
#include <charconv>

namespace encap {
namespace {

/// One number of a dotted address: 1 to 3 digits, no leading zero, 0..255. Advances `at` behind it.
std::optional<std::uint8_t> dotted_part(std::string_view text, std::size_t& at) noexcept {
  unsigned value = 0;
  const std::size_t start = at;
  while (at < text.size() && at - start < 3 && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + static_cast<unsigned>(text[at++] - '0');
  }
  const std::size_t digits = at - start;
  if (digits == 0 || value > 255 || (digits > 1 && text[start] == '0')) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

}  // namespace

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) noexcept {
  std::uint32_t value = 0;
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part != 0 && (at >= text.size() || text[at++] != '.')) return std::nullopt;
    const auto octet = dotted_part(text, at);
    if (!octet) return std::nullopt;
    value = value << 8 | *octet;
  }
  if (at != text.size()) return std::nullopt;
  return Ipv4Address{value};
}

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) noexcept {
  std::array<std::uint8_t, 16> octets{};
  std::size_t filled = 0;
  std::optional<std::size_t> gap;  // where "::" stood, in octets
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = 0;
    at = 2;
  }
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (filled <= 12 && rest.find(':') == std::string_view::npos && rest.find('.') != std::string_view::npos) {
      const auto tail = Ipv4Address::parse(rest);
      if (!tail) return std::nullopt;
      for (unsigned i = 0; i < 4; ++i) octets[filled++] = static_cast<std::uint8_t>(tail->value >> (24 - 8 * i));
      break;
    }
    if (filled > 14) return std::nullopt;
    std::uint16_t group = 0;
    const char* const first = text.data() + at;
    const char* const last = text.data() + std::min(text.size(), at + 4);
    const auto [end, error] = std::from_chars(first, last, group, 16);
    if (error != std::errc{} || end == first) return std::nullopt;
    octets[filled++] = static_cast<std::uint8_t>(group >> 8);
    octets[filled++] = static_cast<std::uint8_t>(group);
    at += static_cast<std::size_t>(end - first);
    if (at == text.size()) break;
    if (text[at] != ':') return std::nullopt;
    if (text.substr(at).starts_with("::")) {
      if (gap) return std::nullopt;
      gap = filled;
      at += 2;
    } else if (++at == text.size()) {
      return std::nullopt;
    }
  }
  if (!gap) return filled == 16 ? std::optional{Ipv6Address{octets}} : std::nullopt;
  if (filled > 14) return std::nullopt;  // "::" stands for one group at least
  Ipv6Address result;
  const std::size_t tail = filled - *gap;
  for (std::size_t i = 0; i < *gap; ++i) result.octets[i] = octets[i];
  for (std::size_t i = 0; i < tail; ++i) result.octets[16 - tail + i] = octets[*gap + i];
  return result;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  if (const auto address = Ipv4Address::parse(text)) return IpAddress{*address};
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (const auto address = Ipv6Address::parse(text)) return IpAddress{*address};
  return std::nullopt;
}

std::string to_string(Ipv4Address address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!text.empty()) text += '.';
    text += std::to_string((address.value >> shift) & 255);
  }
  return text;
}

std::string to_string(const Ipv6Address& address) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<std::uint16_t>(address.octets[2 * i] << 8 | address.octets[2 * i + 1]);
  }
  // An IPv4-mapped address keeps the dotted form of what it maps (RFC 5952 §5).
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), address.octets.begin())) {
    return "::ffff:" + to_string(Ipv4Address{std::uint32_t{groups[6]} << 16 | groups[7]});
  }
  // The longest run of zero groups, of two at least, the first of equals (RFC 5952 §4.2).
  std::size_t run_start = 8;
  std::size_t run_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_start = i;
      run_length = end - i;
    }
    i = end + 1;
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == run_start) {
      text += "::";
      i += run_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    char digits[4];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, groups[i], 16);
    text.append(digits, end);
  }
  return text;
}

std::string to_string(const IpAddress& address) {
  return address.is_ipv4() ? to_string(address.ipv4()) : to_string(address.ipv6());
}

}  // namespace encap

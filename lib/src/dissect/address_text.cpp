#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "encap/dissect/dissection.h"

namespace encap {
namespace {

char* write(char* at, unsigned number, int base = 10) noexcept { return std::to_chars(at, at + 8, number, base).ptr; }

// An octet in decimal with a point behind it, and how many characters these are.
struct OctetText {
  char text[4];
  std::uint8_t size;
};
constexpr auto octet_texts = [] {
  std::array<OctetText, 256> made{};
  for (unsigned octet = 0; octet < made.size(); ++octet) {
    OctetText& one = made[octet];
    if (octet >= 100) one.text[one.size++] = static_cast<char>('0' + octet / 100);
    if (octet >= 10) one.text[one.size++] = static_cast<char>('0' + octet / 10 % 10);
    one.text[one.size++] = static_cast<char>('0' + octet % 10);
    one.text[one.size++] = '.';
  }
  return made;
}();

char* write_ipv4(char* at, const std::uint8_t* octets) noexcept {
  for (int i = 0; i < 4; ++i) {
    const OctetText& octet = octet_texts[octets[i]];
    std::memcpy(at, octet.text, sizeof octet.text);
    at += octet.size;
  }
  return at - 1;
}

// RFC 5952 but for its §5: addresses of the first 96 bits zero end in dotted decimal too, as inet_ntop writes them.
char* write_ipv6(char* at, const std::uint8_t* octets) noexcept {
  unsigned groups[8];
  for (std::size_t i = 0; i < 8; ++i) groups[i] = unsigned{octets[2 * i]} << 8 | octets[2 * i + 1];
  int run_start = 8;
  int run_length = 1;  // the longest run of zero groups, of two at least, the first of equals
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > run_length) {
      run_start = i;
      run_length = end - i;
    }
    i = end + 1;
  }
  const bool dotted = run_start == 0 && (run_length == 6 || (run_length == 5 && groups[5] == 0xffff));
  for (int i = 0; i < 8; ++i) {
    if (i == run_start) {
      *at++ = ':';
      *at++ = ':';
      i += run_length - 1;
      continue;
    }
    if (i != 0 && i != run_start + run_length) *at++ = ':';
    if (i == 6 && dotted) return write_ipv4(at, octets + 12);
    at = write(at, groups[i], 16);
  }
  return at;
}

char* write_ether(char* at, const std::uint8_t* octets, std::size_t count) noexcept {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) *at++ = ':';
    *at++ = digits[octets[i] >> 4];
    *at++ = digits[octets[i] & 15];
  }
  return at;
}

}  // namespace

std::size_t ipv4_text_size(const Address& address) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size += octet_texts[address.octets[i]].size;
  return size - 1;  // no point behind the last
}

char* write_text(char* to, const Address& address) noexcept {
  const std::uint8_t* const octets = address.octets.data();
  const std::size_t size = std::min<std::size_t>(address.size, address.octets.size());
  switch (address.kind) {
    case Address::Kind::none:
      return to;
    case Address::Kind::ether:
      return write_ether(to, octets, size);
    case Address::Kind::ipv4:
      return write_ipv4(to, octets);
    case Address::Kind::ipv6:
      return write_ipv6(to, octets);
    case Address::Kind::text:
      return std::copy_n(octets, size, to);
  }
  return to;
}

void append_text(std::string& out, const Address& address) {
  char text[longest_address_text];
  out.append(text, write_text(text, address));
}

}  // namespace encap

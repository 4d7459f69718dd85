#pragma once

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
#include <span>
#include <string>

#include "encap/base/bytes.h"
#include "encap/wire/header_field.h"

namespace encap::test {

/// A header that lies somewhere in a packet, for naming the field that differs.
struct HeaderAt {
  std::span<const HeaderField* const> fields;
  std::size_t offset = 0;
};

/// One line of eight octets in hexadecimal; octets that differ from `other` stand in brackets.
inline std::string dump_line(Bytes octets, Bytes other, std::size_t from) {
  std::string line;
  for (std::size_t i = from; i < from + 8; ++i) {
    if (i >= octets.size()) {
      line += "    ";
      continue;
    }
    const bool differs = i >= other.size() || octets[i] != other[i];
    char text[8];
    std::snprintf(text, sizeof text, differs ? "[%02x]" : " %02x ", std::to_integer<unsigned>(octets[i]));
    line += text;
  }
  return line;
}

/// Both dumps side by side, with the offset in front.
inline std::string side_by_side(Bytes actual, Bytes expected) {
  std::string text = "offset  actual                            expected\n";
  for (std::size_t from = 0; from < std::max(actual.size(), expected.size()); from += 8) {
    char offset[32];
    std::snprintf(offset, sizeof offset, "%6zu  ", from);
    std::string line = offset + dump_line(actual, expected, from) + "  " + dump_line(expected, actual, from);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

/// The names of the fields that hold a bit in which the octets differ.
inline std::string differing_fields(Bytes actual, Bytes expected, std::span<const HeaderAt> headers) {
  std::string names;
  for (const HeaderAt& header : headers) {
    for (const HeaderField* const field : header.fields) {
      bool differs = false;
      for (std::size_t bit = field->bit_offset; bit < std::size_t{field->bit_offset} + field->bit_width; ++bit) {
        const std::size_t octet = header.offset + bit / 8;
        if (octet >= actual.size() || octet >= expected.size()) break;
        differs |= ((actual[octet] ^ expected[octet]) & (std::byte{0x80} >> (bit % 8))) != std::byte{0};
      }
      if (differs) names += (names.empty() ? "" : ", ") + std::string{field->name};
    }
  }
  return names;
}

/// Whether octets are the same. A mismatch prints both dumps side by side and names the fields that differ, when the
/// headers the octets start with are given: `EXPECT_TRUE(same_octets(buffer.bytes(), golden, {{UdpField::all}}))`.
inline ::testing::AssertionResult same_octets(Bytes actual, Bytes expected,
                                              std::initializer_list<HeaderAt> headers = {}) {
  if (std::ranges::equal(actual, expected)) return ::testing::AssertionSuccess();
  auto result = ::testing::AssertionFailure();
  if (actual.size() != expected.size()) result << actual.size() << " octets, " << expected.size() << " expected\n";
  const std::string names = differing_fields(actual, expected, {headers.begin(), headers.size()});
  if (!names.empty()) result << "differs in: " << names << '\n';
  return result << side_by_side(actual, expected);
}

}  // namespace encap::test

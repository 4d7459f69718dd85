#include "encap/wire/link_header.h"

#include <gtest/gtest.h>
#include <vector>

#include "support/hex.h"

namespace encap::test {
namespace {

struct Case {
  const char* name;
  LinkType link;
  const char* octets;  // the header, and two octets behind it
  std::size_t length;
  std::optional<EtherType> type;
};

const Case cases[] = {
    {"ethernet", LinkType::ethernet, "020000000001 020000000002 86dd 6000", 14, EtherType::ipv6},
    {"two tags", LinkType::ethernet, "020000000001 020000000002 88a8 0010 8100 0020 0800 4500", 22, EtherType::ipv4},
    {"a tag that is cut", LinkType::ethernet, "020000000001 020000000002 8100 0010", 14, EtherType::vlan},
    {"null", LinkType::null, "02000000 4500", 4, std::nullopt},
    {"loop", LinkType::loop, "00000002 4500", 4, std::nullopt},
    {"sll", LinkType::linux_sll, "0000 0304 0006 0000000000000000 0800 4500", 16, EtherType::ipv4},
    {"sll2", LinkType::linux_sll2, "0806 0000 00000001 0304 00 06 0000000000000000 0001", 20, EtherType::arp},
    {"raw", LinkType::raw, "4500", 0, std::nullopt},
    {"ipv4", LinkType::ipv4, "4500", 0, std::nullopt},
    {"ipv6", LinkType::ipv6, "6000", 0, std::nullopt},
};

TEST(LinkHeader, has_the_length_and_type_of_each_link) {
  for (const Case& one : cases) {
    const auto octets = hex_vector(one.octets);
    const auto found = link_header(one.link, octets);
    ASSERT_TRUE(found) << one.name;
    EXPECT_EQ(found->length, one.length) << one.name;
    EXPECT_EQ(found->type, one.type) << one.name;
    EXPECT_EQ(found->length + 2, octets.size()) << one.name;
  }
}

TEST(LinkHeader, is_none_of_what_ends_within_it) {
  for (const Case& one : cases) {
    const auto octets = hex_vector(one.octets);
    for (std::size_t length = 0; length < octets.size(); ++length) {
      const std::vector<std::byte> cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(length));
      const auto found = link_header(one.link, cut);
      const bool has_tags = one.length > EthernetView::header_length && one.link == LinkType::ethernet;
      EXPECT_EQ(found.has_value(), length >= (has_tags ? EthernetView::header_length : one.length)) << one.name;
      EXPECT_LE(found.value_or(LinkHeader{}).length, length) << one.name;
    }
  }
  EXPECT_FALSE(link_header(LinkType{147}, hex_vector("4500")));
}

}  // namespace
}  // namespace encap::test

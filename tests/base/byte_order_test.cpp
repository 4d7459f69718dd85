#include "encap/base/byte_order.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

constexpr auto octets = hex_bytes("01 23 45 67 89 ab cd ef fe");

static_assert(load_u8(octets, 8) == 0xfe);
static_assert(load_be16(octets, 1) == 0x2345);
static_assert(load_be32(octets, 3) == 0x6789abcd);
static_assert(load_be<3>(octets, 2) == 0x456789);
static_assert(load_be<8>(octets, 1) == 0x23456789abcdeffe);
static_assert(load_le32(octets, 0) == 0x67452301);

constexpr bool stores_in_constant_expressions() {
  std::array<std::byte, 2> out{};
  store_be16(out, 0, 0x0102);
  return out[0] == std::byte{1} && out[1] == std::byte{2};
}
static_assert(stores_in_constant_expressions());

struct StoreCase {
  const char* name;
  void (*store)(MutableBytes);
  const char* expected;
};

class ByteOrderStore : public ::testing::TestWithParam<StoreCase> {};

TEST_P(ByteOrderStore, writes_its_octets_and_no_others) {
  std::vector<std::byte> out(10, std::byte{0xa5});
  GetParam().store(out);
  EXPECT_TRUE(same_octets(out, hex_vector(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    ByteOrder, ByteOrderStore,
    ::testing::Values(
        StoreCase{"u8", [](MutableBytes out) { store_u8(out, 3, 0x12); }, "a5a5a512a5a5a5a5a5a5"},
        StoreCase{"be16", [](MutableBytes out) { store_be16(out, 3, 0x1234); }, "a5a5a51234a5a5a5a5a5"},
        StoreCase{"be24_drops_higher_bits", [](MutableBytes out) { store_be<3>(out, 3, 0xff123456); },
                  "a5a5a5123456a5a5a5a5"},
        StoreCase{"be32", [](MutableBytes out) { store_be32(out, 1, 0x12345678); }, "a512345678a5a5a5a5a5"},
        StoreCase{"be64", [](MutableBytes out) { store_be<8>(out, 1, 0x123456789abcdef0); }, "a5123456789abcdef0a5"},
        StoreCase{"le16", [](MutableBytes out) { store_le16(out, 3, 0x1234); }, "a5a5a53412a5a5a5a5a5"},
        StoreCase{"le32", [](MutableBytes out) { store_le32(out, 1, 0x12345678); }, "a578563412a5a5a5a5a5"}),
    CaseName{});

TEST(ByteOrderProperty, what_was_stored_is_loaded_at_any_alignment) {
  check_property(200, [](Random& random) {
    std::vector<std::byte> out = random.octets(32);
    const std::size_t at = random.below(24);
    const auto value = random.any<std::uint64_t>();
    store_be<8>(out, at, value);
    EXPECT_EQ(load_be<8>(out, at), value);
    store_be<5>(out, at, value);
    EXPECT_EQ(load_be<5>(out, at), value & 0xffffffffffu);
    store_le32(out, at, static_cast<std::uint32_t>(value));
    EXPECT_EQ(load_le32(out, at), static_cast<std::uint32_t>(value));
  });
}

}  // namespace
}  // namespace encap::test

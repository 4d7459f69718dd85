#include "encap/wire/header_field.h"

#include <gtest/gtest.h>
#include <set>
#include <span>
#include <string>

#include "encap/wire/ethernet.h"
#include "encap/wire/icmp.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

struct TableCase {
  const char* name;
  std::span<const HeaderField* const> fields;
  std::size_t header_length;  // octets
};

class HeaderFieldTable : public ::testing::TestWithParam<TableCase> {};

/// The control bits lie within tcp.flags, as in Wireshark's tree.
bool is_a_bit_of_the_tcp_flags(const HeaderField& field) {
  return std::string_view{field.name}.starts_with("tcp.flags.") && &field != &TcpField::reserved;
}

TEST_P(HeaderFieldTable, covers_every_bit_of_the_header_once) {
  std::vector<std::string> owner(GetParam().header_length * 8);
  for (const HeaderField* const field : GetParam().fields) {
    ASSERT_LE(std::size_t{field->bit_offset} + field->bit_width, owner.size()) << field->name;
    ASSERT_GT(field->bit_width, 0) << field->name;
    if (is_a_bit_of_the_tcp_flags(*field)) continue;
    for (std::size_t bit = field->bit_offset; bit < std::size_t{field->bit_offset} + field->bit_width; ++bit) {
      EXPECT_EQ(owner[bit], "") << "bit " << bit << " is of " << field->name << " too";
      owner[bit] = field->name;
    }
  }
  for (std::size_t bit = 0; bit < owner.size(); ++bit) EXPECT_NE(owner[bit], "") << "bit " << bit << " is of no field";
}

TEST_P(HeaderFieldTable, is_in_the_order_of_the_header_with_a_name_and_a_label_each) {
  std::set<std::string> names;
  unsigned last = 0;
  for (const HeaderField* const field : GetParam().fields) {
    EXPECT_GE(field->bit_offset, last) << field->name;
    last = field->bit_offset;
    EXPECT_TRUE(names.insert(field->name).second) << field->name << " stands there twice";
    EXPECT_NE(std::string_view{field->label}, "") << field->name;
    EXPECT_EQ(field->format == FieldFormat::flag, field->bit_width == 1) << field->name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    HeaderField, HeaderFieldTable,
    ::testing::Values(TableCase{"ethernet", EthernetField::all, EthernetView::header_length},
                      TableCase{"vlan", VlanField::all, VlanView::header_length},
                      TableCase{"null_loopback", NullLoopbackField::all, NullLoopbackView::header_length},
                      TableCase{"ipv4", Ipv4Field::all, Ipv4View::minimum_header_length},
                      TableCase{"ipv6", Ipv6Field::all, Ipv6View::header_length},
                      TableCase{"ipv6_fragment", Ipv6FragmentField::all, Ipv6FragmentView::header_length},
                      TableCase{"tcp", TcpField::all, TcpView::minimum_header_length},
                      TableCase{"udp", UdpField::all, UdpView::header_length},
                      TableCase{"icmp", IcmpField::all, IcmpView::header_length}),
    CaseName{});

TEST(HeaderFieldTable, of_tcp_has_each_control_bit_where_its_flag_is) {
  const auto value = [](const HeaderField& field) {
    return TcpFlags{static_cast<std::uint8_t>(1u << (TcpField::flags.bit_offset + 7 - field.bit_offset))};
  };
  EXPECT_EQ(value(TcpField::fin), TcpFlags::fin);
  EXPECT_EQ(value(TcpField::syn), TcpFlags::syn);
  EXPECT_EQ(value(TcpField::rst), TcpFlags::rst);
  EXPECT_EQ(value(TcpField::psh), TcpFlags::psh);
  EXPECT_EQ(value(TcpField::ack), TcpFlags::ack);
  EXPECT_EQ(value(TcpField::urg), TcpFlags::urg);
  EXPECT_EQ(value(TcpField::ece), TcpFlags::ece);
  EXPECT_EQ(value(TcpField::cwr), TcpFlags::cwr);
}

constexpr HeaderField within{"within", "Within an octet", 3, 2};
constexpr HeaderField across{"across", "Across octets", 6, 13};
constexpr HeaderField octets_48{"octets", "Whole octets", 8, 48};

TEST(HeaderField, counts_the_octets_it_touches) {
  static_assert(within.first_octet() == 0 && within.octet_count() == 1);
  static_assert(across.first_octet() == 0 && across.octet_count() == 3);
  static_assert(octets_48.first_octet() == 1 && octets_48.octet_count() == 6);
  SUCCEED();
}

TEST(HeaderField, is_loaded_shifted_down) {
  constexpr auto octets = hex_bytes("17 ff e0 55 66 77 88 99");
  static_assert(load_field<within>(octets) == 0b10);
  static_assert(load_field<across>(octets) == 0b1'1111'1111'1111);
  static_assert(load_field<octets_48>(octets) == 0xffe055667788);
  static_assert(std::is_same_v<decltype(load_field<across>(octets)), std::uint16_t>);
  SUCCEED();
}

TEST(HeaderField, is_stored_without_a_change_to_the_bits_around_it) {
  auto octets = hex_vector("ffffff");
  store_field<across>(octets, 0);
  EXPECT_TRUE(same_octets(octets, hex_vector("fc001f")));
  store_field<across>(octets, 0xffff);
  EXPECT_TRUE(same_octets(octets, hex_vector("ffffff"))) << "bits above the width are dropped";
  store_field<within>(octets, 0b01);
  EXPECT_TRUE(same_octets(octets, hex_vector("efffff")));
}

constexpr HeaderField first_bits{"first", "First bits", 8, 3};
constexpr HeaderField middle_bits{"middle", "Middle bits", 11, 12};
constexpr HeaderField last_bit{"last", "Last bit", 23, 1};

TEST(HeaderField, is_stored_with_those_beside_it_in_one_piece) {
  auto octets = hex_vector("ffffffff");
  store_fields<first_bits, middle_bits, last_bit>(octets, 0b101u, 0x1842u, true);
  EXPECT_TRUE(same_octets(octets, hex_vector("ffb085ff"))) << "bits above the width are dropped";
  auto one_by_one = hex_vector("ffffffff");
  store_field<first_bits>(one_by_one, 0b101);
  store_field<middle_bits>(one_by_one, 0x842);
  store_field<last_bit>(one_by_one, 1);
  EXPECT_TRUE(same_octets(octets, one_by_one));
}

TEST(HeaderField, fills_octets_with_others_only_side_by_side) {
  static_assert(detail::fill_octets(std::array{first_bits, middle_bits, last_bit}));
  static_assert(!detail::fill_octets(std::array{first_bits, last_bit, middle_bits}));
  static_assert(!detail::fill_octets(std::array{first_bits, middle_bits}));
  static_assert(!detail::fill_octets(std::array{middle_bits, last_bit}));
  SUCCEED();
}

TEST(HeaderField, gives_its_octets) {
  constexpr auto octets = hex_bytes("00 010203040506 07");
  EXPECT_TRUE(same_octets(field_octets<octets_48>(octets.bytes()), hex_vector("010203040506")));
}

}  // namespace
}  // namespace encap::test

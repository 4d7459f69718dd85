#include "encap/wire/checksum.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "wire/checksum_kernels.h"

namespace encap::test {
namespace {

std::uint16_t reference(Bytes in) { return fold_carries(sum_words_reference(in)); }

// RFC 1071 §3: the words 0001 f203 f4f5 f6f7 come to 2ddf0, and with the carry folded in to ddf2.
constexpr auto worked_example = hex_bytes("0001 f203 f4f5 f6f7");
static_assert(sum_words_reference(worked_example) == 0x2ddf0);
static_assert(Checksum{}.add(worked_example).sum() == 0xddf2);
static_assert(Checksum{}.add(worked_example).finish() == 0x220d);
static_assert(Checksum{}.add(worked_example.first(3)).add(worked_example.subspan(3)).sum() == 0xddf2);

TEST(Checksum, of_the_worked_example_of_rfc_1071_is_ddf2) {
  EXPECT_EQ(sum_words(worked_example), 0xddf2);
  EXPECT_EQ(Checksum{}.add(worked_example).sum(), 0xddf2);
  EXPECT_EQ(Checksum{}.add(worked_example).finish(), 0x220d);
}

struct FoldCase {
  const char* name;
  std::uint64_t sum;
  std::uint16_t folded;
};

class ChecksumFold : public ::testing::TestWithParam<FoldCase> {};

TEST_P(ChecksumFold, adds_every_carry_back) { EXPECT_EQ(fold_carries(GetParam().sum), GetParam().folded); }

INSTANTIATE_TEST_SUITE_P(Checksum, ChecksumFold,
                         ::testing::Values(FoldCase{"zero", 0, 0}, FoldCase{"no_carry", 0xfffe, 0xfffe},
                                           FoldCase{"minus_zero", 0xffff, 0xffff}, FoldCase{"one_carry", 0x10000, 1},
                                           FoldCase{"carry_that_carries", 0x1ffff, 1},
                                           FoldCase{"twice_minus_zero", 0x1fffe, 0xffff},
                                           FoldCase{"all_of_32_bits", 0xffffffff, 0xffff},
                                           FoldCase{"all_of_64_bits", ~std::uint64_t{0}, 0xffff},
                                           FoldCase{"carries_through_every_step", 0xffffffff00000001, 1},
                                           FoldCase{"top_word", 0x1234000000000000, 0x1234}),
                         CaseName{});

struct PartsCase {
  const char* name;
  const char* first;
  const char* second;
  const char* third;
  std::uint16_t sum;
};

class ChecksumParts : public ::testing::TestWithParam<PartsCase> {};

TEST_P(ChecksumParts, add_up_as_if_they_were_one) {
  const auto first = hex_vector(GetParam().first);
  const auto second = hex_vector(GetParam().second);
  const auto third = hex_vector(GetParam().third);
  EXPECT_EQ(Checksum{}.add(first).add(second).add(third).sum(), GetParam().sum);
}

INSTANTIATE_TEST_SUITE_P(Checksum, ChecksumParts,
                         ::testing::Values(PartsCase{"none", "", "", "", 0},
                                           PartsCase{"odd_length_is_padded_behind", "ab", "", "", 0xab00},
                                           PartsCase{"two_odd_lengths_make_a_word", "ab", "cd", "", 0xabcd},
                                           PartsCase{"odd_length_then_even_length", "00", "01f203f4", "f5f6f7", 0xddf2},
                                           PartsCase{"three_odd_lengths", "0001f2", "03", "f4f5f6f7", 0xddf2},
                                           PartsCase{"empty_part_between_odd_lengths", "ab", "", "cd", 0xabcd},
                                           PartsCase{"carry_between_parts", "ffff", "0001", "", 1}),
                         CaseName{});

TEST(Checksum, adds_words_in_host_order) {
  EXPECT_EQ(Checksum{}.add_word(0x0001).add_word(0xf203).add_word(0xf4f5).add_word(0xf6f7).sum(), 0xddf2);
}

TEST(PseudoHeader, sums_the_addresses_protocol_and_length) {
  const PseudoHeader ipv4{Ipv4Address{0x0a000001}, Ipv4Address{0xc0a80102}, Protocol::udp, 0x1234};
  EXPECT_EQ(fold_carries(ipv4.sum()), reference(hex_vector("0a000001 c0a80102 00 11 1234")));
  const PseudoHeader ipv6{*Ipv6Address::parse("2001:db8::1"), *Ipv6Address::parse("fe80::abcd:ef01"), Protocol::tcp,
                          0x00012345};
  EXPECT_EQ(fold_carries(ipv6.sum()), reference(hex_vector("20010db8000000000000000000000001"
                                                           "fe8000000000000000000000abcdef01 00012345 000000 06")));
}

TEST(PseudoHeader, sums_a_length_of_more_than_16_bits_with_its_high_word) {
  const PseudoHeader long_one{Ipv4Address{0}, Ipv4Address{0}, Protocol::hop_by_hop, 0x00050003};
  EXPECT_EQ(long_one.sum(), 8u);
}

// Every kernel of this program that this processor can run.
class ChecksumKernel : public ::testing::TestWithParam<NamedSumKernel> {
 protected:
  void SetUp() override {
    if (!GetParam().runs_here()) GTEST_SKIP() << "this processor has no " << GetParam().name;
  }
  static std::uint16_t sum(Bytes in) {
    return GetParam().sum(reinterpret_cast<const std::uint8_t*>(in.data()), in.size());
  }
};

// From a length on, at every alignment: whether `sum` agrees with the reference at every length.
template <class Sum>
void agrees_with_the_reference(std::size_t shortest, Sum sum) {
  constexpr std::size_t longest = 2048;
  constexpr std::size_t alignments = 64;
  std::vector<std::byte> storage = Random{1}.octets(longest + 2 * alignments);
  const auto address = reinterpret_cast<std::uintptr_t>(storage.data());
  const Bytes aligned = Bytes{storage}.subspan((alignments - address % alignments) % alignments);
  for (std::size_t alignment = 0; alignment < alignments; ++alignment) {
    const Bytes from = aligned.subspan(alignment);
    std::uint64_t whole_words = 0;  // the reference, kept up to date as the length grows
    for (std::size_t length = 0; length <= longest; ++length) {
      const std::uint64_t odd_octet = length % 2 != 0 ? std::uint64_t{load_u8(from, length - 1)} << 8 : 0;
      if (length != 0 && length % 2 == 0) whole_words += load_be16(from, length - 2);
      if (length < shortest) continue;
      ASSERT_EQ(sum(from.first(length)), fold_carries(whole_words + odd_octet))
          << length << " octets, alignment " << alignment;
    }
    ASSERT_EQ(fold_carries(whole_words), reference(from.first(longest)));
  }
}

TEST(Checksum, agrees_with_the_reference_at_every_length_and_alignment) {
  agrees_with_the_reference(0, [](Bytes in) { return sum_words(in); });
}

TEST_P(ChecksumKernel, agrees_with_the_reference_at_every_length_and_alignment) {
  agrees_with_the_reference(sum_kernel_threshold, sum);
}

TEST_P(ChecksumKernel, keeps_every_carry_of_large_inputs_of_ones) {
  const std::vector<std::byte> ones((std::size_t{4} << 20) + 3, std::byte{0xff});
  for (const std::size_t size : {std::size_t{1} << 20, (std::size_t{1} << 20) + 2, ones.size() - 1}) {
    EXPECT_EQ(sum(Bytes{ones}.first(size)), 0xffff) << size;
  }
  EXPECT_EQ(sum(ones), 0xff00) << "an odd octet of ones is ff00";
}

TEST_P(ChecksumKernel, tells_zero_from_minus_zero) {
  std::vector<std::byte> octets(1000);
  EXPECT_EQ(sum(octets), 0);
  octets[500] = octets[501] = std::byte{0xff};
  EXPECT_EQ(sum(octets), 0xffff);
}

TEST_P(ChecksumKernel, does_not_read_beyond_the_end) {
  // A heap block of exactly this size, which the address sanitizer watches; and what lies behind must not count.
  for (std::size_t size = sum_kernel_threshold; size < 600; ++size) {
    const std::vector<std::byte> exact(size, std::byte{1});
    const std::size_t words = size / 2 + size % 2;
    EXPECT_EQ(sum(exact), fold_carries(words * 0x0101 - (size % 2)));
  }
}

INSTANTIATE_TEST_SUITE_P(Checksum, ChecksumKernel, ::testing::ValuesIn(sum_kernels().begin(), sum_kernels().end()),
                         CaseName{});

TEST(Checksum, reads_no_octet_before_or_behind_a_short_input) {
  for (std::size_t size = 0; size < sum_kernel_threshold; ++size) {
    const std::vector<std::byte> exact(size, std::byte{1});
    EXPECT_EQ(sum_words(exact), fold_carries((size / 2 + size % 2) * 0x0101 - (size % 2)));
  }
}

TEST(ChecksumKernels, are_chosen_by_name_where_the_processor_has_them) {
  bool any_wider = false;
  for (const NamedSumKernel& kernel : sum_kernels()) {
    EXPECT_EQ(choose_sum_kernel(kernel.name).name == kernel.name, kernel.runs_here()) << kernel.name;
    any_wider |= kernel.runs_here();
    EXPECT_TRUE(choose_sum_kernel(kernel.name).runs_here());
  }
  EXPECT_TRUE(any_wider);
  EXPECT_STREQ(choose_sum_kernel("scalar").name, "scalar");
}

TEST(ChecksumKernels, are_the_widest_of_the_processor_where_none_is_named) {
  const NamedSumKernel* widest = nullptr;
  for (const NamedSumKernel& kernel : sum_kernels()) {
    if (widest == nullptr && kernel.runs_here()) widest = &kernel;
  }
  ASSERT_NE(widest, nullptr);
  for (const char* const name : {static_cast<const char*>(nullptr), "", "AVX2", "avx", "none"}) {
    EXPECT_STREQ(choose_sum_kernel(name).name, widest->name) << (name == nullptr ? "unset" : name);
  }
}

TEST(ChecksumProperty, of_parts_cut_anywhere_is_that_of_the_whole) {
  check_property(500, [](Random& random) {
    const auto octets = random.octets(random.below(3000));
    Checksum checksum;
    for (std::size_t at = 0; at < octets.size();) {
      const std::size_t size = std::min(octets.size() - at, random.below(random.one_in(2) ? 4 : 400));
      checksum.add(Bytes{octets}.subspan(at, size));
      at += size;
    }
    EXPECT_EQ(checksum.sum(), reference(octets));
  });
}

TEST(ChecksumProperty, updated_for_one_word_is_that_of_the_changed_octets) {
  check_property(2000, [](Random& random) {
    auto octets = random.octets(2 + 2 * random.below(20));
    const std::uint16_t before = Checksum{}.add(octets).finish();
    const std::size_t at = 2 * random.below(octets.size() / 2);
    const std::uint16_t old_word = load_be16(octets, at);
    const auto new_word = random.one_in(4) ? std::uint16_t{0xffff} : random.any<std::uint16_t>();
    store_be16(octets, at, new_word);
    const std::uint16_t updated = update_checksum(before, old_word, new_word);
    EXPECT_EQ(updated, Checksum{}.add(octets).finish());
    // Either form of zero verifies; the sum over octets and checksum is what a receiver looks at.
    EXPECT_EQ(Checksum{}.add(octets).add_word(updated).sum(), 0xffff);
  });
}

struct UpdateCase {
  const char* name;
  std::uint16_t checksum;
  std::uint16_t old_word;
  std::uint16_t new_word;
  std::uint16_t expected;
};

class ChecksumUpdate : public ::testing::TestWithParam<UpdateCase> {};

TEST_P(ChecksumUpdate, gives) {
  const UpdateCase& c = GetParam();
  EXPECT_EQ(update_checksum(c.checksum, c.old_word, c.new_word), c.expected);
}

INSTANTIATE_TEST_SUITE_P(Checksum, ChecksumUpdate,
                         ::testing::Values(
                             // RFC 1624 §4: the older equation gives ffff here, which no computed checksum is.
                             UpdateCase{"the_worked_example_of_rfc_1624", 0xdd2f, 0x5555, 0x3285, 0x0000},
                             UpdateCase{"nothing", 0x1234, 0xabcd, 0xabcd, 0x1234},
                             UpdateCase{"time_to_live_by_one", 0x7cbb, 0x4006, 0x3f06, 0x7dbb},
                             UpdateCase{"up_with_a_carry", 0x0001, 0x0000, 0x0002, 0xfffe}),
                         CaseName{});

}  // namespace
}  // namespace encap::test

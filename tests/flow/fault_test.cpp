#include "encap/flow/fault.h"

#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"

namespace encap::test {
namespace {

struct Right {
  const char* name;
  const char* text;
  Faults faults;
};

constexpr Faults of(std::initializer_list<Fault> kinds, std::uint16_t fragment = 0, std::uint32_t delay = 0) {
  Faults faults;
  for (const Fault kind : kinds) faults.add(kind);
  faults.fragment = fragment;
  faults.delay_milliseconds = delay;
  return faults;
}

class RightFault : public testing::TestWithParam<Right> {};

TEST_P(RightFault, is_read) {
  const auto faults = Faults::parse(GetParam().text);
  ASSERT_TRUE(faults.has_value()) << faults.error().reason;
  EXPECT_EQ(*faults, GetParam().faults);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RightFault,
    testing::Values(
        Right{"nothing", "", {}}, Right{"blanks", " \t", {}}, Right{"lost", "lost", of({Fault::lost})},
        Right{"lost_before", "lost:before", of({Fault::lost_before})}, Right{"upper_case", "LOST", of({Fault::lost})},
        Right{"underscore", "bad_checksum", of({Fault::bad_checksum})},
        Right{"every_word", "duplicate+reorder+retransmit+overlap+bad-checksum+bad-ip-checksum+rst+zero-window",
              of({Fault::duplicate, Fault::reorder, Fault::retransmit, Fault::overlap, Fault::bad_checksum,
                  Fault::bad_ip_checksum, Fault::rst, Fault::zero_window})},
        Right{"blanks_around", " lost + duplicate ", of({Fault::lost, Fault::duplicate})},
        Right{"twice", "lost+lost", of({Fault::lost})}, Right{"fragment", "fragment:8", of({}, 8)},
        Right{"largest_fragment", "fragment:65528", of({}, 65528)}, Right{"delay", "delay:600000", of({}, 0, 600000)},
        Right{"mixed", "Fragment:64+delay:1+lost", of({Fault::lost}, 64, 1)}),
    CaseName{});

struct Wrong {
  const char* name;
  const char* text;
  const char* word;
  const char* reason;  // a part of it
};

class WrongFaultText : public testing::TestWithParam<Wrong> {};

TEST_P(WrongFaultText, is_named) {
  const auto faults = Faults::parse(GetParam().text);
  ASSERT_FALSE(faults.has_value());
  EXPECT_EQ(faults.error().word, GetParam().word);
  EXPECT_NE(faults.error().reason.find(GetParam().reason), std::string::npos) << faults.error().reason;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, WrongFaultText,
    testing::Values(Wrong{"unknown", "lost+lots", "lots", "write lost, lost:before, duplicate"},
                    Wrong{"beginning", "los", "los", "write lost"}, Wrong{"longer", "lost:", "lost:", "write lost"},
                    Wrong{"nothing_between", "lost++rst", "", "several with +"},
                    Wrong{"nothing_behind", "lost+", "", "several with +"},
                    Wrong{"comma", "lost,rst", "lost,rst", "several with +"},
                    Wrong{"fragment_of_none", "fragment", "fragment", "fragment:N"},
                    Wrong{"fragment_of_nothing", "fragment:", "fragment:", "fragment:N"},
                    Wrong{"fragment_of_text", "fragment:8x", "fragment:8x", "fragment:N"},
                    Wrong{"fragment_negative", "fragment:-8", "fragment:-8", "fragment:N"},
                    Wrong{"fragment_uneven", "fragment:9", "fragment:9", "multiple of 8"},
                    Wrong{"fragment_zero", "fragment:0", "fragment:0", "multiple of 8"},
                    Wrong{"fragment_too_large", "fragment:65536", "fragment:65536", "multiple of 8"},
                    Wrong{"fragment_beyond_numbers", "fragment:99999999999", "fragment:99999999999", "multiple of 8"},
                    Wrong{"delay_zero", "delay:0", "delay:0", "from 1 to 600000"},
                    Wrong{"delay_too_long", "delay:600001", "delay:600001", "from 1 to 600000"}),
    CaseName{});

TEST(FaultName, is_what_is_read) {
  for (int bit = 0; bit < 10; ++bit) {
    const auto fault = static_cast<Fault>(1 << bit);
    const auto read = Faults::parse(name(fault));
    ASSERT_TRUE(read.has_value()) << name(fault);
    EXPECT_EQ(*read, of({fault}));
  }
}

TEST(FaultsOfAPart, are_added) {
  Faults faults = of({Fault::lost}, 8, 30);
  faults.add(of({Fault::duplicate}, 0, 20));
  EXPECT_EQ(faults, of({Fault::lost, Fault::duplicate}, 8, 30));
}

TEST(Impairment, reads_shares) {
  const auto impairment = Impairment::parse("loss=50%, reorder=0.5 ,duplicate=100%");
  ASSERT_TRUE(impairment.has_value());
  EXPECT_EQ(impairment->loss, 1ull << 31);
  EXPECT_EQ(impairment->reorder, 21474836u);
  EXPECT_EQ(impairment->duplicate, 1ull << 32);
}

TEST(Impairment, refuses_what_is_no_share) {
  for (const char* text : {"", "loss", "loss=", "loss=101%", "loss=-1%", "loss=nan", "loss=1%%", "jitter=1%",
                           "loss=1%,", "loss=1%;reorder=1%"}) {
    EXPECT_FALSE(Impairment::parse(text).has_value()) << text;
  }
}

TEST(Impairment, draws_as_often_as_it_says) {
  const Impairment impairment = *Impairment::parse("loss=10%,duplicate=100%");
  int lost = 0;
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    const Faults faults = impairment.draw(number);
    EXPECT_TRUE(faults.has(Fault::duplicate));
    EXPECT_FALSE(faults.has(Fault::reorder));
    EXPECT_EQ(faults, impairment.draw(number));
    lost += faults.has(Fault::lost);
  }
  EXPECT_GT(lost, 900);
  EXPECT_LT(lost, 1100);
}

}  // namespace
}  // namespace encap::test

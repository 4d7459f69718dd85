#include <gtest/gtest.h>

#include "encap/live/pacer.h"

namespace encap::test {
namespace {

TEST(Pace, reads_what_the_command_line_may_say) {
  EXPECT_EQ(Pace::parse("csv")->kind, Pace::Kind::table);
  EXPECT_EQ(Pace::parse("csv")->value, 1);
  EXPECT_EQ(Pace::parse("csv*2.5")->kind, Pace::Kind::table);
  EXPECT_EQ(Pace::parse("csv*2.5")->value, 2.5);
  EXPECT_EQ(Pace::parse("5000/s")->kind, Pace::Kind::rate);
  EXPECT_EQ(Pace::parse("5000/s")->value, 5000);
  EXPECT_EQ(Pace::parse("max")->kind, Pace::Kind::fastest);
}

TEST(Pace, refuses_what_is_none) {
  for (const char* text :
       {"", "fast", "csv*", "csv*0", "csv*-1", "csv*x", "0/s", "-5/s", "/s", "5", "5/m", "inf/s", "nan/s", "max "}) {
    EXPECT_FALSE(Pace::parse(text)) << text;
  }
}

}  // namespace
}  // namespace encap::test

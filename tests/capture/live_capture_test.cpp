#include "encap/capture/live_capture.h"

#include <cerrno>
#include <gtest/gtest.h>

#include "capture/counter_sum.h"

namespace encap::test {
namespace {

TEST(CounterSum, goes_on_where_the_counter_starts_anew) {
  CounterSum sum;
  sum.start(4'294'967'290);
  EXPECT_EQ(sum.total(), 0u);
  sum.see(4'294'967'295);
  EXPECT_EQ(sum.total(), 5u);
  sum.see(4);
  EXPECT_EQ(sum.total(), 10u);
  sum.see(4);
  EXPECT_EQ(sum.total(), 10u);
  sum.see(3);  // all round but one
  EXPECT_EQ(sum.total(), 10u + 4'294'967'295);
}

// What is wrong however much this user may do; tests/live has the rest.
TEST(LiveCapture, refuses_what_cannot_be_listened_to) {
  for (const std::uint32_t length : {0u, 262'145u, UINT32_MAX}) {
    const auto capture = LiveCapture::open({.interface = "lo", .snap_length = length});
    ASSERT_FALSE(capture);
    EXPECT_EQ(to_string(capture.error()), "open lo: a snap length is 1 to 262144 octets");
  }
  for (const std::string& interface : {std::string{}, std::string{"lo\0x", 4}}) {
    const auto capture = LiveCapture::open({.interface = interface});
    ASSERT_FALSE(capture);
    EXPECT_EQ(capture.error().code, ENODEV);
  }
  const auto capture = LiveCapture::open({.interface = "lo", .filter = std::string{"udp\0", 4}});
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().operation, LiveCapture::filter_refused);
}

TEST(LiveCapture, says_what_is_missing_of_an_interface_that_is_not_there) {
  const auto capture = LiveCapture::open({.interface = "nosuch0"});
  ASSERT_FALSE(capture);
  EXPECT_EQ(capture.error().path, "nosuch0");
  EXPECT_TRUE(capture.error().code == ENODEV || capture.error().code == EPERM) << to_string(capture.error());
}

}  // namespace
}  // namespace encap::test

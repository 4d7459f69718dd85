#include "encap/capture/network_interface.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace encap::test {
namespace {

TEST(NetworkInterface, is_loopback_where_the_flag_and_every_address_say_so) {
  const auto interface = [](bool flag, std::vector<std::string> addresses) {
    return NetworkInterface{.name = "lo", .addresses = std::move(addresses), .is_up = true, .has_loopback_flag = flag};
  };
  EXPECT_TRUE(interface(true, {"127.0.0.1", "::1"}).is_loopback());
  EXPECT_TRUE(interface(true, {"127.255.255.254"}).is_loopback());
  EXPECT_TRUE(interface(true, {}).is_loopback());
  EXPECT_FALSE(interface(false, {"127.0.0.1"}).is_loopback());
  EXPECT_FALSE(interface(false, {}).is_loopback());
  for (const char* other : {"10.0.0.1", "128.0.0.1", "::2", "fe80::1", "::ffff:127.0.0.1", "127.0.0", "lo", ""}) {
    EXPECT_FALSE(interface(true, {"127.0.0.1", other}).is_loopback()) << other;
  }
}

TEST(NetworkInterfaces, are_found_by_their_names_and_by_their_numbers) {
  const auto all = network_interfaces();
  ASSERT_TRUE(all) << to_string(all.error());
  if (all->empty()) GTEST_SKIP() << "no interface is shown to this user";
  for (std::size_t i = 0; i < all->size(); ++i) {
    const NetworkInterface& interface = (*all)[i];
    EXPECT_FALSE(interface.name.empty());
    EXPECT_EQ(find_network_interface(interface.name)->name, interface.name);
    EXPECT_EQ(find_network_interface(std::to_string(i + 1))->name, interface.name);
  }
}

TEST(NetworkInterfaces, say_which_there_are_when_one_is_not) {
  const auto all = network_interfaces();
  ASSERT_TRUE(all) << to_string(all.error());
  for (const std::string& wrong :
       {std::string{"nosuch0"}, std::string{"0"}, std::to_string(all->size() + 1), std::string{"-1"}, std::string{},
        std::string{"1x"}, std::string{"99999999999999999999999"}, std::string{"lo\0", 3}}) {
    const auto found = find_network_interface(wrong);
    ASSERT_FALSE(found) << wrong;
    EXPECT_EQ(found.error().path, wrong);
    EXPECT_EQ(found.error().code, ENODEV);
    for (const NetworkInterface& interface : *all) {
      EXPECT_NE(found.error().reason.find(interface.name), std::string::npos) << found.error().reason;
    }
  }
}

}  // namespace
}  // namespace encap::test

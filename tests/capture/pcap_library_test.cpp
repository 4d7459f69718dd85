#include "capture/pcap_library.h"

#include <gtest/gtest.h>

namespace encap::test {
namespace {

TEST(PcapLibrary, is_loaded_once) {
  ASSERT_TRUE(pcap_library()) << pcap_library().error();
  EXPECT_EQ(&pcap_library(), &pcap_library());
  EXPECT_STREQ(pcap_library()->statustostr(PCAP_ERROR_NO_SUCH_DEVICE), "No such device exists");
}

#ifdef __linux__

TEST(PcapLibrary, says_that_it_is_not_there) {
  const auto library = PcapLibrary::load("libnosuch.so.7");
  ASSERT_FALSE(library);
  EXPECT_NE(library.error().find("libnosuch.so.7"), std::string::npos) << library.error();
}

TEST(PcapLibrary, says_what_it_lacks) {
  const auto library = PcapLibrary::load("libz.so.1");
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().rfind("libz.so.1: it has no pcap_", 0), 0u) << library.error();
}

#endif

}  // namespace
}  // namespace encap::test

#include "encap/capture/pcap_file_reader.h"

#include <gtest/gtest.h>
#include <limits>

#include "capture/files.h"
#include "capture/packets.h"
#include "support/case_name.h"
#include "support/hex.h"

namespace encap::test {
namespace {

//                                             magic    2.4       zone     accuracy snap     link type
constexpr auto little_microseconds = hex_bytes(
    "d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000"
    // seconds  fraction captured original
    "81436d38 40e20100 04000000 3c000000  70696e67"
    "82436d38 00000000 02000000 02000000  6869");
constexpr std::size_t file_header = 24;
constexpr std::size_t first_record = 20;
constexpr std::size_t second_record = 18;

Contents read_octets(Bytes octets) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", octets);
  Contents contents = read_capture(folder / "a.pcap");
  // The folder has another name in every run.
  if (const auto at = contents.error.find(folder / ""); at != std::string::npos) {
    contents.error.erase(at, (folder / "").size());
  }
  return contents;
}

TEST(PcapFileReader, reads_each_packet_of_the_golden_file) {
  const Contents contents = read_octets(little_microseconds);
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.link_type, LinkType::raw);
  ASSERT_EQ(contents.packets.size(), 2u);
  EXPECT_TRUE(same_packet(contents.packets[0], {{946'684'801'123'456'000}, copy_of(as_bytes("ping")), 60}));
  EXPECT_TRUE(same_packet(contents.packets[1], {{946'684'802'000'000'000}, copy_of(as_bytes("hi")), 2}));
}

struct FormatCase {
  const char* name;
  const char* octets;
  LinkType link_type;
  std::int64_t nanoseconds;
};

class PcapFormat : public ::testing::TestWithParam<FormatCase> {};

TEST_P(PcapFormat, is_read) {
  const Contents contents = read_octets(hex_vector(GetParam().octets));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.link_type, GetParam().link_type);
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_TRUE(same_packet(contents.packets[0], {{GetParam().nanoseconds}, copy_of(as_bytes("hi")), 3}));
}

constexpr std::int64_t second = 1'000'000'000;

INSTANTIATE_TEST_SUITE_P(
    Pcap, PcapFormat,
    ::testing::Values(
        FormatCase{"big_endian_microseconds",
                   "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001  386d4381 0001e240 00000002 00000003 6869",
                   LinkType::ethernet, 946'684'801'123'456'000},
        FormatCase{"big_endian_nanoseconds",
                   "a1b23c4d 0002 0004 00000000 00000000 00040000 00000000  386d4381 075bcd15 00000002 00000003 6869",
                   LinkType::null, 946'684'801'123'456'789},
        FormatCase{"little_endian_nanoseconds",
                   "4d3cb2a1 0200 0400 00000000 00000000 00000400 6c000000  81436d38 15cd5b07 02000000 03000000 6869",
                   LinkType::loop, 946'684'801'123'456'789},
        FormatCase{"linux_sll",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 71000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::linux_sll, 0},
        FormatCase{"link_type_without_a_name",  // LINKTYPE_LINUX_SLL2
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 14010000  00000000 00000000 02000000 03000000 6869",
                   static_cast<LinkType>(276), 0},
        FormatCase{"old_number_of_raw",  // DLT_RAW, written by programs that mistake one registry for the other
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 0c000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::raw, 0},
        FormatCase{"after_2038",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000  ffffffff 3f420f00 02000000 03000000 6869",
                   LinkType::raw, 4'294'967'295 * second + 999'999'000},
        // Section header, interface of raw with nanoseconds (if_tsresol 9), enhanced packet at 2^31 s.
        FormatCase{"pcapng",
                   "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
                   "01000000 20000000 6500 0000 00000400 0900 0100 09000000 0000 0000 20000000"
                   "06000000 24000000 00000000 0000cd1d 00009435 02000000 03000000 68690000 24000000",
                   LinkType::raw, (std::int64_t{0x1dcd0000} << 32) + 0x35940000}),
    CaseName{});

TEST(PcapFileReader, keeps_moments_beyond_all_counting_at_the_last_one) {
  // if_tsresol 0: the number is whole seconds, here 2^62.
  const Contents contents =
      read_octets(hex_vector("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
                             "01000000 20000000 6500 0000 00000400 0900 0100 00000000 0000 0000 20000000"
                             "06000000 24000000 00000000 00000040 00000000 02000000 02000000 68690000 24000000"));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_EQ(contents.packets[0].timestamp.nanoseconds, std::numeric_limits<std::int64_t>::max());
}

class PcapTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PcapTruncation, yields_every_whole_packet_then_says_where_it_ends) {
  const std::size_t size = GetParam();
  const Contents contents = read_octets(little_microseconds.first(size));
  if (size < file_header) {
    EXPECT_TRUE(contents.packets.empty());
    EXPECT_EQ(
        contents.error.rfind(size == 0 ? "read a.pcap: the file is empty" : "read a.pcap: truncated dump file", 0), 0u)
        << contents.error;
    return;
  }
  const std::size_t whole =
      (size >= file_header + first_record ? 1u : 0u) + (size >= file_header + first_record + second_record ? 1u : 0u);
  ASSERT_EQ(contents.packets.size(), whole);
  if (whole >= 1) {
    EXPECT_EQ(as_text(contents.packets[0].octets), "ping");
  }
  if (size == file_header || size == file_header + first_record || whole == 2) {
    EXPECT_EQ(contents.error, "") << "the file ends between packets";
  } else {
    EXPECT_EQ(contents.error.rfind("read a.pcap: packet " + std::to_string(whole + 1) + ": truncated dump file", 0), 0u)
        << contents.error;
  }
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapTruncation, ::testing::Range<std::size_t>(0, little_microseconds.size() + 1),
                         CaseName{});

TEST(PcapFileReader, stays_at_the_end_and_at_an_error) {
  const TemporaryFolder folder;
  write_whole(folder / "whole.pcap", little_microseconds);
  auto whole = PcapFileReader::open(folder / "whole.pcap");
  ASSERT_TRUE(whole.has_value());
  for (int i = 0; i < 2; ++i) ASSERT_NE(whole->next().value(), nullptr);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(whole->next().value(), nullptr);

  write_whole(folder / "cut.pcap", little_microseconds.first(file_header + 10));
  auto cut = PcapFileReader::open(folder / "cut.pcap");
  ASSERT_TRUE(cut.has_value());
  const auto first = cut->next();
  const auto second_time = cut->next();
  ASSERT_FALSE(first.has_value());
  ASSERT_FALSE(second_time.has_value());
  EXPECT_EQ(to_string(first.error()), to_string(second_time.error()));
}

struct DamageCase {
  const char* name;
  std::size_t offset;
  std::uint8_t octet;
  const char* error;
};

class PcapDamage : public ::testing::TestWithParam<DamageCase> {};

TEST_P(PcapDamage, is_named) {
  auto octets = copy_of(little_microseconds);
  octets[GetParam().offset] = std::byte{GetParam().octet};
  EXPECT_EQ(read_octets(octets).error, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Pcap, PcapDamage,
    ::testing::Values(DamageCase{"magic", 0, 0x55, "read a.pcap: not a pcap or pcapng file"},
                      DamageCase{"magic_at_its_end", 3, 0x55, "read a.pcap: not a pcap or pcapng file"},
                      DamageCase{"version", 4, 9, "read a.pcap: unsupported pcap savefile version 9.4"},
                      DamageCase{"captured_length", 24 + 11, 0x7f,
                                 "read a.pcap: packet 1: invalid packet capture length 2130706436, bigger than "
                                 "snaplen of 262144"}),
    CaseName{});

TEST(PcapFileReader, names_what_cannot_be_opened) {
  const TemporaryFolder folder;
  const auto missing = PcapFileReader::open(folder / "missing.pcap");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(to_string(missing.error()), "open " + (folder / "missing.pcap") + ": No such file or directory");
  const auto directory = PcapFileReader::open(folder / "");
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(to_string(directory.error()), "read " + (folder / "") + ": Is a directory");
}

TEST(PcapFileReader, reads_standard_input) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", little_microseconds);
  const int status = in_child([&]() -> int {
    const int input = ::open((folder / "a.pcap").c_str(), O_RDONLY);
    ::dup2(input, STDIN_FILENO);
    const Contents contents = read_capture("-");
    return contents.error.empty() && contents.packets.size() == 2 ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  const int damaged = in_child([&]() -> int {
    const int input = ::open("/dev/null", O_RDONLY);
    ::dup2(input, STDIN_FILENO);
    return read_capture("-").error == "read standard input: the file is empty" ? 0 : 1;
  });
  EXPECT_EQ(damaged, 0);
}

TEST(PcapFileReader, reads_an_open_file_from_where_it_stands) {
  const TemporaryFolder folder;
  auto octets = copy_of(as_bytes("before"));
  octets.insert(octets.end(), little_microseconds.bytes().begin(), little_microseconds.bytes().end());
  write_whole(folder / "a.bin", octets);
  const int file = ::open((folder / "a.bin").c_str(), O_RDONLY);
  ASSERT_EQ(::lseek(file, 6, SEEK_SET), 6);
  const Contents contents = drain(PcapFileReader::open_descriptor(file, "the middle of a.bin"));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 2u);
  EXPECT_EQ(::fcntl(file, F_GETFD), -1) << "it was closed";
}

TEST(PcapFileReader, tells_the_snap_length) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", little_microseconds);
  const auto file = PcapFileReader::open(folder / "a.pcap");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->snap_length(), 262'144u);
}

}  // namespace
}  // namespace encap::test

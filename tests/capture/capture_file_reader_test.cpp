#include "encap/capture/capture_file_reader.h"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <sys/resource.h>
#include <thread>

#include "capture/capture_octets.h"
#include "capture/files.h"
#include "capture/packets.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/sanitizers.h"

namespace encap::test {
namespace {

using namespace std::string_view_literals;

//                                             magic    2.4       zone     accuracy snap     link type
constexpr auto little_microseconds = hex_bytes(
    "d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000"
    // seconds  fraction captured original
    "81436d38 40e20100 04000000 3c000000  70696e67"
    "82436d38 00000000 02000000 02000000  6869");
constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;
constexpr std::size_t first_record = 20;
constexpr std::size_t second_record = 18;

constexpr std::int64_t second = 1'000'000'000;

const Pcapng little{std::endian::little};
const Pcapng big{std::endian::big};
const Pcap pcap{std::endian::little};

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

std::string text_of(const Packet& packet) { return std::string{as_text(packet.octets)}; }

std::vector<std::string> texts_of(const Contents& contents) {
  std::vector<std::string> texts;
  for (const Packet& packet : contents.packets) texts.push_back(text_of(packet));
  return texts;
}

// Three packets and more than one block between them.
Octets pcapng_of_three(const Pcapng& of) {
  const Octets name = of.option(2, "eth0");
  const Octets comment = of.option(1, "first");
  return joined({of.section(), of.interface(101, 262'144, name), of.block(4, Octets(4)),
                 of.enhanced(1'000'000, "ping", comment), of.enhanced(2'000'000, "hi"), of.block(0x0bad, Octets(8)),
                 of.simple("four", 4)});
}

// ---------------------------------------------------------------------------------------------------------- pcap

TEST(CaptureFileReader, reads_each_packet_of_the_golden_pcap_file) {
  const Contents contents = read_octets(little_microseconds);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 2u);
  EXPECT_TRUE(same_packet(contents.packets[0], {{946'684'801'123'456'000}, copy_of(as_bytes("ping")), 60}));
  EXPECT_TRUE(same_packet(contents.packets[1], {{946'684'802'000'000'000}, copy_of(as_bytes("hi")), 2}));
  for (const ReadPacket& packet : contents.packets) {
    EXPECT_EQ(packet.link_type, LinkType::raw);
    EXPECT_TRUE(packet.has_timestamp);
    EXPECT_EQ(packet.decimals, 6);
    EXPECT_FALSE(packet.interface.has_value());
    EXPECT_TRUE(packet.comments.empty());
  }
}

struct FormatCase {
  const char* name;
  const char* octets;
  LinkType link_type;
  std::int64_t nanoseconds;
  std::uint8_t decimals;
};

class PcapFormats : public ::testing::TestWithParam<FormatCase> {};

TEST_P(PcapFormats, is_read) {
  const Contents contents = read_octets(hex_vector(GetParam().octets));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_TRUE(same_packet(contents.packets[0], {{GetParam().nanoseconds}, copy_of(as_bytes("hi")), 3}));
  EXPECT_EQ(contents.packets[0].link_type, GetParam().link_type);
  EXPECT_EQ(contents.packets[0].decimals, GetParam().decimals);
}

INSTANTIATE_TEST_SUITE_P(
    Pcap, PcapFormats,
    ::testing::Values(
        FormatCase{"big_endian_microseconds",
                   "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001  386d4381 0001e240 00000002 00000003 6869",
                   LinkType::ethernet, 946'684'801'123'456'000, 6},
        FormatCase{"big_endian_nanoseconds",
                   "a1b23c4d 0002 0004 00000000 00000000 00040000 00000000  386d4381 075bcd15 00000002 00000003 6869",
                   LinkType::null, 946'684'801'123'456'789, 9},
        FormatCase{"little_endian_nanoseconds",
                   "4d3cb2a1 0200 0400 00000000 00000000 00000400 6c000000  81436d38 15cd5b07 02000000 03000000 6869",
                   LinkType::loop, 946'684'801'123'456'789, 9},
        FormatCase{"linux_sll",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 71000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::linux_sll, 0, 6},
        FormatCase{"linux_sll2",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 14010000  00000000 00000000 02000000 03000000 6869",
                   LinkType::linux_sll2, 0, 6},
        FormatCase{"link_type_without_a_name",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 69000000  00000000 00000000 02000000 03000000 6869",
                   static_cast<LinkType>(105), 0, 6},
        FormatCase{"old_number_of_raw",  // DLT_RAW, written by programs that mistake one registry for the other
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 0c000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::raw, 0, 6},
        FormatCase{"raw_of_openbsd",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 0e000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::raw, 0, 6},
        FormatCase{"after_2038",
                   "d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000  ffffffff 3f420f00 02000000 03000000 6869",
                   LinkType::raw, 4'294'967'295 * second + 999'999'000, 6},
        FormatCase{"kuznetzov",  // interface, protocol and packet type behind the record header
                   "34cdb2a1 0200 0400 00000000 00000000 00000400 65000000"
                   "00000000 01000000 02000000 03000000 02000000 0008 00 00 6869",
                   LinkType::raw, 1000, 6},
        FormatCase{"ixia_hardware",
                   "ac01001c 0200 0400 00000000 00000000 00000400 65000000 12000000"
                   "00000000 01000000 02000000 03000000 6869",
                   LinkType::raw, 1, 9},
        FormatCase{"ixia_software",
                   "ab01001c 0200 0400 00000000 00000000 00000400 65000000 12000000"
                   "00000000 01000000 02000000 03000000 6869",
                   LinkType::raw, 1000, 6},
        FormatCase{"lengths_before_version_2_3",
                   "d4c3b2a1 0200 0200 00000000 00000000 00000400 65000000  00000000 00000000 03000000 02000000 6869",
                   LinkType::raw, 0, 6},
        FormatCase{"lengths_of_version_2_3",
                   "d4c3b2a1 0200 0300 00000000 00000000 00000400 65000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::raw, 0, 6},
        FormatCase{"lengths_of_version_2_3_in_the_old_order",
                   "d4c3b2a1 0200 0300 00000000 00000000 00000400 65000000  00000000 00000000 03000000 02000000 6869",
                   LinkType::raw, 0, 6},
        FormatCase{"later_version",
                   "d4c3b2a1 0300 0000 00000000 00000000 00000400 65000000  00000000 00000000 02000000 03000000 6869",
                   LinkType::raw, 0, 6}),
    CaseName{});

TEST(CaptureFileReader, tells_the_length_of_the_frame_check_sequence) {
  const TemporaryFolder folder;
  write_whole(folder / "with.pcap", pcap.header(0x2400'0001));
  write_whole(folder / "without.pcap", pcap.header(0x2000'0001));
  EXPECT_EQ(CaptureFileReader::open(folder / "with.pcap").value().fcs_length(), 4);
  EXPECT_EQ(CaptureFileReader::open(folder / "without.pcap").value().fcs_length(), std::nullopt);
}

class PcapTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PcapTruncation, yields_every_whole_packet_then_says_where_it_ends) {
  const std::size_t size = GetParam();
  const Contents contents = read_octets(little_microseconds.first(size));
  if (size < file_header) {
    EXPECT_TRUE(contents.packets.empty());
    EXPECT_EQ(contents.error,
              "read a.pcap: the file " +
                  (size == 0  ? "is empty"
                   : size < 4 ? "has " + std::to_string(size) + " octets, too few for a capture"
                              : "ends " + std::to_string(size) + " octets into its header, which has 24"));
    return;
  }
  const std::size_t second_at = file_header + first_record;
  const std::size_t whole = (size >= second_at ? 1u : 0u) + (size >= second_at + second_record ? 1u : 0u);
  ASSERT_EQ(contents.packets.size(), whole);
  if (whole >= 1) {
    EXPECT_EQ(text_of(contents.packets[0]), "ping");
  }
  const std::size_t there = size - (whole == 0 ? file_header : second_at);
  const std::string number = std::to_string(whole + 1);
  if (whole == 2 || there == 0) {
    EXPECT_EQ(contents.error, "") << "the file ends between packets";
  } else if (there < record_header) {
    EXPECT_EQ(contents.error, "read a.pcap: the file ends " + std::to_string(there) +
                                  " octets into the record header of packet " + number + ", which has 16");
  } else {
    EXPECT_EQ(contents.error, "read a.pcap: the file ends " + std::to_string(there - record_header) +
                                  " octets into packet " + number + ", which says it has " + (whole == 0 ? "4" : "2"));
  }
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapTruncation, ::testing::Range<std::size_t>(0, little_microseconds.size() + 1),
                         CaseName{});

struct DamageCase {
  const char* name;
  Octets octets;
  std::vector<std::string> packets;
  const char* error;
};

class CaptureDamage : public ::testing::TestWithParam<DamageCase> {};

TEST_P(CaptureDamage, is_named_behind_the_packets_in_front_of_it) {
  const Contents contents = read_octets(GetParam().octets);
  EXPECT_EQ(contents.error, GetParam().error);
  EXPECT_EQ(texts_of(contents), GetParam().packets);
}

INSTANTIATE_TEST_SUITE_P(
    Pcap, CaptureDamage,
    ::testing::Values(
        DamageCase{"version",
                   pcap.header(1, 0xa1b2c3d4, 1, 9),
                   {},
                   "read a.pcap: version 1.9 of pcap is older than any "
                   "that is known"},
        DamageCase{"captured_length",
                   joined({pcap.header(1), pcap.record(1, "ping"), pcap.record(1, 1, 0x7f000000, 4, Octets(40))}),
                   {"ping"},
                   "read a.pcap: packet 2 at offset 44 says it has 2130706432 octets; 262144 is the most"},
        DamageCase{"captured_length_of_usb",
                   joined({pcap.header(189), pcap.record(1, 1, 128u << 20, 4, as_bytes("short"))}),
                   {},
                   "read a.pcap: the file ends 5 octets into packet 1, which says it has 134217728"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Pcapng, CaptureDamage,
    ::testing::Values(
        DamageCase{"byte_order_magic",
                   little.block(0x0a0d0d0a, Octets(16)),
                   {},
                   "read a.pcap: the pcapng block at offset "
                   "0 is a section header without the "
                   "byte-order magic"},
        DamageCase{"version",
                   big.section(2, 1),
                   {},
                   "read a.pcap: the pcapng block at offset 0 begins a section of "
                   "version 2.1; only 1 is known"},
        DamageCase{"version_of_the_second_section",
                   joined({pcapng_of_three(little), little.section(3)}),
                   {"ping", "hi", "four"},
                   "read a.pcap: the pcapng block at offset 196 begins a section of version 3.0; only 1 is known"},
        DamageCase{"no_interface",
                   joined({little.section(), little.enhanced(0, "ping")}),
                   {},
                   "read a.pcap: the pcapng "
                   "block at offset 28 is a "
                   "packet of interface 0, "
                   "but its section has "
                   "described 0"},
        DamageCase{
            "no_interface_for_a_simple_packet",
            joined({little.section(), little.simple("ping", 4)}),
            {},
            "read a.pcap: the pcapng block at offset 28 is a packet of interface 0, but its section has described "
            "0"},
        DamageCase{"interface_of_the_section_before",
                   joined({pcapng_of_three(little), little.section(), little.enhanced(0, "late")}),
                   {"ping", "hi", "four"},
                   "read a.pcap: the pcapng block at offset 224 is a packet of interface 0, but its section has "
                   "described 0"},
        DamageCase{"length_below_a_block",
                   joined({little.section(), hex_vector("99000000 08000000 08000000")}),
                   {},
                   "read a.pcap: the pcapng block at offset 28 says length 8, the least of its type is 12"},
        DamageCase{"length_below_a_packet",
                   joined({little.section(), little.block(6, Octets(16))}),
                   {},
                   "read a.pcap: the pcapng block at offset 28 says length 28, the least of its type is 32"},
        DamageCase{"length_beyond_reason",
                   joined({little.section(), hex_vector("99000000 f0ffffff")}),
                   {},
                   "read a.pcap: the pcapng block at offset 28 says length 4294967280, the most is 134348832"},
        DamageCase{"length_that_rounds_up_to_nothing",
                   joined({little.section(), hex_vector("99000000 ffffffff")}),
                   {},
                   "read a.pcap: the pcapng block at offset 28 says length 4294967295, the most is 134348832"},
        DamageCase{"lengths_that_differ",
                   joined({little.section(), little.interface(), little.enhanced(0, "ping"),
                           hex_vector("99000000 0c000000 10000000")}),
                   {"ping"},
                   "read a.pcap: the pcapng block at offset 84 says length 12 at its start and 16 at its end"},
        DamageCase{"captured_length_beyond_the_block",
                   joined({little.section(), little.interface(),
                           little.block(6, hex_vector("00000000 00000000 00000000 09000000 09000000 6869"))}),
                   {},
                   "read a.pcap: the pcapng block at offset 48 says its packet has 9 octets, 4 are in it"},
        DamageCase{"captured_length_beyond_reason",
                   joined({little.section(), little.interface(),
                           little.block(6, hex_vector("00000000 00000000 00000000 ffffffff ffffffff 6869"))}),
                   {},
                   "read a.pcap: the pcapng block at offset 48 says its packet has 4294967295 octets; 262144 is the "
                   "most"},
        DamageCase{"simple_packet_beyond_its_block",
                   joined({little.section(), little.interface(), little.simple("ping", 60)}),
                   {},
                   "read a.pcap: the pcapng block at offset 48 says its packet has 60 octets, 4 are in it"},
        DamageCase{"option_beyond_its_block",
                   joined({little.section(), little.interface(),
                           little.enhanced(0, "ping", hex_vector("0100 0900 61626364"))}),
                   {},
                   "read a.pcap: the pcapng block at offset 48 has an option of 9 octets, 4 are left in it"},
        DamageCase{"option_of_an_interface_beyond_its_block",
                   joined({little.section(), little.interface(101, 0, hex_vector("0200 0900 61626364"))}),
                   {},
                   "read a.pcap: the pcapng block at offset 28 has an option of 9 octets, 4 are left in it"},
        DamageCase{"zeros_behind_the_last_block",
                   joined({pcapng_of_three(little), Octets(16)}),
                   {"ping", "hi", "four"},
                   "read a.pcap: the pcapng block at offset 196 says length 0, the least of its type is 12"}),
    CaseName{});

// -------------------------------------------------------------------------------------------------------- pcapng

class PcapngOrder : public ::testing::TestWithParam<std::endian> {};

TEST_P(PcapngOrder, is_read) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcapng", pcapng_of_three(Pcapng{GetParam()}));
  auto file = CaptureFileReader::open(folder / "a.pcapng").value();

  const PacketRecord* record = file.next().value();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(as_text(record->bytes), "ping");
  EXPECT_EQ(record->timestamp.nanoseconds, second);
  EXPECT_TRUE(record->has_timestamp);
  EXPECT_EQ(record->decimals, 6);
  EXPECT_EQ(record->link_type, LinkType::raw);
  ASSERT_NE(record->interface, nullptr);
  EXPECT_EQ(record->interface->name, "eth0");
  EXPECT_EQ(record->interface->description, "");
  EXPECT_EQ(record->interface->snap_length, 262'144u);
  ASSERT_EQ(record->comments.size(), 1u);
  EXPECT_EQ(record->comments[0], "first");

  record = file.next().value();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(as_text(record->bytes), "hi");
  EXPECT_TRUE(record->comments.empty());
  EXPECT_EQ(file.frames_without_packet(), 0u);

  record = file.next().value();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(as_text(record->bytes), "four");
  EXPECT_FALSE(record->has_timestamp);
  EXPECT_EQ(file.frames_without_packet(), 1u) << "the custom block in front of it";
  EXPECT_EQ(file.next().value(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Pcapng, PcapngOrder, ::testing::Values(std::endian::little, std::endian::big),
                         [](const auto& of) {
                           return of.param == std::endian::little ? "little_endian" : "big_endian";
                         });

TEST(CaptureFileReader, starts_interfaces_anew_with_each_section) {
  const Octets ethernet = big.interface(1, 96, joined({big.option(2, "en0"), big.option(3, "wired")}));
  const Octets named = little.option(2, "lo0");
  const Octets file =
      joined({little.section(1, 2), little.interface(0, 0, named), little.interface(228), little.enhanced(1, "a"),
              little.enhanced(2, "b", {}, 1), big.section(), ethernet, big.enhanced(3, "c", {}, 0, 1500),
              little.section(), little.interface(276), little.interface(1), little.enhanced(4, "d", {}, 1)});
  const Contents contents = read_octets(file);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(texts_of(contents), (std::vector<std::string>{"a", "b", "c", "d"}));
  struct Told {
    std::uint32_t section, id;
    LinkType link_type;
    const char* name;
    const char* description;
  };
  constexpr Told told[] = {{0, 0, LinkType::null, "lo0", ""},
                           {0, 1, LinkType::ipv4, "", ""},
                           {1, 0, LinkType::ethernet, "en0", "wired"},
                           {2, 1, LinkType::ethernet, "", ""}};
  for (std::size_t i = 0; i < 4; ++i) {
    const ReadPacket& packet = contents.packets[i];
    SCOPED_TRACE(text_of(packet));
    EXPECT_EQ(packet.interface->section, told[i].section);
    EXPECT_EQ(packet.interface->id, told[i].id);
    EXPECT_EQ(packet.interface->link_type, told[i].link_type);
    EXPECT_EQ(packet.link_type, told[i].link_type);
    EXPECT_EQ(packet.interface->name, told[i].name);
    EXPECT_EQ(packet.interface->description, told[i].description);
  }
  EXPECT_EQ(contents.packets[2].original_length, 1500u);
  EXPECT_EQ(contents.packets[2].interface->snap_length, 96u);
}

TEST(CaptureFileReader, reads_the_obsolete_packet_block) {
  const Octets comment = big.option(1, "old");
  const Contents contents = read_octets(
      joined({big.section(), big.interface(), big.interface(1), big.obsolete(5'000'001, "old!", comment, 1, 0x1234)}));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_TRUE(same_packet(contents.packets[0], {{5'000'001'000}, octets_of("old!"), 4}));
  EXPECT_EQ(contents.packets[0].interface->id, 1u);
  EXPECT_EQ(contents.packets[0].comments, std::vector<std::string>{"old"});
}

TEST(CaptureFileReader, cuts_simple_packets_at_the_snap_length) {
  const Contents contents = read_octets(
      joined({little.section(), little.interface(101, 5), little.simple("hello", 60), little.simple("hi", 2)}));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(texts_of(contents), (std::vector<std::string>{"hello", "hi"}));
  EXPECT_EQ(contents.packets[0].original_length, 60u);
  EXPECT_EQ(contents.packets[1].original_length, 2u);
  for (const ReadPacket& packet : contents.packets) {
    EXPECT_FALSE(packet.has_timestamp);
    EXPECT_EQ(packet.interface->id, 0u);
  }
}

TEST(CaptureFileReader, reads_comments) {
  const Octets two = joined({little.option(1, "one"), little.option(2, hex_vector("00000000")),
                             little.option(1, "\xc3\xa9t\xc3\xa9"), little.end_of_options(), little.option(1, "late")});
  const Octets bent = joined({little.option(1, ""), little.option(1, "cut\0off"sv)});
  const Contents contents = read_octets(joined({little.section(), little.interface(), little.enhanced(0, "a", two),
                                                little.enhanced(0, "b", bent), little.enhanced(0, "c")}));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 3u);
  EXPECT_EQ(contents.packets[0].comments, (std::vector<std::string>{"one", "\xc3\xa9t\xc3\xa9"}));
  EXPECT_EQ(contents.packets[1].comments, (std::vector<std::string>{"", "cut"}));
  EXPECT_TRUE(contents.packets[2].comments.empty());
}

TEST(CaptureFileReader, takes_lengths_that_leave_the_padding_out) {
  const Contents contents = read_octets(
      joined({little.section(), little.interface(),
              hex_vector("06000000 22000000 00000000 00000000 00000000 02000000 02000000 68690000 22000000"),
              hex_vector("99000000 0d000000 61000000 0d000000"), little.enhanced(0, "next")}));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(texts_of(contents), (std::vector<std::string>{"hi", "next"}));
}

struct ClockCase {
  const char* name;
  int resolution;  // if_tsresol; below 0: the option is absent
  std::int64_t offset_seconds;
  std::uint64_t number;
  std::int64_t nanoseconds;
  std::uint8_t decimals;  // as tshark 4.0 shows them
};

class PcapngClock : public ::testing::TestWithParam<ClockCase> {};

TEST_P(PcapngClock, is_read) {
  const auto& [name, resolution, offset_seconds, number, nanoseconds, decimals] = GetParam();
  for (const Pcapng& of : {little, big}) {
    Octets options;
    if (resolution >= 0) options = of.option(9, Octets{static_cast<std::byte>(resolution)});
    if (offset_seconds != 0) {
      const Octets seconds = of.writer().u64(static_cast<std::uint64_t>(offset_seconds)).octets();
      options = joined({options, of.option(14, seconds)});
    }
    const Contents contents =
        read_octets(joined({of.section(), of.interface(101, 0, options), of.enhanced(number, "x")}));
    EXPECT_EQ(contents.error, "");
    ASSERT_EQ(contents.packets.size(), 1u);
    EXPECT_EQ(contents.packets[0].timestamp.nanoseconds, nanoseconds);
    EXPECT_EQ(contents.packets[0].decimals, decimals);
    EXPECT_EQ(contents.packets[0].interface->decimals, decimals);
  }
}

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    Pcapng, PcapngClock,
    ::testing::Values(
        ClockCase{"microseconds_when_not_told", -1, 0, 1'500'000, 1'500'000'000, 6},
        ClockCase{"seconds", 0, 0, 7, 7 * second, 0}, ClockCase{"tenths", 1, 0, 15, 1'500'000'000, 1},
        ClockCase{"hundredths", 2, 0, 15, 150'000'000, 2}, ClockCase{"milliseconds", 3, 0, 15, 15'000'000, 3},
        ClockCase{"tens_of_microseconds", 5, 0, 15, 150'000, 3}, ClockCase{"microseconds", 6, 0, 15, 15'000, 6},
        ClockCase{"tens_of_nanoseconds", 8, 0, 15, 150, 6},
        ClockCase{"nanoseconds", 9, 0, 1'234'567'890'123'456'789, 1'234'567'890'123'456'789, 9},
        ClockCase{"picoseconds", 12, 0, 1'234'567'890'123'456'789, 1'234'567'890'123'456, 9},
        ClockCase{"finest_power_of_ten", 28, 0, most, 1, 9}, ClockCase{"finer_than_any_number", 29, 0, most, 0, 9},
        ClockCase{"finest_there_is", 0x7f, 0, most, 0, 9}, ClockCase{"two_to_the_0", 0x80, 0, 7, 7 * second, 0},
        ClockCase{"two_to_the_4", 0x84, 0, 5, 312'500'000, 1}, ClockCase{"two_to_the_7", 0x87, 0, 1, 7'812'500, 2},
        ClockCase{"two_to_the_10", 0x8a, 0, 1'234'567, 1'205'631'835'937, 3},
        ClockCase{"two_to_the_20", 0x94, 0, 5, 4768, 6},
        ClockCase{"two_to_the_30", 0x9e, 0, 1'234'567'890'123'456'789, 1'149'780'945'967'376'966, 9},
        ClockCase{"two_to_the_32", 0xa0, 0, 1'234'567'890'123'456'789, 287'445'236'491'844'241, 9},
        ClockCase{"two_to_the_63", 0xbf, 0, std::uint64_t{1} << 62, 500'000'000, 9},
        ClockCase{"two_to_the_127", 0xff, 0, most, 0, 9}, ClockCase{"offset", 6, 1000, 5, 1000 * second + 5000, 6},
        ClockCase{"offset_into_the_past", 6, -1000, 5, -1000 * second + 5000, 6},
        ClockCase{"beyond_all_counting", 0, 0, most, last, 0},
        ClockCase{"offset_beyond_all_counting", 0, last, most, last, 0},
        ClockCase{"offset_in_front_of_all_counting", 0, -last - 1, 0, -last - 1, 0}),
    CaseName{});

class PcapngTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PcapngTruncation, yields_every_whole_packet_then_says_where_it_ends) {
  const Octets whole = pcapng_of_three(little);
  const std::size_t size = GetParam();
  const Contents contents = read_octets(Bytes{whole}.first(size));
  // Where blocks begin, and whether they are packets.
  constexpr std::pair<std::size_t, bool> blocks[] = {{0, false},  {28, false},  {56, false}, {72, true},
                                                     {120, true}, {156, false}, {176, true}, {196, false}};
  std::size_t packets = 0;
  std::size_t inside = 0;
  for (std::size_t i = 0; i + 1 < std::size(blocks); ++i) {
    if (size >= blocks[i + 1].first) packets += blocks[i].second ? 1 : 0;
    if (size > blocks[i].first && size < blocks[i + 1].first) inside = i + 1;
  }
  EXPECT_EQ(contents.packets.size(), packets);
  if (size == 0) {
    EXPECT_EQ(contents.error, "read a.pcap: the file is empty");
  } else if (size < 4) {
    EXPECT_EQ(contents.error, "read a.pcap: the file has " + std::to_string(size) + " octets, too few for a capture");
  } else if (inside == 0) {
    EXPECT_EQ(contents.error, "") << "the file ends between blocks";
  } else {
    const std::size_t begin = blocks[inside - 1].first;
    const std::string expected = "read a.pcap: the file ends " + std::to_string(size - begin) +
                                 " octets into the pcapng block at offset " + std::to_string(begin) + ", which has ";
    EXPECT_EQ(contents.error.substr(0, expected.size()), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Pcapng, PcapngTruncation, ::testing::Range<std::size_t>(0, 197), CaseName{});

TEST(CaptureFileReader, keeps_the_interfaces_of_a_hostile_file_in_bounds) {
  // Compressed, interfaces take no room at all; here 66 MiB of them.
  const Octets name = little.option(2, std::string(60'000, 'n'));
  const Octets interface = little.interface(101, 0, name);
  Octets file = little.section();
  const Octets many = [&] {
    Octets all;
    for (int i = 0; i < 100; ++i) all.insert(all.end(), interface.begin(), interface.end());
    return zstd(all);
  }();
  file = zstd(file);
  for (int i = 0; i < 12; ++i) file.insert(file.end(), many.begin(), many.end());
  const Contents contents = read_octets(file);
  EXPECT_NE(contents.error.find("of its section, too many to keep"), std::string::npos) << contents.error;
}

TEST(CaptureFileReader, keeps_the_comments_of_a_hostile_packet_in_bounds) {
  Octets options;
  for (int i = 0; i < 10'000; ++i) std::ranges::copy(little.option(1, ""), std::back_inserter(options));
  const Contents contents =
      read_octets(joined({little.section(), little.interface(), little.enhanced(0, "a", options)}));
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_EQ(contents.packets[0].comments.size(), 4096u);
}

// ---------------------------------------------------------------------------------------------------- other kinds

struct KindCase {
  const char* name;
  std::string_view octets;
  const char* kind;
};

class NoCapture : public ::testing::TestWithParam<KindCase> {};

TEST_P(NoCapture, is_named) {
  const std::string expected = std::string{"read a.pcap: not a capture file: it begins as "} + GetParam().kind +
                               " does; pcap and pcapng, gzip or zstd of them, can be read";
  EXPECT_EQ(read_octets(as_bytes(GetParam().octets)).error, expected);
  EXPECT_EQ(read_octets(gzip(as_bytes(GetParam().octets))).error, expected);
  EXPECT_EQ(read_octets(zstd(as_bytes(GetParam().octets))).error, expected);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NoCapture,
                         ::testing::Values(KindCase{"workbook", "PK\x03\x04rest", "a zip archive (xlsx, docx)"},
                                           KindCase{"pdf", "%PDF-1.7\n", "a PDF document"},
                                           KindCase{"table", "message,src_ip\nhi,127.0.0.1\n", "text"},
                                           KindCase{"web_page", "<!DOCTYPE html><html>", "a web page"},
                                           KindCase{"snoop", "snoop\0\0\0\0\0\0\2"sv, "a snoop capture"},
                                           KindCase{"zeros", "\0\0\0\0\0\0\0\0"sv, "nothing that is known"}),
                         CaseName{});

TEST(CaptureFileReader, does_not_open_gzip_in_gzip) {
  EXPECT_EQ(
      read_octets(gzip(gzip(little_microseconds))).error,
      "read a.pcap: not a capture file: it begins as gzip data does; pcap and pcapng, gzip or zstd of them, can be "
      "read");
}

TEST(CaptureFileReader, names_what_cannot_be_opened) {
  const TemporaryFolder folder;
  const auto missing = CaptureFileReader::open(folder / "missing.pcap");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(to_string(missing.error()), "open " + (folder / "missing.pcap") + ": No such file or directory");
  const auto directory = CaptureFileReader::open(folder / "");
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(to_string(directory.error()), "read " + (folder / "") + ": Is a directory");
}

// ---------------------------------------------------------------------------------------------------- compressed

struct CompressionCase {
  const char* name;
  Octets (*compress)(Bytes);
};

class Compressed : public ::testing::TestWithParam<CompressionCase> {
 protected:
  static Octets compress(Bytes octets) { return GetParam().compress(octets); }
};

INSTANTIATE_TEST_SUITE_P(Capture, Compressed,
                         ::testing::Values(CompressionCase{"gzip", [](Bytes octets) { return gzip(octets); }},
                                           CompressionCase{"zstd", [](Bytes octets) { return zstd(octets); }}),
                         CaseName{});

TEST_P(Compressed, is_read) {
  const Contents of_pcap = read_octets(compress(little_microseconds));
  EXPECT_EQ(of_pcap.error, "");
  EXPECT_EQ(texts_of(of_pcap), (std::vector<std::string>{"ping", "hi"}));
  const Contents of_pcapng = read_octets(compress(pcapng_of_three(big)));
  EXPECT_EQ(of_pcapng.error, "");
  EXPECT_EQ(texts_of(of_pcapng), (std::vector<std::string>{"ping", "hi", "four"}));
}

TEST_P(Compressed, is_read_across_its_parts) {
  const Bytes octets = little_microseconds;
  for (std::size_t cut = 1; cut < octets.size(); ++cut) {
    const Contents contents =
        read_octets(joined({compress(octets.first(cut)), compress({}), compress(octets.subspan(cut))}));
    EXPECT_EQ(contents.error, "") << cut;
    EXPECT_EQ(texts_of(contents), (std::vector<std::string>{"ping", "hi"})) << cut;
  }
}

TEST_P(Compressed, yields_whole_packets_wherever_it_ends) {
  const Octets whole = compress(pcapng_of_three(little));
  const std::vector<std::string> all{"ping", "hi", "four"};
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Contents contents = read_octets(Bytes{whole}.first(size));
    EXPECT_NE(contents.error, "") << size;
    const std::vector<std::string> texts = texts_of(contents);
    ASSERT_LE(texts.size(), all.size());
    EXPECT_TRUE(std::equal(texts.begin(), texts.end(), all.begin())) << size;
    if (size > 4) {
      EXPECT_EQ(contents.error, std::string{"read a.pcap: the "} + GetParam().name + " data ends early") << size;
    }
  }
}

TEST_P(Compressed, says_what_is_damaged) {
  Random random{20000101};
  const Octets packet = random.octets(2000);  // cannot be compressed, so that some of it comes before the damage
  Octets file = joined({pcap.header(), pcap.record(1, as_text(packet)), pcap.record(2, as_text(packet))});
  Octets whole = compress(file);
  const Octets junk = joined({whole, as_bytes("junk behind")});
  const Contents behind = read_octets(junk);
  EXPECT_EQ(behind.packets.size(), 2u);
  EXPECT_NE(behind.error, "");
  whole.back() ^= std::byte{0xff};
  EXPECT_LE(read_octets(whole).packets.size(), 2u);
}

TEST(CaptureFileReader, takes_zeros_behind_gzip_data_for_padding) {
  const Contents contents = read_octets(joined({gzip(little_microseconds), Octets(512)}));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 2u);
  const Contents more = read_octets(joined({gzip(little_microseconds), Octets(8), gzip(little_microseconds)}));
  EXPECT_EQ(more.error, "read a.pcap: what follows the gzip data is none");
  EXPECT_EQ(more.packets.size(), 2u);
}

TEST(CaptureFileReader, passes_over_skippable_zstd_frames) {
  const Octets skippable = hex_vector("502a4d18 03000000 616263");
  const Bytes octets = little_microseconds;
  const Contents contents =
      read_octets(joined({skippable, zstd(octets.first(30)), skippable, zstd(octets.subspan(30)), skippable}));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 2u);
}

// --------------------------------------------------------------------------------------------- pipes and openings

// Reads what a thread writes into a pipe, `step` octets at a time.
Contents read_piped(Bytes octets, std::size_t step) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  std::thread writer{[&] {
    for (std::size_t at = 0; at < octets.size(); at += step) {
      const Bytes part = octets.subspan(at, std::min(step, octets.size() - at));
      if (::write(ends[1], part.data(), part.size()) < 0) break;
    }
    ::close(ends[1]);
  }};
  Contents contents = drain(CaptureFileReader::open_descriptor(ends[0], "a pipe"));
  writer.join();
  return contents;
}

TEST(CaptureFileReader, reads_a_pipe_that_gives_one_octet_at_a_time) {
  const Octets three = pcapng_of_three(big);
  for (const Octets& octets : {copy_of(little_microseconds), three, gzip(little_microseconds),
                               zstd(little_microseconds), gzip(three), zstd(three)}) {
    const Contents contents = read_piped(octets, 1);
    EXPECT_EQ(contents.error, "");
    ASSERT_GE(contents.packets.size(), 2u);
    EXPECT_EQ(text_of(contents.packets[0]), "ping");
    EXPECT_EQ(text_of(contents.packets[1]), "hi");
  }
  EXPECT_EQ(read_piped({}, 1).error, "read a pipe: the file is empty");
}

// What is written is a packet's last octet: next() must not wait for another.
void expect_packets_at_once(std::initializer_list<std::pair<Octets, std::string_view>> steps) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::optional<CaptureFileReader> file;
  for (const auto& [octets, expected] : steps) {
    ASSERT_EQ(::write(ends[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
    if (!file) file = CaptureFileReader::open_descriptor(ends[0], "a pipe").value();
    const auto record = file->next();
    ASSERT_TRUE(record.has_value());
    ASSERT_NE(*record, nullptr);
    EXPECT_EQ(as_text((*record)->bytes), expected);
  }
  ::close(ends[1]);
}

TEST(CaptureFileReader, gives_each_packet_of_a_pipe_as_soon_as_it_is_whole) {
  expect_packets_at_once({{joined({pcap.header(), pcap.record(1, "one")}), "one"}, {pcap.record(2, "two"), "two"}});
  expect_packets_at_once(
      {{joined({big.section(), big.interface(), big.enhanced(1, "one")}), "one"}, {big.enhanced(2, "two"), "two"}});
  expect_packets_at_once({{gzip(joined({pcap.header(), pcap.record(1, "one")}), Z_SYNC_FLUSH), "one"}});
  expect_packets_at_once(
      {{zstd(joined({pcap.header(), pcap.record(1, "one")})), "one"}, {zstd(pcap.record(2, "two")), "two"}});
}

TEST(CaptureFileReader, reads_standard_input) {
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

TEST(CaptureFileReader, reads_an_open_file_from_where_it_stands) {
  const TemporaryFolder folder;
  write_whole(folder / "a.bin", joined({as_bytes("before"), little_microseconds}));
  const int file = ::open((folder / "a.bin").c_str(), O_RDONLY);
  ASSERT_EQ(::lseek(file, 6, SEEK_SET), 6);
  const Contents contents = drain(CaptureFileReader::open_descriptor(file, "the middle of a.bin"));
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 2u);
  EXPECT_EQ(::fcntl(file, F_GETFD), -1) << "it was closed";
}

TEST(CaptureFileReader, waits_for_a_descriptor_that_does_not_block) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  std::thread writer{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    const Bytes octets = little_microseconds;
    EXPECT_EQ(::write(ends[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
    ::close(ends[1]);
  }};
  const Contents contents = drain(CaptureFileReader::open_descriptor(ends[0], "a pipe"));
  writer.join();
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 2u);
}

TEST(CaptureFileReader, stays_at_the_end_and_at_an_error) {
  const TemporaryFolder folder;
  write_whole(folder / "whole.pcap", little_microseconds);
  auto whole = CaptureFileReader::open(folder / "whole.pcap").value();
  for (int i = 0; i < 2; ++i) ASSERT_NE(whole.next().value(), nullptr);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(whole.next().value(), nullptr);

  for (const Octets& octets : {copy_of(little_microseconds), pcapng_of_three(little)}) {
    write_whole(folder / "cut.pcap", Bytes{octets}.first(octets.size() - 1));
    auto cut = CaptureFileReader::open(folder / "cut.pcap").value();
    auto record = cut.next();
    while (record && *record != nullptr) record = cut.next();
    ASSERT_FALSE(record.has_value());
    const auto again = cut.next();
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(to_string(again.error()), to_string(record.error()));
  }
}

// --------------------------------------------------------------------------------------------- memory and lifetime

Octets pcap_of(std::uint32_t packets, std::size_t size) {
  Octets file = pcap.header();
  const std::string packet(size, 'p');
  for (std::uint32_t i = 0; i < packets; ++i) {
    const Octets record = pcap.record(i, packet);
    file.insert(file.end(), record.begin(), record.end());
  }
  return file;
}

Octets pcapng_of(std::uint32_t packets, std::size_t size) {
  Octets file = joined({little.section(), little.interface()});
  const std::string packet(size, 'p');
  const Octets comments =
      joined({little.option(1, "a comment that no short string holds, for it is long"), little.option(1, "another")});
  for (std::uint32_t i = 0; i < packets; ++i) {
    const Octets record = little.enhanced(i, packet, comments);
    file.insert(file.end(), record.begin(), record.end());
  }
  return file;
}

TEST(CaptureFileReader, allocates_nothing_in_the_steady_state) {
  const TemporaryFolder folder;
  const Octets of_pcap = pcap_of(2000, 600);
  const Octets of_pcapng = pcapng_of(2000, 600);
  for (const Octets& octets : {of_pcap, of_pcapng, gzip(of_pcap), zstd(of_pcap), gzip(of_pcapng), zstd(of_pcapng)}) {
    write_whole(folder / "a", octets);
    auto file = CaptureFileReader::open(folder / "a").value();
    for (int i = 0; i < 10; ++i) ASSERT_NE(file.next().value(), nullptr);
    const AllocationCounter allocations;
    int packets = 10;
    for (auto record = file.next(); record && *record != nullptr; record = file.next()) ++packets;
    EXPECT_EQ(allocations.count(), 0u);
    EXPECT_EQ(packets, 2000);
  }
}

TEST(CaptureFileReader, grows_to_the_largest_packet) {
  Random random{20000101};
  const Octets large = random.octets(3'000'000);
  const Octets file = joined({pcap.header(189), pcap.record(1, "small"), pcap.record(2, as_text(large)),
                              pcap.record(3, "small"), pcap.record(4, as_text(large))});
  for (const Octets& octets : {file, zstd(file)}) {
    const Contents contents = read_octets(octets);
    EXPECT_EQ(contents.error, "");
    ASSERT_EQ(contents.packets.size(), 4u);
    EXPECT_EQ(text_of(contents.packets[2]), "small");
    EXPECT_EQ(contents.packets[1].octets, large);
    EXPECT_EQ(contents.packets[3].octets, large);
  }
}

TEST(CaptureFileReader, takes_no_memory_for_lengths_that_are_made_up) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", joined({pcap.header(189), pcap.record(1, 1, 128u << 20, 4, as_bytes("short"))}));
  auto file = CaptureFileReader::open(folder / "a.pcap").value();
  const AllocationCounter allocations;
  EXPECT_FALSE(file.next().has_value());
  EXPECT_LT(allocations.count(), 40u);  // of the error's text
}

TEST(CaptureFileReader, keeps_octets_that_are_held) {
  constexpr std::uint32_t packets = 6000;
  constexpr std::uint32_t large = 3000;  // larger than any window
  const auto text = [](std::uint32_t i) {
    return std::string(i == large ? 262'144 : i * 7 % 900, static_cast<char>('a' + i % 26));
  };
  Octets whole = pcap.header();
  for (std::uint32_t i = 0; i < packets; ++i) {
    const Octets record = pcap.record(i, text(i));
    whole.insert(whole.end(), record.begin(), record.end());
  }
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", whole);
  // All of them at once, none but the last, and as many as are under way somewhere.
  for (const std::size_t held : {std::size_t{packets}, std::size_t{1}, std::size_t{1500}}) {
    auto file = CaptureFileReader::open(folder / "a.pcap").value();
    struct Held {
      std::uint32_t number;
      Bytes octets;
      std::shared_ptr<const void> hold;
    };
    std::deque<Held> waiting;
    const auto let_go = [&] {
      EXPECT_EQ(as_text(waiting.front().octets), text(waiting.front().number));
      waiting.pop_front();
    };
    std::uint32_t count = 0;
    for (auto record = file.next(); record && *record != nullptr; record = file.next()) {
      waiting.push_back({count++, (*record)->bytes, file.hold()});
      if (waiting.size() > held) let_go();
    }
    EXPECT_EQ(count, packets);
    while (!waiting.empty()) let_go();
  }
}

TEST(CaptureFileReader, reads_a_large_file_in_constant_memory) {
  const TemporaryFolder folder;
  // A record header of zeros is a packet of no octets: 256 MiB of them, or 64, take no room on the disk.
  write_whole(folder / "a.pcap", pcap.header());
  constexpr off_t packets = (under_sanitizers ? 4 : 16) << 20;
  ASSERT_EQ(::truncate((folder / "a.pcap").c_str(), 24 + packets * 16), 0);
  const int status = in_child([&]() -> int {
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    auto file = CaptureFileReader::open(folder / "a.pcap").value();
    off_t count = 0;
    for (auto record = file.next(); record && *record != nullptr; record = file.next()) ++count;
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    constexpr long few = 8L << 10;  // KiB
    return count == packets && after.ru_maxrss - before.ru_maxrss < few ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

TEST(CaptureFileReader, survives_a_file_that_shrinks) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", pcap_of(2000, 600));
  auto file = CaptureFileReader::open(folder / "a.pcap").value();
  ASSERT_NE(file.next().value(), nullptr);
  ASSERT_EQ(::truncate((folder / "a.pcap").c_str(), 0), 0);
  auto record = file.next();
  while (record && *record != nullptr) {
    EXPECT_EQ((*record)->bytes.size(), 600u);
    record = file.next();
  }
  EXPECT_FALSE(record.has_value()) << "it ends inside a packet";
}

}  // namespace
}  // namespace encap::test

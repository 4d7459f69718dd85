#include "encap/capture/pcapng_file_writer.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <map>
#include <sys/resource.h>

#include "capture/capture_octets.h"
#include "capture/files.h"
#include "capture/packets.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"

namespace encap::test {
namespace {

//                               type     length   magic    version   section length   length
constexpr auto section = hex_bytes("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000");
// Raw packets of 262144 octets at most, a clock of nanoseconds (9) and of microseconds (6).
//                                        type     length   link      snap length option      9        end      length
constexpr auto raw_interface =
    hex_bytes("01000000 20000000 6500 0000 00000400    0900 0100   09000000 00000000 20000000");
constexpr auto raw_in_microseconds =
    hex_bytes("01000000 20000000 6500 0000 00000400    0900 0100   06000000 00000000 20000000");
// 2000-01-01T00:00:01.123456789Z = 946684801123456789 ns, "ping", 60 octets on the wire
//                               type     length   id       time high time low captured original octets   length
constexpr auto ping_block =
    hex_bytes("06000000 24000000 00000000 cf4c230d 15973995 04000000 3c000000 70696e67 24000000");

Packet ping() { return {year_2000 + Duration{1'123'456'789}, copy_of(as_bytes("ping")), 60}; }

// What a file made by `work` holds, which gets the open writer.
template <class Work>
std::vector<std::byte> written(const PcapngFileWriter::Options& options, Work work) {
  const TemporaryFolder folder;
  auto file = PcapngFileWriter::open(folder / "a.pcapng", options);
  EXPECT_TRUE(file.has_value());
  if (!file) return {};
  work(*file);
  EXPECT_TRUE(file->commit().has_value());
  const auto octets = read_whole(folder / "a.pcapng");
  EXPECT_EQ(file->bytes_written(), octets.size());
  return octets;
}

template <class Work>
Contents written_and_read(Work work, const PcapngFileWriter::Options& options = {}) {
  const TemporaryFolder folder;
  const auto octets = written(options, work);
  write_whole(folder / "a", octets);
  return read_capture(folder / "a");
}

TEST(PcapngFileWriter, writes_the_golden_file) {
  const auto file = written({}, [](PcapngFileWriter& out) {
    EXPECT_TRUE(out.write(ping().record()).has_value());
    EXPECT_EQ(out.packets(), 1u);
  });
  EXPECT_TRUE(same_octets(file, joined({section, raw_interface, ping_block})));
}

TEST(PcapngFileWriter, writes_the_golden_texts) {
  const auto file = written({.application = "encap", .comment = "table"}, [](PcapngFileWriter& out) {
    CaptureInterface told;
    told.id = 7;
    told.snap_length = 64;
    told.name = "lo0";
    told.description = "here";
    const std::array<std::string_view, 2> comments{"one", "\xc3\xa4"};
    PacketRecord record = ping().record();
    const auto octets = copy_of(as_bytes("hello"));
    record.bytes = octets;
    record.timestamp = {};
    record.interface = &told;
    record.comments = comments;
    EXPECT_TRUE(out.write(record).has_value());
  });
  EXPECT_TRUE(same_octets(
      file, joined({hex_vector("0a0d0d0a 38000000 4d3c2b1a 0100 0000 ffffffffffffffff"
                               "0100 0500 7461626c65 000000  0400 0500 656e636170 000000  0000 0000  38000000"),
                    hex_vector("01000000 30000000 6500 0000 40000000"
                               "0200 0300 6c6f30 00  0300 0400 68657265  0900 0100 06 000000  0000 0000  30000000"),
                    hex_vector("06000000 3c000000 00000000 00000000 00000000 05000000 3c000000  68656c6c6f 000000"
                               "0100 0300 6f6e65 00  0100 0200 c3a4 0000  0000 0000  3c000000")})));
}

TEST(PcapngFileWriter, writes_the_golden_names) {
  const auto ipv4 = hex_bytes("0a000001");
  const auto ipv6 = hex_bytes("20010db8 00000000 00000000 00000002");
  const auto file = written({}, [&](PcapngFileWriter& out) {
    const std::array names{AddressName{ipv4, "shop"}, AddressName{ipv6, "cat"}};
    EXPECT_TRUE(out.write_names(names).has_value());
    EXPECT_TRUE(out.write_names({}).has_value());
    EXPECT_EQ(out.packets(), 0u);
  });
  EXPECT_TRUE(same_octets(
      file,
      joined({section, hex_vector("04000000 38000000 0100 0900 0a000001 73686f70 00 000000"
                                  "0200 1400 20010db8 00000000 00000000 00000002 63617400  0000 0000  38000000")})));
}

TEST(PcapngFileWriter, fills_up_with_zeros_where_other_packets_were) {
  const auto file = written({}, [](PcapngFileWriter& out) {
    Packet packet = numbered_packet(1, 1400);
    std::fill(packet.octets.begin(), packet.octets.end(), std::byte{0xa5});
    EXPECT_TRUE(out.write(packet.record()).has_value());
    EXPECT_TRUE(out.flush().has_value());
    Packet odd = ping();
    odd.octets = copy_of(as_bytes("ping!"));
    EXPECT_TRUE(out.write(odd.record()).has_value());
    const auto address = hex_bytes("0a000001");
    EXPECT_TRUE(out.write_names(std::array{AddressName{address, "ab"}}).has_value());
  });
  const auto end = joined({as_bytes("ping!"), hex_vector("000000 28000000"),
                           hex_vector("04000000 1c000000 0100 0700 0a000001 6162 00 00 0000 0000 1c000000")});
  EXPECT_TRUE(same_octets(Bytes{file}.last(end.size()), end));
}

TEST(PcapngFileWriter, of_no_packets_writes_the_section_header) {
  EXPECT_TRUE(same_octets(written({}, [](PcapngFileWriter&) {}), section));
}

TEST(PcapngFileWriter, describes_one_interface_for_each_link_type_and_precision_of_records_without_one) {
  const auto file = written({}, [](PcapngFileWriter& out) {
    PacketRecord in_microseconds = ping().record();
    in_microseconds.decimals = 6;
    const auto packet = ping();
    in_microseconds.bytes = packet.octets;
    EXPECT_TRUE(out.write(packet.record()).has_value());
    EXPECT_TRUE(out.write(in_microseconds).has_value());
    EXPECT_TRUE(out.write(packet.record()).has_value());
  });
  EXPECT_TRUE(same_octets(file, joined({section, raw_interface, ping_block, raw_in_microseconds,
                                        // 946684801123456 us
                                        hex_vector("06000000 24000000 01000000 015d0300 8004493b"
                                                   "04000000 3c000000 70696e67 24000000"),
                                        ping_block})));
}

TEST(PcapngFileWriter, cuts_packets_to_the_snap_length_and_says_so) {
  CaptureInterface unlimited;
  CaptureInterface small;
  small.id = 1;
  small.snap_length = 2;
  CaptureInterface large;
  large.id = 2;
  large.snap_length = 100'000;
  const Contents contents = written_and_read(
      [&](PcapngFileWriter& out) {
        const auto octets = copy_of(as_bytes("ping"));
        for (const CaptureInterface* interface :
             {&unlimited, &small, &large, static_cast<CaptureInterface*>(nullptr)}) {
          EXPECT_TRUE(out.write({.bytes = octets, .interface = interface}).has_value());
        }
      },
      {.snap_length = 3});
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 4u);
  const std::array<std::uint32_t, 4> snap_lengths{3, 2, 3, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(as_text(contents.packets[i].octets), "pin");
    EXPECT_EQ(contents.packets[i].original_length, 4u);
    EXPECT_EQ(contents.packets[i].interface->snap_length, snap_lengths[i]);
  }
}

TEST(PcapngFileWriter, refuses_snap_lengths_no_reader_takes_and_long_texts) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  const auto refusal = [&](const PcapngFileWriter::Options& options) {
    const auto file = PcapngFileWriter::open(path, options);
    return file ? "" : to_string(file.error());
  };
  EXPECT_EQ(refusal({.snap_length = 0}), "open " + path + ": snap length 0, a capture file takes 1 to 262144");
  EXPECT_EQ(refusal({.snap_length = 262'145}),
            "open " + path + ": snap length 262145, a capture file takes 1 to 262144");
  EXPECT_EQ(refusal({.application = std::string(65'536, 'a')}),
            "open " + path + ": a name of an application of 65536 octets, a pcapng file takes 65535");
  EXPECT_EQ(refusal({.comment = std::string(65'536, 'a')}),
            "open " + path + ": a comment of 65536 octets, a pcapng file takes 65535");
  EXPECT_TRUE(folder.names().empty());
  EXPECT_EQ(refusal({.application = std::string(65'535, 'a'), .comment = std::string(65'535, 'a')}), "");
}

struct RecordCase {
  const char* name;
  std::int64_t nanoseconds;
  std::size_t comments;        // how many
  std::size_t comment_length;  // octets of each
  std::size_t name_length;     // octets
  const char* refused_as;      // empty when it is taken
};

class PcapngFileWriterRecord : public ::testing::TestWithParam<RecordCase> {};

TEST_P(PcapngFileWriterRecord, is_taken_or_named) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  auto file = PcapngFileWriter::open(path, {});
  ASSERT_TRUE(file.has_value());
  const RecordCase& given = GetParam();
  CaptureInterface told;
  told.decimals = 9;
  told.name = std::string(given.name_length, 'n');
  told.description = std::string(given.name_length, 'd');
  const std::string comment(given.comment_length, 'c');
  const std::vector<std::string_view> comments(given.comments, comment);
  const Packet packet = numbered_packet(1, 262'144);
  PacketRecord record = packet.record();
  record.timestamp = {given.nanoseconds};
  record.interface = &told;
  record.comments = comments;

  const auto outcome = file->write(record);
  const std::string refused_as = given.refused_as;
  EXPECT_EQ(outcome ? "" : to_string(outcome.error()),
            refused_as.empty() ? "" : "write " + path + ": packet 1: " + refused_as);
  EXPECT_FALSE(file->failed()) << "the file is as good as before";
  ASSERT_TRUE(file->write(ping().record()).has_value());
  ASSERT_TRUE(file->commit().has_value());
  const Contents contents = read_capture(path);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), refused_as.empty() ? 2u : 1u);
  EXPECT_TRUE(same_packet(contents.packets.back(), ping()));
  if (!refused_as.empty()) return;
  EXPECT_EQ(contents.packets[0].timestamp.nanoseconds, given.nanoseconds);
  EXPECT_TRUE(same_octets(contents.packets[0].octets, packet.octets));
  EXPECT_EQ(contents.packets[0].comments, std::vector<std::string>(given.comments, comment));
  EXPECT_EQ(contents.packets[0].interface->name, told.name);
}

INSTANTIATE_TEST_SUITE_P(
    Pcapng, PcapngFileWriterRecord,
    ::testing::Values(RecordCase{"epoch", 0, 0, 0, 0, ""}, RecordCase{"last_moment", INT64_MAX, 0, 0, 0, ""},
                      RecordCase{"one_nanosecond_early", -1, 0, 0, 0,
                                 "its timestamp is -0.000000001 s, a pcapng file counts from 0 s"},
                      RecordCase{"as_early_as_it_goes", INT64_MIN, 0, 0, 0,
                                 "its timestamp is -9223372036.854775808 s, a pcapng file counts from 0 s"},
                      RecordCase{"empty_comment", 1, 1, 0, 0, ""}, RecordCase{"longest_comment", 1, 1, 65'535, 0, ""},
                      RecordCase{"comment_too_long", 1, 1, 65'536, 0,
                                 "a comment of 65536 octets, a pcapng file takes 65535"},
                      RecordCase{"most_comments_and_longest_names", 1, 8, 65'532, 65'535, ""},
                      RecordCase{"more_comments", 1, 9, 65'532, 0, "its comments have more than 524288 octets"},
                      RecordCase{"name_too_long", 1, 0, 0, 65'536,
                                 "a name of its interface of 65536 octets, a pcapng file takes 65535"}),
    CaseName{});

TEST(PcapngFileWriter, keeps_that_a_packet_has_no_time_where_a_simple_packet_block_can) {
  CaptureInterface first;
  first.snap_length = 4;
  CaptureInterface second;
  second.id = 1;
  const auto octets = copy_of(as_bytes("ping"));
  const std::array<std::string_view, 1> comments{"text"};
  const PacketRecord plain{.original_length = 4, .bytes = octets, .has_timestamp = false, .interface = &first};
  PacketRecord cut = plain;
  cut.original_length = 60;
  PacketRecord cut_further = plain;
  cut_further.bytes = cut_further.bytes.first(3);
  PacketRecord commented = plain;
  commented.comments = comments;
  PacketRecord elsewhere = plain;
  elsewhere.interface = &second;
  const std::array records{plain, cut, cut_further, commented, elsewhere};
  const Contents contents = written_and_read([&](PcapngFileWriter& out) {
    for (const PacketRecord& record : records) EXPECT_TRUE(out.write(record).has_value());
    EXPECT_EQ(out.packets(), records.size());
  });
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(contents.packets[i].has_timestamp, i >= 2) << i;
    EXPECT_EQ(contents.packets[i].timestamp, Timestamp{}) << i;
    EXPECT_EQ(contents.packets[i].original_length, records[i].original_length) << i;
    EXPECT_TRUE(same_octets(contents.packets[i].octets, records[i].bytes)) << i;
  }
}

struct NameCase {
  const char* name;
  std::size_t address_length;
  std::string text;
  const char* refused_as;
};

class PcapngFileWriterName : public ::testing::TestWithParam<NameCase> {};

TEST_P(PcapngFileWriterName, is_refused_with_all_that_came_with_it) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  auto file = PcapngFileWriter::open(path, {});
  ASSERT_TRUE(file.has_value());
  const std::vector<std::byte> address(GetParam().address_length);
  const std::array<std::byte, 4> good{};
  const auto outcome = file->write_names(std::array{AddressName{good, "good"}, AddressName{address, GetParam().text}});
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(to_string(outcome.error()), "write " + path + ": " + GetParam().refused_as);
  EXPECT_FALSE(file->failed());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_TRUE(same_octets(read_whole(path), section));
}

INSTANTIATE_TEST_SUITE_P(
    Pcapng, PcapngFileWriterName,
    ::testing::Values(NameCase{"address_of_6_octets", 6, "a", "an address of 6 octets, IPv4 has 4 and IPv6 16"},
                      NameCase{"no_address", 0, "a", "an address of 0 octets, IPv4 has 4 and IPv6 16"},
                      NameCase{"no_name", 4, "", "a name of an address that is empty or has a zero in it"},
                      NameCase{"name_with_zero", 16, std::string("a\0b", 3),
                               "a name of an address that is empty or has a zero in it"},
                      NameCase{"name_too_long", 16, std::string(65'519, 'a'),
                               "a name of an address of 65519 octets, a pcapng file takes 65518"}),
    CaseName{});

TEST(PcapngFileWriter, spreads_many_names_over_blocks) {
  const std::array<std::byte, 16> address{};
  const std::string longest(65'518, 'n');
  std::vector<AddressName> names(3, {address, longest});
  names.resize(50'000, {address, "short"});
  const auto octets = written({}, [&](PcapngFileWriter& out) {
    EXPECT_TRUE(out.write_names(names).has_value());
    EXPECT_TRUE(out.write(ping().record()).has_value());
  });
  // All of them, in order, in blocks that no reader finds too long.
  std::size_t found = 0;
  std::size_t blocks = 0;
  std::size_t at = section.size();
  while (load_le32(octets, at) == 4) {
    const std::size_t length = load_le32(octets, at + 4);
    EXPECT_LE(length, std::size_t{128} << 10);
    std::size_t record = at + 8;
    while (load_u8(octets, record) != 0) {
      const std::size_t value = load_u8(octets, record + 2) + (std::size_t{load_u8(octets, record + 3)} << 8);
      ASSERT_LT(found, names.size());
      ASSERT_EQ(value, 16 + names[found].name.size() + 1);
      ++found;
      record += 4 + (value + 3) / 4 * 4;
    }
    EXPECT_EQ(record + 8, at + length);
    at += length;
    ++blocks;
  }
  EXPECT_EQ(found, names.size());
  EXPECT_GT(blocks, 10u);
  EXPECT_TRUE(same_octets(Bytes{octets}.subspan(at), joined({raw_interface, ping_block})));
}

TEST(PcapngFileWriter, allocates_nothing_per_packet) {
  const TemporaryFolder folder;
  auto file = PcapngFileWriter::open(folder / "a.pcapng", {});
  ASSERT_TRUE(file.has_value());
  CaptureInterface told;
  told.name = "eth0";
  const Packet packet = numbered_packet(1, 1400);
  const std::array<std::string_view, 2> comments{"a comment that is longer than what a string keeps in itself", "b"};
  PacketRecord with_comments = packet.record();
  with_comments.interface = &told;
  with_comments.comments = comments;
  const auto write_both = [&] { return file->write(packet.record()) && file->write(with_comments); };
  ASSERT_TRUE(write_both());
  const AllocationCounter allocations;
  bool good = true;
  for (int i = 0; i < 1000; ++i) good &= write_both();  // three batches
  good &= file->flush().has_value();
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(good);
}

TEST(PcapngFileWriter, refuses_everything_after_the_commit) {
  const TemporaryFolder folder;
  auto file = PcapngFileWriter::open(folder / "a.pcapng", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_FALSE(file->write(ping().record()).has_value());
  EXPECT_FALSE(file->write_names(std::array{AddressName{section, "a"}}).has_value());
  EXPECT_TRUE(file->commit().has_value()) << "a second commit has nothing to do";
}

TEST(PcapngFileWriter, moves_with_what_it_knows_of_interfaces) {
  const TemporaryFolder folder;
  auto file = PcapngFileWriter::open(folder / "a.pcapng", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  PcapngFileWriter moved = std::move(*file);
  ASSERT_TRUE(moved.write(ping().record()).has_value());
  ASSERT_TRUE(moved.commit().has_value());
  EXPECT_TRUE(same_octets(read_whole(folder / "a.pcapng"), joined({section, raw_interface, ping_block, ping_block})));
}

// ---- whatever comes ----

// What packets are made of that own what records borrow.
struct MadePacket {
  Packet packet;
  const CaptureInterface* interface = nullptr;
  LinkType link_type = LinkType::raw;
  std::uint8_t decimals = 9;
  bool has_timestamp = true;
  std::vector<std::string> comments;
};

std::string any_text(Random& random, std::size_t most) {
  std::string text(random.below(most + 1), ' ');
  for (char& c : text) c = static_cast<char>(1 + random.below(255));
  return text;
}

LinkType any_link_type(Random& random) {
  static constexpr std::array some{LinkType::null, LinkType::ethernet,         LinkType::raw,
                                   LinkType::loop, LinkType::linux_sll,        LinkType::linux_sll2,
                                   LinkType::ipv4, static_cast<LinkType>(147), static_cast<LinkType>(65'535)};
  return some[random.below(some.size())];
}

std::uint8_t any_decimals(Random& random) { return std::array<std::uint8_t, 6>{0, 1, 2, 3, 6, 9}[random.below(6)]; }

std::vector<CaptureInterface> any_interfaces(Random& random) {
  std::vector<CaptureInterface> interfaces;
  const auto sections = static_cast<std::uint32_t>(random.below(4));
  for (std::uint32_t section_number = 0; section_number < sections; ++section_number) {
    const auto count = static_cast<std::uint32_t>(random.below(5));
    for (std::uint32_t id = 0; id < count; ++id) {
      interfaces.push_back({id, section_number, any_link_type(random),
                            random.one_in(2) ? 0 : 1 + static_cast<std::uint32_t>(random.below(70'000)),
                            any_decimals(random), any_text(random, random.one_in(20) ? 65'535 : 12),
                            any_text(random, random.one_in(20) ? 65'535 : 12)});
    }
  }
  return interfaces;
}

MadePacket any_packet(Random& random, const std::vector<CaptureInterface>& interfaces) {
  MadePacket made;
  if (!interfaces.empty() && !random.one_in(5)) made.interface = &interfaces[random.below(interfaces.size())];
  made.link_type = made.interface != nullptr ? made.interface->link_type : any_link_type(random);
  made.decimals = made.interface != nullptr ? made.interface->decimals : any_decimals(random);
  made.has_timestamp = !random.one_in(4);
  static constexpr std::array<std::size_t, 5> sizes{0, 1, 100, 3000, 262'144};
  made.packet.octets = random.octets(random.below(sizes[random.below(random.one_in(30) ? 5 : 4)] + 1));
  made.packet.original_length =
      static_cast<std::uint32_t>(made.packet.octets.size() + (random.one_in(3) ? random.below(100'000) : 0));
  made.packet.timestamp = {random.any<std::int64_t>() >> random.below(64)};
  for (std::uint64_t i = random.one_in(3) ? random.below(4) : 0; i > 0; --i) {
    made.comments.push_back(any_text(random, random.one_in(50) ? 65'535 : 40));
  }
  return made;
}

std::int64_t cut(std::int64_t nanoseconds, std::uint8_t decimals) {
  std::int64_t unit = 1;
  for (unsigned digit = decimals; digit < 9; ++digit) unit *= 10;
  return nanoseconds / unit * unit;
}

TEST(PcapngFileWriterProperty, is_read_back_field_by_field) {
  check_property(60, [](Random& random) {
    const std::vector<CaptureInterface> interfaces = any_interfaces(random);
    std::vector<MadePacket> packets(random.below(60));
    for (MadePacket& made : packets) made = any_packet(random, interfaces);
    std::vector<bool> taken;
    const Contents contents = written_and_read([&](PcapngFileWriter& out) {
      for (const MadePacket& made : packets) {
        const std::vector<std::string_view> comments(made.comments.begin(), made.comments.end());
        PacketRecord record = made.packet.record(made.link_type);
        record.interface = made.interface;
        record.decimals = made.decimals;
        record.has_timestamp = made.has_timestamp;
        record.comments = comments;
        taken.push_back(out.write(record).has_value());
        EXPECT_EQ(taken.back(), !made.has_timestamp || made.packet.timestamp.nanoseconds >= 0);
        if (random.one_in(20)) taken.back() = taken.back() && out.flush().has_value();
      }
    });
    ASSERT_EQ(contents.error, "");
    ASSERT_EQ(contents.packets.size(), static_cast<std::size_t>(std::count(taken.begin(), taken.end(), true)));

    // Interfaces are numbered as they come.
    std::map<std::tuple<const CaptureInterface*, LinkType, std::uint8_t>, std::uint32_t> numbers;
    auto read = contents.packets.begin();
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (!taken[i]) continue;
      const MadePacket& made = packets[i];
      SCOPED_TRACE("packet " + std::to_string(i));
      ASSERT_TRUE(same_octets(read->octets, made.packet.octets));
      ASSERT_EQ(read->original_length, made.packet.original_length);
      ASSERT_EQ(read->comments, made.comments);
      ASSERT_EQ(read->link_type, made.link_type);
      ASSERT_EQ(read->decimals, made.decimals);
      const auto id = static_cast<std::uint32_t>(numbers.size());
      const auto number = numbers.try_emplace({made.interface, made.link_type, made.decimals}, id).first->second;
      ASSERT_EQ(read->interface->id, number);
      ASSERT_EQ(read->interface->section, 0u);
      ASSERT_EQ(read->interface->link_type, made.link_type);
      ASSERT_EQ(read->interface->name, made.interface == nullptr ? "" : made.interface->name);
      ASSERT_EQ(read->interface->description, made.interface == nullptr ? "" : made.interface->description);
      const std::uint32_t snap_length = made.interface == nullptr ? 262'144 : made.interface->snap_length;
      ASSERT_EQ(read->interface->snap_length, snap_length);
      ASSERT_EQ(read->timestamp.nanoseconds,
                made.has_timestamp ? cut(made.packet.timestamp.nanoseconds, made.decimals) : 0);
      const std::uint32_t said =
          snap_length == 0 ? made.packet.original_length : std::min(snap_length, made.packet.original_length);
      const bool simple = number == 0 && made.comments.empty() && made.packet.octets.size() == said;
      ASSERT_EQ(read->has_timestamp, made.has_timestamp || !simple);
      ++read;
    }
  });
}

TEST(PcapngFileWriterProperty, is_written_back_the_same) {
  check_property(20, [](Random& random) {
    const std::vector<CaptureInterface> interfaces = any_interfaces(random);
    std::vector<MadePacket> packets(random.below(60));
    for (MadePacket& made : packets) made = any_packet(random, interfaces);
    const auto first = written({}, [&](PcapngFileWriter& out) {
      for (const MadePacket& made : packets) {
        PacketRecord record = made.packet.record(made.link_type);
        record.interface = made.interface;
        record.decimals = made.decimals;
        record.has_timestamp = made.has_timestamp;
        static_cast<void>(out.write(record));
      }
    });
    const TemporaryFolder folder;
    write_whole(folder / "a", first);
    auto reader = CaptureFileReader::open(folder / "a");
    ASSERT_TRUE(reader.has_value());
    const auto second = written({}, [&](PcapngFileWriter& out) {
      for (auto record = reader->next(); record.has_value() && *record != nullptr; record = reader->next()) {
        EXPECT_TRUE(out.write(**record).has_value());
      }
    });
    EXPECT_TRUE(same_octets(second, first));
  });
}

// ---- media that refuse octets ----

struct FullDisk {
  const char* name;
  std::uint64_t limit;
  std::size_t packet_size;
};

class PcapngFileWriterFullDisk : public ::testing::TestWithParam<FullDisk> {};

TEST_P(PcapngFileWriterFullDisk, leaves_whole_packets_for_the_caller_to_keep) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  const auto [name, limit, packet_size] = GetParam();
  const std::size_t headers = section.size() + raw_interface.size();
  const std::size_t block_size = 32 + (packet_size + 3) / 4 * 4;
  const std::uint64_t whole = limit < headers ? 0 : (limit - headers) / block_size;
  const int status = in_child([&, limit = limit, packet_size = packet_size]() -> int {
    std::signal(SIGXFSZ, SIG_IGN);
    auto file = PcapngFileWriter::open(path, {});
    const rlimit small{static_cast<rlim_t>(limit), static_cast<rlim_t>(limit)};
    if (!file || ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
    Result<void, IoError> outcome;
    for (std::uint32_t i = 0; outcome && i < 100'000; ++i) {
      outcome = file->write(numbered_packet(i, packet_size).record());
    }
    if (outcome || outcome.error().code != EFBIG || !file->failed()) return 2;
    if (file->write_names(std::array{AddressName{section, "a"}})) return 3;
    if (file->packets() != whole) return 4;
    return file->commit().has_value() == (limit >= section.size()) ? 0 : 5;
  });
  ASSERT_EQ(status, 0);
  if (limit < section.size()) {
    EXPECT_TRUE(folder.names().empty());
    return;
  }
  const Contents contents = read_capture(path);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), whole);
  for (std::uint32_t i = 0; i < contents.packets.size(); ++i) {
    ASSERT_TRUE(same_packet(contents.packets[i], numbered_packet(i, packet_size))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pcapng, PcapngFileWriterFullDisk,
                         ::testing::Values(FullDisk{"within_the_section_header", 27, 100},
                                           FullDisk{"behind_the_section_header", 28, 100},
                                           FullDisk{"within_the_interface", 59, 100},
                                           FullDisk{"behind_the_interface", 60, 100},
                                           FullDisk{"within_the_type_of_a_block", 60 + 132 * 50 + 3, 100},
                                           FullDisk{"within_the_head_of_a_block", 60 + 132 * 50 + 9, 100},
                                           FullDisk{"one_octet_short", 60 + 132 * 50 - 1, 100},
                                           FullDisk{"between_two_packets", 60 + 132 * 50, 100},
                                           FullDisk{"in_the_third_batch", 2'500'000, 1401},
                                           FullDisk{"of_empty_packets", 60 + 32 * 9 + 7, 0}),
                         CaseName{});

}  // namespace
}  // namespace encap::test

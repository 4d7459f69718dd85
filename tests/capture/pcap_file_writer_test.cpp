#include "encap/capture/pcap_file_writer.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <poll.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif
#include <sys/resource.h>
#include <sys/time.h>

#include "capture/capture_octets.h"
#include "capture/files.h"
#include "capture/packets.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"

namespace encap::test {
namespace {

using Options = PcapFileWriter::Options;

//                                          magic    2.4       zone     accuracy snap length link type raw
constexpr auto microsecond_header = hex_bytes("d4c3b2a1 0200 0400 00000000 00000000 00000400    65000000");
constexpr auto nanosecond_header = hex_bytes("4d3cb2a1 0200 0400 00000000 00000000 00000400    01000000");
// 2000-01-01T00:00:01.123456789Z = 946684801 s, "ping", 60 octets on the wire
//                                          seconds  fraction captured original  octets
constexpr auto microsecond_record = hex_bytes("81436d38 40e20100 04000000 3c000000  70696e67");
constexpr auto nanosecond_record = hex_bytes("81436d38 15cd5b07 04000000 3c000000  70696e67");

Packet ping() { return {year_2000 + Duration{1'123'456'789}, copy_of(as_bytes("ping")), 60}; }

// One packet in a file at `path`, committed.
void write_ping(const std::string& path) {
  auto file = PcapFileWriter::open(path, {});
  ASSERT_TRUE(file.has_value()) << to_string(file.error());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  const auto committed = file->commit();
  ASSERT_TRUE(committed.has_value()) << to_string(committed.error());
}

TEST(PcapFileWriter, writes_the_golden_microsecond_file) {
  const TemporaryFolder folder;
  write_ping(folder / "a.pcap");
  EXPECT_TRUE(same_octets(read_whole(folder / "a.pcap"), joined({microsecond_header, microsecond_record})));
}

TEST(PcapFileWriter, writes_the_golden_nanosecond_file) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {.link_type = LinkType::ethernet, .nanoseconds = true});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(ping().record(LinkType::ethernet)).has_value());
  EXPECT_EQ(file->packets(), 1u);
  EXPECT_EQ(file->bytes_written(), 44u);
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_TRUE(same_octets(read_whole(folder / "a.pcap"), joined({nanosecond_header, nanosecond_record})));
  EXPECT_EQ(file->packets(), 1u);
  EXPECT_EQ(file->bytes_written(), 44u);
}

TEST(PcapFileWriter, of_no_packets_writes_the_file_header) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_TRUE(same_octets(read_whole(folder / "a.pcap"), microsecond_header));
}

TEST(PcapFileWriter, takes_a_missing_original_length_for_the_packet_size) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  const auto octets = copy_of(as_bytes("ping"));
  ASSERT_TRUE(file->write({.timestamp = {}, .link_type = LinkType::raw, .bytes = octets}).has_value());
  ASSERT_TRUE(file->commit().has_value());
  const Contents contents = read_capture(folder / "a.pcap");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_EQ(contents.packets[0].original_length, 4u);
}

TEST(PcapFileWriter, cuts_packets_to_the_snap_length) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {.snap_length = 3});
  ASSERT_TRUE(file.has_value());
  Packet packet = ping();
  packet.original_length = 0;
  ASSERT_TRUE(file->write(packet.record()).has_value());
  ASSERT_TRUE(file->commit().has_value());
  const Contents contents = read_capture(folder / "a.pcap");
  ASSERT_EQ(contents.packets.size(), 1u);
  EXPECT_EQ(as_text(contents.packets[0].octets), "pin");
  EXPECT_EQ(contents.packets[0].original_length, 4u);
}

TEST(PcapFileWriter, refuses_snap_lengths_no_reader_takes) {
  const TemporaryFolder folder;
  for (const std::uint32_t snap_length : {0u, 262'145u}) {
    const auto file = PcapFileWriter::open(folder / "a.pcap", {.snap_length = snap_length});
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(to_string(file.error()), "open " + (folder / "a.pcap") + ": snap length " + std::to_string(snap_length) +
                                           ", a capture file takes 1 to 262144");
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(PcapFileWriter, reads_back_what_it_wrote_across_batch_borders) {
  const TemporaryFolder folder;
  // Packets of all sizes, the largest too; together more than three batches of 1 MiB.
  std::vector<Packet> packets;
  Random random{property_seed()};
  std::size_t octets = 0;
  for (std::uint32_t i = 0; octets < 3'500'000; ++i) {
    const std::size_t size = i % 500 == 499 ? 262'144 : random.below(3000);
    packets.push_back(numbered_packet(i, size));
    packets.back().original_length += static_cast<std::uint32_t>(random.below(2) * 100);
    octets += size;
  }
  for (const bool nanoseconds : {false, true}) {
    const std::string path = folder / "a.pcap";
    auto file = PcapFileWriter::open(path, {.link_type = LinkType::null, .nanoseconds = nanoseconds});
    ASSERT_TRUE(file.has_value());
    for (const Packet& packet : packets) ASSERT_TRUE(file->write(packet.record(LinkType::null)).has_value());
    EXPECT_EQ(file->packets(), packets.size());
    ASSERT_TRUE(file->commit().has_value());
    EXPECT_EQ(file->bytes_written(), std::filesystem::file_size(path));

    const Contents contents = read_capture(path);
    EXPECT_EQ(contents.error, "");
    for (const ReadPacket& packet : contents.packets) EXPECT_EQ(packet.link_type, LinkType::null);
    ASSERT_EQ(contents.packets.size(), packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i) ASSERT_TRUE(same_packet(contents.packets[i], packets[i])) << i;

    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_t* const pcap = pcap_open_offline(path.c_str(), error.data());
    ASSERT_NE(pcap, nullptr) << error.data();
    EXPECT_EQ(pcap_datalink(pcap), DLT_NULL);
    EXPECT_EQ(pcap_snapshot(pcap), 262'144);
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      ASSERT_EQ(pcap_next_ex(pcap, &header, &data), 1) << i;
      ASSERT_TRUE(same_octets(std::as_bytes(std::span{data, header->caplen}), packets[i].octets)) << i;
      ASSERT_EQ(header->ts.tv_sec, packets[i].timestamp.seconds()) << i;
      ASSERT_EQ(header->ts.tv_usec, packets[i].timestamp.subsecond() / 1000) << i;
    }
    EXPECT_EQ(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
    pcap_close(pcap);
  }
}

TEST(PcapFileWriter, allocates_nothing_per_packet) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  const Packet packet = numbered_packet(1, 1400);
  const AllocationCounter allocations;
  bool good = true;
  for (int i = 0; i < 2000; ++i) good &= file->write(packet.record()).has_value();  // three batches
  good &= file->flush().has_value();
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(good);
}

struct TimestampCase {
  const char* name;
  std::int64_t nanoseconds;
  const char* refused_as;  // null when it is taken
};

class PcapFileWriterTimestamp : public ::testing::TestWithParam<TimestampCase> {};

TEST_P(PcapFileWriterTimestamp, is_taken_or_named) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {.nanoseconds = true});
  ASSERT_TRUE(file.has_value());
  Packet packet = ping();
  packet.timestamp = {GetParam().nanoseconds};
  const auto written = file->write(packet.record());
  EXPECT_EQ(written.has_value(), GetParam().refused_as == nullptr);
  if (!written) {
    ASSERT_NE(GetParam().refused_as, nullptr) << to_string(written.error());
    EXPECT_EQ(to_string(written.error()), "write " + (folder / "a.pcap") + ": packet 1: its timestamp is " +
                                              GetParam().refused_as + " s, a pcap file counts 0 to 4294967295 s");
  }
  EXPECT_FALSE(file->failed()) << "the file is as good as before";
  ASSERT_TRUE(file->write(ping().record()).has_value());
  ASSERT_TRUE(file->commit().has_value());
  const Contents contents = read_capture(folder / "a.pcap");
  ASSERT_EQ(contents.packets.size(), GetParam().refused_as == nullptr ? 2u : 1u);
  EXPECT_TRUE(same_packet(contents.packets.front(), GetParam().refused_as == nullptr ? packet : ping()));
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapFileWriterTimestamp,
                         ::testing::Values(TimestampCase{"epoch", 0, nullptr},  //
                                           TimestampCase{"one_nanosecond_early", -1, "-0.000000001"},
                                           TimestampCase{"before_1970", -1'500'000'000, "-1.500000000"},
                                           TimestampCase{"after_2038", 2'147'483'648'000'000'000, nullptr},
                                           TimestampCase{"last_moment", 4'294'967'295'999'999'999, nullptr},
                                           TimestampCase{"one_nanosecond_late", 4'294'967'296'000'000'000,
                                                         "4294967296.000000000"},
                                           TimestampCase{"as_early_as_it_goes", INT64_MIN, "-9223372036.854775808"}),
                         CaseName{});

TEST(PcapFileWriter, refuses_a_packet_of_another_link_type) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {.link_type = LinkType::raw});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  const auto written = file->write(ping().record(LinkType::ethernet));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(
      to_string(written.error()),
      "write " + (folder / "a.pcap") + ": packet 2: its link type is 1, that of the file 101; pcapng holds several");
  EXPECT_FALSE(file->failed());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_EQ(read_capture(folder / "a.pcap").packets.size(), 1u);
}

TEST(PcapFileWriter, refuses_packets_after_the_commit) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_FALSE(file->write(ping().record()).has_value());
  EXPECT_TRUE(file->commit().has_value()) << "a second commit has nothing to do";
  EXPECT_TRUE(read_capture(folder / "a.pcap").packets.empty());
}

// ---- taking the place of a file ----

TEST(PcapFileWriterTarget, keeps_the_old_file_until_the_commit) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  write_whole(path, as_bytes("old"));
  auto file = PcapFileWriter::open(path, {});
  ASSERT_TRUE(file.has_value());
  for (std::uint32_t i = 0; i < 2000; ++i) ASSERT_TRUE(file->write(numbered_packet(i, 1400).record()).has_value());
  EXPECT_EQ(read_text(path), "old");
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_EQ(read_capture(path).packets.size(), 2000u);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pcap"});
}

TEST(PcapFileWriterTarget, is_left_alone_without_a_commit) {
  const TemporaryFolder folder;
  write_whole(folder / "old.pcap", as_bytes("old"));
  for (const char* const name : {"old.pcap", "new.pcap"}) {
    auto file = PcapFileWriter::open(folder / name, {});
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write(ping().record()).has_value());
    ASSERT_TRUE(file->flush().has_value());
    EXPECT_NE(folder.names(), std::vector<std::string>{"old.pcap"}) << "the octets lie somewhere";
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"old.pcap"});
  EXPECT_EQ(read_text(folder / "old.pcap"), "old");
}

TEST(PcapFileWriterTarget, is_left_alone_by_discard) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  ASSERT_TRUE(file->flush().has_value());
  file->discard();
  EXPECT_TRUE(folder.names().empty());
  EXPECT_TRUE(file->commit().has_value());
  EXPECT_TRUE(folder.names().empty());
}

TEST(PcapFileWriterTarget, is_not_visible_under_its_name_before) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_EQ(folder.names().size(), 1u);
  EXPECT_EQ(folder.names()[0].rfind(".a.pcap.", 0), 0u) << folder.names()[0];
}

TEST(PcapFileWriterTarget, moves_with_the_writer) {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  PcapFileWriter moved = std::move(*file);
  ASSERT_TRUE(moved.write(ping().record()).has_value());
  ASSERT_TRUE(moved.commit().has_value());
  EXPECT_EQ(read_capture(folder / "a.pcap").packets.size(), 2u);
}

TEST(PcapFileWriterTarget, takes_its_mode_from_the_umask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  write_ping(folder / "a.pcap");
  ::umask(before);
  struct stat about {};
  ASSERT_EQ(::stat((folder / "a.pcap").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0640u);
}

TEST(PcapFileWriterTarget, keeps_the_mode_of_the_old_file) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  for (const mode_t mode : {mode_t{0600}, mode_t{0666}, mode_t{0751}}) {
    write_whole(path, as_bytes("old"));
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    write_ping(path);
    struct stat about {};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, mode);
  }
}

TEST(PcapFileWriterTarget, behind_symbolic_links_is_replaced_and_the_links_stay) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "real");
  write_whole(folder / "real/a.pcap", as_bytes("old"));
  std::filesystem::create_symlink("real/a.pcap", folder / "link");
  std::filesystem::create_symlink(folder / "link", folder / "link_to_link");
  write_ping(folder / "link_to_link");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link_to_link"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_FALSE(std::filesystem::is_symlink(folder / "real/a.pcap"));
  EXPECT_EQ(read_capture(folder / "real/a.pcap").packets.size(), 1u);
}

TEST(PcapFileWriterTarget, that_a_dangling_link_names_is_made) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_symlink("real/new.pcap", folder / "link");
  write_ping(folder / "link");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_capture(folder / "real/new.pcap").packets.size(), 1u);
}

TEST(PcapFileWriterTarget, may_have_the_longest_name_there_is) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_ping(folder / name);
  EXPECT_EQ(folder.names(), std::vector<std::string>{name});
}

struct RefusedTarget {
  const char* name;
  const char* path;
  int code;
};

class PcapFileWriterRefusal : public ::testing::TestWithParam<RefusedTarget> {};

TEST_P(PcapFileWriterRefusal, names_the_target) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "folder");
  std::filesystem::create_symlink("loop", folder / "loop");
  write_whole(folder / "file", as_bytes("old"));
  const std::string path = GetParam().path[0] == '\0' ? "" : folder / GetParam().path;
  const auto file = PcapFileWriter::open(path, {});
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().operation, "open");
  EXPECT_EQ(file.error().path, path);
  EXPECT_EQ(file.error().code, GetParam().code) << to_string(file.error());
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"file", "folder", "loop"}));
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapFileWriterRefusal,
                         ::testing::Values(RefusedTarget{"folder", "folder", EISDIR},
                                           RefusedTarget{"folder_not_there", "nowhere/a.pcap", ENOENT},
                                           RefusedTarget{"folder_not_there_with_slash", "nowhere/", EISDIR},
                                           RefusedTarget{"file_as_folder", "file/a.pcap", ENOTDIR},
                                           RefusedTarget{"link_to_itself", "loop", ELOOP},
                                           RefusedTarget{"empty_name", "", ENOENT}),
                         CaseName{});

// Runs `work` as somebody who is not root, because root may write everywhere.
template <class Work>
int as_nobody(Work work) {
  return in_child([&] {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) return 99;
    return work();
  });
}

TEST(PcapFileWriterTarget, in_a_folder_that_takes_no_files_is_written_over) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  write_whole(path, as_bytes(std::string(5000, 'o')));
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(::chmod((folder / "").c_str(), 0555), 0);
  const int status = as_nobody([&] {
    auto dropped = PcapFileWriter::open(path, {});
    if (!dropped || !dropped->write(ping().record()) || !dropped->flush()) return 1;
    dropped->discard();
    if (std::filesystem::file_size(path) != 5000) return 2;
    auto file = PcapFileWriter::open(path, {});
    if (!file || !file->write(ping().record())) return 3;
    return file->commit() ? 0 : 4;
  });
  ASSERT_EQ(::chmod((folder / "").c_str(), 0755), 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(same_octets(read_whole(path), joined({microsecond_header, microsecond_record})));
}

TEST(PcapFileWriterTarget, that_is_read_only_is_refused_though_the_folder_would_allow_it) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  write_whole(path, as_bytes("old"));
  ASSERT_EQ(::chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(::chmod((folder / "").c_str(), 0777), 0);
  const int status = as_nobody([&] {
    const auto file = PcapFileWriter::open(path, {});
    return !file && file.error().code == EACCES ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_text(path), "old");
}

TEST(PcapFileWriterTarget, of_somebody_else_in_a_sticky_folder_is_written_over) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make a file of somebody else's";
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  write_whole(path, as_bytes(std::string(5000, 'o')));
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  ASSERT_EQ(::chmod((folder / "").c_str(), 01777), 0);
  const int status = as_nobody([&] {
    auto file = PcapFileWriter::open(path, {});
    if (!file || !file->write(ping().record())) return 3;
    const auto committed = file->commit();
    return committed ? 0 : committed.error().code;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pcap"});
  EXPECT_TRUE(same_octets(read_whole(path), joined({microsecond_header, microsecond_record})));
}

// ---- media that refuse octets ----

// Fills a file up to `limit` octets in a child process whose files cannot grow beyond that, then commits. Returns 0
// when all went as it must.
int fill_up(const std::string& path, std::uint64_t limit, std::size_t packet_size, const std::string& old_text) {
  return in_child([&]() -> int {
    std::signal(SIGXFSZ, SIG_IGN);
    auto file = PcapFileWriter::open(path, {});
    if (!file) return 10;
    const rlimit small{static_cast<rlim_t>(limit), static_cast<rlim_t>(limit)};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 11;
    Result<void, IoError> written;
    for (std::uint32_t i = 0; written && i < 100'000; ++i)
      written = file->write(numbered_packet(i, packet_size).record());
    if (written || written.error().operation != "write" || written.error().path != path) return 12;
    if (written.error().code != EFBIG) return 13;
    if (!file->failed()) return 14;
    const auto again = file->write(numbered_packet(0, packet_size).record());
    if (again || again.error().code != EFBIG) return 15;
    if (const auto flushed = file->flush(); flushed || flushed.error().code != EFBIG) return 16;
    if (!old_text.empty() && read_text(path) != old_text) return 17;

    const std::uint64_t whole = limit < 24 ? 0 : (limit - 24) / (16 + packet_size);
    if (file->packets() != whole) return 18;
    if (file->bytes_written() != (limit < 24 ? 0 : 24 + whole * (16 + packet_size))) return 19;
    const bool published = file->commit().has_value();
    return published == (limit >= 24) ? 0 : 20;
  });
}

struct FullDisk {
  const char* name;
  std::uint64_t limit;
  std::size_t packet_size;
};

class PcapFileWriterFullDisk : public ::testing::TestWithParam<FullDisk> {};

TEST_P(PcapFileWriterFullDisk, leaves_whole_packets_for_the_caller_to_keep) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  const auto [name, limit, packet_size] = GetParam();
  ASSERT_EQ(fill_up(path, limit, packet_size, ""), 0);
  if (limit < 24) {
    EXPECT_TRUE(folder.names().empty());
    return;
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.pcap"});
  const Contents contents = read_capture(path);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), (limit - 24) / (16 + packet_size));
  for (std::uint32_t i = 0; i < contents.packets.size(); ++i) {
    ASSERT_TRUE(same_packet(contents.packets[i], numbered_packet(i, packet_size))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapFileWriterFullDisk,
                         ::testing::Values(FullDisk{"within_the_file_header", 23, 100},
                                           FullDisk{"behind_the_file_header", 24, 100},
                                           FullDisk{"within_a_record_header", 24 + 116 * 50 + 15, 100},
                                           FullDisk{"behind_a_record_header", 24 + 116 * 50 + 16, 100},
                                           FullDisk{"one_octet_short", 24 + 116 * 50 - 1, 100},
                                           FullDisk{"between_two_packets", 24 + 116 * 50, 100},
                                           FullDisk{"in_the_third_batch", 2'500'000, 1400},
                                           FullDisk{"of_empty_packets", 24 + 16 * 9 + 7, 0}),
                         CaseName{});

#ifdef __linux__
TEST(PcapFileWriterSmallDisk, that_fills_up_keeps_the_old_file_and_the_new_packets) {
  const TemporaryFolder folder;
  constexpr int no_mounts = 77;
  const int status = in_child([&]() -> int {
    // A file system of 64 KiB that nobody else sees.
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", (folder / "").c_str(), "tmpfs", 0, "size=64k") != 0) {
      return no_mounts;
    }
    const std::string path = folder / "a.pcap";
    write_whole(path, as_bytes("old"));
    auto file = PcapFileWriter::open(path, {});
    if (!file) return 1;
    Result<void, IoError> written;
    for (std::uint32_t i = 0; written && i < 2000; ++i) written = file->write(numbered_packet(i, 1000).record());
    if (written || to_string(written.error()) != "write " + path + ": No space left on device") return 2;
    if (read_text(path) != "old" || !file->commit()) return 3;
    const Contents contents = read_capture(path);
    return contents.error.empty() && contents.packets.size() > 50 && contents.packets.size() == file->packets() ? 0 : 4;
  });
  if (status == no_mounts) GTEST_SKIP() << "needs root, to mount a small file system";
  EXPECT_EQ(status, 0);
}
#endif

TEST(PcapFileWriterTarget, survives_a_full_disk_until_the_caller_commits) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", as_bytes("old"));
  ASSERT_EQ(fill_up(folder / "a.pcap", 10'000, 100, "old"), 0);
  EXPECT_EQ(read_capture(folder / "a.pcap").packets.size(), (10'000 - 24) / 116u);

  write_whole(folder / "b.pcap", as_bytes("old"));
  ASSERT_EQ(fill_up(folder / "b.pcap", 20, 100, "old"), 0);
  EXPECT_EQ(read_text(folder / "b.pcap"), "old") << "a capture without its header is not worth an old file";
}

TEST(PcapFileWriterCommit, publishes_nothing_when_the_last_batch_fails_and_what_there_is_when_asked_again) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcap";
  write_whole(path, as_bytes("old"));
  const int status = in_child([&]() -> int {
    std::signal(SIGXFSZ, SIG_IGN);
    auto file = PcapFileWriter::open(path, {});
    const rlimit small{1000, 1000};
    if (!file || ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
    for (std::uint32_t i = 0; i < 20; ++i) {
      if (!file->write(numbered_packet(i, 100).record())) return 2;
    }
    const auto first = file->commit();
    if (first || first.error().code != EFBIG || read_text(path) != "old") return 3;
    return file->commit() ? 0 : 4;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_capture(path).packets.size(), 8u);
}

TEST(PcapFileWriter, says_that_a_full_device_is_full) {
  auto file = PcapFileWriter::open("/dev/full", {});
  ASSERT_TRUE(file.has_value()) << to_string(file.error());
  ASSERT_TRUE(file->write(ping().record()).has_value());
  const auto flushed = file->flush();
  ASSERT_FALSE(flushed.has_value());
  EXPECT_EQ(to_string(flushed.error()), "write /dev/full: No space left on device");
  EXPECT_TRUE(file->failed());
  EXPECT_EQ(file->packets(), 0u);
  EXPECT_EQ(file->bytes_written(), 0u);
  const auto committed = file->commit();
  ASSERT_FALSE(committed.has_value());
  EXPECT_EQ(committed.error().code, ENOSPC);
}

TEST(PcapFileWriter, writes_to_the_null_device) {
  write_ping("/dev/null");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

// ---- pipes and standard output ----

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  std::array<int, 2> ends{};
};

std::vector<std::byte> read_to_end(int from) {
  std::vector<std::byte> all;
  std::array<std::byte, 4096> part;
  for (;;) {
    const ssize_t count = ::read(from, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return all;
    all.insert(all.end(), part.begin(), part.begin() + count);
  }
}

// Runs `work` in a child process whose standard output is `output`.
template <class Work>
pid_t start_with_output(int output, Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(output, STDOUT_FILENO);
    ::_exit(work());
  }
  return child;
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

constexpr std::uint32_t many = 3000;

std::vector<std::byte> many_packets_file() {
  const TemporaryFolder folder;
  auto file = PcapFileWriter::open(folder / "a.pcap", {});
  for (std::uint32_t i = 0; i < many; ++i) static_cast<void>(file->write(numbered_packet(i, 1000).record()));
  static_cast<void>(file->commit());
  return read_whole(folder / "a.pcap");
}

int write_many_to(const std::string& path, Delivery when) {
  auto file = PcapFileWriter::open(path, {.when = when});
  if (!file) return 1;
  for (std::uint32_t i = 0; i < many; ++i) {
    if (!file->write(numbered_packet(i, 1000).record())) return 2;
  }
  return file->commit() ? 0 : 3;
}

class PcapFileWriterPipe : public ::testing::TestWithParam<Delivery> {};

TEST_P(PcapFileWriterPipe, takes_the_whole_file_from_standard_output) {
  const Pipe pipe;
  const pid_t child = start_with_output(pipe.ends[1], [&] { return write_many_to("-", GetParam()); });
  ::close(pipe.ends[1]);
  const auto seen = read_to_end(pipe.ends[0]);
  ::close(pipe.ends[0]);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(seen == many_packets_file());
}

TEST_P(PcapFileWriterPipe, takes_the_whole_file_when_it_does_not_block) {
  const Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK), 0);
  const pid_t child = start_with_output(pipe.ends[1], [&] { return write_many_to("-", GetParam()); });
  ::close(pipe.ends[1]);
  const auto seen = read_to_end(pipe.ends[0]);
  ::close(pipe.ends[0]);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(seen == many_packets_file());
}

TEST_P(PcapFileWriterPipe, takes_the_whole_file_while_signals_interrupt) {
  const Pipe pipe;
  const pid_t child = start_with_output(pipe.ends[1], [&] {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // without SA_RESTART: write() returns early
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval often{{0, 500}, {0, 500}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    return write_many_to("-", GetParam());
  });
  ::close(pipe.ends[1]);
  const auto seen = read_to_end(pipe.ends[0]);
  ::close(pipe.ends[0]);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(seen == many_packets_file());
}

TEST_P(PcapFileWriterPipe, takes_the_whole_file_through_a_fifo) {
  const TemporaryFolder folder;
  const std::string path = folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const pid_t child = start_with_output(STDERR_FILENO, [&] { return write_many_to(path, GetParam()); });
  const int from = ::open(path.c_str(), O_RDONLY);
  const auto seen = read_to_end(from);
  ::close(from);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(seen == many_packets_file());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"fifo"});
}

TEST_P(PcapFileWriterPipe, that_nobody_reads_is_an_error) {
  const Pipe pipe;
  ::close(pipe.ends[0]);
  const pid_t child = start_with_output(pipe.ends[1], [&]() -> int {
    std::signal(SIGPIPE, SIG_IGN);
    auto file = PcapFileWriter::open("-", {.when = GetParam()});
    if (!file || !file->write(ping().record())) return 1;
    const auto committed = file->commit();
    if (committed) return 2;
    return to_string(committed.error()) == "write standard output: Broken pipe" && file->failed() ? 0 : 3;
  });
  ::close(pipe.ends[1]);
  EXPECT_EQ(status_of(child), 0);
}

TEST_P(PcapFileWriterPipe, into_a_file_that_fills_up_leaves_whole_packets) {
  const TemporaryFolder folder;
  const int output = ::open((folder / "a.pcap").c_str(), O_WRONLY | O_CREAT, 0600);
  const pid_t child = start_with_output(output, [&]() -> int {
    std::signal(SIGXFSZ, SIG_IGN);
    auto file = PcapFileWriter::open("-", {.when = GetParam()});
    if (!file) return 1;
    for (std::uint32_t i = 0; i < 50; ++i) {
      if (!file->write(numbered_packet(i, 100).record())) return 2;
    }
    if (GetParam() == Delivery::committed && !file->flush()) return 3;
    const rlimit small{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 4;
    const auto committed = file->commit();
    return !committed && committed.error().code == EFBIG ? 0 : 5;
  });
  ::close(output);
  EXPECT_EQ(status_of(child), 0);
  const Contents contents = read_capture(folder / "a.pcap");
  EXPECT_EQ(contents.error, "");
  EXPECT_EQ(contents.packets.size(), 8u);
}

TEST_P(PcapFileWriterPipe, into_a_file_is_appended_where_the_shell_says_so) {
  const TemporaryFolder folder;
  write_whole(folder / "a.pcap", as_bytes("before"));
  const int output = ::open((folder / "a.pcap").c_str(), O_WRONLY | O_APPEND);
  const pid_t child = start_with_output(output, [&]() -> int {
    auto file = PcapFileWriter::open("-", {.when = GetParam()});
    return file && file->write(ping().record()) && file->commit() ? 0 : 1;
  });
  ::close(output);
  EXPECT_EQ(status_of(child), 0);
  EXPECT_TRUE(
      same_octets(read_whole(folder / "a.pcap"), joined({as_bytes("before"), microsecond_header, microsecond_record})));
}

INSTANTIATE_TEST_SUITE_P(Pcap, PcapFileWriterPipe, ::testing::Values(Delivery::streamed, Delivery::committed),
                         [](const auto& of) { return of.param == Delivery::streamed ? "streamed" : "committed"; });

// What a reader of the pipe has seen before `finish`, a commit or a discard, and what after it.
template <class Finish>
std::pair<std::size_t, std::size_t> seen_before_and_after(Delivery when, Finish finish) {
  const Pipe output;
  const Pipe go;
  const Pipe flushed;
  const pid_t child = start_with_output(output.ends[1], [&]() -> int {
    auto file = PcapFileWriter::open("-", {.when = when});
    if (!file || !file->write(ping().record()) || !file->flush()) return 1;
    char token = 'x';
    if (::write(flushed.ends[1], &token, 1) != 1 || ::read(go.ends[0], &token, 1) != 1) return 2;
    return finish(*file) ? 0 : 3;
  });
  ::close(output.ends[1]);
  char token = 'x';
  EXPECT_EQ(::read(flushed.ends[0], &token, 1), 1);
  pollfd ready{output.ends[0], POLLIN, 0};
  std::size_t before = 0;
  if (::poll(&ready, 1, 0) == 1) {
    std::array<std::byte, 4096> part;
    before = static_cast<std::size_t>(::read(output.ends[0], part.data(), part.size()));
  }
  EXPECT_EQ(::write(go.ends[1], &token, 1), 1);
  const std::size_t after = read_to_end(output.ends[0]).size();
  EXPECT_EQ(status_of(child), 0);
  for (const Pipe* pipe : {&go, &flushed}) {
    for (const int end : pipe->ends) ::close(end);
  }
  ::close(output.ends[0]);
  return {before, after};
}

constexpr auto commit = [](PcapFileWriter& file) { return file.commit().has_value(); };
constexpr auto discard = [](PcapFileWriter& file) {
  file.discard();
  return true;
};
constexpr std::size_t ping_file_size = 24 + 20;

TEST(PcapFileWriterDelivery, streamed_leaves_with_each_flush) {
  EXPECT_EQ(seen_before_and_after(Delivery::streamed, commit), (std::pair{ping_file_size, std::size_t{0}}));
}

TEST(PcapFileWriterDelivery, committed_waits_for_the_commit) {
  EXPECT_EQ(seen_before_and_after(Delivery::committed, commit), (std::pair{std::size_t{0}, ping_file_size}));
}

TEST(PcapFileWriterDelivery, committed_leaves_nothing_after_a_discard) {
  EXPECT_EQ(seen_before_and_after(Delivery::committed, discard), (std::pair{std::size_t{0}, std::size_t{0}}));
}

TEST(PcapFileWriterDelivery, committed_waits_where_tmpdir_says) {
  const TemporaryFolder folder;
  const Pipe pipe;
  const pid_t child = start_with_output(pipe.ends[1], [&]() -> int {
    ::setenv("TMPDIR", (folder / "nowhere").c_str(), 1);
    const auto file = PcapFileWriter::open("-", {.when = Delivery::committed});
    return !file && file.error().code == ENOENT && file.error().path.rfind(folder / "nowhere", 0) == 0 ? 0 : 1;
  });
  EXPECT_EQ(status_of(child), 0);
  for (const int end : pipe.ends) ::close(end);
}

TEST(PcapFileWriterDelivery, to_a_closed_standard_output_is_an_error) {
  const int status = in_child([]() -> int {
    ::close(STDOUT_FILENO);
    const auto file = PcapFileWriter::open("-", {});
    return !file && to_string(file.error()) == "open standard output: Bad file descriptor" ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace encap::test

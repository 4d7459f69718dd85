// What writers of both formats do: which format and compression a name means, and compressed files.
#include "encap/capture/capture_file_writer.h"

#include <array>
#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "capture/files.h"
#include "capture/packets.h"
#include "encap/capture/open_capture_writer.h"
#include "encap/capture/pcap_file_writer.h"
#include "encap/capture/pcapng_file_writer.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/property.h"
#include "support/sanitizers.h"

namespace encap::test {
namespace {

struct FileName {
  const char* name;
  const char* path;
  std::optional<CaptureFormat> format;
  Compression compression;
};

class CaptureFileName : public ::testing::TestWithParam<FileName> {};

TEST_P(CaptureFileName, says_format_and_compression) {
  EXPECT_EQ(capture_format_of(GetParam().path), GetParam().format);
  EXPECT_EQ(compression_of(GetParam().path), GetParam().compression);
}

INSTANTIATE_TEST_SUITE_P(
    Capture, CaptureFileName,
    ::testing::Values(FileName{"pcap", "a.pcap", CaptureFormat::pcap, Compression::none},
                      FileName{"cap", "dir.gz/a.cap", CaptureFormat::pcap, Compression::none},
                      FileName{"dmp", "a.dmp.zst", CaptureFormat::pcap, Compression::zstd},
                      FileName{"pcapng", "a.pcapng", CaptureFormat::pcapng, Compression::none},
                      FileName{"ntar", "a.ntar.gz", CaptureFormat::pcapng, Compression::gzip},
                      FileName{"capitals", "A.PcapNG.GZ", CaptureFormat::pcapng, Compression::gzip},
                      FileName{"compressed_only", "a.zst", std::nullopt, Compression::zstd},
                      FileName{"compressed_twice", "a.pcapng.gz.zst", std::nullopt, Compression::zstd},
                      FileName{"something_behind", "a.pcapng.old", std::nullopt, Compression::none},
                      FileName{"no_dot", "pcapng", std::nullopt, Compression::none},
                      FileName{"standard_output", "-", std::nullopt, Compression::none},
                      FileName{"nothing", "", std::nullopt, Compression::none}),
    CaseName{});

TEST(CaptureFileWriter, tells_where_the_last_packet_lies) {
  const TemporaryFolder folder;
  for (const char* const name : {"a.pcap", "a.pcapng"}) {
    auto file = open_capture_writer(folder / name, {.snap_length = 6}).value();
    EXPECT_EQ(file->last_packet().length, 0u);
    std::vector<FileRange> places;
    for (const std::string_view text : {"one", "twotwo", "threethree"}) {
      ASSERT_TRUE(file->write({.timestamp = year_2000, .bytes = as_bytes(text)}).has_value());
      places.push_back(file->last_packet());
      ASSERT_TRUE(file->flush().has_value());
      EXPECT_EQ(file->last_packet().offset, places.back().offset) << "where it lies in the file, not in the batch";
    }
    // Without a time: a simple packet block
    ASSERT_TRUE(file->write({.bytes = as_bytes("four"), .has_timestamp = false}).has_value());
    places.push_back(file->last_packet());
    ASSERT_TRUE(file->commit().has_value());
    const std::string octets = read_text(folder / name);
    std::vector<std::string> found;
    for (const FileRange& place : places) found.push_back(octets.substr(place.offset, place.length));
    EXPECT_EQ(found, (std::vector<std::string>{"one", "twotwo", "threet", "four"})) << name;
  }
}

std::string first_octets(const std::string& path) { return read_text(path).substr(0, 4); }

constexpr std::string_view pcap_magic = "\xd4\xc3\xb2\xa1";
constexpr std::string_view nanosecond_magic = "\x4d\x3c\xb2\xa1";
constexpr std::string_view pcapng_magic = "\n\r\r\n";
constexpr std::string_view gzip_magic{"\x1f\x8b\x08\x04", 4};
constexpr std::string_view zstd_magic = "\x28\xb5\x2f\xfd";

// Writes three packets to `path` in whatever way that means.
void write_three(const std::string& path, const CaptureWriterOptions& options = {}) {
  auto file = open_capture_writer(path, options);
  ASSERT_TRUE(file.has_value()) << to_string(file.error());
  for (std::uint32_t i = 0; i < 3; ++i) ASSERT_TRUE((*file)->write(numbered_packet(i, 100).record()).has_value());
  EXPECT_EQ((*file)->packets(), 3u);
  const auto committed = (*file)->commit();
  ASSERT_TRUE(committed.has_value()) << to_string(committed.error());
  const Contents contents = read_capture(path);
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(same_packet(contents.packets[i], numbered_packet(i, 100)));
}

TEST(OpenCaptureWriter, writes_what_the_name_says) {
  const TemporaryFolder folder;
  for (const auto& [name, magic] : {std::pair{"a.pcap", pcap_magic},
                                    {"a", pcap_magic},
                                    {"a.pcapng", pcapng_magic},
                                    {"a.pcap.gz", gzip_magic},
                                    {"a.pcapng.zst", zstd_magic}}) {
    write_three(folder / name);
    EXPECT_EQ(first_octets(folder / name), magic) << name;
  }
}

TEST(OpenCaptureWriter, writes_what_the_options_say_whatever_the_name) {
  const TemporaryFolder folder;
  write_three(folder / "a.pcap", {.format = CaptureFormat::pcapng, .application = "test"});
  EXPECT_EQ(first_octets(folder / "a.pcap"), pcapng_magic);
  EXPECT_NE(read_text(folder / "a.pcap").find("test"), std::string::npos);
  write_three(folder / "a.pcapng.gz",
              {.format = CaptureFormat::pcap, .compression = Compression::none, .nanoseconds = true});
  EXPECT_EQ(first_octets(folder / "a.pcapng.gz"), nanosecond_magic);
  write_three(folder / "b", {.compression = Compression::zstd});
  EXPECT_EQ(first_octets(folder / "b"), zstd_magic);
}

TEST(OpenCaptureWriter, passes_on_why_it_cannot) {
  const TemporaryFolder folder;
  for (const char* const name : {"a.pcap", "a.pcapng", "a.pcap.gz"}) {
    EXPECT_FALSE(open_capture_writer(folder / name, {.snap_length = 0}).has_value());
    EXPECT_EQ(open_capture_writer(folder / "nowhere/" + name).error().code, ENOENT);
  }
  EXPECT_TRUE(folder.names().empty());
}

// ---- compressed files ----

class CompressedCapture : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] std::string path() const { return folder_ / "a." + GetParam(); }
  [[nodiscard]] bool is_pcapng() const { return path().find("pcapng") != std::string::npos; }
  // The same file without compression.
  [[nodiscard]] std::string plain_path() const { return path().substr(0, path().find_last_of('.')); }

  TemporaryFolder folder_;
};

// Packets of octets that cannot be packed: a member of them is as long as what is in it.
std::vector<Packet> random_packets(std::size_t count, std::size_t size) {
  Random random{property_seed()};
  std::vector<Packet> packets(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    packets[i] = numbered_packet(i, size);
    packets[i].octets = random.octets(size);
  }
  return packets;
}

void expect_same(const Contents& contents, const std::vector<Packet>& packets, std::size_t count) {
  EXPECT_EQ(contents.error, "");
  ASSERT_EQ(contents.packets.size(), count);
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(same_packet(contents.packets[i], packets[i])) << i;
}

TEST_P(CompressedCapture, holds_what_the_plain_file_holds_in_less) {
  std::vector<Packet> packets;
  for (std::uint32_t i = 0; i < 5000; ++i) packets.push_back(numbered_packet(i, 700));
  for (const std::string& target : {path(), plain_path()}) {
    auto file = open_capture_writer(target);
    ASSERT_TRUE(file.has_value());
    for (const Packet& packet : packets) ASSERT_TRUE((*file)->write(packet.record()).has_value());
    ASSERT_TRUE((*file)->commit().has_value());
    EXPECT_EQ((*file)->packets(), packets.size());
    EXPECT_GT((*file)->bytes_written(), 5000u * 700u);
    expect_same(read_capture(target), packets, packets.size());
  }
  EXPECT_LT(std::filesystem::file_size(path()) * 2, std::filesystem::file_size(plain_path()));
}

TEST_P(CompressedCapture, is_the_same_each_time) {
  const auto packets = random_packets(2000, 800);
  std::array<std::vector<std::byte>, 2> made;
  for (auto& octets : made) {
    auto file = open_capture_writer(path());
    ASSERT_TRUE(file.has_value());
    for (const Packet& packet : packets) ASSERT_TRUE((*file)->write(packet.record()).has_value());
    ASSERT_TRUE((*file)->commit().has_value());
    octets = read_whole(path());
  }
  EXPECT_TRUE(made[0] == made[1]);
}

TEST_P(CompressedCapture, is_whole_where_it_was_flushed) {
  auto file = open_capture_writer(path());
  ASSERT_TRUE(file.has_value());
  for (std::uint32_t i = 0; i < 5; ++i) {
    ASSERT_TRUE((*file)->write(numbered_packet(i, 50).record()).has_value());
    ASSERT_TRUE((*file)->flush().has_value());
    const Contents contents = read_capture(folder_ / folder_.names().at(0));
    EXPECT_EQ(contents.error, "");
    EXPECT_EQ(contents.packets.size(), i + 1);
  }
}

TEST_P(CompressedCapture, of_no_packets_is_a_capture) {
  auto file = open_capture_writer(path());
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE((*file)->commit().has_value());
  const Contents contents = read_capture(path());
  EXPECT_EQ(contents.error, "");
  EXPECT_TRUE(contents.packets.empty());
}

TEST_P(CompressedCapture, allocates_nothing_per_packet) {
  auto file = open_capture_writer(path());
  ASSERT_TRUE(file.has_value());
  const Packet packet = numbered_packet(1, 1400);
  ASSERT_TRUE((*file)->write(packet.record()).has_value());
  const AllocationCounter allocations;
  bool good = true;
  for (int i = 0; i < 2000; ++i) good &= (*file)->write(packet.record()).has_value();  // three batches
  good &= (*file)->flush().has_value();
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(good);
}

TEST_P(CompressedCapture, of_a_full_disk_ends_with_a_whole_packet) {
  const auto packets = random_packets(4000, 1000);
  // Within the first batch, and within the third.
  for (const rlim_t limit : {rlim_t{500'000}, rlim_t{2'700'000}}) {
    const std::string target = path();
    write_whole(target, as_bytes("old"));
    std::size_t kept = 0;
    const int status = in_child([&]() -> int {
      std::signal(SIGXFSZ, SIG_IGN);
      auto file = open_capture_writer(target);
      const rlimit small{limit, limit};
      if (!file || ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
      Result<void, IoError> written;
      for (std::size_t i = 0; written && i < packets.size(); ++i) written = (*file)->write(packets[i].record());
      if (written || written.error().code != EFBIG || !(*file)->failed()) return 2;
      if (read_text(target) != "old") return 3;
      kept = (*file)->packets();
      if (const auto committed = (*file)->commit(); committed.has_value() != (kept != 0)) return 4;
      return static_cast<int>(100 + kept / 1000);
    });
    if (limit < 1'000'000) {
      EXPECT_EQ(status, 100);
      EXPECT_EQ(read_text(target), "old") << "a capture without a header is not worth an old file";
    } else {
      EXPECT_EQ(status, 102);
      const Contents contents = read_capture(target);
      EXPECT_GT(contents.packets.size(), 2000u);
      expect_same(contents, packets, contents.packets.size());
    }
  }
}

TEST_P(CompressedCapture, is_complete_wherever_the_disk_was_full) {
  const std::string target = path();
  constexpr std::uint32_t count = 3;
  // Writes packets one by one; returns how many are in the file, or that it has none.
  const auto fill_up = [&](rlim_t limit) {
    return in_child([&]() -> int {
      std::signal(SIGXFSZ, SIG_IGN);
      auto file = open_capture_writer(target);
      const rlimit small{limit, limit};
      if (!file || ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 100;
      Result<void, IoError> written;
      for (std::uint32_t i = 0; written && i < count; ++i) {
        written = (*file)->write(numbered_packet(i, 30).record());
        if (written) written = (*file)->flush();
      }
      if (written && (*file)->packets() != count) return 101;
      const bool none = (*file)->bytes_written() == 0;
      return (*file)->commit().has_value() == none ? 102 : none ? 50 : static_cast<int>((*file)->packets());
    });
  };
  ASSERT_EQ(fill_up(1 << 20), static_cast<int>(count));
  const auto whole = static_cast<rlim_t>(std::filesystem::file_size(target));
  int before = 0;
  // Under sanitizers, whose processes take long to part, at every third octet, the last of them included.
  constexpr rlim_t step = under_sanitizers ? 3 : 1;
  for (rlim_t limit = whole % step; limit <= whole; limit += step) {
    std::filesystem::remove(target);
    const int kept = fill_up(limit);
    ASSERT_EQ(std::filesystem::exists(target), kept != 50) << limit;
    if (kept == 50) {
      ASSERT_EQ(before, 0);
      continue;
    }
    const Contents contents = read_capture(target);
    ASSERT_EQ(contents.error, "") << limit;
    ASSERT_EQ(contents.packets.size(), static_cast<std::size_t>(kept)) << limit;
    ASSERT_GE(kept, before);
    before = kept;
  }
  EXPECT_EQ(before, static_cast<int>(count));
}

TEST_P(CompressedCapture, into_a_file_of_the_shell_that_fills_up_ends_with_a_whole_packet) {
  const auto packets = random_packets(6000, 1000);
  for (const Delivery when : {Delivery::streamed, Delivery::committed}) {
    const std::string target = path();
    std::filesystem::remove(target);
    const int status = in_child([&]() -> int {
      std::signal(SIGXFSZ, SIG_IGN);
      const int output = ::open(target.c_str(), O_WRONLY | O_CREAT, 0600);
      ::dup2(output, STDOUT_FILENO);
      auto file = open_capture_writer("-", {.format = is_pcapng() ? CaptureFormat::pcapng : CaptureFormat::pcap,
                                            .compression = compression_of(target),
                                            .when = when});
      if (!file) return 1;
      const rlimit small{4'000'000, 4'000'000};
      if (when == Delivery::streamed && ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 2;
      Result<void, IoError> written;
      for (std::size_t i = 0; written && i < packets.size(); ++i) written = (*file)->write(packets[i].record());
      if (written && when == Delivery::committed) {
        written = (*file)->flush();
        if (!written || ::setrlimit(RLIMIT_FSIZE, &small) != 0) return 3;
        written = (*file)->commit();
      }
      return !written && written.error().code == EFBIG ? 0 : 4;
    });
    EXPECT_EQ(status, 0);
    const Contents contents = read_capture(target);
    EXPECT_GT(contents.packets.size(), 2800u);
    EXPECT_LT(contents.packets.size(), 4000u);
    expect_same(contents, packets, contents.packets.size());
  }
}

TEST_P(CompressedCapture, leaves_through_a_pipe_whole) {
  const auto packets = random_packets(under_sanitizers ? 1000 : 3000, 1000);
  for (const Delivery when : {Delivery::streamed, Delivery::committed}) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      auto file = open_capture_writer("-", {.format = is_pcapng() ? CaptureFormat::pcapng : CaptureFormat::pcap,
                                            .compression = compression_of(path()),
                                            .when = when});
      if (!file) ::_exit(1);
      for (const Packet& packet : packets) {
        if (!(*file)->write(packet.record())) ::_exit(2);
      }
      ::_exit((*file)->commit() ? 0 : 3);
    }
    ::close(pipe[1]);
    expect_same(drain(CaptureFileReader::open_descriptor(pipe[0], "pipe")), packets, packets.size());
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Capture, CompressedCapture,
                         ::testing::Values("pcap.gz", "pcap.zst", "pcapng.gz", "pcapng.zst"), [](const auto& of) {
                           std::string name = of.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(CaptureFileWriter, is_one_type_for_both_formats) {
  const TemporaryFolder folder;
  auto pcap = PcapFileWriter::open(folder / "a.pcap", {});
  auto pcapng = PcapngFileWriter::open(folder / "a.pcapng", {});
  ASSERT_TRUE(pcap.has_value() && pcapng.has_value());
  for (CaptureFileWriter* const file : std::array<CaptureFileWriter*, 2>{&*pcap, &*pcapng}) {
    ASSERT_TRUE(file->write(numbered_packet(1, 10).record()).has_value());
    file->discard();
    EXPECT_FALSE(file->write(numbered_packet(1, 10).record()).has_value());
    EXPECT_TRUE(file->commit().has_value());
  }
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace encap::test

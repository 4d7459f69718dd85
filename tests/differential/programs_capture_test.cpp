// Capture files and capture filters as other programs see them: tcpdump filters, tshark, gzip and zstd read what we
// write.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "capture/files.h"
#include "capture/packets.h"
#include "encap/capture/bpf_filter.h"
#include "encap/capture/open_capture_writer.h"
#include "encap/capture/pcapng_file_writer.h"
#include "tshark_capture.h"

namespace encap::test {
namespace {

bool is_there(const std::string& program) { return !run("command -v " + program).empty(); }

std::string in_quotes(const std::string& text) { return "'" + text + "'"; }

// Writes what `file` holds to `path`; of all packets, or of those a filter lets pass. Returns what a filter says.
std::string copy_capture(const std::string& file, const std::string& path, const char* filter_text = nullptr) {
  auto in = CaptureFileReader::open(file);
  auto out = open_capture_writer(path);
  EXPECT_TRUE(in.has_value() && out.has_value());
  CaptureFilter filter{filter_text == nullptr ? "" : filter_text};
  for (auto record = in->next(); record.has_value() && *record != nullptr; record = in->next()) {
    const auto passes = filter_text == nullptr ? Result<bool, std::string>{true} : filter.matches(**record);
    if (!passes) return passes.error();
    EXPECT_TRUE(!*passes || (*out)->write(**record).has_value());
  }
  EXPECT_TRUE((*out)->commit().has_value());
  return "";
}

class Programs : public ::testing::TestWithParam<std::string> {
 protected:
  // The capture as a pcap file.
  void SetUp() override {
    capture_ = GetParam();
    if (fs::path{capture_}.extension() != ".hex") return;
    const auto packets = read_packet_text(capture_);
    capture_ = folder_ / "packets.pcap";
    auto file = open_capture_writer(capture_);
    ASSERT_TRUE(file.has_value());
    for (const WrittenPacket& packet : packets) {
      // tcpdump takes BSD loopback in the byte order of the file, we in that of the packet.
      if (packet.link_type == LinkType::null && packet.octets[0] == std::byte{0}) continue;
      ASSERT_TRUE((*file)->write(packet.record()).has_value());
    }
    ASSERT_TRUE((*file)->commit().has_value());
  }

  TemporaryFolder folder_;
  std::string capture_;
};

TEST_P(Programs, tcpdump_lets_the_same_packets_pass) {
  if (!is_there("tcpdump")) GTEST_SKIP() << "needs tcpdump";
  for (const char* const filter : {"",
                                   "ip",
                                   "ip6",
                                   "arp",
                                   "tcp",
                                   "udp",
                                   "icmp",
                                   "icmp6",
                                   "port 53",
                                   "tcp port 80",
                                   "host 10.0.0.1",
                                   "src net 192.0.2.0/24",
                                   "tcp[13] & 2 != 0",
                                   "less 100",
                                   "greater 200",
                                   "vlan",
                                   "ether broadcast",
                                   "ip[6:2] & 0x1fff != 0",
                                   "udp and not port 53",
                                   "ip6 proto 58",
                                   "src portrange 1-1023",
                                   "ip multicast",
                                   "tcp[tcpflags] & (tcp-syn | tcp-fin) != 0 and not dst net 10.0.0.0/8"}) {
    const std::string theirs = folder_ / "theirs.pcap";
    const std::string ours = folder_ / "ours.pcap";
    const std::string failed = run("tcpdump -r - -w - " + in_quotes(filter) + " < " + in_quotes(capture_) + " > " +
                                   in_quotes(theirs) + " 2> /dev/null || echo failed");
    const std::string error = copy_capture(capture_, ours, filter);
    EXPECT_EQ(error.empty(), failed.empty()) << filter << ": " << error;
    if (!error.empty() || !failed.empty()) continue;
    const Contents their_packets = read_capture(theirs);
    const Contents our_packets = read_capture(ours);
    ASSERT_EQ(their_packets.error, "");
    ASSERT_EQ(our_packets.packets.size(), their_packets.packets.size()) << filter;
    for (std::size_t i = 0; i < our_packets.packets.size(); ++i) {
      ASSERT_TRUE(same_packet(our_packets.packets[i], their_packets.packets[i])) << filter << ", packet " << i;
    }
  }
}

TEST_P(Programs, tshark_reads_the_same_of_each_format) {
  if (!is_there("tshark")) GTEST_SKIP() << "needs tshark";
  const auto fields = [](const std::string& path) {
    return run(
        "TZ=UTC tshark -n -T fields -e frame.time_epoch -e frame.len -e frame.cap_len -e frame.encap_type "
        "-e _ws.col.Info -r " +
        in_quotes(path));
  };
  const std::string expected = fields(capture_);
  ASSERT_NE(expected, "");
  for (const char* const name : {"a.pcapng", "a.pcap.zst"}) {
    ASSERT_EQ(copy_capture(capture_, folder_ / name), "");
    EXPECT_EQ(fields(folder_ / name), expected) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, Programs, ::testing::ValuesIn(captures()), [](const auto& of) {
  std::string name = fs::path{of.param}.stem();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

TEST(ProgramsWritten, gzip_and_zstd_unpack_many_batches) {
  const TemporaryFolder folder;
  for (const char* const name : {"a.pcapng", "a.pcapng.gz", "a.pcapng.zst"}) {
    auto file = open_capture_writer(folder / name);
    ASSERT_TRUE(file.has_value());
    for (std::uint32_t i = 0; i < 5000; ++i) ASSERT_TRUE((*file)->write(numbered_packet(i, 1000).record()).has_value());
    ASSERT_TRUE((*file)->commit().has_value());
  }
  const auto plain = read_whole(folder / "a.pcapng");
  for (const auto& [program, name] : {std::pair{"gzip", "a.pcapng.gz"}, {"zstd", "a.pcapng.zst"}}) {
    if (!is_there(program)) continue;
    const std::string unpacked = run(std::string{program} + " -dc " + in_quotes(folder / name));
    EXPECT_TRUE(as_text(plain) == unpacked) << program;
  }
  if (!is_there("tshark")) return;
  for (const char* const name : {"a.pcapng", "a.pcapng.gz", "a.pcapng.zst"}) {
    const std::string numbers = run("tshark -n -T fields -e frame.number -r " + in_quotes(folder / name));
    EXPECT_TRUE(numbers.ends_with("\n5000\n")) << name;
  }
}

TEST(ProgramsWritten, tshark_reads_what_only_pcapng_holds) {
  if (!is_there("tshark")) GTEST_SKIP() << "needs tshark";
  const TemporaryFolder folder;
  auto file = PcapngFileWriter::open(folder / "a.pcapng", {.application = "encap", .comment = "of a table"});
  ASSERT_TRUE(file.has_value());
  const auto octets = hex_vector("4500001c000100004011f6ccc0000201c000020213881389 00080000");
  const auto source = hex_vector("c0000201");
  const auto ipv6 = hex_vector("20010db8000000000000000000000001");
  ASSERT_TRUE(file->write_names(std::array{AddressName{source, "alice"}, AddressName{ipv6, "bob"}}).has_value());
  CaptureInterface told;
  told.name = "lo0";
  told.description = "here";
  told.decimals = 3;
  const std::array<std::string_view, 2> comments{"first", "sec\xc3\xb6nd"};
  PacketRecord record{.timestamp = {1'234'567'891'000}, .bytes = octets, .interface = &told, .comments = comments};
  ASSERT_TRUE(file->write(record).has_value());
  ASSERT_TRUE(file->commit().has_value());
  EXPECT_EQ(run("TZ=UTC LC_ALL=C.UTF-8 tshark -o nameres.network_name:TRUE -o nameres.use_external_name_resolver:FALSE "
                "-t e -T fields -e frame.comment -e frame.interface_name -e frame.interface_description "
                "-e frame.time_epoch -e _ws.col.Time -e ip.src_host -r " +
                in_quotes(folder / "a.pcapng")),
            "first,sec\xc3\xb6nd\tlo0\there\t1234.567000000\t1234.567\talice\n");
  if (!is_there("capinfos")) return;
  const std::string about = run("capinfos " + in_quotes(folder / "a.pcapng"));
  EXPECT_NE(about.find("Capture application: encap"), std::string::npos) << about;
  EXPECT_NE(about.find("of a table"), std::string::npos) << about;
}

}  // namespace
}  // namespace encap::test

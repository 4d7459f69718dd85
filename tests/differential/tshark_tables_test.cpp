// Captures of random tables, read by tshark: it has nothing to complain about, and it reads what our views read.
#include <array>
#include <charconv>
#include <cstdio>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/files.h"
#include "encap/capture/pcap_file_writer.h"
#include "encap/flow/crafter.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "support/case_name.h"
#include "support/property.h"

namespace encap::test {
namespace {

/// What a command prints, and how it ended.
struct Printed {
  std::string text;
  int status = -1;
};

Printed run(const std::string& command) {
  Printed printed;
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return printed;
  std::array<char, 65536> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    printed.text.append(part.data(), got);
  }
  printed.status = ::pclose(pipe);
  return printed;
}

bool tshark_is_there() { return run("command -v tshark").status == 0; }

/// tshark, with the checks that are off by default. Root is told of a danger that no file of ours has.
Printed tshark(const std::string& capture, const std::string& arguments) {
  Printed printed =
      run("tshark -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -r '" + capture +
          "' " + arguments);
  static constexpr std::string_view warning = "Running as user \"root\"";
  if (printed.text.starts_with(warning)) printed.text.erase(0, printed.text.find('\n') + 1);
  return printed;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// A row that owns its texts.
struct Row {
  Timestamp at;
  std::string protocol;
  std::string source;
  std::string destination;
  std::string text;
};

struct Table {
  std::vector<Host> hosts;
  std::vector<Row> rows;
  std::size_t http_messages = 0;
  std::size_t datagrams = 0;
};

std::string letters(Random& random, std::size_t count) {
  std::string text(count, ' ');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

/// Mostly short, now and then longer than a window.
std::size_t any_size(Random& random) {
  return 1 + (random.one_in(6) ? random.below(200'000) : random.one_in(3) ? random.below(9000) : random.below(300));
}

/// Draws tables of conversations that are under way at the same time.
class TableMaker {
 public:
  TableMaker(Random& random, bool ipv6, bool loopback) : random_{random}, ipv6_{ipv6}, loopback_{loopback} {}

  Table make() {
    for (std::size_t i = 0; i < 4; ++i) http(add_pair());
    for (std::size_t i = 0; i < 3; ++i) plain(add_pair());
    for (std::size_t i = 0; i < 3; ++i) datagrams(add_pair());
    return std::move(table_);
  }

 private:
  struct Pair {
    std::string client;
    std::string server;
  };

  /// Two applications with addresses of their own.
  Pair add_pair() {
    const std::size_t number = table_.hosts.size() / 2 + 1;
    const Pair pair{"client" + std::to_string(number), "server" + std::to_string(number)};
    const auto address = [&](const char* last) {
      const std::string middle = std::to_string(number);
      if (ipv6_) return loopback_ ? std::string{"::1"} : "2001:db8::" + middle + ":" + last;
      return (loopback_ ? "127.0." : "10.0.") + middle + "." + last;
    };
    table_.hosts.push_back(Host::parse(pair.client + "=" + address("1")).value());
    table_.hosts.push_back(Host::parse(pair.server + "=" + address("2")).value());
    now_ = year_2000 + Duration{static_cast<std::int64_t>(random_.below(200'000'000))};
    return pair;
  }

  void say(const std::string& protocol, const std::string& source, const std::string& destination, std::string text) {
    table_.rows.push_back({now_, protocol, source, destination, std::move(text)});
    if (!random_.one_in(4)) now_ = now_ + Duration{static_cast<std::int64_t>(random_.below(60'000'000))};
  }

  void http(const Pair& pair) {
    for (std::size_t i = 1 + random_.below(6); i > 0; --i) {
      const bool head = random_.one_in(6);
      static constexpr std::array requests{"GET /index.html", "GET /a?b=c HTTP/1.1", "DELETE /x", "OPTIONS * HTTP/1.1",
                                           "GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n"};
      if (head) {
        say("HTTP", pair.client, pair.server, "HEAD /index.html");
      } else if (random_.one_in(3)) {
        say("HTTP", pair.client, pair.server, random_.one_in(2) ? "POST /form" : "PUT /form HTTP/1.1");
        say("HTTP", pair.client, pair.server, "Content-Type: text/plain");
        say("HTTP", pair.client, pair.server, "");
        say("HTTP", pair.client, pair.server, letters(random_, any_size(random_)));
      } else {
        say("HTTP", pair.client, pair.server, requests[random_.below(requests.size())]);
      }
      static constexpr std::array answers{
          "200 OK", "HTTP/1.1 404 Not Found", "HTTP/1.1 204 No Content", "304 Not Modified",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
      if (!head && random_.one_in(2)) {
        say("HTTP", pair.server, pair.client, "HTTP/1.1 200 OK");
        say("HTTP", pair.server, pair.client, "Content-Type: text/plain");
        say("HTTP", pair.server, pair.client, "");
        say("HTTP", pair.server, pair.client, letters(random_, any_size(random_)));
      } else {
        say("HTTP", pair.server, pair.client,
            head ? "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n" : answers[random_.below(answers.size())]);
      }
      table_.http_messages += 2;
    }
  }
  void plain(const Pair& pair) {
    for (std::size_t i = 1 + random_.below(10); i > 0; --i) {
      const bool back = random_.one_in(3);
      say("TCP", back ? pair.server : pair.client, back ? pair.client : pair.server,
          letters(random_, any_size(random_)));
    }
  }
  void datagrams(const Pair& pair) {
    for (std::size_t i = 1 + random_.below(10); i > 0; --i) {
      const bool back = random_.one_in(3);
      const std::size_t size = random_.one_in(2) ? random_.below(65508) : random_.below(2000);
      say("UDP", back ? pair.server : pair.client, back ? pair.client : pair.server, letters(random_, size));
      ++table_.datagrams;
    }
  }

  Random& random_;
  bool ipv6_;
  bool loopback_;
  Timestamp now_{};
  Table table_;
};

/// What tshark is asked for, and what our views answer.
constexpr std::array<std::string_view, 26> field_names{"frame.time_epoch",
                                                       "frame.len",
                                                       "ip.len",
                                                       "ip.id",
                                                       "ip.ttl",
                                                       "ip.src",
                                                       "ip.dst",
                                                       "ip.checksum.status",
                                                       "ipv6.plen",
                                                       "ipv6.src",
                                                       "ipv6.dst",
                                                       "tcp.srcport",
                                                       "tcp.dstport",
                                                       "tcp.len",
                                                       "tcp.seq_raw",
                                                       "tcp.ack_raw",
                                                       "tcp.flags",
                                                       "tcp.window_size_value",
                                                       "tcp.checksum",
                                                       "tcp.checksum.status",
                                                       "tcp.options.mss_val",
                                                       "tcp.options.wscale.shift",
                                                       "tcp.options.timestamp.tsval",
                                                       "tcp.options.timestamp.tsecr",
                                                       "udp.length",
                                                       "udp.checksum.status"};

std::string hex(std::uint16_t value) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%04x", value);
  return text;
}

/// Reads packets with our views, into the texts that tshark prints.
class Reader {
 public:
  using Line = std::map<std::string_view, std::string>;

  Line read(const PacketRecord& record) {
    Line line;
    const Timestamp at = record.timestamp;
    char subsecond[16];
    std::snprintf(subsecond, sizeof subsecond, "%09u", at.subsecond());
    line["frame.time_epoch"] = std::to_string(at.seconds()) + "." + subsecond;
    line["frame.len"] = std::to_string(record.bytes.size());
    read_network(behind_link(record), line);
    return line;
  }

 private:
  static Bytes behind_link(const PacketRecord& record) {
    switch (record.link_type) {
      case LinkType::null:
      case LinkType::loop:
        return NullLoopbackView::parse(record.bytes).value().payload();
      case LinkType::ethernet:
        return EthernetView::parse(record.bytes).value().payload();
      case LinkType::linux_sll:
        return LinuxSllView::parse(record.bytes).value().payload();
      default:
        break;
    }
    return record.bytes;
  }

  void read_network(Bytes packet, Line& line) {
    if (load_u8(packet, 0) >> 4 == 4) {
      const Ipv4View ip = Ipv4View::parse(packet).value();
      line["ip.len"] = std::to_string(ip.total_length());
      line["ip.id"] = hex(ip.identification());
      line["ip.ttl"] = std::to_string(ip.time_to_live());
      line["ip.src"] = to_string(ip.source());
      line["ip.dst"] = to_string(ip.destination());
      line["ip.checksum.status"] = "1";
      read_part(ip.protocol(), ip.fragment_offset(), ip.more_fragments(), ip.payload(), line);
      return;
    }
    const Ipv6View ip = Ipv6View::parse(packet).value();
    line["ipv6.plen"] = std::to_string(ip.payload_length());
    line["ipv6.src"] = to_string(ip.source());
    line["ipv6.dst"] = to_string(ip.destination());
    if (ip.next_header() == Protocol::fragment) {
      const Ipv6FragmentView fragment = Ipv6FragmentView::parse(ip.payload()).value();
      read_part(fragment.next_header(), fragment.fragment_offset(), fragment.more_fragments(), fragment.payload(),
                line);
    } else {
      read_part(ip.next_header(), 0, false, ip.payload(), line);
    }
  }

  /// Fragments follow one another here; the last one shows what they carried.
  void read_part(Protocol protocol, std::size_t offset, bool more, Bytes part, Line& line) {
    if (offset == 0) whole_.clear();
    ASSERT_EQ(whole_.size(), offset) << "a fragment is missing";
    whole_.insert(whole_.end(), part.begin(), part.end());
    if (more) return;
    protocol == Protocol::tcp ? read_tcp(line) : read_udp(line);
  }
  void read_udp(Line& line) const {
    const UdpView udp = UdpView::parse(Bytes{whole_}).value();
    line["udp.length"] = std::to_string(udp.length());
    line["udp.checksum.status"] = "1";
  }
  void read_tcp(Line& line) const {
    const TcpView tcp = TcpView::parse(Bytes{whole_}).value();
    line["tcp.srcport"] = std::to_string(tcp.source_port().value);
    line["tcp.dstport"] = std::to_string(tcp.destination_port().value);
    line["tcp.len"] = std::to_string(tcp.payload().size());
    line["tcp.seq_raw"] = std::to_string(tcp.sequence_number().value);
    line["tcp.ack_raw"] = std::to_string(tcp.acknowledgment_number().value);
    line["tcp.flags"] = hex(tcp.flags().value);
    line["tcp.window_size_value"] = std::to_string(tcp.window());
    line["tcp.checksum"] = hex(tcp.checksum());
    line["tcp.checksum.status"] = "1";
    const TcpOptionsView options = TcpOptionsView::parse(tcp.options()).value();
    for (const TcpOption option : options) {
      switch (option.kind) {
        case TcpOptionKind::maximum_segment_size:
          line["tcp.options.mss_val"] = std::to_string(load_be16(option.value, 0));
          break;
        case TcpOptionKind::window_scale:
          line["tcp.options.wscale.shift"] = std::to_string(load_u8(option.value, 0));
          break;
        case TcpOptionKind::timestamps:
          line["tcp.options.timestamp.tsval"] = std::to_string(load_be32(option.value, 0));
          line["tcp.options.timestamp.tsecr"] = std::to_string(load_be32(option.value, 4));
          break;
        default:
          break;
      }
    }
  }

  std::vector<std::byte> whole_;
};

/// Writes each packet to the file, and keeps what our views read in it.
class ReadingSink final : public PacketSink {
 public:
  explicit ReadingSink(PcapFileWriter& file) : file_{&file} {}
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    lines.push_back(reader_.read(record));
    return file_->write(record);
  }
  [[nodiscard]] Result<void, IoError> flush() override { return file_->flush(); }

  std::vector<Reader::Line> lines;

 private:
  PcapFileWriter* file_;
  Reader reader_;
};

struct CaptureCase {
  const char* name;
  std::optional<LinkType> link_type;
  bool ipv6;
  bool loopback;
  std::uint32_t mtu;
  Duration round_trip;
  Close close;
};

class TsharkReads : public ::testing::TestWithParam<CaptureCase> {
 protected:
  void SetUp() override {
    if (!tshark_is_there()) GTEST_SKIP() << "tshark is not installed";
    const std::uint64_t seed = property_seed();
    std::cout << "ENCAP_TEST_SEED=" << seed << '\n';
    const CaptureCase& made = GetParam();
    Random random{seed};
    table_ = TableMaker{random, made.ipv6, made.loopback}.make();
    CraftOptions options;
    options.addresses.hosts = table_.hosts;
    options.link_type = made.link_type;
    options.mtu = made.mtu;
    options.round_trip = made.round_trip;
    options.close = made.close;
    options.seed = seed;
    auto file = PcapFileWriter::open(capture_, {.nanoseconds = true});
    ASSERT_TRUE(file.has_value()) << to_string(file.error());
    ReadingSink sink{*file};
    Crafter crafter{options, sink};
    for (const Row& row : table_.rows) {
      Message message;
      message.protocol = row.protocol;
      message.source.name = row.source;
      message.destination.name = row.destination;
      message.timestamp = row.at;
      message.payload = as_bytes(row.text);
      const auto pushed = crafter.push(message);
      ASSERT_TRUE(pushed.has_value()) << to_string(pushed.error());
    }
    ASSERT_TRUE(crafter.finish().has_value());
    ASSERT_TRUE(file->commit().has_value());
    lines_ = std::move(sink.lines);
  }

  TemporaryFolder folder_;
  std::string capture_ = folder_ / "capture.pcap";
  Table table_;
  std::vector<Reader::Line> lines_;
};

// One run of tshark for all that is asked of a capture: to start it takes longer than most of what it reads.
TEST_P(TsharkReads, fields_and_messages_as_our_views_do_without_a_complaint) {
  static constexpr std::array<std::string_view, 6> messages{
      "frame.protocols", "http.request.method", "http.response.code", "data.len", "_ws.col.Protocol", "_ws.col.Info"};
  std::string arguments = "-T fields -E separator=/t -E occurrence=l -z expert,warn";
  for (const std::string_view name : field_names) arguments.append(" -e ").append(name);
  for (const std::string_view name : messages) arguments.append(" -e ").append(name);
  const Printed fields = tshark(capture_, arguments);
  ASSERT_EQ(fields.status, 0) << fields.text;
  std::vector<std::string_view> rows = split(fields.text, '\n');
  while (!rows.empty() && rows.back().find_first_not_of(' ') == std::string_view::npos) rows.pop_back();
  // What tshark notes would stand behind the packets.
  ASSERT_EQ(rows.size(), lines_.size()) << rows.back();

  static constexpr std::array complaints{
      "Retransmission", "Out-Of-Order", "Previous segment",    "Malformed",  "unseen",    "Dup ACK",
      "Window Full",    "ZeroWindow",   "Port numbers reused", "Keep-Alive", "incorrect", "BAD"};
  const std::size_t udp_length =
      static_cast<std::size_t>(std::ranges::find(field_names, "udp.length") - field_names.begin());
  std::size_t http_messages = 0;
  std::size_t datagrams = 0;
  for (std::size_t frame = 0; frame < rows.size(); ++frame) {
    SCOPED_TRACE("frame " + std::to_string(frame + 1));
    const std::vector<std::string_view> values = split(rows[frame], '\t');
    ASSERT_EQ(values.size(), field_names.size() + messages.size()) << rows[frame];
    for (std::size_t i = 0; i < field_names.size(); ++i) {
      const auto ours = lines_[frame].find(field_names[i]);
      EXPECT_EQ(ours == lines_[frame].end() ? "" : ours->second, values[i]) << field_names[i];
    }
    const auto* const message = values.data() + field_names.size();
    const std::vector<std::string_view> protocols = split(message[0], ':');
    if (std::ranges::find(protocols, "http") != protocols.end()) {
      ++http_messages;
      EXPECT_NE(message[1].size() + message[2].size(), 0u) << "HTTP that is neither request nor response";
    }
    const std::string_view length = values[udp_length];
    if (length == "8" || (!length.empty() && !message[3].empty())) ++datagrams;
    for (const char* const complaint : complaints) {
      EXPECT_EQ(message[4].find(complaint), std::string_view::npos) << message[4];
      EXPECT_EQ(message[5].find(complaint), std::string_view::npos) << message[5];
    }
    if (HasFailure()) return;
  }
  EXPECT_EQ(http_messages, table_.http_messages);
  EXPECT_EQ(datagrams, table_.datagrams);
}

using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(
    Captures, TsharkReads,
    ::testing::Values(CaptureCase{"auto_loopback", std::nullopt, false, true, 1500, 200us, Close::fin},
                      CaptureCase{"auto_other_addresses", std::nullopt, false, false, 1500, 200us, Close::fin},
                      CaptureCase{"null_ipv4", LinkType::null, false, true, 65535, 20us, Close::fin},
                      CaptureCase{"null_ipv6", LinkType::null, true, true, 1500, 200us, Close::none},
                      CaptureCase{"loop_ipv4", LinkType::loop, false, true, 1500, 200us, Close::none},
                      CaptureCase{"loop_ipv6", LinkType::loop, true, true, 1280, 200us, Close::fin},
                      CaptureCase{"raw_ipv4", LinkType::raw, false, false, 128, 3ms, Close::fin},
                      CaptureCase{"raw_ipv6", LinkType::raw, true, false, 1280, 100ms, Close::fin},
                      CaptureCase{"ethernet_ipv4", LinkType::ethernet, false, false, 576, 30ms, Close::none},
                      CaptureCase{"ethernet_ipv6", LinkType::ethernet, true, false, 9000, 1s, Close::fin},
                      CaptureCase{"linux_sll_ipv4", LinkType::linux_sll, false, false, 1500, 2s, Close::fin},
                      CaptureCase{"linux_sll_ipv6", LinkType::linux_sll, true, false, 1500, 200us, Close::fin}),
    CaseName{});

}  // namespace
}  // namespace encap::test

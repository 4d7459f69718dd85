#include "encap/capture/live_capture.h"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "encap/base/byte_order.h"
#include "encap/capture/network_interface.h"
#include "live/network_namespace.h"

namespace encap::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t headers = 14 + 20 + 8;  // octets of Ethernet, IPv4 and UDP

// A UDP socket of the namespace. Somebody has to listen, or the kernel answers with ICMP.
class UdpSocket {
 public:
  UdpSocket() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    socklen_t length = sizeof address_;
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &length), 0);
  }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket() { ::close(socket_); }

  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }
  bool send(const UdpSocket& to, std::string_view payload) const {
    return ::sendto(socket_, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to.address_),
                    sizeof to.address_) == static_cast<ssize_t>(payload.size());
  }

 private:
  int socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{};
};

std::string payload_of(const PacketRecord& record) {
  if (record.bytes.size() < headers) return "too short";
  return {reinterpret_cast<const char*>(record.bytes.data()) + headers, record.bytes.size() - headers};
}

class LiveCaptureOnLo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
  }

  static LiveCapture open(const LiveCaptureOptions& options) {
    auto capture = LiveCapture::open(options);
    if (!capture) ADD_FAILURE() << to_string(capture.error());
    return std::move(*capture);
  }
  // The next packet, which is due within seconds.
  static const PacketRecord* next(LiveCapture& capture) {
    const auto record = capture.next_within(5s);
    if (!record) ADD_FAILURE() << to_string(record.error());
    return record ? *record : nullptr;
  }
};

TEST_F(LiveCaptureOnLo, sees_what_a_socket_sends_whole_and_in_its_time) {
  LiveCapture capture = open({.interface = "lo"});
  EXPECT_EQ(capture.link_type(), LinkType::ethernet);
  const UdpSocket from;
  const UdpSocket to;
  const auto now = [] { return Timestamp{Duration{std::chrono::system_clock::now().time_since_epoch()}.count()}; };
  const Timestamp before = now();
  const std::string payloads[] = {"", "one", std::string(1400, 'x'), std::string(60'000, 'y')};
  for (const std::string& payload : payloads) ASSERT_TRUE(from.send(to, payload));
  Timestamp last = before;
  for (const std::string& payload : payloads) {
    const PacketRecord* const record = next(capture);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->link_type, LinkType::ethernet);
    EXPECT_EQ(record->original_length, headers + payload.size());
    EXPECT_EQ(payload_of(*record), payload);
    EXPECT_EQ(load_be16(record->bytes, 34), from.port());
    EXPECT_EQ(load_be16(record->bytes, 36), to.port());
    EXPECT_EQ(record->decimals, 9);
    EXPECT_GE(record->timestamp, last);
    EXPECT_LE(record->timestamp, now());
    last = record->timestamp;
    ASSERT_NE(record->interface, nullptr);
    EXPECT_EQ(record->interface->name, "lo");
    EXPECT_EQ(record->interface->link_type, LinkType::ethernet);
    EXPECT_EQ(record->interface->snap_length, 262'144u);
    EXPECT_EQ(record->interface->decimals, 9);
  }
  EXPECT_EQ(capture.counts().received, 4u);
  EXPECT_EQ(capture.counts().dropped, 0u);
}

TEST_F(LiveCaptureOnLo, keeps_as_much_of_a_packet_as_the_snap_length_says) {
  LiveCapture capture = open({.interface = "lo", .snap_length = 60});
  const UdpSocket from;
  const UdpSocket to;
  ASSERT_TRUE(from.send(to, std::string(1000, 'x')));
  const PacketRecord* const record = next(capture);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->bytes.size(), 60u);
  EXPECT_EQ(record->original_length, headers + 1000);
  EXPECT_EQ(record->interface->snap_length, 60u);
}

TEST_F(LiveCaptureOnLo, gives_and_counts_only_what_passes_the_filter) {
  const UdpSocket from;
  const UdpSocket wanted;
  const UdpSocket other;
  LiveCapture capture = open({.interface = "lo", .filter = "udp dst port " + std::to_string(wanted.port())});
  ASSERT_TRUE(from.send(other, "no"));
  ASSERT_TRUE(from.send(wanted, "yes"));
  ASSERT_TRUE(from.send(other, "no"));
  ASSERT_TRUE(from.send(wanted, "again"));
  for (const char* payload : {"yes", "again"}) {
    const PacketRecord* const record = next(capture);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(payload_of(*record), payload);
  }
  EXPECT_EQ(*capture.next_within(50ms), nullptr);
  EXPECT_EQ(capture.counts().received, 2u);
}

TEST_F(LiveCaptureOnLo, refuses_a_filter_in_libpcaps_words) {
  const auto capture = LiveCapture::open({.interface = "lo", .filter = "tpc port 1"});
  ASSERT_FALSE(capture);
  EXPECT_EQ(to_string(capture.error()), "filter lo: \"tpc port 1\": can't parse filter expression: syntax error");
}

TEST_F(LiveCaptureOnLo, refuses_an_interface_that_is_not_there) {
  const auto missing = LiveCapture::open({.interface = "nosuch0"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(to_string(missing.error()), "open nosuch0: no such interface");
  EXPECT_EQ(missing.error().code, ENODEV);
}

TEST_F(LiveCaptureOnLo, waits_no_longer_than_it_may) {
  LiveCapture capture = open({.interface = "lo"});
  auto start = Clock::now();
  EXPECT_EQ(*capture.next_within(0ms), nullptr);
  EXPECT_EQ(*capture.next_within(-1ms), nullptr);
  EXPECT_LT(Clock::now() - start, 2s);
  start = Clock::now();
  EXPECT_EQ(*capture.next_within(60ms), nullptr);
  EXPECT_GE(Clock::now() - start, 60ms);
  EXPECT_LT(Clock::now() - start, 2s);
  EXPECT_FALSE(capture.stopped());
}

TEST_F(LiveCaptureOnLo, stops_while_nothing_comes) {
  LiveCapture capture = open({.interface = "lo"});
  Clock::time_point stopped;
  std::thread stopper{[&] {
    std::this_thread::sleep_for(50ms);  // most likely it waits by then; the test holds either way
    stopped = Clock::now();
    capture.stop();
  }};
  const auto record = capture.next();
  const auto ended = Clock::now();
  stopper.join();
  ASSERT_TRUE(record);
  EXPECT_EQ(*record, nullptr);
  EXPECT_LT(ended - stopped, 2s);
  EXPECT_EQ(*capture.next(), nullptr);
  EXPECT_EQ(*capture.next_within(1h), nullptr);
  EXPECT_TRUE(capture.stopped());
}

TEST_F(LiveCaptureOnLo, stops_while_packets_come) {
  LiveCapture capture = open({.interface = "lo"});
  std::atomic<bool> over = false;
  std::thread sender{[&] {
    const UdpSocket from;
    const UdpSocket to;
    for (int i = 0; i < 1'000'000 && !over; ++i) static_cast<void>(from.send(to, "x"));
    over = true;
  }};
  for (int i = 0; i < 1000; ++i) ASSERT_NE(next(capture), nullptr);
  const auto stopped = Clock::now();
  std::thread stopper{[&] { capture.stop(); }};
  while (const PacketRecord* const record = *capture.next()) ASSERT_EQ(record->bytes.size(), headers + 1);
  EXPECT_LT(Clock::now() - stopped, 2s);
  EXPECT_FALSE(over.exchange(true)) << "the sender was done before the stop";
  stopper.join();
  sender.join();
}

LiveCapture* stopped_by_signal = nullptr;

TEST_F(LiveCaptureOnLo, stops_where_a_signal_handler_says_so) {
  LiveCapture capture = open({.interface = "lo"});
  stopped_by_signal = &capture;
  struct sigaction action {};
  action.sa_handler = [](int) { stopped_by_signal->stop(); };
  action.sa_flags = SA_RESTART;  // the wait must end also where the system would go on with it
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
  const auto start = Clock::now();
  ::ualarm(50'000, 0);
  EXPECT_EQ(*capture.next(), nullptr);
  EXPECT_LT(Clock::now() - start, 2s);
  sigaction(SIGALRM, &before, nullptr);
}

TEST_F(LiveCaptureOnLo, loses_nothing_of_a_burst_and_counts_it_right) {
  constexpr std::uint32_t packets = 50'000;
  LiveCapture capture = open({.interface = "lo", .buffer_octets = 64u << 20});
  const UdpSocket from;
  const UdpSocket to;
  // Nobody reads meanwhile: the buffer holds them all.
  for (std::uint32_t i = 0; i < packets; ++i) {
    ASSERT_TRUE(from.send(to, {reinterpret_cast<const char*>(&i), sizeof i}));
  }
  Timestamp last{};
  for (std::uint32_t i = 0; i < packets; ++i) {
    const PacketRecord* const record = next(capture);
    ASSERT_NE(record, nullptr) << "after " << i;
    ASSERT_EQ(payload_of(*record), std::string(reinterpret_cast<const char*>(&i), sizeof i)) << i;
    ASSERT_GE(record->timestamp, last) << i;
    last = record->timestamp;
  }
  EXPECT_EQ(*capture.next_within(50ms), nullptr);
  EXPECT_EQ(capture.counts().received, packets);
  EXPECT_EQ(capture.counts().dropped, 0u);
}

TEST_F(LiveCaptureOnLo, counts_what_a_full_buffer_drops) {
  constexpr std::uint64_t packets = 20'000;
  LiveCapture capture = open({.interface = "lo", .buffer_octets = 1u << 20});
  const UdpSocket from;
  const UdpSocket to;
  const std::string payload(1000, 'x');
  for (std::uint64_t i = 0; i < packets; ++i) ASSERT_TRUE(from.send(to, payload));
  std::uint64_t seen = 0;
  while (*capture.next_within(50ms) != nullptr) ++seen;
  const LiveCaptureCounts counts = capture.counts();
  EXPECT_EQ(counts.received, packets);
  EXPECT_GT(counts.dropped, 0u);
  EXPECT_EQ(seen + counts.dropped, packets);
}

TEST_F(LiveCaptureOnLo, goes_on_when_it_is_moved) {
  LiveCapture first = open({.interface = "lo"});
  LiveCapture capture = std::move(first);
  const UdpSocket from;
  const UdpSocket to;
  ASSERT_TRUE(from.send(to, "hello"));
  const PacketRecord* const record = next(capture);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(payload_of(*record), "hello");
  EXPECT_EQ(record->interface->name, "lo");
}

TEST_F(LiveCaptureOnLo, finds_lo_and_its_addresses) {
  const auto lo = find_network_interface("lo");
  ASSERT_TRUE(lo) << to_string(lo.error());
  EXPECT_TRUE(lo->is_up);
  EXPECT_TRUE(lo->has_loopback_flag);
  EXPECT_TRUE(lo->is_loopback());
  EXPECT_EQ(lo->addresses.at(0), "127.0.0.1");
}

}  // namespace
}  // namespace encap::test

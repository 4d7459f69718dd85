#include "live/socket_sender.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <thread>

#include "encap/flow/crafter.h"
#include "live/tcp_carrier.h"
#include "live/udp_carrier.h"
#include "lo_tap.h"
#include "network_namespace.h"
#include "support/property.h"

namespace encap::test {
namespace {

using namespace std::chrono_literals;

const NetworkInterface lo{"lo", "", {"127.0.0.1", "::1"}, true, true};

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), Port{port}}; }

struct Row {
  Endpoint source;
  Endpoint destination;
  std::string text;
  Transport transport = Transport::tcp;
  const char* faults = "";
};

/// Packets of a plan, one by one.
class Plan {
 public:
  explicit Plan(PacketSink& sink) : sink_{&sink} {}

  Result<void, IoError> tcp(const Endpoint& source, const Endpoint& destination, const char* flags,
                            std::uint32_t sequence_number, std::string_view payload = {},
                            SequenceNumber acknowledgment_number = {}) {
    Segment segment{.timestamp = year_2000, .route = {source, destination}, .payload = as_bytes(payload)};
    segment.flags = *TcpFlags::parse(flags);
    segment.sequence_number = {sequence_number};
    segment.acknowledgment_number = acknowledgment_number;
    segment.window = 8192;
    return encapsulator_.send(segment, *sink_);
  }
  Result<void, IoError> udp(const Endpoint& source, const Endpoint& destination, std::string_view payload) {
    return encapsulator_.send({.timestamp = year_2000,
                               .route = {source, destination},
                               .transport = Transport::udp,
                               .payload = as_bytes(payload)},
                              *sink_);
  }
  /// A SYN, and the SYN-ACK that tells the server's first number: 1001 and 2001 come next.
  void open(const Endpoint& source, const Endpoint& destination) {
    expect(tcp(source, destination, "S", 1000));
    expect(tcp(destination, source, "SA", 2000));
  }
  static void expect(const Result<void, IoError>& done) { EXPECT_TRUE(done) << (done ? "" : to_string(done.error())); }

 private:
  PacketSink* sink_;
  Encapsulator encapsulator_{{.link_type = LinkType::raw}};
};

/// Puts packets on the wire as they are, beside the sockets they say they come from.
class Forger final : public PacketSink {
 public:
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    const auto ip = Ipv4View::parse(record.bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(ip->destination().value);
    const int raw = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    const auto sent =
        ::sendto(raw, record.bytes.data(), record.bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    EXPECT_EQ(sent, static_cast<ssize_t>(record.bytes.size())) << std::strerror(errno);
    ::close(raw);
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }
};

class SocketSender : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
    tap_ = std::make_unique<LoTap>();
    auto sender = open_socket_sender(lo);
    ASSERT_TRUE(sender) << to_string(sender.error());
    sender_ = std::move(*sender);
  }

  void craft(CraftOptions options, const std::vector<Row>& rows) {
    options.link_type = sender_->link_type();
    options.payload = CraftOptions::Payload::verbatim;
    Crafter crafter{std::move(options), *sender_};
    for (const Row& row : rows) {
      Message message;
      message.file = "table.csv";
      message.protocol = row.transport == Transport::tcp ? "TCP" : "UDP";
      message.source = {{}, row.source.address, row.source.port};
      message.destination = {{}, row.destination.address, row.destination.port};
      message.payload = as_bytes(row.text);
      message.faults = *Faults::parse(row.faults);
      const auto pushed = crafter.push(message);
      ASSERT_TRUE(pushed) << to_string(pushed.error());
    }
    const auto finished = crafter.finish();
    ASSERT_TRUE(finished) << to_string(finished.error());
  }
  void finish() {
    const auto finished = sender_->finish();
    ASSERT_TRUE(finished) << to_string(finished.error());
  }

  std::unique_ptr<LoTap> tap_;
  std::unique_ptr<LiveSender> sender_;
};

std::vector<std::string> payloads(const std::vector<PassedPacket>& packets, const Route& route) {
  std::vector<std::string> texts;
  for (const PassedPacket& packet : packets) {
    if (packet.route == route && !packet.payload.empty()) texts.push_back(packet.payload);
  }
  return texts;
}

std::size_t count(const std::vector<PassedPacket>& packets, const Route& route, TcpFlags flags) {
  return static_cast<std::size_t>(std::count_if(packets.begin(), packets.end(), [&](const PassedPacket& packet) {
    return packet.route == route && packet.protocol == Protocol::tcp && packet.flags.has(flags);
  }));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

using Texts = std::vector<std::string>;

TEST_F(SocketSender, speaks_the_conversations_of_a_table_through_the_kernel) {
  const Endpoint browser = at("127.0.0.1", 5074);
  const Endpoint web = at("127.0.0.1", 12345);
  const Endpoint other = at("127.0.0.2", 5074);
  const Endpoint client6 = at("::1", 40001);
  const Endpoint server6 = at("::1", 40002);
  const Endpoint asks = at("127.0.0.3", 5353);
  const Endpoint answers = at("127.0.0.4", 53053);
  const Endpoint asks6 = at("::1", 5353);
  const Endpoint answers6 = at("::1", 53053);
  const std::string large(30'000, 'x');
  craft({}, {{browser, web, "GET / HTTP/1.1\r\n\r\n"},
             {other, web, "one"},
             {web, browser, "HTTP/1.1 200 OK\r\n\r\n"},
             {client6, server6, "six"},
             {asks, answers, "?", Transport::udp},
             {answers, asks, "!", Transport::udp},
             {asks6, answers6, "??", Transport::udp},
             {web, other, "two"},
             {server6, client6, large},
             {browser, web, "GET /blog HTTP/1.1\r\n\r\n"},
             {asks, answers, "", Transport::udp}});
  finish();
  const auto packets = tap_->packets();

  EXPECT_EQ(payloads(packets, {browser, web}), (Texts{"GET / HTTP/1.1\r\n\r\n", "GET /blog HTTP/1.1\r\n\r\n"}));
  EXPECT_EQ(payloads(packets, {web, browser}), (Texts{"HTTP/1.1 200 OK\r\n\r\n"}));
  EXPECT_EQ(payloads(packets, {other, web}), Texts{"one"});
  EXPECT_EQ(payloads(packets, {web, other}), Texts{"two"});
  EXPECT_EQ(payloads(packets, {client6, server6}), Texts{"six"});
  EXPECT_EQ(joined(payloads(packets, {server6, client6})), large);
  for (const Route& route : {Route{browser, web}, Route{other, web}, Route{client6, server6}}) {
    const std::string name = to_string(route.source) + " -> " + to_string(route.destination);
    EXPECT_EQ(count(packets, route, TcpFlags::syn), 1u) << name;
    EXPECT_EQ(count(packets, route.reversed(), TcpFlags::syn | TcpFlags::ack), 1u) << name;
    EXPECT_EQ(count(packets, route, TcpFlags::fin), 1u) << name;
    EXPECT_EQ(count(packets, route.reversed(), TcpFlags::fin), 1u) << name;
    EXPECT_EQ(count(packets, route, TcpFlags::rst) + count(packets, route.reversed(), TcpFlags::rst), 0u) << name;
    EXPECT_EQ(count(packets, route, TcpFlags::psh), payloads(packets, route).size()) << name;
  }
  EXPECT_EQ(payloads(packets, {asks, answers}), Texts{"?"});
  EXPECT_EQ(payloads(packets, {answers, asks}), Texts{"!"});
  EXPECT_EQ(payloads(packets, {asks6, answers6}), Texts{"??"});
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(),
                          [](const PassedPacket& packet) { return packet.protocol == Protocol::udp; }),
            4);
  EXPECT_EQ(sender_->counts().to_other_programs, 0u);
  EXPECT_GT(sender_->counts().passed_over, 0u);  // handshakes and acknowledgements
}

TEST_F(SocketSender, sends_a_whole_message_as_one_segment_where_the_plan_does) {
  CraftOptions options;
  options.mtu = 65535;
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  // The kernel makes no segment of more than half the other side's window, which is 65536 octets at first.
  const std::string message(30'000, 'x');
  const std::string datagram(60'000, 'y');
  craft(options, {{client, server, message}, {client, server, datagram, Transport::udp}});
  finish();
  const auto passed = payloads(tap_->packets(), {client, server});
  EXPECT_TRUE(passed == (Texts{message, datagram}) || passed == (Texts{datagram, message})) << passed.size();
}

TEST_F(SocketSender, takes_every_bare_segment_for_a_message_and_closes_at_the_end) {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  craft(options,
        {{client, server, "one"}, {client, server, "two"}, {server, client, "three"}, {client, server, "two"}});
  finish();
  const auto packets = tap_->packets();
  const Route route{client, server};
  EXPECT_EQ(payloads(packets, route), (Texts{"one", "two", "two"}));
  EXPECT_EQ(payloads(packets, route.reversed()), Texts{"three"});
  EXPECT_EQ(count(packets, route, TcpFlags::syn), 1u);
  EXPECT_EQ(count(packets, route, TcpFlags::fin), 1u);
  EXPECT_EQ(count(packets, route.reversed(), TcpFlags::fin), 1u);
  EXPECT_EQ(sender_->counts().packets, 4u);
  EXPECT_EQ(sender_->counts().passed_over, 0u);
}

TEST_F(SocketSender, writes_no_octet_twice_and_none_before_those_in_front_of_it) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "S", 1000));           // repeated
  plan.expect(plan.tcp(client, server, "A", 1001));           // the kernel's business
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));   //
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));   // repeated
  plan.expect(plan.tcp(client, server, "PA", 1002, "bcde"));  // two octets are new
  plan.expect(plan.tcp(client, server, "PA", 1008, "hi"));    // ahead
  plan.expect(plan.tcp(client, server, "PA", 1008, "h"));     // ahead, known
  plan.expect(plan.tcp(client, server, "FA", 1010, "j"));     // ahead, the last
  EXPECT_EQ(count(tap_->packets(), {client, server}, TcpFlags::fin), 0u);
  plan.expect(plan.tcp(client, server, "PA", 1006, "fgh"));  // fills the gap and goes beyond
  plan.expect(plan.tcp(client, server, "FA", 1010, "j"));    // repeated
  plan.expect(plan.tcp(server, client, "PA", 2001, "ok"));
  plan.expect(plan.tcp(server, client, "FA", 2003));
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));  // repeated after the end
  plan.expect(plan.tcp(server, client, "FA", 2003));
  EXPECT_EQ(sender_->counts().packets, 9u);
  EXPECT_EQ(sender_->counts().passed_over, 7u);
  finish();
}

TEST_F(SocketSender, hears_what_it_wrote_in_order) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "PA", 1004, "def"));
  plan.expect(plan.tcp(client, server, "PA", 1001, "abcd"));
  plan.expect(plan.tcp(server, client, "PA", 2001, "ok"));
  finish();
  const auto packets = tap_->packets();
  EXPECT_EQ(joined(payloads(packets, {client, server})), "abcdef");
  EXPECT_EQ(joined(payloads(packets, {server, client})), "ok");
}

TEST_F(SocketSender, says_which_octets_a_plan_leaves_out) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));
  plan.expect(plan.tcp(client, server, "PA", 1009, "hi"));
  const auto finished = sender_->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(to_string(finished.error()),
            "send 127.0.0.1:5074 -> 127.0.0.1:12345: 5 octets after the first 3 are not in the plan, so that what "
            "follows cannot be sent");
}

TEST_F(SocketSender, resets_as_the_plan_does_and_opens_again) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));
  plan.expect(plan.tcp(server, client, "RA", 2001));
  plan.expect(plan.tcp(server, client, "RA", 2001));  // nobody is there any more
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));
  plan.expect(plan.tcp(client, server, "R", 1004));
  finish();
  const auto packets = tap_->packets();
  EXPECT_EQ(payloads(packets, {client, server}), (Texts{"abc", "abc"}));
  EXPECT_EQ(count(packets, {client, server}, TcpFlags::syn), 2u);
  EXPECT_EQ(count(packets, {server, client}, TcpFlags::rst), 1u);
  EXPECT_EQ(count(packets, {client, server}, TcpFlags::rst), 1u);
  EXPECT_EQ(count(packets, {client, server}, TcpFlags::fin), 0u);
}

// Whoever closes first is in TIME-WAIT afterwards: that of the server takes a SYN, that of the client gives way.
TEST_F(SocketSender, uses_the_ports_of_a_closed_connection_again) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  for (const bool client_first : {false, true, true}) {
    plan.open(client, server);
    plan.expect(plan.tcp(client, server, "PA", 1001, "ping"));
    plan.expect(plan.tcp(server, client, "PA", 2001, "pong"));
    if (client_first) plan.expect(plan.tcp(client, server, "FA", 1005));
    plan.expect(plan.tcp(server, client, "FA", 2005));
    if (!client_first) plan.expect(plan.tcp(client, server, "FA", 1005));
  }
  finish();
  const auto packets = tap_->packets();
  EXPECT_EQ(payloads(packets, {client, server}), (Texts{"ping", "ping", "ping"}));
  EXPECT_EQ(payloads(packets, {server, client}), (Texts{"pong", "pong", "pong"}));
  EXPECT_EQ(count(packets, {client, server}, TcpFlags::fin), 3u);
  EXPECT_EQ(count(packets, {server, client}, TcpFlags::fin), 3u);
  EXPECT_EQ(count(packets, {server, client}, TcpFlags::rst) + count(packets, {client, server}, TcpFlags::rst), 0u);
}

TEST_F(SocketSender, says_why_the_ports_of_a_closed_connection_are_still_taken) {
  std::ofstream{"/proc/sys/net/ipv4/tcp_timestamps"} << 0;
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "FA", 1001));
  plan.expect(plan.tcp(server, client, "FA", 2001));
  const auto sent = plan.tcp(client, server, "S", 1000);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EADDRNOTAVAIL);
  EXPECT_NE(to_string(sent.error()).find("127.0.0.1:5074 -> 127.0.0.1:12345"), std::string::npos);
  EXPECT_NE(to_string(sent.error()).find("TIME-WAIT"), std::string::npos);
}

TEST_F(SocketSender, lets_a_port_that_listens_connect_and_listen_again) {
  const Endpoint a = at("127.0.0.1", 6001);
  const Endpoint b = at("127.0.0.1", 6002);
  const Endpoint c = at("127.0.0.1", 6003);
  Plan plan{*sender_};
  plan.open(a, b);
  plan.open(b, c);
  plan.open(c, a);
  plan.open(at("127.0.0.9", 6001), b);
  plan.expect(plan.tcp(a, b, "PA", 1001, "ab"));
  plan.expect(plan.tcp(b, c, "PA", 1001, "bc"));
  plan.expect(plan.tcp(c, a, "PA", 1001, "ca"));
  plan.expect(plan.tcp(b, a, "PA", 2001, "ba"));
  finish();
  const auto packets = tap_->packets();
  for (const auto& [route, text] : {std::pair{Route{a, b}, "ab"}, {Route{b, c}, "bc"}, {Route{c, a}, "ca"}}) {
    EXPECT_EQ(payloads(packets, route), Texts{text});
  }
  EXPECT_EQ(payloads(packets, {b, a}), Texts{"ba"});
}

TEST_F(SocketSender, puts_fragments_together) {
  const Endpoint source = at("127.0.0.1", 5074);
  const Endpoint destination = at("127.0.0.1", 12345);
  const Endpoint source6 = at("::1", 5074);
  const Endpoint destination6 = at("::1", 12345);
  const std::string text(5000, 'f');
  craft({}, {{source, destination, text, Transport::udp}, {source6, destination6, text, Transport::udp}});
  EXPECT_EQ(payloads(tap_->packets(), {source, destination}), Texts{text});
  EXPECT_EQ(sender_->counts().packets, 8u);
  finish();
}

// What befalls packets in the plan does not befall those of the kernel, but every message arrives, once and in order.
TEST_F(SocketSender, carries_out_plans_with_faults) {
  std::uint16_t port = 5000;
  std::vector<Route> routes;
  for (const char* faults : {"lost", "lost-before", "duplicate", "reorder", "retransmit", "overlap", "bad-checksum",
                             "bad-ip-checksum", "rst", "zero-window", "fragment:64", "delay:5", "lost+duplicate"}) {
    const Endpoint client = at("127.0.0.1", ++port);
    const Endpoint server = at("127.0.0.1", 12345);
    routes.push_back({client, server});
    const std::string large(4000, 'l');
    craft({}, {{client, server, "one"},
               {client, server, "two", Transport::tcp, faults},
               {client, server, large, Transport::tcp, faults},
               {server, client, "answer", Transport::tcp, faults},
               {client, server, "three"}});
  }
  finish();
  const auto packets = tap_->packets();
  for (const Route& route : routes) {
    const std::string name = to_string(route.source);
    EXPECT_EQ(joined(payloads(packets, route)), "onetwo" + std::string(4000, 'l') + "three") << name;
    EXPECT_EQ(joined(payloads(packets, route.reversed())), "answer") << name;
  }
}

/// A listening socket of the test itself.
class Listener {
 public:
  Listener(int type, std::uint16_t port) : socket_{::socket(AF_INET, type | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket_, 8), 0);
    }
    const timeval limit{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(socket_); }

  [[nodiscard]] int descriptor() const { return socket_; }
  [[nodiscard]] int accept() const {
    const int accepted = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    EXPECT_GE(accepted, 0) << std::strerror(errno);
    const timeval limit{10, 0};
    ::setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return accepted;
  }
  /// What one call of `recv` gives.
  static std::string receive(int from) {
    std::string text(1 << 16, '\0');
    const auto length = ::recv(from, text.data(), text.size(), 0);
    EXPECT_GE(length, 0) << std::strerror(errno);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
  }

 private:
  int socket_;
};

TEST_F(SocketSender, an_accept_loop_of_another_program_hears_each_message) {
  const Endpoint server = at("127.0.0.1", 8080);
  const Listener listener{SOCK_STREAM, 8080};
  Texts heard(3);
  std::thread loop{[&] {
    for (std::string& text : heard) {
      const int accepted = listener.accept();
      for (std::string part; !(part = Listener::receive(accepted)).empty(); text += part) {
        ::send(accepted, "thanks", 6, MSG_NOSIGNAL);
      }
      ::close(accepted);
    }
  }};
  std::vector<Row> rows;
  for (std::uint16_t i = 0; i < 3; ++i) {
    const Endpoint client = at("127.0.0.1", static_cast<std::uint16_t>(5000 + i));
    rows.push_back({client, server, std::string(3000, static_cast<char>('a' + i))});
    rows.push_back({server, client, "not heard"});
    rows.push_back({client, server, "bye"});
  }
  craft({}, rows);
  finish();
  loop.join();
  for (std::size_t i = 0; i < 3; ++i) {
    std::string said(3000, static_cast<char>('a' + i));
    said += "bye";
    EXPECT_EQ(heard[i], said);
  }
  EXPECT_EQ(sender_->counts().to_other_programs, 3u);
  const auto packets = tap_->packets();
  EXPECT_EQ(joined(payloads(packets, {server, at("127.0.0.1", 5000)})).find("not heard"), std::string::npos);
  EXPECT_EQ(count(packets, {at("127.0.0.1", 5000), server}, TcpFlags::rst), 0u);
  EXPECT_EQ(count(packets, {at("127.0.0.1", 5000), server}, TcpFlags::fin), 1u);
}

TEST_F(SocketSender, connects_again_where_another_program_closes_after_each_message) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 8080);
  const Listener listener{SOCK_STREAM, 8080};
  Plan plan{*sender_};
  for (const char* text : {"one", "two", "three"}) {
    plan.expect(plan.tcp(client, server, "PA", 0, text));
    const int accepted = listener.accept();
    EXPECT_EQ(Listener::receive(accepted), text);
    ::close(accepted);
  }
  finish();
  EXPECT_EQ(sender_->counts().to_other_programs, 3u);
}

TEST_F(SocketSender, reports_another_program_that_does_not_read) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 8080);
  const Listener listener{SOCK_STREAM, 8080};
  const std::string text(60'000, 'x');
  Plan plan{*sender_};
  Result<void, IoError> sent{};
  for (int i = 0; i < 1000 && sent; ++i) sent = plan.tcp(client, server, "PA", 0, text);
  ASSERT_FALSE(sent);
  EXPECT_NE(to_string(sent.error()).find("127.0.0.1:5074 -> 127.0.0.1:8080"), std::string::npos);
  EXPECT_NE(to_string(sent.error()).find("does not read"), std::string::npos);
  const auto before = std::chrono::steady_clock::now();
  static_cast<void>(sender_->finish());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST_F(SocketSender, a_udp_socket_of_another_program_hears_each_datagram) {
  const Endpoint source = at("127.0.0.1", 5074);
  const Endpoint destination = at("127.0.0.1", 9053);
  const Listener listener{SOCK_DGRAM, 9053};
  craft({}, {{source, destination, "one", Transport::udp},
             {destination, source, "not heard", Transport::udp},
             {source, destination, "two", Transport::udp}});
  finish();
  EXPECT_EQ(Listener::receive(listener.descriptor()), "one");
  EXPECT_EQ(Listener::receive(listener.descriptor()), "two");
  EXPECT_EQ(sender_->counts().to_other_programs, 1u);
  EXPECT_EQ(sender_->counts().packets, 2u);
  EXPECT_EQ(sender_->counts().passed_over, 1u);
  EXPECT_EQ(payloads(tap_->packets(), {destination, source}), Texts{});
}

TEST_F(SocketSender, drops_strangers_that_come_to_its_ports) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  craft({}, {{client, server, "mine", Transport::udp}});
  const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port.value);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const int stranger : {tcp, udp}) {
    ASSERT_EQ(::connect(stranger, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_EQ(::send(udp, "stranger", 8, MSG_NOSIGNAL), 8);
  plan.open(at("127.0.0.2", 5074), server);
  craft({}, {{client, server, "mine as well", Transport::udp}});
  EXPECT_EQ(Listener::receive(tcp), "");
  finish();
  ::close(tcp);
  ::close(udp);
}

TEST_F(SocketSender, reports_a_datagram_that_arrives_changed) {
  const Endpoint source = at("127.0.0.1", 5074);
  const Endpoint destination = at("127.0.0.1", 12345);
  craft({}, {{source, destination, "mine", Transport::udp}});
  Forger forger;
  Plan{forger}.expect(Plan{forger}.udp(source, destination, "fake"));
  const auto sent = Plan{*sender_}.udp(source, destination, "mine");
  ASSERT_FALSE(sent);
  EXPECT_EQ(to_string(sent.error()),
            "receive 127.0.0.1:5074 -> 127.0.0.1:12345: a datagram of 4 octets did not arrive as it was sent");
}

TEST_F(SocketSender, reports_octets_that_arrive_changed) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  plan.expect(plan.tcp(client, server, "PA", 1001, "abc"));
  // A segment that nobody sent, with the numbers that the server waits for next.
  const auto passed = tap_->packets();
  const auto last = std::find_if(passed.begin(), passed.end(), [](const auto& one) { return one.payload == "abc"; });
  ASSERT_NE(last, passed.end());
  Forger forger;
  Plan forged{forger};
  plan.expect(forged.tcp(client, server, "PA", last->sequence_number.value + 3, "XYZ", last->acknowledgment_number));
  const auto sent = plan.tcp(client, server, "PA", 1004, "dXf");
  ASSERT_FALSE(sent);
  EXPECT_EQ(to_string(sent.error()),
            "receive 127.0.0.1:5074 -> 127.0.0.1:12345: octet 3 did not arrive as it was sent");
}

TEST_F(SocketSender, reports_octets_that_do_not_arrive) {
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  Plan plan{*sender_};
  plan.open(client, server);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::ioctl(any, SIOCSIFFLAGS, &request), 0);  // down
  const auto before = std::chrono::steady_clock::now();
  const auto sent = plan.tcp(client, server, "PA", 1001, "abc");
  ASSERT_FALSE(sent);
  EXPECT_EQ(to_string(sent.error()), "send 127.0.0.1:5074 -> 127.0.0.1:12345: only 0 of 3 octets arrived within 3 s");
  EXPECT_FALSE(sender_->finish());
  EXPECT_LT(std::chrono::steady_clock::now() - before, 6s);
  ::close(any);
}

TEST_F(SocketSender, refuses_addresses_that_the_interface_has_not) {
  Plan plan{*sender_};
  const auto sent = plan.tcp(at("127.0.0.1", 5074), at("192.168.1.10", 80), "S", 0);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EADDRNOTAVAIL);
  EXPECT_EQ(to_string(sent.error()),
            "send on lo: 192.168.1.10 is not an address of lo, which has 127.0.0.1, ::1: real sockets need both ends "
            "on this machine. Take addresses of 127.0.0.0/8, which are all local, or add it: ip address add "
            "192.168.1.10/32 dev lo");
}

TEST_F(SocketSender, refuses_what_no_socket_can_do) {
  Plan plan{*sender_};
  const Endpoint one = at("127.0.0.1", 5074);
  EXPECT_FALSE(plan.tcp(one, one, "PA", 0, "to myself"));
  EXPECT_FALSE(plan.tcp(at("127.0.0.1", 0), one, "PA", 0, "from nowhere"));
  EXPECT_FALSE(sender_->write(PacketRecord{.link_type = LinkType::ethernet}));
  NetworkInterface down = lo;
  down.is_up = false;
  const auto sender = open_socket_sender(down);
  ASSERT_FALSE(sender);
  EXPECT_EQ(sender.error().code, ENETDOWN);
}

TEST_F(SocketSender, refuses_a_source_that_another_program_uses) {
  const Listener tcp{SOCK_STREAM, 5074};
  const Listener udp{SOCK_DGRAM, 5074};
  Plan plan{*sender_};
  const auto sent = plan.tcp(at("127.0.0.1", 5074), at("127.0.0.1", 80), "S", 0);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EADDRINUSE);
  EXPECT_EQ(to_string(sent.error()),
            "bind 127.0.0.1:5074: another program uses port 5074: end it, or use another port");
}

TEST_F(SocketSender, names_the_port_and_the_privilege_it_lacks) {
  Result<void, IoError> sent{};
  std::thread unprivileged{[&] {  // capabilities are a thread's own
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, 2> none{};
    ASSERT_EQ(::syscall(SYS_capset, &header, none.data()), 0);
    sent = Plan{*sender_}.tcp(at("127.0.0.1", 5074), at("127.0.0.1", 80), "S", 0);
  }};
  unprivileged.join();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EACCES);
  EXPECT_NE(to_string(sent.error()).find("port 80 needs the privilege CAP_NET_BIND_SERVICE"), std::string::npos)
      << to_string(sent.error());
}

/// Hands the TCP segments of a plan to a carrier with limits of its own.
class CarrierSink final : public PacketSink {
 public:
  explicit CarrierSink(live::TcpCarrier::Limits limits) : carrier{limits} {}
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    const auto ip = Ipv4View::parse(record.bytes);
    const auto tcp = TcpView::parse(ip->payload());
    const Route route{{ip->source(), tcp->source_port()}, {ip->destination(), tcp->destination_port()}};
    const auto carried = carrier.carry(route, *tcp);
    if (!carried) return unexpected(carried.error());
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  live::TcpCarrier carrier;
};

TEST_F(SocketSender, closes_the_idlest_connection_when_there_are_too_many_and_opens_it_again) {
  CarrierSink sink{{.connections = 3, .listeners = 2}};
  Plan plan{sink};
  constexpr std::uint16_t connections = 8;
  const auto client = [](std::uint16_t i) { return at("127.0.0.1", static_cast<std::uint16_t>(5000 + i)); };
  const auto server = [](std::uint16_t i) { return at("127.0.0.1", static_cast<std::uint16_t>(6000 + i % 4)); };
  for (std::uint16_t i = 0; i < connections; ++i) plan.open(client(i), server(i));
  for (std::uint16_t i = 0; i < connections; ++i) {
    plan.expect(plan.tcp(client(i), server(i), "PA", 1001, "abc"));
    plan.expect(plan.tcp(client(i), server(i), "FA", 1004));
  }
  for (std::uint16_t i = 0; i < connections; ++i) {
    plan.expect(plan.tcp(client(i), server(i), "PA", 1001, "abc"));  // repeated
    plan.expect(plan.tcp(server(i), client(i), "PA", 2001, "ok"));
    plan.expect(plan.tcp(server(i), client(i), "FA", 2003));
  }
  plan.expect(sink.carrier.finish(live::Deadline{1s}));
  const auto packets = tap_->packets();
  for (std::uint16_t i = 0; i < connections; ++i) {
    EXPECT_EQ(payloads(packets, {client(i), server(i)}), Texts{"abc"});
    EXPECT_EQ(payloads(packets, {server(i), client(i)}), Texts{"ok"});
  }
}

TEST_F(SocketSender, holds_no_more_behind_a_gap_than_it_may) {
  CarrierSink sink{{}};
  Plan plan{sink};
  const Endpoint client = at("127.0.0.1", 5074);
  const Endpoint server = at("127.0.0.1", 12345);
  plan.open(client, server);
  const std::string piece(1400, 'x');
  const std::size_t fit = live::TcpCarrier::most_held_octets / piece.size();
  for (std::size_t i = 0; i < fit; ++i) {
    plan.expect(plan.tcp(client, server, "PA", static_cast<std::uint32_t>(2001 + i * piece.size()), piece));
  }
  const auto refused = plan.tcp(client, server, "PA", static_cast<std::uint32_t>(2001 + fit * piece.size()), piece);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("too much waits"), std::string::npos) << refused.error().reason;
}

TEST_F(SocketSender, keeps_no_more_udp_sockets_open_than_it_may) {
  constexpr std::size_t most = 4;
  live::UdpCarrier carrier{most};
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
  };
  const auto before = open_files();
  for (std::uint16_t port = 5000; port < 5020; ++port) {
    const auto carried = carrier.carry({at("127.0.0.1", port), at("127.0.0.1", 6000)}, as_bytes("ping"));
    ASSERT_TRUE(carried) << to_string(carried.error());
    EXPECT_TRUE(*carried);
    EXPECT_LE(open_files() - before, static_cast<std::ptrdiff_t>(most));
  }
}

TEST_F(SocketSender, carries_many_connections_at_once) {
  constexpr std::uint16_t connections = 3000;
  std::vector<Row> rows;
  const Endpoint server = at("127.0.0.1", 6000);
  const auto client = [](std::uint16_t i) { return at("127.0.0.1", static_cast<std::uint16_t>(10'000 + i)); };
  for (int round = 0; round < 2; ++round) {
    for (std::uint16_t i = 0; i < connections; ++i) rows.push_back({client(i), server, std::to_string(i)});
  }
  craft({}, rows);
  finish();
  const auto packets = tap_->packets();
  std::map<Route, std::string> heard;
  for (const PassedPacket& packet : packets) heard[packet.route] += packet.payload;
  for (std::uint16_t i = 0; i < connections; ++i) {
    ASSERT_EQ((heard[Route{client(i), server}]), std::to_string(i) + std::to_string(i));
  }
}

using SocketSenderProperty = SocketSender;

// Whatever a plan holds, something is said about each packet of it within bounded time.
TEST_F(SocketSenderProperty, any_packets_end_in_a_result) {
  check_property(20, [](Random& random) {
    auto sender = open_socket_sender(lo);
    ASSERT_TRUE(sender);
    Plan plan{**sender};
    std::uint64_t packets = 0;
    for (int i = 0; i < 200; ++i) {
      static constexpr std::array letters{"A", "PA", "PA", "PA", "PA", "FA", "SA", "R"};
      const char* const flags = random.one_in(100) ? "S" : letters[random.below(letters.size())];
      const Endpoint one = at("127.0.0.1", static_cast<std::uint16_t>(7000 + random.below(2)));
      const Endpoint other = at("127.0.0.1", static_cast<std::uint16_t>(7002 + random.below(2)));
      const bool back = random.one_in(2);
      const std::string text(random.below(4), 'x');
      const auto sent =
          plan.tcp(back ? other : one, back ? one : other, flags, static_cast<std::uint32_t>(random.below(12)), text);
      if (sent) ++packets;
      std::vector<std::byte> broken = random.octets(random.below(60));
      if (!broken.empty()) broken[0] = random.one_in(2) ? std::byte{0x45} : std::byte{0x60};
      if (sender.value()->write(PacketRecord{.link_type = LinkType::raw, .bytes = broken})) ++packets;
    }
    const auto counts = sender.value()->counts();
    EXPECT_EQ(counts.packets + counts.passed_over, packets);
    static_cast<void>(sender.value()->finish());
  });
}

}  // namespace
}  // namespace encap::test

#endif  // __linux__

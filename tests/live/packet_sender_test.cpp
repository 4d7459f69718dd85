#include "encap/live/live_sender.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "encap/live/privileges.h"
#include "live/live_packets.h"
#include "live/network_namespace.h"
#include "live/packet_tap.h"
#include "support/allocation_counter.h"

namespace encap {
namespace {

using namespace test;

const NetworkInterface lo{"lo", {}, {"127.0.0.1", "::1"}, true, true};
constexpr std::string_view loopback_addresses[] = {"127.0.0.1", "::1"};

constexpr std::uint8_t syn = 0x02, rst = 0x04, ack = 0x10;  // RFC 9293 §3.1

class PacketSender : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
  }

  static std::unique_ptr<LiveSender> open(Via via, const NetworkInterface& interface = lo) {
    auto sender = open_live_sender(interface, via);
    if (!sender) {
      ADD_FAILURE() << to_string(sender.error());
      return nullptr;
    }
    return *std::move(sender);
  }
};
using IpSender = PacketSender;
using WireSender = PacketSender;

std::string hex_of(Bytes octets) {
  std::string text;
  for (const std::byte octet : octets) {
    for (const unsigned shift : {4u, 0u}) text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> shift & 15u];
  }
  return text;
}

std::string text_of(const Result<void, IoError>& result) { return result ? "done" : to_string(result.error()); }

sockaddr_storage socket_address(const Endpoint& endpoint, socklen_t& length) {
  sockaddr_storage storage{};
  if (endpoint.address.is_ipv4()) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port.value);
    address.sin_addr.s_addr = htonl(endpoint.address.ipv4().value);
    length = sizeof address;
  } else {
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port.value);
    const Ipv6Address octets = endpoint.address.ipv6();
    std::memcpy(&address.sin6_addr, octets.octets.data(), octets.octets.size());
    length = sizeof address;
  }
  return storage;
}

// A socket of the kernel's that is bound to the endpoint, and listens when its kind does.
FileDescriptor listener(const Endpoint& endpoint, int kind) {
  FileDescriptor socket{::socket(endpoint.address.is_ipv4() ? AF_INET : AF_INET6, kind | SOCK_CLOEXEC, 0)};
  socklen_t length = 0;
  const sockaddr_storage address = socket_address(endpoint, length);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
  if (kind == SOCK_STREAM) {
    EXPECT_EQ(::listen(socket.get(), 8), 0);
  }
  return socket;
}

Octets heard_by(const FileDescriptor& socket) {
  pollfd readable{socket.get(), POLLIN, 0};
  if (::poll(&readable, 1, 2000) != 1) return {};
  Octets payload(70'000);
  const ssize_t got = ::recv(socket.get(), payload.data(), payload.size(), 0);
  payload.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return payload;
}

// The TCP segment behind the IP header of the packet, which has no options or extension headers.
Bytes transport_of(const Octets& packet) {
  if (packet.empty()) return {};
  const std::size_t header = std::to_integer<unsigned>(packet[0]) >> 4 == 4 ? 20 : 40;
  return packet.size() < header ? Bytes{} : Bytes{packet}.subspan(header);
}

// What the kernel answers to the SYN, after the SYN itself: the flags of the segment.
unsigned flags_of_answer_to(PacketTap& tap, const Octets& sent, const Route& route) {
  EXPECT_EQ(tap.next_packet(), sent);
  const Octets answer = tap.next_packet();
  const auto segment = TcpView::parse(transport_of(answer));
  if (!segment) {
    ADD_FAILURE() << "no segment in answer, " << answer.size() << " octets";
    return 0;
  }
  EXPECT_EQ(segment->source_port(), route.destination.port);
  EXPECT_EQ(segment->destination_port(), route.source.port);
  EXPECT_EQ(segment->acknowledgment_number(), SequenceNumber{1001});
  return load_field<TcpField::flags>(transport_of(answer)) & 0x3fu;
}

TEST_F(IpSender, a_listening_socket_hears_every_payload_octet_for_octet) {
  for (const std::string_view address : loopback_addresses) {
    SCOPED_TRACE(address);
    const Route route = route_on(address, 40'000, 5'000);
    const FileDescriptor socket = listener(route.destination, SOCK_DGRAM);
    const auto sender = open(Via::ip);
    ASSERT_TRUE(sender);
    unsigned seed = 0;
    for (const std::size_t size : {1u, 2u, 3u, 512u, 1472u, 1473u, 9000u, 65'000u}) {
      const Octets payload = pattern(size, ++seed);
      const Octets packet = udp_packet(route, payload);
      ASSERT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
      ASSERT_EQ(text_of(sender->flush()), "done");
      EXPECT_EQ(heard_by(socket), payload) << size;
    }
    EXPECT_EQ(sender->counts().packets, 8u);
    EXPECT_EQ(text_of(sender->finish()), "done");
  }
}

TEST_F(IpSender, the_longest_packets_of_both_families_are_heard) {
  for (const std::string_view address : loopback_addresses) {
    const Route route = route_on(address, 40'000, 5'000);
    const FileDescriptor socket = listener(route.destination, SOCK_DGRAM);
    const auto sender = open(Via::ip);
    ASSERT_TRUE(sender);
    // 65535 octets less both headers; of IPv6, 65536 octets, lo's MTU, less both headers.
    const Octets payload = pattern(address == "::1" ? 65'488 : 65'507, 3);
    ASSERT_EQ(text_of(sender->write(record_of(udp_packet(route, payload), LinkType::raw))), "done");
    ASSERT_EQ(text_of(sender->flush()), "done");
    EXPECT_EQ(heard_by(socket), payload);
  }
}

TEST_F(IpSender, families_may_alternate_and_packets_keep_their_order) {
  PacketTap tap{"lo"};
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const FileDescriptor ipv4 = listener(route_on("127.0.0.1", 1, 5'000).destination, SOCK_DGRAM);
  const FileDescriptor ipv6 = listener(route_on("::1", 1, 5'000).destination, SOCK_DGRAM);
  std::vector<Octets> sent;
  for (unsigned i = 0; i < 300; ++i) {
    const Route route = route_on(loopback_addresses[i % 7 < 3 ? 0 : 1], 40'000, 5'000);
    sent.push_back(udp_packet(route, pattern(1 + i % 50, i)));
    ASSERT_EQ(text_of(sender->write(record_of(sent.back(), LinkType::raw))), "done");
  }
  ASSERT_EQ(text_of(sender->finish()), "done");
  for (const Octets& packet : sent) ASSERT_EQ(tap.next_packet(), packet);
}

TEST_F(IpSender, a_syn_draws_a_syn_ack_from_a_port_that_listens_and_a_reset_from_one_that_does_not) {
  for (const std::string_view address : loopback_addresses) {
    SCOPED_TRACE(address);
    const Route open_route = route_on(address, 40'000, 5'000);
    const Route closed_route = route_on(address, 40'001, 5'001);
    const FileDescriptor socket = listener(open_route.destination, SOCK_STREAM);
    const auto sender = open(Via::ip);
    ASSERT_TRUE(sender);
    for (const Route& route : {open_route, closed_route}) {
      PacketTap tap{"lo"};
      const Octets packet = syn_packet(route);
      ASSERT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
      ASSERT_EQ(text_of(sender->flush()), "done");
      EXPECT_EQ(flags_of_answer_to(tap, packet, route), route == open_route ? syn | ack : rst | ack);
    }
  }
}

TEST_F(IpSender, a_datagram_to_a_closed_port_draws_port_unreachable) {
  PacketTap tap{"lo"};
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const Octets packet = udp_packet(route_on("127.0.0.1", 40'000, 5'000), as_bytes("anybody?"));
  ASSERT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
  ASSERT_EQ(text_of(sender->flush()), "done");
  EXPECT_EQ(tap.next_packet(), packet);
  const Octets answer = tap.next_packet();
  const auto header = Ipv4View::parse(answer);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->protocol(), Protocol::icmp);
  EXPECT_EQ(octets_of(header->payload().first(2)), (Octets{std::byte{3}, std::byte{3}}));  // RFC 792
}

TEST_F(IpSender, fragments_are_sent_as_they_are_and_put_together_by_the_kernel) {
  PacketTap tap{"lo"};
  const Route route = route_on("127.0.0.1", 40'000, 5'000);
  const FileDescriptor socket = listener(route.destination, SOCK_DGRAM);
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const Octets payload = pattern(2000, 1);
  const Octets whole = udp_packet(route, payload);
  const Bytes datagram = Bytes{whole}.subspan(20);
  std::vector<Octets> sent;
  for (std::size_t from = 0; from < datagram.size(); from += 800) {
    PacketBuffer buffer;
    buffer.append(datagram.subspan(from, std::min<std::size_t>(800, datagram.size() - from)));
    Ipv4Header header;
    header.source = header.destination = route.source.address.ipv4();
    header.protocol = Protocol::udp;
    header.identification = 77;
    header.more_fragments = from + 800 < datagram.size();
    header.fragment_offset = static_cast<std::uint16_t>(from / 8);
    ASSERT_TRUE(prepend(buffer, header));
    sent.push_back(octets_of(buffer.bytes()));
    ASSERT_EQ(text_of(sender->write(record_of(sent.back(), LinkType::raw))), "done");
  }
  ASSERT_EQ(text_of(sender->flush()), "done");
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_EQ(heard_by(socket), payload);
  for (const Octets& packet : sent) EXPECT_EQ(tap.next_packet(), packet);
}

// What raw(7) says the kernel writes itself, and that it writes nothing else.
TEST_F(IpSender, the_kernel_writes_length_and_checksum_and_an_identification_or_source_of_zero) {
  PacketTap tap{"lo"};
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const Octets right = udp_packet(route_on("127.0.0.1", 40'000, 5'000), as_bytes("octets"), 0x1234);
  const auto send = [&](const Octets& packet) {
    EXPECT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
    EXPECT_EQ(text_of(sender->flush()), "done");
    const Octets seen = tap.next_packet();
    static_cast<void>(tap.next_packet());  // the kernel's answer
    return seen;
  };
  EXPECT_EQ(send(right), right);
  Octets wrong = right;
  wrong[3] = std::byte{99};                 // total length
  wrong[10] = wrong[11] = std::byte{0xaa};  // checksum
  EXPECT_EQ(send(wrong), right);
  wrong = right;
  std::fill_n(wrong.begin() + 12, 4, std::byte{});  // source
  EXPECT_EQ(send(wrong), right);
  wrong = right;
  wrong[4] = wrong[5] = std::byte{};  // identification
  const Octets seen = send(wrong);
  ASSERT_EQ(seen.size(), right.size());
  EXPECT_NE(load_be16(seen, 4), 0);
  wrong = right;
  wrong[8] = std::byte{1};                   // time to live
  wrong[right.size() - 1] = std::byte{'?'};  // the datagram, whose own checksum is wrong then
  PacketTap other{"lo"};
  EXPECT_EQ(text_of(sender->write(record_of(wrong, LinkType::raw))), "done");
  EXPECT_EQ(text_of(sender->flush()), "done");
  const Octets unmended = other.next_packet();
  ASSERT_EQ(unmended.size(), wrong.size());
  EXPECT_TRUE(std::equal(unmended.begin(), unmended.begin() + 10, wrong.begin()));
  EXPECT_TRUE(std::equal(unmended.begin() + 12, unmended.end(), wrong.begin() + 12));
}

TEST_F(IpSender, packets_whose_answers_could_leave_pass_lo_unheard) {
  PacketTap tap{"lo"};
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const FileDescriptor ipv4 = listener({Ipv4Address{}, Port{5'000}}, SOCK_DGRAM);
  const FileDescriptor ipv6 = listener({Ipv6Address{}, Port{5'001}}, SOCK_DGRAM);
  std::uint64_t unheard = 0;
  const auto send_and_see = [&](const Octets& packet) {
    ASSERT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
    ASSERT_EQ(text_of(sender->flush()), "done");
    EXPECT_EQ(tap.next_packet(), packet);
  };
  struct Ends {
    const char* source;
    const char* destination;
  };
  for (const auto& [source, destination] :
       {Ends{"10.0.0.1", "10.0.0.2"}, Ends{"203.0.113.9", "224.0.0.251"}, Ends{"0.0.0.0", "255.255.255.255"},
        Ends{"2001:db8::1", "2001:db8::2"}, Ends{"2001:db8::1", "::1"}, Ends{"::1", "2001:db8::1"},
        Ends{"fe80::1", "ff02::fb"}}) {
    SCOPED_TRACE(destination);
    Route route = route_on(source, 40'000, 5'000);
    route.destination.address = IpAddress::parse(destination).value();
    if (!route.source.address.is_ipv4()) route.destination.port = Port{5'001};
    send_and_see(udp_packet(route, as_bytes("hello")));
    send_and_see(syn_packet(route));
    unheard += 2;
    EXPECT_EQ(sender->counts().unheard, unheard);
  }
  // The next things seen and heard are these, so nothing was answered.
  for (const Route& route : {route_on("127.0.0.1", 1, 5'000), route_on("::1", 1, 5'001)}) {
    send_and_see(udp_packet(route, as_bytes("last")));
    const Octets heard = heard_by(route.destination.address.is_ipv4() ? ipv4 : ipv6);
    EXPECT_EQ(as_text(heard), "last");
  }
  EXPECT_EQ(sender->counts().unheard, unheard);
  EXPECT_EQ(sender->counts().packets, unheard + 2);
}

TEST_F(IpSender, refuses_what_it_cannot_send_and_says_why) {
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const Route route = route_on("127.0.0.1", 40'000, 5'000);
  const Octets good = udp_packet(route, as_bytes("x"));
  const auto refusal = [&](const Octets& packet, LinkType link_type = LinkType::raw) {
    return text_of(sender->write(record_of(packet, link_type)));
  };
  EXPECT_EQ(refusal(good, LinkType::ethernet), "send lo: raw IP sockets take packets without a link header");
  EXPECT_EQ(refusal({}), "send lo: raw IP sockets take IPv4 and IPv6 packets; the version field of this one says 0");
  EXPECT_EQ(refusal(Octets(40, std::byte{0x51})),
            "send lo: raw IP sockets take IPv4 and IPv6 packets; the version field of this one says 5");
  EXPECT_EQ(refusal(Octets(good.begin(), good.begin() + 19)),
            "send lo: a packet of 19 octets ends within its IPv4 header");
  EXPECT_EQ(refusal(Octets(40, std::byte{0x4f})), "send lo: a packet of 40 octets ends within its IPv4 header");
  EXPECT_EQ(refusal(Octets(39, std::byte{0x60})), "send lo: a packet of 39 octets ends within its IPv6 header");
  PacketRecord cut = record_of(good, LinkType::raw);
  cut.original_length = 1500;
  EXPECT_EQ(text_of(sender->write(cut)), "send lo: the packet was cut to 29 of 1500 octets when it was captured");
  EXPECT_EQ(refusal(Octets(65'537, std::byte{0x60})),
            "send lo: a packet of 65537 octets is longer than the 65536 the interface carries (its MTU)");
  EXPECT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, 0u);
}

TEST_F(WireSender, the_kernel_does_not_answer_and_a_capture_sees_each_frame_once) {
  for (const std::string_view address : loopback_addresses) {
    SCOPED_TRACE(address);
    const Route open_route = route_on(address, 40'000, 5'000);
    const Route closed_route = route_on(address, 40'001, 5'001);
    const FileDescriptor tcp = listener(open_route.destination, SOCK_STREAM);
    const FileDescriptor udp = listener(open_route.destination, SOCK_DGRAM);
    PacketTap tap{"lo"};
    const auto wire = open(Via::wire);
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->link_type(), LinkType::ethernet);
    std::vector<Octets> sent;
    for (const Route& route : {open_route, closed_route}) {
      sent.push_back(frame_of(syn_packet(route), route));
      sent.push_back(frame_of(udp_packet(route, as_bytes("anybody?")), route));
    }
    for (const Octets& frame : sent) ASSERT_EQ(text_of(wire->write(record_of(frame, LinkType::ethernet))), "done");
    ASSERT_EQ(text_of(wire->finish()), "done");
    // One that is answered: what the kernel had to say to the others would have come before it.
    const auto ip = open(Via::ip);
    ASSERT_TRUE(ip);
    const Octets last = syn_packet(closed_route);
    ASSERT_EQ(text_of(ip->write(record_of(last, LinkType::raw))), "done");
    ASSERT_EQ(text_of(ip->flush()), "done");
    for (const Octets& frame : sent) EXPECT_EQ(tap.next(), frame);
    EXPECT_EQ(flags_of_answer_to(tap, last, closed_route), rst | ack);
    Octets nothing(8);
    EXPECT_EQ(::recv(udp.get(), nothing.data(), nothing.size(), MSG_DONTWAIT), -1);
    EXPECT_EQ(wire->counts().packets, sent.size());
  }
}

TEST_F(WireSender, refuses_what_it_cannot_send_and_says_why) {
  const auto sender = open(Via::wire);
  ASSERT_TRUE(sender);
  const Route route = route_on("::1", 40'000, 5'000);
  const Octets packet = udp_packet(route, as_bytes("x"));
  EXPECT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "send lo: packets need an Ethernet header here");
  EXPECT_EQ(text_of(sender->write(record_of(Octets(13), LinkType::ethernet))),
            "send lo: a frame of 13 octets ends within its Ethernet header");
  EXPECT_EQ(text_of(sender->write(record_of(Octets(65'551), LinkType::ethernet))),
            "send lo: a frame of 65551 octets is longer than the 65550 the interface carries (its MTU and the Ethernet "
            "header)");
  Octets frame = frame_of(packet, route);
  PacketRecord cut = record_of(frame, LinkType::ethernet);
  cut.original_length = 1500;
  EXPECT_EQ(text_of(sender->write(cut)), "send lo: the packet was cut to 63 of 1500 octets when it was captured");
  // Frames for lo's own address, of which Linux takes in all but those from 127.0.0.0/8.
  for (const char* address : {"::1", "10.0.0.1", "127.0.0.1"}) {
    const Route own = route_on(address, 40'000, 5'000);
    frame = frame_of(udp_packet(own, as_bytes("x")), own);
    std::fill_n(frame.begin(), 6, std::byte{});
    EXPECT_EQ(text_of(sender->write(record_of(frame, LinkType::ethernet))),
              own.source.address == IpAddress{Ipv4Address{0x7f000001}}
                  ? "done"
                  : "send lo: the system's stack would take this packet in and answer it; give the frame another "
                    "destination than 00:00:00:00:00:00, the interface's own");
  }
  EXPECT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, 1u);
}

TEST_F(WireSender, the_longest_frames_pass) {
  PacketTap tap{"lo"};
  const auto sender = open(Via::wire);
  ASSERT_TRUE(sender);
  Octets frame = pattern(65'550, 5);
  std::fill_n(frame.begin(), 12, std::byte{2});
  frame[12] = std::byte{0x08};
  frame[13] = std::byte{0x00};
  for (int i = 0; i < 5; ++i) ASSERT_EQ(text_of(sender->write(record_of(frame, LinkType::ethernet))), "done");
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().octets, 5 * frame.size());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(tap.next(), frame);
}

struct Way {
  const char* name;
  Via via;
};
class EveryWay : public PacketSender, public testing::WithParamInterface<Way> {};
INSTANTIATE_TEST_SUITE_P(Via, EveryWay, testing::Values(Way{"ip", Via::ip}, Way{"wire", Via::wire}),
                         [](const auto& way) { return std::string{way.param.name}; });

// A packet that draws no answer, as this way takes it.
Octets silent_packet(Via via) {
  const Route route = route_on("127.0.0.1", 40'000, 5'000);
  const Octets packet = udp_packet(route, pattern(60, 1));
  return via == Via::wire ? frame_of(packet, route) : packet;
}

TEST_P(EveryWay, a_hundred_thousand_packets_are_counted_by_the_interface) {
  constexpr std::uint64_t count = 100'000;
  // Hears what `ip` sends, so that the kernel does not answer; it may lose what it does not read.
  const FileDescriptor socket = listener(route_on("127.0.0.1", 1, 5'000).destination, SOCK_DGRAM);
  const auto sender = open(GetParam().via);
  ASSERT_TRUE(sender);
  const Octets packet = silent_packet(GetParam().via);
  const PacketRecord record = record_of(packet, sender->link_type());
  const std::uint64_t before = packets_received("lo");
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(text_of(sender->write(record)), "done");
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, count);
  EXPECT_EQ(sender->counts().octets, count * packet.size());
  EXPECT_EQ(sender->counts().passed_over, 0u);
  EXPECT_EQ(packets_received("lo") - before, count);
}

TEST_P(EveryWay, an_interface_that_carries_more_than_a_batch_holds_does_not_overfill_it) {
  if (std::system("ip link set lo mtu 1000000 2>/dev/null") != 0) GTEST_SKIP() << "lo keeps its MTU, or no iproute2";
  const auto sender = open(GetParam().via);
  ASSERT_TRUE(sender);
  Octets packet = silent_packet(GetParam().via);
  packet.resize(300'000);
  EXPECT_NE(text_of(sender->write(record_of(packet, sender->link_type()))).find("of 300000 octets is longer than the"),
            std::string::npos);
  EXPECT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, 0u);
}

TEST_P(EveryWay, allocates_nothing_for_a_packet) {
  const auto sender = open(GetParam().via);
  ASSERT_TRUE(sender);
  const Octets packet = silent_packet(GetParam().via);
  const PacketRecord record = record_of(packet, sender->link_type());
  bool is_well = true;
  const AllocationCounter allocations;
  for (int i = 0; i < 1000; ++i) is_well = is_well && sender->write(record).has_value();
  is_well = is_well && sender->flush().has_value();
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(is_well);
}

TEST_P(EveryWay, an_interface_that_is_missing_or_down_is_named) {
  const auto refusal = [&](const char* name) {
    const auto sender = open_live_sender(NetworkInterface{name, {}, {}, true, true}, GetParam().via);
    return sender ? "opened" : to_string(sender.error());
  };
  EXPECT_EQ(refusal("nosuch0"), "open nosuch0: there is no such interface");
  EXPECT_EQ(refusal("a_name_that_is_too_long"),
            "open a_name_that_is_too_long: an interface's name has 1 to 15 characters");
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);  // where lo is down
  EXPECT_EQ(refusal("lo"), "open lo: the interface is down; ip link set lo up");
}

// Runs `work` in a process of its own, whose privileges it may drop; its exit code.
template <class Work>
int in_a_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) std::_Exit(work());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_P(EveryWay, without_the_privilege_the_error_names_it) {
  const int code = in_a_child([&] {
    if (!drop_privileges({})) return 2;
    const auto sender = open_live_sender(lo, GetParam().via);
    if (sender) return 3;
    if (sender.error().code != EPERM) return 4;
    return to_string(sender.error()) == "open lo: Operation not permitted (needs CAP_NET_RAW)" ? 0 : 5;
  });
  EXPECT_EQ(code, 0);
}

TEST_P(EveryWay, a_sender_opened_before_privileges_were_dropped_still_sends) {
  PacketTap tap{"lo"};
  const Octets packet = silent_packet(GetParam().via);
  const int code = in_a_child([&] {
    const auto sender = open_live_sender(lo, GetParam().via);
    if (!sender) return 2;
    if (!drop_privileges({})) return 3;
    if (!(*sender)->write(record_of(packet, (*sender)->link_type()))) return 4;
    return (*sender)->finish() ? 0 : 5;
  });
  EXPECT_EQ(code, 0);
  const auto frame = tap.next();
  ASSERT_TRUE(frame);
  EXPECT_TRUE(std::equal(packet.rbegin(), packet.rend(), frame->rbegin()));
}

// A pair of Ethernet interfaces, one at each end of a wire, of which the first has a queue where asked.
bool make_wire(const std::string& queue = {}) {
  const std::string commands =
      "{ ip link add va type veth peer name vb && ip link set va up && ip link set vb up && "
      "sysctl -qw net.ipv6.conf.va.disable_ipv6=1 net.ipv6.conf.vb.disable_ipv6=1 && "
      "ip addr add 10.1.0.1/24 dev va && ip neigh add 10.1.0.2 lladdr 02:00:0a:01:00:02 dev va nud permanent" +
      (queue.empty() ? queue : " && tc qdisc add dev va root " + queue) + "; } 2>/dev/null";
  return std::system(commands.c_str()) == 0;  // NOLINT(cert-env33-c): a test's own words
}
const NetworkInterface va{"va", {}, {"10.1.0.1"}, true, false};

Octets packet_for_the_wire(Via via, std::size_t payload) {
  Route route = route_on("10.1.0.1", 40'000, 5'000);
  route.destination.address = IpAddress::parse("10.1.0.2").value();
  const Octets packet = udp_packet(route, pattern(payload, 1));
  return via == Via::wire ? frame_of(packet, route) : packet;
}

TEST_P(EveryWay, what_is_sent_on_ethernet_arrives_at_the_other_end) {
  if (!make_wire()) GTEST_SKIP() << "no pair of interfaces (veth, iproute2) here";
  PacketTap tap{"vb"};
  const auto sender = open(GetParam().via, va);
  ASSERT_TRUE(sender);
  const Octets packet = packet_for_the_wire(GetParam().via, 1472);
  ASSERT_EQ(text_of(sender->write(record_of(packet, sender->link_type()))), "done");
  ASSERT_EQ(text_of(sender->finish()), "done");
  const auto frame = tap.next();
  ASSERT_TRUE(frame);
  EXPECT_TRUE(std::equal(packet.rbegin(), packet.rend(), frame->rbegin()));
  const Octets too_long = packet_for_the_wire(GetParam().via, 1473);
  EXPECT_EQ(text_of(sender->write(record_of(too_long, sender->link_type()))),
            GetParam().via == Via::wire
                ? "send va: a frame of 1515 octets is longer than the 1514 the interface carries (its MTU and the "
                  "Ethernet header)"
                : "send va: a packet of 1501 octets is longer than the 1500 the interface carries (its MTU)");
}

TEST_F(WireSender, a_vlan_tag_is_not_counted_against_what_ethernet_carries) {
  if (!make_wire()) GTEST_SKIP() << "no pair of interfaces (veth, iproute2) here";
  PacketTap tap{"vb"};
  const auto sender = open(Via::wire, va);
  ASSERT_TRUE(sender);
  Octets frame = packet_for_the_wire(Via::wire, 1472);
  const Octets tag{std::byte{0x81}, std::byte{0x00}, std::byte{0x00}, std::byte{0x0a}};
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  ASSERT_EQ(text_of(sender->write(record_of(frame, LinkType::ethernet))), "done");
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_TRUE(tap.next());
  EXPECT_EQ(sender->counts().octets, frame.size());
}

// A machine with a way out, on whose loopback somebody listens everywhere.
TEST_F(IpSender, nothing_sent_on_loopback_makes_anything_leave_the_machine) {
  if (!make_wire() || std::system("ip route add default via 10.1.0.2 && sysctl -qw net.ipv6.conf.va.disable_ipv6=0 && "
                                  "ip -6 addr add fd00::1/64 dev va nodad && "
                                  "ip -6 neigh add fd00::2 lladdr 02:00:0a:01:00:02 dev va nud permanent && "
                                  "ip -6 route add default via fd00::2") != 0) {
    GTEST_SKIP() << "no pair of interfaces (veth, iproute2) here";
  }
  const FileDescriptor tcp = listener({Ipv6Address{}, Port{5'000}}, SOCK_STREAM);  // hears IPv4, too
  PacketTap tap{"vb"};
  const auto sender = open(Via::ip);
  ASSERT_TRUE(sender);
  const char* const addresses[] = {"127.0.0.1", "10.1.0.1", "203.0.113.9", "10.1.0.2",
                                   "::1",       "fd00::1",  "2001:db8::9", "fd00::2"};
  for (const char* source : addresses) {
    for (const char* destination : addresses) {
      for (const std::uint16_t port : {std::uint16_t{5'000}, std::uint16_t{5'001}}) {
        Route route = route_on(source, 40'000, port);
        route.destination.address = IpAddress::parse(destination).value();
        if (route.source.address.is_ipv4() != route.destination.address.is_ipv4()) continue;
        for (const Octets& packet : {syn_packet(route), udp_packet(route, as_bytes("hello"))}) {
          ASSERT_EQ(text_of(sender->write(record_of(packet, LinkType::raw))), "done");
        }
      }
    }
  }
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, 128u);
  // One that is meant to leave tells when to stop looking.
  const auto wire = open(Via::wire, va);
  ASSERT_TRUE(wire);
  const Octets last = packet_for_the_wire(Via::wire, 77);
  ASSERT_EQ(text_of(wire->write(record_of(last, LinkType::ethernet))), "done");
  ASSERT_EQ(text_of(wire->finish()), "done");
  for (auto frame = tap.next(); frame != last; frame = tap.next()) {
    ASSERT_TRUE(frame);
    const bool is_housekeeping =
        load_be16(*frame, 12) == 0x86dd && frame->size() > 54 &&  // of IPv6: neighbours, groups
        ((*frame)[20] == std::byte{0} || ((*frame)[20] == std::byte{58} && (*frame)[54] >= std::byte{130}));
    EXPECT_TRUE(is_housekeeping) << "this frame left: " << hex_of(*frame);
  }
}

TEST_F(IpSender, a_packet_without_a_route_is_named_and_the_ones_behind_it_are_sent) {
  if (!make_wire()) GTEST_SKIP() << "no pair of interfaces (veth, iproute2) here";
  PacketTap tap{"vb"};
  const auto sender = open(Via::ip, va);
  ASSERT_TRUE(sender);
  const Octets good = packet_for_the_wire(Via::ip, 10);
  const Octets nowhere = udp_packet(route_on("2001:db8::1", 40'000, 5'000), as_bytes("nowhere"));
  ASSERT_EQ(text_of(sender->write(record_of(nowhere, LinkType::raw))), "done");
  EXPECT_EQ(text_of(sender->write(record_of(good, LinkType::raw))),
            "send va: a packet of 55 octets: Network is unreachable: no route to its destination over this interface; "
            "the link layer (wire) needs none");
  EXPECT_EQ(sender->counts().packets, 0u);
  ASSERT_EQ(text_of(sender->write(record_of(good, LinkType::raw))), "done");
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, 1u);
  EXPECT_EQ(sender->counts().octets, good.size());
  EXPECT_EQ(tap.next_packet(), good);
}

TEST_P(EveryWay, a_full_queue_is_waited_for_and_loses_nothing) {
  // Three packets fit into the queue, about four thousand leave it in a second.
  if (!make_wire("tbf rate 32mbit burst 3000 limit 3000")) GTEST_SKIP() << "no slow queue (tc, tbf) here";
  constexpr std::uint64_t count = 1000;
  const auto sender = open(GetParam().via, va);
  ASSERT_TRUE(sender);
  const Octets packet = packet_for_the_wire(GetParam().via, 958);
  const std::uint64_t before = packets_received("vb");
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSERT_EQ(text_of(sender->write(record_of(packet, sender->link_type()))), "done");
  }
  ASSERT_EQ(text_of(sender->finish()), "done");
  EXPECT_EQ(sender->counts().packets, count);
  EXPECT_EQ(packets_received("vb") - before, count);
}

}  // namespace
}  // namespace encap

#endif

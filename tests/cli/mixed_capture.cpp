// mixed_capture: writes a capture to standard output, the same octets each time, for tests of what `dissect` does with
// many packets: connections with losses and used ports, DNS, and between them packets of which it cannot be told
// beforehand which flows they concern - ARP, ICMP and its errors, fragments, IPv6 extension headers.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/capture/pcap_file_writer.h"
#include "support/ip_packets.h"

namespace {

using encap::test::append_number;
using encap::test::Ends;
using encap::test::ipv4_packet;
using encap::test::tcp_packet;
using encap::test::tcp_segment;
using encap::test::udp_datagram;
using encap::test::udp_packet;

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;

constexpr std::uint16_t arp = 0x0806;
constexpr std::uint16_t ipv4 = 0x0800;
constexpr std::uint16_t ipv6 = 0x86dd;
constexpr std::uint16_t vlan = 0x8100;

class Writer {
 public:
  explicit Writer(encap::PcapFileWriter file) : file_{std::move(file)} {}

  void frame(std::uint16_t type, std::string_view payload) {
    frame_.assign("\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    append_number(frame_, type, 2);
    frame_ += payload;
    time_ += 137'000;
    const auto record = encap::test::record_of(frame_, encap::LinkType::ethernet, {time_});
    good_ = file_.write(record) && good_;
  }
  void packet(std::string_view packet) { frame(ipv4, packet); }
  [[nodiscard]] bool commit() { return file_.commit() && good_; }

 private:
  encap::PcapFileWriter file_;
  std::string frame_;
  std::int64_t time_ = 946'684'800'000'000'000;
  bool good_ = true;
};

// One client and its connection, over and over again.
class Client {
 public:
  explicit Client(std::uint32_t number) : number_{number} {
    ends_.source = 0x0a000000 + number;
    ends_.source_port = static_cast<std::uint16_t>(40'000 + 2 * number);
    open_ = number * 7919;
    theirs_ = number * 104'729;
  }

  // The next packet of the connection.
  void step(Writer& out) {
    const unsigned at = steps_++ % 16;
    switch (at) {
      case 0:
        open_ += 1'000'000;
        ours_ = open_;
        theirs_ += 500'000;
        return send(out, syn, {});
      case 1:
        return answer(out, syn | ack, {});
      case 15:
        return number_ % 5 == 0 ? send(out, rst | ack, {}) : answer(out, fin | ack, {});
      case 14:
        return send(out, fin | ack, {});
      default:
        break;
    }
    if (at % 4 == 2) {
      return send(out, psh | ack, "GET /" + std::to_string(steps_) + " HTTP/1.1\r\nHost: www.example.org\r\n\r\n");
    }
    if (at % 4 == 1) return send(out, ack, {});
    const std::string body(900, 'x');
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1800\r\n\r\n";
    if (at % 4 == 0 && (steps_ + number_) % 7 == 0) theirs_ += 900;   // lost
    if (at % 4 == 0 && (steps_ + number_) % 11 == 0) theirs_ -= 900;  // again
    answer(out, ack, at % 4 == 3 ? head + body : body);
  }
  // What a router says that could not send on what the client sent.
  void unreachable(Writer& out) const {
    std::string error{"\3\1\0\0\0\0\0\0", 8};
    error += ipv4_packet(6, ends_, tcp_segment(ends_, ours_, theirs_, ack)).substr(0, 28);
    out.packet(ipv4_packet(1, {0xc00002fe, ends_.source}, error));
  }

 private:
  void send(Writer& out, int flags, std::string_view payload) {
    write(out, tcp_packet(ends_, ours_, theirs_, static_cast<std::uint8_t>(flags), payload));
    ours_ += static_cast<std::uint32_t>(payload.size()) + ((flags & (syn | fin)) != 0 ? 1 : 0);
  }
  void answer(Writer& out, int flags, std::string_view payload) {
    write(out, tcp_packet(ends_.reversed(), theirs_, ours_, static_cast<std::uint8_t>(flags), payload));
    theirs_ += static_cast<std::uint32_t>(payload.size()) + ((flags & (syn | fin)) != 0 ? 1 : 0);
  }
  void write(Writer& out, const std::string& packet) const {
    if (number_ % 8 != 0) return out.packet(packet);
    std::string tagged;
    append_number(tagged, 100, 2);
    append_number(tagged, ipv4, 2);
    out.frame(vlan, tagged + packet);
  }

  std::uint32_t number_;
  Ends ends_;
  std::uint32_t open_;
  std::uint32_t ours_ = 0;
  std::uint32_t theirs_;
  unsigned steps_ = 0;
};

std::string dns(std::uint32_t number, bool answer) {
  std::string message;
  append_number(message, number, 2);
  append_number(message, answer ? 0x8180 : 0x0100, 2);
  append_number(message, 1, 2);
  append_number(message, answer ? 1 : 0, 2);
  append_number(message, 0, 4);
  const std::string host = "host" + std::to_string(number % 1000);
  append_number(message, host.size(), 1);
  message += host;
  message += std::string_view{"\7example\0\0\1\0\1", 13};
  if (answer) {
    message += std::string_view{"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12};
    append_number(message, 0xc6336400 + number % 256, 4);
  }
  return message;
}

void ask_dns(Writer& out, std::uint32_t number, bool answer) {
  const Ends ends{0x0a010000 + number % 50, 0xc0000235, static_cast<std::uint16_t>(50'000 + number % 500), 53};
  out.packet(udp_packet(answer ? ends.reversed() : ends, dns(number, answer)));
}

void ask_arp(Writer& out, std::uint32_t number) {
  std::string message{"\0\1\x08\0\6\4\0\1\2\0\0\0\0\1", 14};
  append_number(message, 0x0a000001, 4);
  append_number(message, 0, 6);
  append_number(message, 0x0a000000 + number % 256, 4);
  out.frame(arp, message);
}

void ping(Writer& out, std::uint32_t number, bool answer) {
  std::string message{answer ? '\0' : '\x08'};
  append_number(message, 0, 3);
  append_number(message, 0x1234, 2);
  append_number(message, number, 2);
  message += "abcdefgh";
  const Ends ends{0x0a000001, 0xc0000207, 0, 0};
  out.packet(ipv4_packet(1, answer ? ends.reversed() : ends, message));
}

// A DNS answer in two fragments, the second one first.
void send_fragments(Writer& out, std::uint32_t number) {
  const Ends ends{0xc0000235, 0x0a010000 + number % 50, 53, static_cast<std::uint16_t>(50'000 + number % 500)};
  const std::string datagram = udp_datagram(ends, dns(number, true));
  const auto identification = static_cast<std::uint16_t>(number);
  out.packet(ipv4_packet(17, ends, datagram.substr(24), identification, 3));
  out.packet(ipv4_packet(17, ends, datagram.substr(0, 24), identification, 0x2000));
}

// A segment of a connection over IPv6 that has or has not a header with options before it.
void send_ipv6(Writer& out, std::uint32_t number) {
  const bool with_options = number % 3 == 0;
  const Ends ends{0, 0, static_cast<std::uint16_t>(60'000 + number % 4), 8080};
  std::string payload = with_options ? std::string{"\6\0\1\4\0\0\0\0", 8} : std::string{};
  payload += tcp_segment(ends, 1 + number / 4 * 10, 1, psh | ack, "0123456789");
  std::string packet{"\x60\0\0\0", 4};
  append_number(packet, payload.size(), 2);
  append_number(packet, with_options ? 0 : 6, 1);
  append_number(packet, 64, 1);
  for (const int last : {1, 2}) {
    append_number(packet, 0x20010db8'00000000, 8);
    append_number(packet, static_cast<std::uint64_t>(last), 8);
  }
  out.frame(ipv6, packet + payload);
}

// Something that stops the packets before and behind it from being dissected side by side.
void interrupt(Writer& out, std::uint32_t number, const Client& client) {
  switch (number % 6) {
    case 0:
      return ask_arp(out, number);
    case 1:
      return ping(out, number, false);
    case 2:
      return ping(out, number, true);
    case 3:
      return send_fragments(out, number);
    case 4:
      return client.unreachable(out);
    default:
      return send_ipv6(out, number);
  }
}

void write_all(Writer& out) {
  std::vector<Client> clients;
  for (std::uint32_t n = 0; n < 100; ++n) clients.emplace_back(n);
  std::uint32_t state = 1;
  const auto random = [&state](std::uint32_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 8) % below;
  };
  std::uint32_t interruptions = 0;
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    Client& client = clients[random(100)];
    if (random(4) == 0) {
      ask_dns(out, i / 2, i % 2 == 1);
    } else {
      client.step(out);
    }
    // Long stretches without an interruption, one each 300 packets, each 30, and in every other place.
    const std::uint32_t part = i / 3000 % 4;
    if ((part == 1 && random(300) == 0) || (part == 2 && random(30) == 0) || (part == 3 && random(2) == 0)) {
      interrupt(out, interruptions++, client);
    }
  }
}

}  // namespace

int main() {
  auto file = encap::PcapFileWriter::open("-", {.link_type = encap::LinkType::ethernet});
  if (!file) {
    std::fputs((to_string(file.error()) + "\n").c_str(), stderr);
    return 3;
  }
  Writer out{std::move(*file)};
  write_all(out);
  return out.commit() ? 0 : 3;
}

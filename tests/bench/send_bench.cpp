// Sends packets from memory on the interface lo, by one way per run, and tells how fast they left: what send_compare
// runs and compares. Each frame carries 60 octets of TCP payload from 127.0.0.1 to port 9 of 127.0.0.1, 114 octets with
// the Ethernet header that encapsulate would give it, and no two are equal.
//
//   send_bench WAY COUNT       wire, ip, sockets: ours; bare-packet, bare-raw: a loop around sendmmsg and nothing else
//   send_bench FILE.pcap COUNT writes the same frames, for others to send

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

#include "encap/capture/pcap_file_writer.h"
#include "encap/live/live_sender.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"

namespace {

using namespace encap;
using Clock = std::chrono::steady_clock;

constexpr std::size_t link_header = EthernetView::header_length;
constexpr std::size_t frame_length = link_header + 20 + 20 + 60;  // octets
constexpr std::size_t batch = 64;                                 // packets per system call, as in the sender

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "send_bench: %s\n", what.c_str());
  std::exit(1);
}

// The frames one behind the other.
std::vector<std::byte> make_frames(std::size_t count) {
  const Ipv4Address address{INADDR_LOOPBACK};
  const Route route{{address, Port{40'000}}, {address, Port{9}}};
  const std::vector<std::byte> payload(60, std::byte{'x'});
  std::vector<std::byte> frames;
  frames.reserve(count * frame_length);
  PacketBuffer buffer{headroom::ipv4_tcp + link_header};
  for (std::size_t i = 0; i < count; ++i) {
    buffer.clear();
    buffer.append(payload);
    TcpHeader tcp;
    tcp.source_port = route.source.port;
    tcp.destination_port = route.destination.port;
    tcp.sequence_number = SequenceNumber{static_cast<std::uint32_t>(1 + i * payload.size())};
    tcp.flags = TcpFlags::psh | TcpFlags::ack;
    Ipv4Header ip;
    ip.source = ip.destination = address;
    ip.identification = static_cast<std::uint16_t>(1 + i % 65'535);
    if (!prepend(buffer, tcp, route) || !prepend(buffer, ip)) fail("packets cannot be made");
    prepend(buffer, EthernetHeader{MacAddress::made_for(address), MacAddress::made_for(address), EtherType::ipv4});
    frames.insert(frames.end(), buffer.bytes().begin(), buffer.bytes().end());
  }
  if (frames.size() != count * frame_length) fail("frames have another length than they should");
  return frames;
}

PacketRecord record_of(Bytes packet, LinkType link_type) {
  PacketRecord record;
  record.link_type = link_type;
  record.original_length = static_cast<std::uint32_t>(packet.size());
  record.bytes = packet;
  return record;
}

void write_file(const std::string& name, Bytes frames) {
  auto file = PcapFileWriter::open(name, {});
  if (!file) fail(to_string(file.error()));
  for (std::size_t at = 0; at < frames.size(); at += frame_length) {
    if (auto r = file->write(record_of(frames.subspan(at, frame_length), LinkType::ethernet)); !r) {
      fail(to_string(r.error()));
    }
  }
  if (auto r = file->commit(); !r) fail(to_string(r.error()));
}

Clock::duration send_by_ours(Via via, Bytes frames) {
  auto sender = open_live_sender(NetworkInterface{"lo", {}, {"127.0.0.1"}, true, true}, via);
  if (!sender) fail(to_string(sender.error()));
  const std::size_t skip = (*sender)->link_type() == LinkType::raw ? link_header : 0;
  const auto start = Clock::now();
  for (std::size_t at = 0; at < frames.size(); at += frame_length) {
    const Bytes packet = frames.subspan(at + skip, frame_length - skip);
    if (auto r = (*sender)->write(record_of(packet, (*sender)->link_type())); !r) fail(to_string(r.error()));
  }
  if (auto r = (*sender)->finish(); !r) fail(to_string(r.error()));
  const auto taken = Clock::now() - start;
  if ((*sender)->counts().packets != frames.size() / frame_length) fail("not every packet was sent");
  return taken;
}

// What a program does that only sends: every message is prepared before, but for where its octets are.
Clock::duration send_by_hand(bool is_raw, std::vector<std::byte>& frames) {
  const int socket = is_raw ? ::socket(AF_INET, SOCK_RAW, IPPROTO_RAW) : ::socket(AF_PACKET, SOCK_RAW, 0);
  if (socket < 0) fail("no socket");
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  destination.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!is_raw) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("no lo");
  }
  const std::size_t skip = is_raw ? link_header : 0;
  std::array<iovec, batch> pieces{};
  std::array<mmsghdr, batch> messages{};
  for (std::size_t i = 0; i < batch; ++i) {
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    if (is_raw) {
      messages[i].msg_hdr.msg_name = &destination;
      messages[i].msg_hdr.msg_namelen = sizeof destination;
    }
  }
  const std::size_t count = frames.size() / frame_length;
  const auto start = Clock::now();
  for (std::size_t at = 0; at < count;) {
    const std::size_t size = std::min(batch, count - at);
    for (std::size_t i = 0; i < size; ++i) {
      pieces[i] = {frames.data() + (at + i) * frame_length + skip, frame_length - skip};
    }
    const int sent = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(size), 0);
    if (sent <= 0) fail("sendmmsg refused");
    at += static_cast<std::size_t>(sent);
  }
  return Clock::now() - start;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string way = argc == 3 ? argv[1] : "";
  const std::string_view number = argc == 3 ? argv[2] : "";
  std::size_t count = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), count).ptr != number.data() + number.size() ||
      count == 0 || count > 10'000'000) {
    fail("usage: send_bench wire|ip|sockets|bare-packet|bare-raw|FILE.pcap COUNT, up to 10000000");
  }
  std::vector<std::byte> frames = make_frames(count);
  Clock::duration taken{};
  if (way == "wire") {
    taken = send_by_ours(Via::wire, frames);
  } else if (way == "ip") {
    taken = send_by_ours(Via::ip, frames);
  } else if (way == "sockets") {
    taken = send_by_ours(Via::sockets, frames);
  } else if (way == "bare-packet") {
    taken = send_by_hand(false, frames);
  } else if (way == "bare-raw") {
    taken = send_by_hand(true, frames);
  } else {
    write_file(way, frames);
    return 0;
  }
  const double seconds = std::chrono::duration<double>(taken).count();
  std::printf("%.0f\n", static_cast<double>(count) / seconds);  // packets per second
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "encap/base/byte_order.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/plain_headers.h"
#include "encap/wire/tcp.h"
#include "live/datagram_gatherer.h"
#include "live/packet_ends.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;
using live::DatagramGatherer;

constexpr std::array link_types{LinkType::raw,       LinkType::ethernet,   LinkType::null, LinkType::loop,
                                LinkType::linux_sll, LinkType::linux_sll2, LinkType::ipv4, LinkType::ipv6};

void check_ends(const PacketRecord& record) {
  const auto packet = live::ends_of(record);
  const auto plain = plain_headers(record);
  if (plain) ENCAP_FUZZ_CHECK(packet.has_value());
  if (!packet) return;
  const live::Ends& ends = packet->ends;
  ENCAP_FUZZ_CHECK(ends.low <= ends.high);
  ENCAP_FUZZ_CHECK(live::EndsHash{}(ends) == live::EndsHash{}(live::Ends{ends}));
  if (plain) {
    // Where both look at a packet, they see the same in it.
    const std::uint16_t source = load_field<TcpField::source_port>(plain->transport);
    const std::uint16_t destination = load_field<TcpField::destination_port>(plain->transport);
    ENCAP_FUZZ_CHECK(!packet->is_fragment && !ends.are_of_fragments);
    ENCAP_FUZZ_CHECK(ends.protocol == plain->protocol);
    ENCAP_FUZZ_CHECK(ends.type == (plain->is_ipv6 ? EtherType::ipv6 : EtherType::ipv4));
    ENCAP_FUZZ_CHECK(std::minmax(source, destination) == std::minmax(ends.low.port, ends.high.port));
  }
  if (packet->is_fragment) {
    const live::Ends later = packet->of_later_fragments();
    ENCAP_FUZZ_CHECK(later.are_of_fragments && later.low.port == 0 && later.high.port == 0);
    ENCAP_FUZZ_CHECK(later.low <= later.high);
    ENCAP_FUZZ_CHECK((live::PacketEnds{later, true}.of_later_fragments() == later));
  }
}

// What each datagram would be if none was given up.
using Gathered = std::map<std::tuple<IpAddress, IpAddress, std::uint32_t, Protocol>, std::vector<std::byte>>;

void check_gatherer(DatagramGatherer& gatherer, Gathered& gathered, Bytes packet) {
  const auto ipv4 = Ipv4View::parse(packet);
  if (!ipv4) return;
  const DatagramGatherer::Key key{ipv4->source(), ipv4->destination(), ipv4->identification(), ipv4->protocol()};
  const std::size_t offset = ipv4->fragment_offset();
  const Bytes payload = ipv4->payload();
  std::vector<std::byte>& expected = gathered[{key.source, key.destination, key.identification, key.protocol}];
  if (offset == 0) expected.clear();
  expected.insert(expected.end(), payload.begin(), payload.end());
  const auto added = gatherer.add(key, offset, ipv4->more_fragments(), payload);
  if (offset == 0) ENCAP_FUZZ_CHECK(added.taken);
  ENCAP_FUZZ_CHECK(!added.whole || (added.taken && !ipv4->more_fragments()));
  if (added.taken && !ipv4->more_fragments()) ENCAP_FUZZ_CHECK(added.whole.has_value());
  if (!added.taken) expected.clear();
  if (!added.whole) return;
  ENCAP_FUZZ_CHECK(added.whole->size() <= DatagramGatherer::most_octets);
  ENCAP_FUZZ_CHECK(added.whole->size() == offset + payload.size());
  ENCAP_FUZZ_CHECK(std::ranges::equal(*added.whole, expected));
  touch(*added.whole);
}

}  // namespace

// Packets one after the other, each with its link type (1 octet: an index), and its length (2 octets).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t header = 3;
  Bytes in = input_bytes(data, size);
  DatagramGatherer gatherer;
  Gathered gathered;
  while (in.size() >= header) {
    const std::size_t length = std::min<std::size_t>(load_be16(in, 1), in.size() - header);
    // A copy of its own, so that no octet beyond it goes unnoticed.
    const std::vector<std::byte> packet(in.begin() + header, in.begin() + static_cast<std::ptrdiff_t>(header + length));
    const LinkType link = link_types[load_u8(in, 0) % link_types.size()];
    check_ends({.link_type = link, .original_length = static_cast<std::uint32_t>(length), .bytes = packet});
    if (link == LinkType::raw) check_gatherer(gatherer, gathered, packet);
    in = in.subspan(header + length);
  }
  return 0;
}

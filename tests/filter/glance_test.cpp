// What a filter tells from the headers alone against what it tells from the fields of a dissection.
#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/dissect/field_table.h"
#include "encap/filter/filter.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

struct Counts {
  std::size_t told = 0;
  std::size_t true_of = 0;
};

/// Asks a filter of all packets.
Counts ask(const std::string& text, const std::vector<WrittenPacket>& packets) {
  Counts counts;
  auto filter = Filter::compile(text);
  if (!filter) {
    ADD_FAILURE() << to_string(filter.error(), text);
    return counts;
  }
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields};
  for (const WrittenPacket& packet : packets) {
    const PacketRecord record = packet.record();
    dissector.dissect(record, dissection);
    const auto told = filter->matches(record);
    if (!told) continue;
    ++counts.told;
    counts.true_of += *told ? 1 : 0;
    EXPECT_EQ(*told, filter->matches(dissection)) << text << ", frame " << dissection.frame_number;
  }
  return counts;
}

std::vector<WrittenPacket> packets_of(const std::string& name) {
  return read_packet_text(std::filesystem::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / (name + ".hex"));
}

// Every value of every field of the plain layers, each asked of all packets of its file.
class Glances : public testing::TestWithParam<const char*> {};
TEST_P(Glances, agree_with_the_fields) {
  const std::vector<WrittenPacket> packets = packets_of(GetParam());
  std::set<std::string> filters;
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields};
  for (const WrittenPacket& packet : packets) {
    const PacketRecord record = packet.record();
    dissector.dissect(record, dissection);
    for (const Item& item : dissection.items) {
      if (item.field == nullptr) continue;
      const std::string name{item.field->name};
      const std::string_view family = std::string_view{name}.substr(0, name.find('.'));
      if (family != "ip" && family != "ipv6" && family != "tcp" && family != "udp") continue;
      filters.insert(name);
      std::string value;
      switch (item.field->type) {
        case FieldType::boolean:
        case FieldType::uint8:
        case FieldType::uint16:
        case FieldType::uint32:
          value = std::to_string(item.number);
          break;
        case FieldType::ipv4:
        case FieldType::ipv6:
          append_value(value, item);
          break;
        default:
          continue;
      }
      filters.insert(name + " == " + value);
      filters.insert("all " + name + " != " + value);
    }
  }
  std::size_t told = 0;
  for (const std::string& filter : filters) told += ask(filter, packets).told;
  EXPECT_GT(told, 0u);
}
INSTANTIATE_TEST_SUITE_P(Packets, Glances,
                         testing::Values("dns", "dns_tcp", "http", "http_more", "ipv4", "ipv4_edges", "ipv6",
                                         "ipv6_edges", "link", "llmnr", "loop", "mdns", "null", "raw", "sll", "tcp",
                                         "tcp_options", "udp", "udp_edges"),
                         [](const auto& file) { return std::string{file.param}; });

// Of a capture of TCP segments and nothing else, these are answered without a dissection.
TEST(Glance, is_enough_for_what_people_ask_most) {
  const std::vector<WrittenPacket> packets = packets_of("http");
  for (const char* const text : {"tcp.port == 80", "tcp.port in {80, 443, 8000..8100}", "ip.addr == 192.0.2.0/24",
                                 "tcp.flags.syn == 1", "ip.src == 192.0.2.1 and tcp.dstport == 80", "udp", "not arp",
                                 "icmp.type == 3", "tcp and not udp.port == 53"}) {
    EXPECT_EQ(ask(text, packets).told, packets.size()) << text;
  }
  EXPECT_EQ(ask("http.request", packets).told, 0u);
  // What one side decides needs no look at the other.
  EXPECT_EQ(ask("udp and http.request", packets).told, packets.size());
}

}  // namespace
}  // namespace encap::test

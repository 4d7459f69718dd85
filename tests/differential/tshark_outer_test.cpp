// Packets in outer headers, read by tshark with all its protocols on: it sees the stack that was asked for, finds every
// checksum right, and has nothing to complain about.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"
#include "support/case_name.h"
#include "tshark_capture.h"

namespace encap::test {
namespace {

struct StackCase {
  const char* name;
  const char* text;
  LinkType link_type;
  const char* protocols;  // in front of the packet's own
  const char* fields;     // of the outer headers
  const char* values;     // in the first packet, several of one field with commas between them
};

/// Connections and datagrams, some of them in fragments, of both families.
void craft(const StackCase& of, const std::string& capture) {
  CraftOptions options;
  options.link_type = of.link_type;
  auto outer = parse_outer_layers(of.text);
  ASSERT_TRUE(outer.has_value()) << to_string(outer.error());
  ASSERT_TRUE(check(*outer, of.link_type).has_value());
  options.outer = *std::move(outer);
  auto file = PcapFileWriter::open(capture, {});
  ASSERT_TRUE(file.has_value());
  Crafter crafter{options, *file};
  const std::string longest(9000, 'x');
  for (const char* const protocol : {"TCP", "HTTP", "UDP"}) {
    for (const bool six : {false, true}) {
      for (const bool back : {false, true}) {
        Message message;
        message.protocol = protocol;
        message.source.address = IpAddress::parse(six ? "fd00::1" : "10.0.0.1").value();
        message.destination.address = IpAddress::parse(six ? "fd00::2" : "10.0.0.2").value();
        message.source.port = Port{50000};
        message.destination.port = Port{std::string_view{protocol} == "HTTP" ? std::uint16_t{80} : std::uint16_t{9999}};
        if (back) std::swap(message.source, message.destination);
        message.payload = as_bytes(std::string_view{protocol} == "HTTP" ? std::string_view{back ? "200 OK" : "GET /"}
                                                                        : std::string_view{longest});
        ASSERT_TRUE(crafter.push(message).has_value());
      }
    }
  }
  ASSERT_TRUE(crafter.finish().has_value());
  ASSERT_TRUE(file->commit().has_value());
}

class TsharkOuter : public ::testing::TestWithParam<StackCase> {
 protected:
  void SetUp() override {
    if (version_of_tshark().find(" 4.0.") == std::string::npos) {
      GTEST_SKIP() << "tshark 4.0 is the judge; here is: " << version_of_tshark();
    }
    craft(GetParam(), capture_);
  }
  [[nodiscard]] std::string tshark(const std::string& arguments) const {
    return run("tshark -n -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -r '" +
               capture_ + "' " + arguments);
  }

  TemporaryFolder folder_;
  std::string capture_ = folder_ / "outer.pcap";
};

TEST_P(TsharkOuter, reads_the_stack_that_was_asked_for_without_a_complaint) {
  std::string wanted;
  std::istringstream names{GetParam().fields};
  for (std::string name; names >> name;) wanted += " -e " + name;
  std::istringstream first{tshark("-c 1 -T fields -E separator=/s" + wanted)};
  std::string values;
  std::getline(first, values);
  EXPECT_EQ(values, GetParam().values);

  const std::string outer = GetParam().protocols;
  std::istringstream lines{
      tshark("-z expert,warn -T fields -E separator=/s -e frame.protocols -e ip.checksum.status -e tcp.checksum.status"
             " -e udp.checksum.status")};
  std::size_t frames = 0;
  std::size_t connections = 0;
  std::size_t datagrams = 0;
  for (std::string line; std::getline(lines, line); ++frames) {
    if (line.empty()) break;  // behind the packets, where complaints would stand
    const std::string protocols = line.substr(0, line.find(' '));
    const std::string statuses = line.substr(protocols.size());
    ASSERT_TRUE(protocols.starts_with(outer + ":ip:") || protocols.starts_with(outer + ":ipv6:")) << protocols;
    connections += protocols.find(":tcp") != std::string::npos ? 1 : 0;
    datagrams += protocols.ends_with(":udp:data") ? 1 : 0;
    // 1 is good, 3 not present: the UDP header of VXLAN over IPv4.
    ASSERT_EQ(statuses.find_first_of("02"), std::string::npos) << "frame " << frames + 1 << line;
    if (statuses.find('3') != std::string::npos) {
      ASSERT_NE(outer.find("ip:udp:vxlan"), std::string::npos);
    }
  }
  EXPECT_EQ(datagrams, 4u) << "those that tshark has put together";
  EXPECT_GT(connections, 4u * 10);
  EXPECT_EQ(frames, connections + 4u * 7) << "9008 octets take seven fragments";
  const std::string expert{std::istreambuf_iterator<char>{lines}, {}};
  EXPECT_EQ(expert.find_first_not_of(" \n"), std::string::npos) << expert;
}

INSTANTIATE_TEST_SUITE_P(
    Differential, TsharkOuter,
    ::testing::Values(
        StackCase{"vlan", "vlan:10:5", LinkType::ethernet, "eth:ethertype:vlan:ethertype", "vlan.id vlan.priority",
                  "10 5"},
        StackCase{"vlan_on_sll", "vlan:10", LinkType::linux_sll, "sll:ethertype:vlan:ethertype", "vlan.id", "10"},
        StackCase{"qinq", "qinq:100,10", LinkType::ethernet, "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype",
                  "ieee8021ad.id vlan.id", "100 10"},
        StackCase{"mpls", "mpls:100/200", LinkType::ethernet, "eth:ethertype:mpls", "mpls.label mpls.bottom mpls.ttl",
                  "100,200 0,1 64,64"},
        StackCase{"pppoe", "pppoe:7", LinkType::ethernet, "eth:ethertype:pppoes:ppp",
                  "pppoe.session_id pppoe.code ppp.protocol", "0x0007 0x00 0x0021"},
        StackCase{"ipip", "ipip", LinkType::ethernet, "eth:ethertype:ip", "ip.src ip.proto ip.flags.df",
                  "192.0.2.1,10.0.0.1 4,6 1,1"},
        StackCase{"ipip_on_null", "ipip@127.0.0.1-127.0.0.2", LinkType::null, "null:ip", "ip.src ip.dst",
                  "127.0.0.1,10.0.0.1 127.0.0.2,10.0.0.2"},
        StackCase{"ip6ip", "ip6ip", LinkType::raw, "raw:ipv6", "ipv6.src ipv6.nxt ip.src", "2001:db8::1 4 10.0.0.1"},
        StackCase{"gre", "gre:7", LinkType::ethernet, "eth:ethertype:ip:gre", "gre.key gre.proto", "0x00000007 0x0800"},
        StackCase{"gre_over_ipv6", "gre@2001:db8::a-2001:db8::b", LinkType::ethernet, "eth:ethertype:ipv6:gre",
                  "ipv6.dst gre.proto", "2001:db8::b 0x0800"},
        StackCase{"vxlan", "vxlan:42", LinkType::ethernet, "eth:ethertype:ip:udp:vxlan:eth:ethertype",
                  "udp.dstport udp.checksum vxlan.vni", "4789 0x0000 42"},
        StackCase{"vxlan_over_ipv6", "vxlan:42@2001:db8::a-2001:db8::b", LinkType::ethernet,
                  "eth:ethertype:ipv6:udp:vxlan:eth:ethertype", "udp.checksum.status vxlan.vni", "1 42"},
        StackCase{"vlan_and_mpls", "vlan:10,mpls:16", LinkType::ethernet, "eth:ethertype:vlan:ethertype:mpls",
                  "vlan.etype mpls.bottom", "0x8847 1"},
        StackCase{"gre_over_ip6ip", "ip6ip,gre", LinkType::ethernet, "eth:ethertype:ipv6:ip:gre", "ipv6.nxt ip.proto",
                  "4 47,6"},
        StackCase{"vxlan_over_vlan", "vlan:10,vxlan:5,vlan:20", LinkType::ethernet,
                  "eth:ethertype:vlan:ethertype:ip:udp:vxlan:eth:ethertype:vlan:ethertype", "vlan.id", "10,20"},
        StackCase{"pppoe_in_gre", "gre,vlan:3,pppoe", LinkType::ethernet,
                  "eth:ethertype:ip:gre:eth:ethertype:vlan:ethertype:pppoes:ppp", "gre.proto vlan.etype",
                  "0x6558 0x8864"},
        StackCase{"mpls_everywhere", "mpls:16,ipip,mpls:17,gre,mpls:18/19", LinkType::ethernet,
                  "eth:ethertype:mpls:ip:mpls:ip:gre:mpls", "mpls.label mpls.bottom", "16,17,18,19 1,1,0,1"}),
    CaseName{});

}  // namespace
}  // namespace encap::test

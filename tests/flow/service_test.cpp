#include "encap/flow/service.h"

#include <gtest/gtest.h>

#include "support/case_name.h"

namespace encap::test {
namespace {

struct ServiceCase {
  const char* name;
  std::string_view protocol;
  std::string_view found;
  Transport transport;
  Port port;
  Service::Text text = Service::Text::plain;
};

class KnownService : public ::testing::TestWithParam<ServiceCase> {};

TEST_P(KnownService, is_found_with_its_transport_port_and_kind_of_text) {
  const Service* const service = find_service(GetParam().protocol);
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->name, GetParam().found);
  EXPECT_EQ(service->transport, GetParam().transport);
  EXPECT_EQ(service->port, GetParam().port);
  EXPECT_EQ(service->text, GetParam().text);
}

TEST_P(KnownService, listens_on_a_service_port) { EXPECT_TRUE(is_service_port(GetParam().port)); }

// Ports as the IANA "Service Name and Transport Protocol Port Number Registry" has them.
INSTANTIATE_TEST_SUITE_P(
    Service, KnownService,
    ::testing::Values(
        ServiceCase{"http", "HTTP", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"http_in_lower_case", "http", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"http_in_mixed_case", "hTtP", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"http_with_a_version", "HTTP/1.1", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"http_with_a_content_type", "http/JSON", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"http_with_a_word_behind", "HTTP GET", "HTTP", Transport::tcp, Port{80}, Service::Text::http},
        ServiceCase{"https", "HTTPS", "HTTPS", Transport::tcp, Port{443}, Service::Text::http},
        ServiceCase{"dns", "dns", "DNS", Transport::udp, Port{53}, Service::Text::dns},
        ServiceCase{"mdns", "mDNS", "MDNS", Transport::udp, Port{5353}, Service::Text::binary},
        ServiceCase{"dhcp", "DHCP", "DHCP", Transport::udp, Port{67}, Service::Text::dhcp},
        ServiceCase{"smtp", "SMTP", "SMTP", Transport::tcp, Port{25}, Service::Text::lines},
        ServiceCase{"ftp", "FTP", "FTP", Transport::tcp, Port{21}, Service::Text::lines},
        ServiceCase{"pop3", "POP3", "POP3", Transport::tcp, Port{110}, Service::Text::lines},
        ServiceCase{"imap", "IMAP", "IMAP", Transport::tcp, Port{143}, Service::Text::lines},
        ServiceCase{"nntp", "NNTP", "NNTP", Transport::tcp, Port{119}, Service::Text::lines},
        ServiceCase{"irc", "IRC", "IRC", Transport::tcp, Port{6667}, Service::Text::lines},
        ServiceCase{"mqtt", "MQTT", "MQTT", Transport::tcp, Port{1883}, Service::Text::binary},
        ServiceCase{"chat", "Chat", "CHAT", Transport::tcp, default_service_port},
        ServiceCase{"tcp", "TCP", "TCP", Transport::tcp, default_service_port},
        ServiceCase{"udp", "udp", "UDP", Transport::udp, default_service_port},
        ServiceCase{"dash_is_part_of_a_name", "FTP-DATA", "FTP-DATA", Transport::tcp, Port{20}}),
    CaseName{});

TEST(Service, of_an_unknown_protocol_is_none) {
  for (const std::string_view protocol : {"", " HTTP", "/HTTP", "HTT", "HTTPX", "HTTP-ALT", "GOPHER2000", "80"}) {
    EXPECT_EQ(find_service(protocol), nullptr) << protocol;
  }
}

TEST(Service, of_dhcp_has_clients_on_one_port) {
  EXPECT_EQ(find_service("DHCP")->client_port, Port{68});
  EXPECT_EQ(find_service("DHCPv6")->client_port, Port{546});
  EXPECT_EQ(find_service("DNS")->client_port, std::nullopt);
}

TEST(Service, ports_are_those_below_1024_and_the_known_ones) {
  for (std::uint16_t port = 1; port < 1024; ++port) EXPECT_TRUE(is_service_port(Port{port})) << port;
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{1883, 5353, 6667, 8080, 12345})
    EXPECT_TRUE(is_service_port(Port{port})) << port;
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 1024, 1025, 5074, 49152, 54321, 65535}) {
    EXPECT_FALSE(is_service_port(Port{port})) << port;
  }
}

}  // namespace
}  // namespace encap::test

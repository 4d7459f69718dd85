#include "encap/flow/service.h"

#include <algorithm>
#include <array>

namespace encap {
namespace {

using Text = Service::Text;

constexpr std::array services{
    Service{"HTTP", Transport::tcp, Port{80}, Text::http},
    Service{"DNS", Transport::udp, Port{53}, Text::dns},
    Service{"SMTP", Transport::tcp, Port{25}, Text::lines},
    Service{"CHAT", Transport::tcp, default_service_port},
    Service{"TCP", Transport::tcp, default_service_port},
    Service{"UDP", Transport::udp, default_service_port},
    Service{"HTTPS", Transport::tcp, Port{443}, Text::http},
    Service{"WWW", Transport::tcp, Port{80}, Text::http},
    Service{"WEB", Transport::tcp, Port{80}, Text::http},
    Service{"REST", Transport::tcp, Port{80}, Text::http},
    Service{"WEBSOCKET", Transport::tcp, Port{80}},
    Service{"WS", Transport::tcp, Port{80}},
    Service{"WSS", Transport::tcp, Port{443}},
    Service{"TLS", Transport::tcp, Port{443}, Text::binary},
    Service{"SSL", Transport::tcp, Port{443}, Text::binary},
    Service{"QUIC", Transport::udp, Port{443}, Text::binary},
    Service{"DHCP", Transport::udp, Port{67}, Text::dhcp, Port{68}},
    Service{"BOOTP", Transport::udp, Port{67}, Text::dhcp, Port{68}},
    Service{"DHCPV6", Transport::udp, Port{547}, Text::binary, Port{546}},
    Service{"MDNS", Transport::udp, Port{5353}, Text::binary},
    Service{"LLMNR", Transport::udp, Port{5355}, Text::binary},
    Service{"FTP", Transport::tcp, Port{21}, Text::lines},
    Service{"FTP-DATA", Transport::tcp, Port{20}},
    Service{"SUBMISSION", Transport::tcp, Port{587}, Text::lines},
    Service{"POP3", Transport::tcp, Port{110}, Text::lines},
    Service{"IMAP", Transport::tcp, Port{143}, Text::lines},
    Service{"NNTP", Transport::tcp, Port{119}, Text::lines},
    Service{"IRC", Transport::tcp, Port{6667}, Text::lines},
    Service{"SSH", Transport::tcp, Port{22}},
    Service{"TELNET", Transport::tcp, Port{23}},
    Service{"WHOIS", Transport::tcp, Port{43}},
    Service{"FINGER", Transport::tcp, Port{79}},
    Service{"ECHO", Transport::tcp, Port{7}},
    Service{"DISCARD", Transport::tcp, Port{9}},
    Service{"TFTP", Transport::udp, Port{69}, Text::binary},
    Service{"NTP", Transport::udp, Port{123}, Text::binary},
    Service{"SNMP", Transport::udp, Port{161}, Text::binary},
    Service{"SYSLOG", Transport::udp, Port{514}},
    Service{"LDAP", Transport::tcp, Port{389}, Text::binary},
    Service{"RTSP", Transport::tcp, Port{554}},
    Service{"RTP", Transport::udp, Port{5004}, Text::binary},
    Service{"SIP", Transport::udp, Port{5060}},
    Service{"STUN", Transport::udp, Port{3478}, Text::binary},
    Service{"XMPP", Transport::tcp, Port{5222}},
    Service{"MQTT", Transport::tcp, Port{1883}, Text::binary},
    Service{"AMQP", Transport::tcp, Port{5672}, Text::binary},
    Service{"MYSQL", Transport::tcp, Port{3306}, Text::binary},
    Service{"POSTGRESQL", Transport::tcp, Port{5432}, Text::binary},
    Service{"REDIS", Transport::tcp, Port{6379}},
    Service{"SMB", Transport::tcp, Port{445}, Text::binary},
    Service{"RDP", Transport::tcp, Port{3389}, Text::binary},
};

constexpr char upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

constexpr bool equals_upper(std::string_view text, std::string_view capitals) noexcept {
  return text.size() == capitals.size() &&
         std::equal(text.begin(), text.end(), capitals.begin(), [](char a, char b) { return upper(a) == b; });
}

}  // namespace

const Service* find_service(std::string_view protocol) noexcept {
  std::size_t length = 0;
  while (length < protocol.size() && protocol[length] != '/' && protocol[length] != ' ') ++length;
  protocol = protocol.substr(0, length);
  for (const Service& service : services) {
    if (equals_upper(protocol, service.name)) return &service;
  }
  return nullptr;
}

bool is_service_port(Port port) noexcept {
  if (port.value != 0 && port.value < 1024) return true;
  // Web servers in tables listen on 8080 as often as on 80 (IANA: http-alt).
  if (port == Port{8080}) return true;
  return std::any_of(services.begin(), services.end(), [port](const Service& service) { return service.port == port; });
}

}  // namespace encap

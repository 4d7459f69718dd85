#include "encap/analyze/plain_flow.h"

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/plain_headers.h"
#include "encap/wire/tcp.h"

namespace encap {
std::optional<FlowKey> plain_flow(const PacketRecord& record) noexcept {
  const auto headers = plain_headers(record);
  if (!headers) return std::nullopt;
  const bool is_ipv6 = headers->is_ipv6;
  const Address::Kind kind = is_ipv6 ? Address::Kind::ipv6 : Address::Kind::ipv4;
  std::optional<FlowKey> made{std::in_place};  // and read into where it is: no copy waits for what was just written
  FlowKey& key = *made;
  key.transport = headers->protocol == Protocol::tcp ? FlowKey::Transport::tcp : FlowKey::Transport::udp;
  key.source.read(headers->network, is_ipv6 ? Ipv6Field::source : Ipv4Field::source, kind);
  key.destination.read(headers->network, is_ipv6 ? Ipv6Field::destination : Ipv4Field::destination, kind);
  // The ports of UDP are where those of TCP are.
  key.source_port = load_field<TcpField::source_port>(headers->transport);
  key.destination_port = load_field<TcpField::destination_port>(headers->transport);
  return made;
}

}  // namespace encap

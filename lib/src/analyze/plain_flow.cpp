#include "encap/analyze/plain_flow.h"

#include "analyze/flow_table.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/plain_headers.h"
#include "encap/wire/tcp.h"

namespace encap {

bool plain_flow(const PacketRecord& record, std::uint32_t& flow) noexcept {
  const auto headers = plain_headers(record);
  if (!headers) return false;
  const auto words_of = [&](const HeaderField& field) {
    const std::size_t at = field.first_octet();
    if (!headers->is_ipv6) return AddressWords{std::uint64_t{load_be32(headers->network, at)} << 32, 0};
    return AddressWords{load_be<8>(headers->network, at), load_be<8>(headers->network, at + 8)};
  };
  // The ports of UDP are where those of TCP are.
  flow = flow_hash(words_of(headers->is_ipv6 ? Ipv6Field::source : Ipv4Field::source),
                   load_field<TcpField::source_port>(headers->transport),
                   words_of(headers->is_ipv6 ? Ipv6Field::destination : Ipv4Field::destination),
                   load_field<TcpField::destination_port>(headers->transport),
                   headers->protocol == Protocol::tcp ? FlowKey::Transport::tcp : FlowKey::Transport::udp);
  return true;
}

}  // namespace encap

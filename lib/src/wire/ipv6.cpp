#include "encap/wire/ipv6.h"

namespace encap {

Result<void, CraftError> prepend(PacketBuffer& buffer, const Ipv6Header& header) {
  if (buffer.size() > Ipv6View::maximum_payload_length) {
    return unexpected(
        CraftError{Layer::ipv6, CraftError::Code::payload_too_long, buffer.size(), Ipv6View::maximum_payload_length});
  }
  const auto payload_length = static_cast<std::uint16_t>(buffer.size());
  const MutableBytes out = buffer.prepend(Ipv6View::header_length);
  store_fields<Ipv6Field::version, Ipv6Field::traffic_class, Ipv6Field::flow_label>(out, 6u, header.traffic_class,
                                                                                    header.flow_label);
  store_field<Ipv6Field::payload_length>(out, header.forced.payload_length.value_or(payload_length));
  store_field<Ipv6Field::next_header>(out, static_cast<std::uint8_t>(header.next_header));
  store_field<Ipv6Field::hop_limit>(out, header.hop_limit);
  std::memcpy(field_octets<Ipv6Field::source>(out).data(), header.source.octets.data(), 16);
  std::memcpy(field_octets<Ipv6Field::destination>(out).data(), header.destination.octets.data(), 16);
  return {};
}

void prepend(PacketBuffer& buffer, const Ipv6FragmentHeader& header) {
  const MutableBytes out = buffer.prepend(Ipv6FragmentView::header_length);
  store_field<Ipv6FragmentField::next_header>(out, static_cast<std::uint8_t>(header.next_header));
  store_field<Ipv6FragmentField::reserved>(out, 0);
  store_fields<Ipv6FragmentField::fragment_offset, Ipv6FragmentField::reserved_bits, Ipv6FragmentField::more_fragments>(
      out, header.fragment_offset, 0u, header.more_fragments);
  store_field<Ipv6FragmentField::identification>(out, header.identification);
}

}  // namespace encap

#include "encap/wire/ipv4.h"

#include <cstring>

namespace encap {

Result<void, CraftError> prepend(PacketBuffer& buffer, const Ipv4Header& header) {
  constexpr std::size_t most_options = 40;
  if (header.options.size() > most_options) {
    return unexpected(CraftError{Layer::ipv4, CraftError::Code::options_too_long, header.options.size(), most_options});
  }
  if (header.options.size() % 4 != 0) {
    return unexpected(
        CraftError{Layer::ipv4, CraftError::Code::options_unaligned, header.options.size(), most_options});
  }
  const std::size_t header_length = Ipv4View::minimum_header_length + header.options.size();
  const std::size_t room = Ipv4View::maximum_total_length - header_length;
  if (buffer.size() > room) {
    return unexpected(CraftError{Layer::ipv4, CraftError::Code::payload_too_long, buffer.size(), room});
  }
  const MutableBytes out = buffer.prepend(header_length);
  store_fields<Ipv4Field::version, Ipv4Field::ihl>(
      out, 4u, header.forced.ihl.value_or(static_cast<std::uint8_t>(header_length / 4)));
  store_fields<Ipv4Field::dscp, Ipv4Field::ecn>(out, header.dscp, header.ecn);
  store_field<Ipv4Field::total_length>(out,
                                       header.forced.total_length.value_or(static_cast<std::uint16_t>(buffer.size())));
  store_field<Ipv4Field::identification>(out, header.identification);
  store_fields<Ipv4Field::reserved, Ipv4Field::dont_fragment, Ipv4Field::more_fragments, Ipv4Field::fragment_offset>(
      out, 0u, header.dont_fragment, header.more_fragments, header.fragment_offset);
  store_field<Ipv4Field::time_to_live>(out, header.time_to_live);
  store_field<Ipv4Field::protocol>(out, static_cast<std::uint8_t>(header.protocol));
  store_field<Ipv4Field::checksum>(out, 0);
  store_field<Ipv4Field::source>(out, header.source.value);
  store_field<Ipv4Field::destination>(out, header.destination.value);
  if (!header.options.empty()) {
    std::memcpy(out.data() + Ipv4View::minimum_header_length, header.options.data(), header.options.size());
  }
  store_field<Ipv4Field::checksum>(out, header.forced.checksum.value_or(Checksum{}.add(out).finish()));
  return {};
}

}  // namespace encap

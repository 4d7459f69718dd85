#include "encap/wire/tcp.h"

#include <cstring>

namespace encap {

std::optional<TcpFlags> TcpFlags::parse(std::string_view letters) noexcept {
  static constexpr std::string_view order = "FSRPAUEC";  // from the lowest bit up
  TcpFlags flags;
  for (const char letter : letters) {
    const char upper = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    const std::size_t bit = order.find(upper);
    if (bit == std::string_view::npos) return std::nullopt;
    flags = flags | TcpFlags{static_cast<std::uint8_t>(1u << bit)};
  }
  return flags;
}

Result<void, CraftError> prepend(PacketBuffer& buffer, const TcpHeader& header, const Route& route) {
  constexpr std::size_t most_options = 40;
  const IpAddress& source = route.source.address;
  if (source.family() != route.destination.address.family()) {
    return unexpected(CraftError{Layer::tcp, CraftError::Code::mixed_families});
  }
  if (header.options.size() > most_options) {
    return unexpected(CraftError{Layer::tcp, CraftError::Code::options_too_long, header.options.size(), most_options});
  }
  if (header.options.size() % 4 != 0) {
    return unexpected(CraftError{Layer::tcp, CraftError::Code::options_unaligned, header.options.size(), most_options});
  }
  const std::size_t header_length = TcpView::minimum_header_length + header.options.size();
  const std::size_t room = 65535 - header_length - (source.is_ipv4() ? 20 : 0);
  if (buffer.size() > room) {
    return unexpected(CraftError{Layer::tcp, CraftError::Code::payload_too_long, buffer.size(), room});
  }
  const MutableBytes out = buffer.prepend(header_length);
  store_field<TcpField::source_port>(out, header.source_port.value);
  store_field<TcpField::destination_port>(out, header.destination_port.value);
  store_field<TcpField::sequence_number>(out, header.sequence_number.value);
  store_field<TcpField::acknowledgment_number>(out, header.acknowledgment_number.value);
  store_fields<TcpField::data_offset, TcpField::reserved, TcpField::flags>(
      out, header.forced.data_offset.value_or(static_cast<std::uint8_t>(header_length / 4)), 0u, header.flags.value);
  store_field<TcpField::window>(out, header.window);
  store_field<TcpField::checksum>(out, 0);
  store_field<TcpField::urgent_pointer>(out, header.urgent_pointer);
  if (!header.options.empty()) {
    std::memcpy(out.data() + TcpView::minimum_header_length, header.options.data(), header.options.size());
  }
  if (header.forced.checksum) {
    store_field<TcpField::checksum>(out, *header.forced.checksum);
    return {};
  }
  const PseudoHeader pseudo_header{source, route.destination.address, Protocol::tcp,
                                   static_cast<std::uint32_t>(buffer.size())};
  store_field<TcpField::checksum>(out, Checksum{}.add(pseudo_header).add(buffer.bytes()).finish());
  return {};
}

}  // namespace encap

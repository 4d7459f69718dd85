#pragma once

#include <cstdint>
#include <string_view>

#include "dissect/dns_names.h"
#include "dissect/packet.h"

namespace encap::dns {

/// The data of one resource record, which is read from its first octet to its last.
struct Record {
  Packet& p;
  const Octets& in;  ///< the message
  NameReader& names;
  const Name& owner;
  ItemId tree;  ///< the record's item, whose line says what is in it
  std::uint16_t type;
  std::uint32_t start;   ///< of the data, within the message
  std::uint32_t length;  ///< as the record says
  std::uint32_t at = start;

  /// Octets of the data that were not read yet; negative where a field reached beyond it.
  [[nodiscard]] std::int64_t left() const noexcept { return std::int64_t{start} + length - at; }
};

/// `A`, `AAAA`, or `Unknown (666)`.
[[nodiscard]] std::string_view type_name(Packet& p, std::uint16_t type);
/// Reads the data of a record, which is not empty, and tells Info and the record's line about it.
void read_data(Record& record);

/// Adds a number of seconds with its words, such as `Time to live: 300 (5 minutes)`.
ItemId add_seconds(Packet& p, ItemId parent, const Field& field, const Octets& in, std::uint32_t offset);

}  // namespace encap::dns

#pragma once

#include "dissect/ip_names.h"
#include "dissect/packet.h"

namespace encap {

/// What IPv4 and IPv6 have in common.

inline constexpr Field ip_version{{"ip.version", "Version", 0, 4}, FieldType::uint8};

/// The protocol's name: `UDP`, `Reservation Protocol`, or `Unknown`.
[[nodiscard]] std::string_view ip_protocol_name(std::uint8_t number) noexcept;

/// The fields of an address at one end: its value, and under names that match either end.
struct AddressFields {
  const Field& address;
  const Field& any;
  const Field& host;
  const Field& any_host;
};
/// Adds the address at `offset`, and hidden below it what else it is found by. Returns the visible item.
ItemId add_address(Packet& p, ItemId parent, const AddressFields& fields, const Octets& in, std::uint32_t offset,
                   std::string_view text);

/// The fields of a fragmented packet, as Wireshark names them for each protocol that has them.
struct FragmentFields {
  const Field& fragments;
  const Field& fragment;
  const Field& overlap;
  const Field& conflict;
  const Field& multiple_tails;
  const Field& too_long;
  const Field& error;
  const Field& count;
  const Field& reassembled_length;
  const Field& reassembled_data;
  std::string_view source_name;  ///< of the reassembled octets, such as "Reassembled IPv4"
  std::string_view tag;          ///< such as "IPv4 fragments"
};
/// A fragment with all its octets: takes it into account. Gives what is to be dissected, or octets without data while
/// there is more to come. `illegal` says whether Info tells about fragments that contradict each other and is to be
/// left alone.
[[nodiscard]] Octets reassemble(Packet& p, ItemId tree, const FragmentFields& fields, const FragmentKey& key,
                                std::uint32_t offset, bool more, const Octets& in, bool& illegal);

/// The fields of the Quick-Start option, which both IP versions have. Source: RFC 4782 §3.
struct QuickStartFields {
  const Field& function;
  const Field& rate;
  const Field& hops;
  const Field& hops_difference;
  const Field& unused;
  const Field& nonce;
  const Field& reserved;
  bool words;  ///< whether the option's line names the function
};
/// `option` starts behind type and length; `tree` is the option's item.
void add_quick_start(Packet& p, ItemId tree, const QuickStartFields& fields, const Octets& option);

/// Reads `in` as IP protocol `number`; as data, with the protocol's name in Info, where it is none of ours.
void call_ip_protocol(Packet& p, std::uint8_t number, const Octets& in, bool write_info);

}  // namespace encap

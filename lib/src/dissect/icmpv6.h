#pragma once

#include <span>

#include "dissect/packet.h"

namespace encap::icmpv6 {

// What the parts of an ICMPv6 message share.

/// Bits of a word of `word` bits, `before` bits after its first.
constexpr Field bits(const char* name, const char* label, std::uint8_t word, std::uint8_t before, std::uint8_t width,
                     FieldType type, FieldLook look = {}) noexcept {
  look.drawn_bits = word;
  look.drawn_before = before;
  return {HeaderField{name, label, before, width}, type, look};
}
constexpr Field flag(const char* name, const char* label, std::uint8_t word, std::uint8_t before,
                     ValueNames names = set_or_not) noexcept {
  return bits(name, label, word, before, 1, FieldType::boolean, {.names = names});
}

inline constexpr ValueName preference_names[] = {{0, 0, "Medium"}, {1, 1, "High"}, {2, 2, "Reserved"}, {3, 3, "Low"}};
inline constexpr ValueName infinity_name[] = {{0xffffffff, 0xffffffff, "Infinity"}};

inline constexpr Field reserved{"icmpv6.reserved", "Reserved", FieldType::bytes};
inline constexpr Field data{"icmpv6.data", "Data", FieldType::bytes};
inline constexpr Field unknown_data{"icmpv6.unknown_data", "Unknown Data", FieldType::bytes};
inline constexpr Note unknown_data_note{
    {"icmpv6.unknown_data.expert", "Unknown Data (not interpreted)", FieldType::none}, Severity::error, "Malformed"};
inline constexpr Note invalid_option_length{
    {"icmpv6.invalid_option_length", "Invalid Option Length", FieldType::none}, Severity::error, "Malformed"};

/// A field of a walk and how many octets it takes.
struct Part {
  const Field* field;
  std::uint32_t length;
  std::span<const Field* const> bits{};  ///< those of a word of flags
};

/// A walk through a message, field by field. A missing octet stops the packet, whether items are wanted or not.
class Walk {
 public:
  Walk(Packet& packet, const Octets& message, std::uint32_t offset, ItemId parent) noexcept
      : p{packet}, in{message}, at{offset}, tree{parent} {}

  Packet& p;
  const Octets& in;
  std::uint32_t at;  ///< the next octet
  ItemId tree;       ///< where items go

  [[nodiscard]] std::uint32_t left() const noexcept { return at < in.reported ? in.reported - at : 0; }
  /// The next octets.
  ItemId add(const Field& field, std::uint32_t length) {
    if (!p.need(in, at, length)) return ItemId::none;
    const ItemId id = p.add(tree, field, in, at, length);
    if (id != ItemId::none && field.type == FieldType::uint32 && !field.look.names.empty()) say_lifetime(id);
    at += length;
    return id;
  }
  /// A value that is worked out from them.
  ItemId add(const Field& field, std::uint32_t length, std::uint64_t value) {
    if (!p.need(in, at, length)) return ItemId::none;
    const ItemId id = p.add(tree, field, in, at, length, value);
    at += length;
    return id;
  }
  /// A word of flags; those that are set, and what has names, is said in its line.
  ItemId add_flags(const Field& word, std::uint32_t length, std::span<const Field* const> fields);
  /// Bits of the next word, without going on.
  ItemId add_bits(ItemId parent, const Field& field, std::uint32_t length);
  /// Bits that do not stand together: the word's, under `mask`, `shift` of them left out at its end.
  ItemId add_masked(ItemId parent, const Field& field, std::uint8_t word, unsigned mask, unsigned shift = 0);
  /// Its line says it twice.
  ItemId add_eui64(const Field& field);
  void add(std::span<const Part> parts) {
    for (const Part& part : parts) {
      if (part.bits.empty()) {
        add(*part.field, part.length);
      } else {
        add_flags(*part.field, part.length, part.bits);
      }
    }
  }
  /// An address that starts with the octets at `offset`.
  [[nodiscard]] Address prefix(std::uint32_t offset, std::uint32_t octets) noexcept;

 private:
  /// Of 32-bit numbers only a few have names: the others are just numbers.
  void say_lifetime(ItemId item);
};

/// What an option has that nobody read.
void add_unknown(Walk& walk, std::uint32_t length);

/// Options of Neighbour Discovery, from `walk.at` to the end of the message. Source: RFC 4861 §4.6.
void dissect_options(Walk& walk);
[[nodiscard]] std::span<const Field* const> option_fields() noexcept;

/// An RPL message; what its code says follows from `walk.at` on. Source: RFC 6550 §6, RFC 6997.
void dissect_rpl(Walk& walk, std::uint8_t code);
[[nodiscard]] std::span<const Field* const> rpl_fields() noexcept;

}  // namespace encap::icmpv6

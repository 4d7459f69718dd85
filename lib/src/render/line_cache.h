#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/hash_index.h"
#include "base/hash_words.h"
#include "base/text_writer.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// Lines that were written of fields, to be copied when the same value comes again: most fields of a capture have one
/// of a few values. Bounded: of each field the lines of a few values are kept, and of so many fields at most.
class LineCache {
 public:
  /// Adds what `write()` adds to `out`, which depends on nothing but the item's field, its value and `look`.
  template <class Write>
  void add(TextWriter& out, const Item& item, std::uint32_t look, Write write) {
    if (item.field == nullptr || item.size > longest_value) return write();
    Known* const known = find(*item.field, look);
    if (known == nullptr) return write();
    const Value value{item};
    Line& line = known->lines[value.place()];
    char* const start = out.reserve(longest);
    if (line.length != 0 && line.value.is(value)) {
      line.copy_to(start);
      return out.advance(start + line.length);
    }
    const std::size_t before = out.size();
    write();
    const std::size_t length = out.size() - before;
    if (length > longest) return;
    // Where the writer was handed over meanwhile it is in the string.
    const char* const written = out.reserve(0) == start + length ? start : out.text().data() + before;
    line.value = value;
    line.length = static_cast<std::uint32_t>(length);
    std::memcpy(line.text.data(), written, length);
  }

 private:
  static constexpr std::size_t most = 1024;  // fields, each once for every look
  static constexpr std::size_t values = 4;   // of each: the last one of those that share a place
  static constexpr std::size_t longest = 140;
  static constexpr std::size_t longest_value = 24;  // octets; longer ones are as many as packets

  struct Value {
    std::uint64_t first = 0;  // octets, or the number
    std::uint32_t size = 0;   // of octets
    // Of more than 8 octets those behind the first; they overlap.
    std::uint64_t middle = 0;
    std::uint64_t last = 0;

    Value() = default;
    explicit Value(const Item& item) noexcept : first{item.number}, size{item.size} {
      if (item.data == nullptr) return;
      const auto word = [&item](std::size_t at) {
        std::uint64_t octets;
        std::memcpy(&octets, item.data + at, sizeof octets);
        return octets;
      };
      if (size >= 8) {
        first = word(0);
        middle = word(std::min<std::size_t>(8, size - 8));
        last = word(size - 8);
      } else if (size >= 4) {
        std::uint32_t start;
        std::uint32_t end;
        std::memcpy(&start, item.data, 4);
        std::memcpy(&end, item.data + size - 4, 4);
        first = std::uint64_t{end} << 32 | start;
      } else if (size != 0) {
        const auto octet = [&item](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(item.data[at])}; };
        first = octet(0) | octet(size / 2) << 8 | octet(size - 1) << 16;
      }
    }
    [[nodiscard]] bool is(const Value& other) const noexcept {
      return first == other.first && size == other.size &&
             (size <= 8 || (middle == other.middle && last == other.last));
    }
    // Numbers are small ones, or any.
    [[nodiscard]] std::size_t place() const noexcept { return (first ^ first >> 2 ^ last) % values; }
  };
  struct Line {
    Value value;
    std::uint32_t length = 0;  // 0: there is none
    std::array<char, longest> text;

    // In pieces of a size that is known, each an instruction or two. Precondition: there is room for `longest`.
    void copy_to(char* to) const noexcept {
      constexpr std::size_t piece = 16;
      constexpr std::size_t usual = 64;
      for (std::size_t at = 0; at < usual; at += piece) std::memcpy(to + at, text.data() + at, piece);
      if (length <= usual) return;
      for (std::size_t at = usual; at + piece <= longest; at += piece) std::memcpy(to + at, text.data() + at, piece);
      std::memcpy(to + longest - piece, text.data() + longest - piece, piece);
    }
  };
  struct alignas(64) Known {
    const Field* field;
    std::uint32_t look;
    std::array<Line, values> lines;
  };

  // What is known of a field; null where there is no room for more of them.
  Known* find(const Field& field, std::uint32_t look) {
    const auto hash =
        static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(&field) + look) * detail::hash_factor >> 32);
    const std::uint32_t place = index_.find(
        hash, [&](std::uint32_t each) { return known_[each].field == &field && known_[each].look == look; });
    return place != HashIndex::none ? &known_[place] : add_field(field, look, hash);
  }
  Known* add_field(const Field& field, std::uint32_t look, std::uint32_t hash);

  HashIndex index_;  // of places in `known_`
  std::vector<Known> known_;
};

}  // namespace encap

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/large_memory.h"

namespace encap {

/// A list that may grow to many megabytes, in pieces that stay where they are, but for the first one, which grows once:
/// what is in it is copied no more. The place of each thing is how many were added before it.
template <class T>
class LargeList {
 public:
  /// How many things there are.
  [[nodiscard]] std::uint32_t size() const noexcept {
    if (pieces_.empty()) return 0;
    return static_cast<std::uint32_t>((pieces_.size() - 1) * piece_size + pieces_.back().size());
  }
  [[nodiscard]] T& operator[](std::uint32_t place) noexcept { return pieces_[place / piece_size][place % piece_size]; }
  [[nodiscard]] const T& operator[](std::uint32_t place) const noexcept {
    return pieces_[place / piece_size][place % piece_size];
  }

  /// Adds a thing behind the others. Returns its place.
  std::uint32_t push_back(const T& thing) {
    if (pieces_.empty() || pieces_.back().size() == piece_size) pieces_.emplace_back();
    Piece& piece = pieces_.back();
    // A list that stays short takes little; any other one has whole pieces.
    if (piece.size() == piece.capacity()) {
      piece.reserve(pieces_.size() == 1 && piece.size() < first_size ? first_size : piece_size);
    }
    piece.push_back(thing);
    return size() - 1;
  }

 private:
  using Piece = std::vector<T, LargeAllocator<T>>;
  static constexpr std::size_t piece_size = std::bit_floor(LargeAllocator<T>::page_size / sizeof(T));
  static constexpr std::size_t first_size = piece_size / 64;

  std::vector<Piece> pieces_;
};

}  // namespace encap

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/large_memory.h"

namespace encap {

/// A list that may grow to many megabytes, in pieces that stay where they are, but for the first one, which grows once:
/// what is in it is copied no more, and a list is added to another one as it lies. Each thing has a place, a number
/// that it keeps.
template <class T>
class LargeList {
 public:
  /// How many things there are.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
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
    ++size_;
    return end() - 1;
  }
  /// Adds all of `other`, which is empty then, in pieces of its own: there are places in front of them that no thing
  /// has. Returns how much higher its places are here.
  std::uint32_t take_over(LargeList& other) {
    const auto above = static_cast<std::uint32_t>(pieces_.size() * piece_size);
    for (Piece& piece : other.pieces_) pieces_.push_back(std::move(piece));
    size_ += other.size_;
    other = LargeList{};
    return above;
  }

  /// The first place from that one on that a thing has; `end()` where none has.
  [[nodiscard]] std::uint32_t next(std::uint32_t place) const noexcept {
    if (place / piece_size < pieces_.size() && place % piece_size >= pieces_[place / piece_size].size()) {
      place += static_cast<std::uint32_t>(piece_size - place % piece_size);
    }
    return std::min(place, end());
  }
  /// Behind all places.
  [[nodiscard]] std::uint32_t end() const noexcept {
    if (pieces_.empty()) return 0;
    return static_cast<std::uint32_t>((pieces_.size() - 1) * piece_size + pieces_.back().size());
  }

 private:
  using Piece = std::vector<T, LargeAllocator<T>>;
  static constexpr std::size_t piece_size = std::bit_floor(LargeAllocator<T>::page_size / sizeof(T));
  static constexpr std::size_t first_size = piece_size / 64;

  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
};

}  // namespace encap

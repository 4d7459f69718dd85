#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace encap {

/// A list that may grow to many megabytes, in pieces that stay where they are: what is in it is copied no more. The
/// place of each thing is how many were added before it.
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
    if (pieces_.empty() || pieces_.back().size() == piece_size) pieces_.emplace_back().reserve(piece_size);
    pieces_.back().push_back(thing);
    return size() - 1;
  }

 private:
  static constexpr std::size_t piece_size = std::bit_floor((std::size_t{64} << 10) / sizeof(T));

  std::vector<std::vector<T>> pieces_;
};

}  // namespace encap

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "encap/dissect/session.h"

namespace encap {

/// Puts fragmented datagrams together. Octets that several fragments carry are taken from the one that starts first,
/// of those that start at the same place from the one that came first. A datagram is forgotten once it is complete: a
/// fragment of it that comes later begins another one.
///
/// Memory is bounded: at most `maximum_datagrams` are waited for, with `maximum_octets` of fragments in all and
/// `maximum_pieces` each. Where one more would not fit, the datagram that waited longest for its next fragment is given
/// up; a datagram that is too large by itself is given up and reported as `too_large`.
class FragmentTable {
 public:
  static constexpr std::size_t maximum_datagrams = 4096;
  static constexpr std::size_t maximum_octets = std::size_t{64} << 20;
  static constexpr std::size_t maximum_pieces = 8192;

  FragmentTable();
  FragmentTable(FragmentTable&&) noexcept;
  FragmentTable& operator=(FragmentTable&&) noexcept;
  ~FragmentTable();

  /// Takes a fragment into account: `bytes` lie at `offset` of the datagram, and `more` says that it goes on behind
  /// them. Lifetime: what the result borrows lives until the next call. Cost: linear in the datagram's pieces.
  [[nodiscard]] Reassembly add(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                               Bytes bytes);

  [[nodiscard]] std::size_t waiting() const noexcept;  ///< datagrams that are not complete

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace encap

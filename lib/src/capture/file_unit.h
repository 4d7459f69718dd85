#pragma once

#include <cstdint>

#include "encap/base/bytes.h"

namespace encap {

/// A piece of a file that is there whole or not at all: a header, a packet, a block, a member of a compressed file.
struct FileUnit {
  std::size_t length = 0;  ///< octets; 0 where too little of it is there to tell
  bool is_packet = false;
};

/// The unit that `octets` begin with, which lie at `offset` of the file. The unit may be longer than they are.
using NextUnit = FileUnit (*)(std::uint64_t offset, Bytes octets) noexcept;

/// Calls `visit` for each whole unit of `octets`, which lie at `offset` of a file; returns the octets of them all.
template <class Visit>
std::size_t walk_units(NextUnit next_unit, std::uint64_t offset, Bytes octets, Visit visit) noexcept {
  std::size_t at = 0;
  for (;;) {
    const FileUnit unit = next_unit(offset + at, octets.subspan(at));
    if (unit.length == 0 || unit.length > octets.size() - at) return at;
    visit(unit);
    at += unit.length;
  }
}

}  // namespace encap

#pragma once

#include <algorithm>
#include <vector>

#include "encap/wire/packet_buffer.h"

namespace encap::test {

/// A buffer that held a packet of 0xa5 before: whatever `prepend` fails to write shows.
inline PacketBuffer dirty_buffer(Bytes payload = {}) {
  constexpr std::size_t front = 128;
  PacketBuffer buffer{front};
  const std::vector<std::byte> junk(256, std::byte{0xa5});
  buffer.append(junk);
  std::ranges::fill(buffer.prepend(front), std::byte{0xa5});
  buffer.clear();
  buffer.append(payload);
  return buffer;
}

}  // namespace encap::test

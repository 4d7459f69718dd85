#pragma once

#include <vector>

#include "trace/compared_packets.h"

namespace encap::trace {

/// Which packets of two conversations are for the same thing, in the order of the left one, with those that have no
/// partner at their places. Precondition: clients are on the same side. Cost: O(n log n).
[[nodiscard]] std::vector<AlignedPackets> align(const KeptCapture& left, const KeptConversation& left_conversation,
                                                const KeptCapture& right, const KeptConversation& right_conversation);

}  // namespace encap::trace

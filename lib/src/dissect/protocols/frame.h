#pragma once

#include "dissect/packet.h"

namespace encap {

/// Reads a whole packet: the frame's own fields, then the layer its link type names.
void dissect_frame(Packet& packet, const PacketRecord& record);

}  // namespace encap

#pragma once

#include "dissect/protocol.h"

namespace encap {

extern const ProtocolInfo llc_protocol;

}  // namespace encap

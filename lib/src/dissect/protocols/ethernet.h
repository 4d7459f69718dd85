#pragma once

#include "dissect/packet.h"

namespace encap {

extern const ProtocolInfo ethernet_protocol;

// Fields that other link layers show too.
extern const Note ethernet_padding_bad;
extern const Field ethernet_padding;
extern const Field ethernet_trailer;
extern const Field ethernet_fcs;
extern const Field ethernet_fcs_status;
extern const Field ethernet_address;
extern const Field ethernet_address_resolved;
extern const Field ethernet_address_oui;
extern const Field ethernet_lg;
extern const Field ethernet_ig;

}  // namespace encap

#pragma once

#include <memory>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/capture/network_interface.h"
#include "encap/live/live_sender.h"

namespace encap {

/// The ways that send packets as they are: on Linux raw and packet sockets, elsewhere libpcap's injection.
/// Errors: as `open_live_sender`.
[[nodiscard]] Result<std::unique_ptr<LiveSender>, IoError> open_ip_sender(const NetworkInterface& interface);
[[nodiscard]] Result<std::unique_ptr<LiveSender>, IoError> open_wire_sender(const NetworkInterface& interface);

}  // namespace encap

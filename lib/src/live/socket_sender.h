#pragma once

#include <memory>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/capture/network_interface.h"
#include "encap/live/live_sender.h"

namespace encap {

/// The way `Via::sockets`. Errors: as `open_live_sender`.
[[nodiscard]] Result<std::unique_ptr<LiveSender>, IoError> open_socket_sender(const NetworkInterface& interface);

}  // namespace encap

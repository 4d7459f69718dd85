#pragma once

#include <string>

#include "asio_types.h"
#include "hub.h"

namespace chat {

/// Serves HTTP on a connection from this address: the page's files, the chat at /chat and the log at /admin/events,
/// both by WebSocket. `hub` must outlive it.
void serve_web(Hub& hub, Socket socket, std::string address);

}  // namespace chat

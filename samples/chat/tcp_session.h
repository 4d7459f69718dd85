#pragma once

#include <string>

#include "asio_types.h"
#include "hub.h"

namespace chat {

/// Serves the line protocol on a connection from this address, until it ends. `hub` must outlive it.
void serve_lines(Hub& hub, Socket socket, std::string address);

}  // namespace chat

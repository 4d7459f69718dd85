#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenario_script.h"
#include "server_process.h"

namespace chat {

/// What a client has sent and received, line by line, as its program saw it.
struct PlayedClient {
  std::string name;
  unsigned short port = 0;  ///< its own
  std::vector<std::string> said;
  std::vector<std::string> heard;
};

/// Plays the script against a server that listens: all clients in this thread. `pause` is the time between two lines,
/// so that packets of different lines can be told apart by eye. Nothing, or which step failed and why.
[[nodiscard]] std::optional<std::string> play(std::span<const Step> script, ServerProcess& server,
                                              std::chrono::milliseconds pause, std::vector<PlayedClient>& clients);

}  // namespace chat

#pragma once

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "clients.h"
#include "server.h"

namespace chat::test {

/// A server in this process, at ports of its own, and what it has logged.
class RunningServer {
 public:
  explicit RunningServer(ServerOptions options = {}) {
    options.port = options.web_port = 0;
    auto started = Server::start(options, [this](std::string_view line) {
      const std::lock_guard lock{mutex_};
      log_.emplace_back(line);
      logged_.notify_all();
    });
    if (const std::string* const problem = std::get_if<std::string>(&started)) throw std::runtime_error{*problem};
    server = std::get<std::unique_ptr<Server>>(std::move(started));
  }

  /// Waits for a line of the log that holds this.
  std::string logged(std::string_view part) {
    std::unique_lock lock{mutex_};
    const auto is_it = [part](const std::string& line) { return line.find(part) != std::string::npos; };
    std::string found;
    const bool came = logged_.wait_for(lock, patience, [&] {
      for (const std::string& line : log_) {
        if (is_it(line)) found = line;
      }
      return !found.empty();
    });
    if (!came) throw std::runtime_error{"the log has no " + std::string{part}};
    return found;
  }
  std::string log() {
    const std::lock_guard lock{mutex_};
    std::string all;
    for (const std::string& line : log_) all += line + "\n";
    return all;
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
  [[nodiscard]] std::uint16_t web_port() const { return server->web_port(); }

 private:
  std::mutex mutex_;
  std::condition_variable logged_;
  std::vector<std::string> log_;

 public:
  std::unique_ptr<Server> server;  ///< ends first
};

}  // namespace chat::test

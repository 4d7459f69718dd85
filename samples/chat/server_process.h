#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace chat {

/// A chat-server that was started, until it is stopped or this ends. It listens on 127.0.0.1.
class ServerProcess {
 public:
  ServerProcess() = default;
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() { kill(); }

  /// Starts `path` with `arguments` and waits until it listens, ten seconds at most. Nothing, or why it does not, with
  /// what it said.
  [[nodiscard]] std::optional<std::string> start(const std::string& path, std::vector<std::string> arguments);

  [[nodiscard]] pid_t id() const noexcept { return id_; }               ///< -1: none runs
  [[nodiscard]] unsigned short port() const noexcept { return port_; }  ///< of the line protocol
  /// What it writes to standard error; whoever waits for other things as well reads it with `read_log`.
  [[nodiscard]] int log_descriptor() const noexcept { return log_; }
  /// Takes what it has written, so that it need not wait for a reader.
  void read_log();
  /// What was read; the last 64 KiB of it.
  [[nodiscard]] const std::string& log() const noexcept { return text_; }

  /// Asks it to end; false: it is gone.
  bool ask_to_end();
  /// Asks it to end, unless it was asked before, and returns whether it has ended in order within `patience`; else it
  /// is killed.
  bool stop(std::chrono::milliseconds patience);
  /// As kill -9.
  void kill();

 private:
  void forget();

  pid_t id_ = -1;
  int log_ = -1;
  bool asked_ = false;
  unsigned short port_ = 0;
  std::string text_;
};

}  // namespace chat

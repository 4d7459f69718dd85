#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace chat {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 12345;     ///< of the line protocol; 0: any free one
  std::uint16_t web_port = 8080;  ///< likewise
  std::string database = ":memory:";
  bool disconnect_refused = false;
  unsigned threads = 2;
  std::chrono::seconds idle{60};
  double rate = 20;           ///< lines a second of each client, twice as many at once; 0: any number
  std::size_t queue = 256;    ///< KiB that may wait for a slow reader
  std::string web_root{};     ///< folder of the page's files
  std::string admin_token{};  ///< empty: a random one
};

/// A running chat server, on threads of its own.
class Server {
 public:
  /// `log` gets a line for each thing that happens, from any thread, one at a time. Errors, as a sentence: a port is
  /// taken, the database cannot be used.
  [[nodiscard]] static std::variant<std::unique_ptr<Server>, std::string> start(
      const ServerOptions& options, std::function<void(std::string_view line)> log);
  /// As `stop`.
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::uint16_t web_port() const noexcept;
  [[nodiscard]] const std::string& admin_token() const noexcept;

  /// Has what was said stored, says goodbye to all and ends. False when messages could not be stored.
  bool stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chat

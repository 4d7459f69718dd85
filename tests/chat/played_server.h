#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace chat::test {

/// The server's side of one connection after another, played by a test line by line. No call waits longer than ten
/// seconds.
class PlayedServer {
 public:
  explicit PlayedServer(std::uint16_t port = 0) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(port);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ::ntohs(address.sin_port);
  }
  PlayedServer(const PlayedServer&) = delete;
  PlayedServer& operator=(const PlayedServer&) = delete;
  ~PlayedServer() {
    hang_up();
    ::close(listener_);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  /// Waits for a client.
  bool accept() {
    hang_up();
    received_.clear();
    if (!wait_for(listener_)) return false;
    connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    return connection_ >= 0;
  }
  void say(std::string_view text) {
    EXPECT_EQ(::send(connection_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// Accepts a client, asks for its name and returns what it says.
  std::string greet() {
    if (!accept()) return "no client came";
    say("* welcome\nenter name:\n");
    std::string name = next_line();
    say("* you are " + name + "\n");
    return name;
  }
  /// The next line of the client; "(end)" when it has closed.
  std::string next_line() {
    for (;;) {
      if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return line;
      }
      if (!wait_for(connection_)) return "(nothing came)";
      char octets[4096];
      const ssize_t count = ::recv(connection_, octets, sizeof octets, 0);
      if (count <= 0) return "(end)";
      received_.append(octets, static_cast<std::size_t>(count));
    }
  }
  void hang_up() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
  }
  /// Refuses connections from now on.
  void close() {
    hang_up();
    ::close(listener_);
    listener_ = -1;
  }

 private:
  static bool wait_for(int descriptor) {
    pollfd readable{descriptor, POLLIN, 0};
    return ::poll(&readable, 1, 10'000) == 1;
  }

  int listener_ = -1;
  int connection_ = -1;
  std::uint16_t port_ = 0;
  std::string received_;
};

}  // namespace chat::test

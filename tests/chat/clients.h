#pragma once

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace chat::test {

inline constexpr auto patience = std::chrono::seconds{60};  ///< far more than anything takes, on a machine that is busy

/// A connection to 127.0.0.1. Whatever takes longer than `patience` throws.
class Connection {
 public:
  /// `receive_buffer`: octets the kernel takes for a reader that does not read; 0: as usual.
  explicit Connection(std::uint16_t port, int receive_buffer = 0)
      : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    if (receive_buffer != 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{"connect: " + std::to_string(errno)};
    }
  }
  Connection(Connection&& other) noexcept
      : socket_{std::exchange(other.socket_, -1)}, octets_{std::move(other.octets_)}, has_ended_{other.has_ended_} {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() { close(); }

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Ends the connection with a RST.
  void reset() {
    const linger abrupt{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
    close();
  }
  /// Ends our side of the stream.
  void end() { ::shutdown(socket_, SHUT_WR); }

  void send(std::string_view octets) {
    while (!octets.empty()) {
      const auto sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error{"send: " + std::to_string(errno)};
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// False once the other side has ended, or after `wait`.
  bool receive(std::chrono::milliseconds wait = patience) {
    pollfd waiting{socket_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(wait.count()));
    if (ready == 0 && wait == patience) throw std::runtime_error{"nothing came; so far: " + octets_};
    if (ready <= 0) return false;
    std::array<char, 65536> buffer;
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      has_ended_ = true;
      return false;
    }
    octets_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }
  /// The octets up to and with `end`; none once the other side has ended.
  std::optional<std::string> read_to(std::string_view end) {
    while (true) {
      if (const std::size_t found = octets_.find(end); found != std::string::npos) return take(found + end.size());
      if (!receive()) return std::nullopt;
    }
  }
  std::optional<std::string> read(std::size_t count) {
    while (octets_.size() < count) {
      if (!receive()) return std::nullopt;
    }
    return take(count);
  }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  std::string take(std::size_t count) {
    std::string taken = octets_.substr(0, count);
    octets_.erase(0, count);
    return taken;
  }

  int socket_;
  std::string octets_;
  bool has_ended_ = false;
};

/// Speaks the line protocol.
class LineClient {
 public:
  explicit LineClient(std::uint16_t port, int receive_buffer = 0) : connection{port, receive_buffer} {}
  /// Connects and enters a name.
  LineClient(std::uint16_t port, std::string_view name) : connection{port} {
    say(name);
    static_cast<void>(read_until("* you are "));
  }

  void say(std::string_view line) { connection.send(std::string{line} + "\n"); }
  /// The next line without its end; none once the server has ended.
  std::optional<std::string> line() {
    auto line = connection.read_to("\n");
    if (line) line->pop_back();
    return line;
  }
  /// The next line but lists of users, which come when they come.
  std::optional<std::string> line_but_users() {
    while (true) {
      auto next = line();
      if (!next || !next->starts_with("users: ")) return next;
    }
  }
  /// The next line that starts so.
  std::string read_until(std::string_view start) {
    while (auto next = line()) {
      if (next->starts_with(start)) return *next;
    }
    throw std::runtime_error{"the connection ended before " + std::string{start}};
  }

  Connection connection;
};

/// Speaks WebSocket, as a page does. Source: RFC 6455 §5.
class WebClient {
 public:
  WebClient(std::uint16_t port, std::string_view path, std::string_view origin = {}) : connection{port} {
    std::string request = "GET " + std::string{path} + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!origin.empty()) request += "Origin: " + std::string{origin} + "\r\n";
    connection.send(request + "\r\n");
    status = connection.read_to("\r\n\r\n").value_or("").substr(9, 3);
  }

  void send(std::string_view payload, unsigned char opcode = 1) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (payload.size() < 126) {
      frame += static_cast<char>(0x80 | payload.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(payload.size() >> 8);
      frame += static_cast<char>(payload.size() & 0xff);
    }
    constexpr std::string_view mask = "mask";
    frame += mask;
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    connection.send(frame);
  }
  /// The next text; none once the server has ended or closed, of which `close_code` tells. Pings are answered.
  std::optional<std::string> text() {
    const auto start = std::chrono::steady_clock::now();
    while (true) {
      // Pings keep coming where nothing else does.
      if (std::chrono::steady_clock::now() - start > patience) throw std::runtime_error{"no text came"};
      const auto head = connection.read(2);
      if (!head) return std::nullopt;
      const int opcode = (*head)[0] & 0x0f;
      std::size_t length = (*head)[1] & 0x7f;
      if (length > 125) {
        const auto extended = connection.read(length == 126 ? 2 : 8);
        if (!extended) return std::nullopt;
        length = 0;
        for (const char c : *extended) length = length << 8 | static_cast<unsigned char>(c);
      }
      auto payload = connection.read(length);
      if (!payload || opcode == 1) return payload;
      if (opcode == 9 && answers_pings) send(*payload, 10);
      if (opcode == 8) {
        close_code = payload->size() < 2
                         ? 1005
                         : static_cast<unsigned char>((*payload)[0]) << 8 | static_cast<unsigned char>((*payload)[1]);
        return std::nullopt;
      }
    }
  }
  /// The next text that holds this.
  std::string read_until(std::string_view part) {
    while (auto next = text()) {
      if (next->find(part) != std::string::npos) return *next;
    }
    throw std::runtime_error{"the connection ended before " + std::string{part}};
  }

  Connection connection;
  std::string status;  ///< as in "101"
  int close_code = 0;
  bool answers_pings = true;
};

/// What the server answers to an HTTP request, whose connection it closes.
inline std::string ask_http(std::uint16_t port, std::string_view request_line, std::string_view headers = {}) {
  Connection connection{port};
  connection.send(std::string{request_line} + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                  std::string{headers} + "\r\n");
  std::string answer;
  while (auto part = connection.read(1)) answer += *part;
  return answer;
}

}  // namespace chat::test

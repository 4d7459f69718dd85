#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct addrinfo;

namespace chat {

/// The client's end of a TCP connection that carries lines. It never blocks (but for the names of hosts, which the
/// system looks up): whoever owns it polls `descriptor()` for `events()`, and tells what came by `ready()`.
///
///     LineSocket socket;
///     socket.connect("127.0.0.1", "12345");
///     while (socket.state() != LineSocket::State::closed) {
///       pollfd watched{socket.descriptor(), socket.events(), 0};
///       poll(&watched, 1, -1);
///       socket.ready(watched.revents);
///       while (auto line = socket.next_line()) ...
///     }
class LineSocket {
 public:
  enum class State { closed, connecting, open };
  static constexpr std::size_t longest_line = std::size_t{1} << 20;  ///< octets of a received line

  LineSocket() = default;
  LineSocket(const LineSocket&) = delete;
  LineSocket& operator=(const LineSocket&) = delete;
  ~LineSocket() { close(); }

  /// Begins to connect, to the first address of the host that takes it. What came before is forgotten. `error()` says
  /// why it is closed afterwards, if it is. `receive_buffer` is asked of the kernel, in octets; 0: its usual one.
  void connect(const std::string& host, const std::string& port, int receive_buffer = 0);

  [[nodiscard]] State state() const noexcept { return state_; }
  /// Why it is closed; empty: the server closed it in order, or it never was open.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  ///< -1: closed
  [[nodiscard]] short events() const noexcept;                           ///< for poll
  void ready(short events);                                              ///< that poll found

  /// Sends the line and LF, soon: what the kernel does not take at once waits in memory.
  void send_line(std::string_view line);
  [[nodiscard]] std::size_t unsent() const noexcept { return to_send_.size(); }  ///< octets

  /// The next line that came, without LF or CRLF; nothing while none is whole. Also after the connection was closed.
  [[nodiscard]] std::optional<std::string> next_line();

  /// The client's own port; 0: not connected.
  [[nodiscard]] unsigned short local_port() const noexcept;

  void close();
  /// Closes with RST, and drops what was not sent.
  void reset();

 private:
  struct FreeAddresses {
    void operator()(addrinfo* addresses) const noexcept;
  };

  void connect_to_next();
  void connected();
  void fail(std::string why);
  void receive();
  void send();

  State state_ = State::closed;
  int descriptor_ = -1;
  std::unique_ptr<addrinfo, FreeAddresses> addresses_;
  int receive_buffer_ = 0;
  const addrinfo* next_ = nullptr;  // to be tried if this one refuses
  std::string error_;
  std::string to_send_;
  std::string received_;
  std::size_t taken_ = 0;     // of received_
  std::size_t searched_ = 0;  // of received_: no LF up to here
};

}  // namespace chat

#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "line_socket.h"
#include "terminal.h"

namespace chat {

/// One user's side of the chat: gives the name when the server asks, sends lines, shows what comes, and connects again
/// when the connection is lost. It waits for nothing itself.
class ChatClient final : public Background {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    std::string host;
    std::string port;
    std::string name{};           ///< empty: the first line is it
    bool reconnect = true;        ///< after a connection was lost that once was there
    int most_attempts = 0;        ///< to connect again, in a row; 0: any number
    bool may_be_renamed = false;  ///< a refused name is asked for again; else it ends the client
    double lines_per_second = 0;  ///< sent at most, after as many at once as come in a second; 0: as they come
  };
  /// Called with lines to be shown: what the server says, made visible, and what the client has to say itself.
  struct Output {
    std::function<void(std::string_view line)> server;
    std::function<void(std::string_view notice)> own;
  };
  enum class End { none, left, refused, lost };

  static constexpr std::size_t most_kept_lines = 1000;  ///< while there is no connection

  ChatClient(Options options, Output output);

  /// A line that was typed. It is kept while there is no connection; a name, where one is asked for.
  void submit(std::string line);
  /// No line comes any more: /exit follows the last one, and what the server says until it closes is shown.
  void finish();
  /// Lines that wait to be sent.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

  [[nodiscard]] int descriptor() const override { return socket_.descriptor(); }
  [[nodiscard]] short events() const override { return socket_.events(); }
  [[nodiscard]] int timeout() const override;
  void ready(short events) override;
  [[nodiscard]] bool ended() const override { return end_ != End::none; }

  [[nodiscard]] End end() const noexcept { return end_; }
  /// Whether the server refused a line or the name.
  [[nodiscard]] bool was_refused() const noexcept { return was_refused_; }
  /// `alice> `, `name> ` while a name is asked for, `(offline) alice> `.
  [[nodiscard]] std::string prompt() const;

 private:
  enum class Naming { none, asked, given, accepted };

  void connect();
  void take_line(const std::string& line);
  void name_asked();
  void lost(std::string why);
  void heard();
  void send_waiting();
  [[nodiscard]] bool is_connected() const noexcept { return socket_.state() == LineSocket::State::open; }
  [[nodiscard]] std::chrono::milliseconds back_off() const;

  Options options_;
  Output output_;
  LineSocket socket_;
  Naming naming_ = Naming::none;
  std::deque<std::string> waiting_;
  bool was_connected_ = false;
  bool finishing_ = false;
  bool said_exit_ = false;
  bool was_refused_ = false;
  bool name_refused_ = false;  // also when the server closed the connection over it
  End end_ = End::none;
  int attempts_ = 0;                             // in a row, without success
  std::optional<Clock::time_point> reconnect_;   // when to
  std::optional<Clock::time_point> silent_end_;  // when a server that says nothing is given up, after /exit
  Clock::time_point next_line_{};                // when it may be sent
};

}  // namespace chat

#include "chat_client.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <utility>

#include "visible_text.h"

namespace chat {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds longest_connecting{10s};
constexpr milliseconds longest_silence{5s};  // of a server that was told /exit
constexpr std::string_view name_question = "enter name:";

bool is_exit(std::string_view line) noexcept {
  return line.starts_with("/exit") && line.find_first_not_of(' ', 5) == std::string_view::npos;
}

}  // namespace

ChatClient::ChatClient(Options options, Output output) : options_{std::move(options)}, output_{std::move(output)} {
  connect();
}

void ChatClient::connect() {
  naming_ = Naming::none;
  reconnect_ = Clock::now() + longest_connecting;  // an attempt that takes longer is given up
  socket_.connect(options_.host, options_.port);
  if (socket_.state() == LineSocket::State::closed) lost(socket_.error());
}

milliseconds ChatClient::back_off() const {
  constexpr milliseconds first = 250ms;
  constexpr milliseconds most = 15s;
  return std::min(most, first * (1 << std::min(attempts_, 10)));
}

void ChatClient::lost(std::string why) {
  if (why.empty()) why = "closed by the server";
  socket_.close();
  reconnect_.reset();
  naming_ = Naming::none;
  if (said_exit_) {
    end_ = End::left;
    return;
  }
  if (name_refused_ && !options_.may_be_renamed) {
    end_ = End::refused;
    return;
  }
  if (!was_connected_ || !options_.reconnect || (options_.most_attempts != 0 && attempts_ >= options_.most_attempts)) {
    const std::string_view what = was_connected_ && attempts_ == 0 ? "connection lost" : "cannot connect";
    output_.own(fmt::format("{} to {} port {}: {}", what, options_.host, options_.port, visible_text(why)));
    end_ = End::lost;
    return;
  }
  const milliseconds wait = back_off();
  output_.own(fmt::format("{} ({}); trying again in {:.2g} s", attempts_ == 0 ? "connection lost" : "cannot connect",
                          visible_text(why), std::chrono::duration<double>(wait).count()));
  ++attempts_;
  reconnect_ = Clock::now() + wait;
}

int ChatClient::timeout() const {
  std::optional<Clock::time_point> next = reconnect_;
  const auto also = [&next](Clock::time_point moment) { next = next ? std::min(*next, moment) : moment; };
  if (silent_end_ && is_connected()) also(*silent_end_);
  if (naming_ == Naming::accepted && !waiting_.empty() && options_.lines_per_second > 0) also(next_line_);
  if (!next) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void ChatClient::ready(short events) {
  if (ended()) return;
  const bool was_open = is_connected();
  const bool was_closed = socket_.state() == LineSocket::State::closed;
  socket_.ready(events);
  if (!was_open && is_connected()) {
    if (was_connected_) output_.own("connected again");
    was_connected_ = true;
    reconnect_.reset();
  }
  if (events != 0) heard();
  while (auto line = socket_.next_line()) take_line(*line);
  if (ended()) return;
  if (!was_closed && socket_.state() == LineSocket::State::closed) return lost(socket_.error());
  if (reconnect_ && Clock::now() >= *reconnect_) {
    if (was_closed) return connect();
    return lost("no answer");
  }
  if (silent_end_ && is_connected() && Clock::now() >= *silent_end_) {
    output_.own("the server does not close the connection; leaving");
    end_ = End::left;
    return;
  }
  send_waiting();
}

/// Something happened: a server that is to close the connection has time again.
void ChatClient::heard() {
  if (finishing_ || said_exit_) silent_end_ = Clock::now() + longest_silence;
}

void ChatClient::take_line(const std::string& line) {
  if (ended()) return;
  if (line == name_question && naming_ != Naming::accepted) return name_asked();
  const bool is_refusal = line.starts_with('!');
  was_refused_ = was_refused_ || is_refusal;
  output_.server(visible_text(line));
  if (naming_ != Naming::given) return;
  name_refused_ = is_refusal;
  if (is_refusal) return;
  naming_ = Naming::accepted;
  attempts_ = 0;
}

void ChatClient::name_asked() {
  naming_ = Naming::asked;
  if (name_refused_ && !options_.may_be_renamed) {
    end_ = End::refused;
    return;
  }
  if (std::exchange(name_refused_, false)) options_.name.clear();
  if (options_.name.empty()) {
    // A script's first line is its name; on a terminal what was typed for the chat before is none.
    if (options_.may_be_renamed || waiting_.empty()) return;
    options_.name = std::move(waiting_.front());
    waiting_.pop_front();
  }
  naming_ = Naming::given;
  socket_.send_line(options_.name);
}

void ChatClient::submit(std::string line) {
  if (ended()) return;
  if (naming_ == Naming::asked) {
    options_.name = std::move(line);
    naming_ = Naming::given;
    socket_.send_line(options_.name);
    return;
  }
  if (waiting_.size() >= most_kept_lines) {
    output_.own(fmt::format("{} lines are kept already; this one is not", most_kept_lines));
    return;
  }
  if (is_exit(line) && !is_connected()) {
    end_ = End::left;
    return;
  }
  waiting_.push_back(std::move(line));
  send_waiting();
  if (!waiting_.empty() && was_connected_ && !is_connected()) output_.own("kept until there is a connection");
}

void ChatClient::finish() {
  finishing_ = true;
  heard();
  if (naming_ == Naming::asked && !options_.may_be_renamed) {
    output_.own("the server asks for a name: give one with --name, or as the first line");
    end_ = End::refused;
    return;
  }
  if (naming_ == Naming::asked || !was_connected_) {
    end_ = End::left;
    return;
  }
  send_waiting();
}

void ChatClient::send_waiting() {
  if (!is_connected()) return;
  if (naming_ == Naming::asked) {
    if (finishing_) return finish();
    return;
  }
  if (naming_ != Naming::accepted || said_exit_) return;
  const auto burst = 1s;
  while (!waiting_.empty()) {
    if (options_.lines_per_second > 0) {
      const auto now = Clock::now();
      next_line_ = std::max(next_line_, now - burst);
      if (next_line_ > now) return;
      next_line_ += std::chrono::round<Clock::duration>(std::chrono::duration<double>(1 / options_.lines_per_second));
    }
    const std::string line = std::move(waiting_.front());
    waiting_.pop_front();
    said_exit_ = is_exit(line);
    socket_.send_line(line);
    heard();
    if (said_exit_) return;
  }
  if (!finishing_) return;
  said_exit_ = true;
  socket_.send_line("/exit");
  heard();
}

std::string ChatClient::prompt() const {
  if (is_connected() && naming_ == Naming::asked) return "name> ";
  const std::string name = options_.name.empty() ? "" : visible_text(options_.name);
  return (is_connected() || !was_connected_ ? "" : "(offline) ") + name + "> ";
}

}  // namespace chat

#include "scenario_play.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>

#include "line_socket.h"

namespace chat {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto longest_wait = 20s;  // for a line; hashing passwords takes its time
constexpr int small_buffer = 2048;  // octets, of the client that is slow

class Play {
 public:
  Play(ServerProcess& server, std::chrono::milliseconds pause, std::vector<PlayedClient>& clients)
      : server_{server}, pause_{pause}, clients_{clients} {
    clients_.clear();
    for (const std::string_view name : player_names) clients_.emplace_back().name = name;
  }

  std::optional<std::string> operator()(std::span<const Step> script) {
    for (const Step& step : script) {
      if (const auto problem = take(step)) {
        return fmt::format("step {} of the script, {}: {}", &step - script.data() + 1, player_names[index_of(step.who)],
                           *problem);
      }
    }
    return std::nullopt;
  }

 private:
  using Problem = std::optional<std::string>;

  struct Seat {
    LineSocket socket;
    std::size_t looked_at = 0;  // lines that came before the last act
    bool paused = false;
  };

  Problem take(const Step& step) {
    Seat& seat = seats_[index_of(step.who)];
    PlayedClient& client = clients_[index_of(step.who)];
    std::string text{step.text};
    if (const auto at = text.find("{group}"); at != std::string::npos) text.replace(at, 7, group_);
    using enum Step::Act;
    switch (step.act) {
      case connects:
        look_behind();
        seat.socket.connect("127.0.0.1", std::to_string(server_.port()), step.who == Player::zoe ? small_buffer : 0);
        if (!wait([&] { return seat.socket.state() != LineSocket::State::connecting; }) ||
            seat.socket.state() == LineSocket::State::closed) {
          return "cannot connect: " + seat.socket.error();
        }
        client.port = seat.socket.local_port();
        return {};
      case says:
        say(seat, client, text);
        return {};
      case creates:
        say(seat, client, text);
        return learn_group(seat, client);
      case hears:
        return hear(seat, client, text);
      case pauses:
        seat.paused = true;
        return {};
      case resumes:
        look_behind();
        seat.paused = false;
        return {};
      case vanishes:
        look_behind();
        seat.socket.reset();
        return {};
      case closes:
        if (wait([&] { return seat.socket.state() == LineSocket::State::closed; })) return {};
        return "the server does not close the connection";
      case goodbye:
        look_behind();
        if (server_.ask_to_end()) return {};
        return "the server is gone";
    }
    return {};
  }

  void say(Seat& seat, PlayedClient& client, const std::string& line) {
    look_behind();
    client.said.push_back(line);
    seat.socket.send_line(line);
  }

  /// Lets the clients be quiet for a moment; what is heard from here on is new.
  void look_behind() {
    const auto until = Clock::now() + pause_;
    while (Clock::now() < until) serve(std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()));
    for (std::size_t i = 0; i < seats_.size(); ++i) seats_[i].looked_at = clients_[i].heard.size();
  }

  /// The place of a line that has the text in it, among those that are new.
  static std::optional<std::size_t> find(const Seat& seat, const PlayedClient& client, std::string_view text) {
    for (std::size_t i = seat.looked_at; i < client.heard.size(); ++i) {
      if (client.heard[i].find(text) != std::string::npos) return i;
    }
    return std::nullopt;
  }

  Problem hear(const Seat& seat, const PlayedClient& client, const std::string& text) {
    if (wait([&] { return find(seat, client, text).has_value(); })) return {};
    const std::string last = client.heard.empty() ? "(nothing)" : client.heard.back();
    return fmt::format("heard no \"{}\" within {} s; the last line was \"{}\"", text,
                       std::chrono::seconds{longest_wait}.count(), last);
  }

  /// `* #7 created; its members: alice`.
  Problem learn_group(const Seat& seat, const PlayedClient& client) {
    if (auto problem = hear(seat, client, " created")) return problem;
    const std::string& line = client.heard[*find(seat, client, " created")];
    const std::size_t sign = line.find('#');
    group_ = sign == std::string::npos
                 ? ""
                 : line.substr(sign + 1, line.find_first_not_of("0123456789", sign + 1) - sign - 1);
    if (!group_.empty()) return {};
    return fmt::format("no number of a group in \"{}\"", line);
  }

  template <class Condition>
  bool wait(const Condition& holds) {
    const auto deadline = Clock::now() + longest_wait;
    while (!holds()) {
      if (Clock::now() >= deadline) return false;
      serve(100ms);
    }
    return true;
  }

  /// Takes what comes to anybody, once something does or the time is over.
  void serve(std::chrono::milliseconds longest) {
    std::array<pollfd, player_names.size() + 1> watched{};
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      const Seat& seat = seats_[i];
      const short events = seat.socket.events();
      watched[i] = {seat.paused ? -1 : seat.socket.descriptor(), events, 0};
    }
    watched.back() = {server_.log_descriptor(), POLLIN, 0};
    if (::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) <= 0) return;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      seats_[i].socket.ready(watched[i].revents);
      while (auto line = seats_[i].socket.next_line()) clients_[i].heard.push_back(std::move(*line));
    }
    if (watched.back().revents != 0) server_.read_log();
  }

  ServerProcess& server_;
  std::chrono::milliseconds pause_;
  std::vector<PlayedClient>& clients_;
  std::array<Seat, player_names.size()> seats_;
  std::string group_;
};

}  // namespace

std::optional<std::string> play(std::span<const Step> script, ServerProcess& server, std::chrono::milliseconds pause,
                                std::vector<PlayedClient>& clients) {
  return Play{server, pause, clients}(script);
}

}  // namespace chat

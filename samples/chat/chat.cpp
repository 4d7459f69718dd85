// The terminal client of the chat: chat --host 127.0.0.1 --port 12345 --name alice
#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "chat_client.h"
#include "terminal.h"

namespace {

using chat::ChatClient;
using chat::Terminal;
using Clock = ChatClient::Clock;

constexpr int usage_error = 2;
constexpr std::string_view default_host = "127.0.0.1";
constexpr std::string_view default_port = "12345";

constexpr const char* footer =
    "From a terminal it asks for what is not given. Lines from a pipe are sent one by one, then /exit; what the "
    "server\n"
    "says is printed until it closes the connection:\n"
    "  printf 'all: hello\\n' | chat --name alice\n"
    "\n"
    "Exit codes: 0 done, 1 the server refused a name or a line from a pipe, 2 wrong usage, 5 no connection.";

int exit_code(const ChatClient& client, bool refusals_count) {
  switch (client.end()) {
    case ChatClient::End::lost:
      return 5;
    case ChatClient::End::refused:
      return 1;
    case ChatClient::End::none:
    case ChatClient::End::left:
      break;
  }
  return refusals_count && client.was_refused() ? 1 : 0;
}

/// Nothing goes on while it is asked for.
class Nothing final : public chat::Background {
 public:
  [[nodiscard]] int descriptor() const override { return -1; }
  [[nodiscard]] short events() const override { return 0; }
  [[nodiscard]] int timeout() const override { return -1; }
  void ready(short /*events*/) override {}
  [[nodiscard]] bool ended() const override { return false; }
};

/// Asks for what is empty. False: the user would rather leave.
bool ask(Terminal& terminal, std::string& value, std::string_view what, std::string_view otherwise) {
  if (!value.empty()) return true;
  Nothing nothing;
  do {
    terminal.set_prompt(otherwise.empty() ? fmt::format("{}: ", what) : fmt::format("{} [{}]: ", what, otherwise));
    auto line = terminal.read_line(nothing);
    if (!line) return false;
    value = line->empty() ? otherwise : *line;
  } while (value.empty());
  return true;
}

int chat_on_terminal(ChatClient::Options options) {
  Terminal terminal;
  if (!ask(terminal, options.host, "host", default_host) || !ask(terminal, options.port, "port", default_port) ||
      !ask(terminal, options.name, "name", "")) {
    return 0;
  }
  options.may_be_renamed = true;
  const auto own = [&terminal](std::string_view notice) { terminal.print(fmt::format("-- {}", notice)); };
  ChatClient client{std::move(options), {[&terminal](std::string_view line) { terminal.print(line); }, own}};

  // The prompt changes with what the server says, while a line is typed.
  class Prompting final : public chat::Background {
   public:
    Prompting(ChatClient& chat_client, Terminal& shown_on) : client_{chat_client}, terminal_{shown_on} {}
    [[nodiscard]] int descriptor() const override { return client_.descriptor(); }
    [[nodiscard]] short events() const override { return client_.events(); }
    [[nodiscard]] int timeout() const override { return client_.timeout(); }
    [[nodiscard]] bool ended() const override { return client_.ended(); }
    void ready(short events) override {
      client_.ready(events);
      terminal_.set_prompt(client_.prompt());
    }

   private:
    ChatClient& client_;
    Terminal& terminal_;
  };
  Prompting background{client, terminal};

  terminal.set_prompt(client.prompt());
  while (auto line = terminal.read_line(background)) {
    if (!line->empty()) client.submit(std::move(*line));
    terminal.set_prompt(client.prompt());
  }
  // Ctrl-D or Ctrl-C: says goodbye, and waits for no more than the answer.
  const auto latest = Clock::now() + std::chrono::seconds{1};
  client.finish();
  while (!client.ended() && Clock::now() < latest) {
    pollfd watched{client.descriptor(), client.events(), 0};
    if (watched.fd < 0) break;
    const int found = ::poll(&watched, 1, 50);
    client.ready(found > 0 ? watched.revents : short{0});
  }
  return exit_code(client, false);
}

/// The lines of standard input, as they come.
class InputLines {
 public:
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }

  /// Reads what is there, and gives each line that is whole; at the end also one without LF.
  template <class Take>
  void read(const Take& take) {
    std::array<char, 4096> octets;
    const ssize_t count = ::read(STDIN_FILENO, octets.data(), octets.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      at_end_ = true;
      if (!text_.empty()) take(std::exchange(text_, {}));
      return;
    }
    text_.append(octets.data(), static_cast<std::size_t>(count));
    std::size_t from = 0;
    for (std::size_t end; (end = text_.find('\n', from)) != std::string::npos; from = end + 1) {
      std::string line = text_.substr(from, end - from);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      take(std::move(line));
    }
    text_.erase(0, from);
    if (text_.size() > longest_kept) text_.resize(longest_kept);
  }

 private:
  static constexpr std::size_t longest_kept = 65'536;  // octets of a line; the server refuses far shorter ones

  std::string text_;
  bool at_end_ = false;
};

int chat_from_pipe(ChatClient::Options options) {
  if (options.host.empty()) options.host = default_host;
  if (options.port.empty()) options.port = default_port;
  options.most_attempts = 8;
  bool output_gone = false;
  const auto print = [&output_gone](std::string_view line) {
    fmt::print("{}\n", line);
    output_gone = output_gone || std::fflush(stdout) != 0;
  };
  const auto own = [](std::string_view notice) { fmt::print(stderr, "chat: {}\n", notice); };
  ChatClient client{std::move(options), {print, own}};
  InputLines input;
  constexpr std::size_t most_waiting = 100;  // more are left in the pipe
  while (!client.ended() && !output_gone) {
    const bool reads = !input.at_end() && client.waiting() < most_waiting;
    std::array<pollfd, 2> watched{{{reads ? STDIN_FILENO : -1, POLLIN, 0}, {client.descriptor(), client.events(), 0}}};
    const int found = ::poll(watched.data(), watched.size(), client.timeout());
    if (found < 0 && errno != EINTR) break;
    client.ready(found > 0 ? watched[1].revents : short{0});
    if (found <= 0 || watched[0].revents == 0) continue;
    input.read([&client](std::string line) { client.submit(std::move(line)); });
    if (input.at_end()) client.finish();
  }
  return output_gone ? 5 : exit_code(client, true);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Talks to a chat-server, from a terminal or from a script.", "chat"};
  ChatClient::Options options;
  bool no_reconnect = false;
  unsigned port = 0;
  app.add_option("--host", options.host, fmt::format("where the server is; default {}", default_host))
      ->type_name("HOST");
  app.add_option("--port", port, fmt::format("default {}", default_port))
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
  app.add_option("--name", options.name, "who one is in the chat; without it the first line is the name")
      ->type_name("NAME");
  app.add_flag("--no-reconnect", no_reconnect, "end when the connection is lost");
  double rate = 15;
  app.add_option("--rate", rate, "lines sent from a pipe in a second at most; 0: as they come; default 15")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("LINES");
  app.footer(footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_error;
  }
  if (port != 0) options.port = std::to_string(port);
  options.reconnect = !no_reconnect;
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0) return chat_on_terminal(std::move(options));
  options.lines_per_second = rate;
  return chat_from_pipe(std::move(options));
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "chat: {}\n", error.what());
  return 5;
}

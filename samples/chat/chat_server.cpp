#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include "server.h"

namespace {

/// As the other commands' codes: what was asked cannot be read, or the system refuses it.
enum ExitCode : int { done = 0, usage = 2, io = 3 };

/// A thousand clients are a thousand files, and the usual limit is just above that.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int argc, char** argv) try {
  chat::ServerOptions options;
  options.web_root = CHAT_WEB_ROOT;
  std::string on_refused = "retry";
  CLI::App app{"A chat, as lines over TCP and as a page over WebSocket. What is said is not encrypted on its way."};
  app.name("chat-server");
  app.set_version_flag("--version", ENCAP_VERSION);
  app.option_defaults()->always_capture_default();
  app.add_option("--host", options.host, "Address to listen at; other machines can reach 0.0.0.0 and ::");
  app.add_option("--port", options.port, "TCP port of the line protocol; 0: any free one, which the log names");
  app.add_option("--web-port", options.web_port, "TCP port of the page; likewise");
  app.add_option("--db", options.database, "SQLite database of groups and messages; :memory: ends with the server");
  app.add_option("--on-refused", on_refused, "Whether who is refused a group may try again")
      ->check(CLI::IsMember({"retry", "disconnect"}));
  app.add_option("--threads", options.threads, "Threads that serve clients")->check(CLI::Range(1, 64));
  int idle = static_cast<int>(options.idle.count());
  app.add_option("--idle", idle, "Seconds until a silent client is asked whether it is still there")
      ->check(CLI::Range(1, 7200));
  app.add_option("--rate", options.rate, "Lines a second of each client, twice as many at once; 0: any number")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--queue", options.queue, "KiB that may wait for a slow reader before it is dropped")
      ->check(CLI::Range(16, 1 << 20));
  app.add_option("--web-root", options.web_root, "Folder of the page's files");
  app.add_option("--admin-token", options.admin_token, "What opens the admin page; a random one when it is not given");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::usage;
  }
  options.idle = std::chrono::seconds{idle};
  options.disconnect_refused = on_refused == "disconnect";

  allow_many_files();
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked in all threads, and waited for in this one.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto started = chat::Server::start(options, [](std::string_view line) { fmt::print(stderr, "{}\n", line); });
  if (const std::string* const problem = std::get_if<std::string>(&started)) {
    fmt::print(stderr, "chat-server: {}\n", *problem);
    return ExitCode::io;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  return std::get<std::unique_ptr<chat::Server>>(started)->stop() ? ExitCode::done : ExitCode::io;
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "chat-server: {}\n", error.what());
  return ExitCode::io;
}

// Plays a chat between five clients and a server on loopback, captures it, and ties every line to its frames.
#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "encap/live/privileges.h"
#include "scenario_capture.h"
#include "scenario_play.h"
#include "scenario_report.h"
#include "scenario_script.h"
#include "server_process.h"

namespace {

enum class ExitCode { done = 0, usage = 2, io = 3, privilege = 4, not_tied = 5 };

struct Options {
  std::string server;
  std::string capture = "chat.pcapng";
  std::string table;
  std::string format = "text";
  std::string output;
  unsigned port = 0;
  unsigned pause = 30;  // milliseconds
};

constexpr const char* footer =
    "Exit codes: 0 every line is tied to its frames, 2 wrong usage, 3 the server cannot be started or a file not be\n"
    "written, 4 no right to capture, 5 a line is not tied.";

ExitCode fail(ExitCode code, std::string_view why) {
  fmt::print(stderr, "chat-scenario: {}\n", why);
  return code;
}

/// The port of a server that is to be started, and is not needed before: the chat's usual one, which encapsulate knows
/// for a server's, or any other one of 127.0.0.1 where somebody uses that; 0: there is none.
unsigned free_port() {
  for (const std::uint16_t wanted : {std::uint16_t{12345}, std::uint16_t{0}}) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(wanted);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool known = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    ::close(socket);
    if (known) return ntohs(address.sin_port);
  }
  return 0;
}

/// Beside this program, where nothing else is said.
std::string server_path(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  return (own.parent_path() / "chat-server").string();
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  return !file.fail();
}

ExitCode run(const Options& options) {
  const unsigned port = options.port != 0 ? options.port : free_port();
  if (port == 0) return fail(ExitCode::io, "no TCP port of 127.0.0.1 is free");
  auto capture = encap::LiveCapture::open({.interface = "lo", .filter = fmt::format("tcp port {}", port)});
  if (!capture) {
    const encap::IoError& error = capture.error();
    if (error.code != EPERM && error.code != EACCES) return fail(ExitCode::io, to_string(error));
    fail(ExitCode::privilege, to_string(error) + ": capturing needs CAP_NET_RAW");
    fmt::print(stderr,
               "this gives it: {}\nor, in a network of its own, without any right: samples/chat/scenario --netns\n",
               encap::how_to_get_privileges());
    return ExitCode::privilege;
  }
  // From here on nothing needs them, the server least of all.
  if (const auto dropped = encap::drop_privileges({.file = options.capture}); !dropped) {
    return fail(ExitCode::io, to_string(dropped.error()));
  }

  chat::ServerProcess server;
  const std::string path = server_path(options.server);
  if (const auto problem = server.start(
          path, {"--host", "127.0.0.1", "--port", std::to_string(port), "--web-port", "0", "--db", ":memory:"})) {
    return fail(ExitCode::io, *problem);
  }
  std::vector<chat::PlayedClient> clients;
  chat::Recording recording{std::move(*capture)};
  const auto problem = chat::play(chat::scenario_script(), server, std::chrono::milliseconds{options.pause}, clients);
  const bool in_order = server.stop(std::chrono::seconds{10});
  auto kept = recording.finish();
  if (!kept) return fail(ExitCode::io, to_string(kept.error()));

  chat::Report report = chat::tie_lines(*kept, static_cast<unsigned short>(port), clients);
  if (problem) report.problems.insert(report.problems.begin(), *problem);
  if (!in_order) report.problems.emplace_back("the server did not end in order");
  if (const auto written = chat::write_capture(options.capture, *kept, frame_comments(report, kept->packets.size()));
      !written) {
    return fail(ExitCode::io, to_string(written.error()));
  }
  std::string text;
  if (!options.table.empty()) {
    append_table(text, report);
    if (!write_file(options.table, text)) return fail(ExitCode::io, options.table + ": cannot be written");
    text.clear();
  }
  options.format == "json" ? append_json(text, report) : append_text(text, report);
  if (!options.output.empty()) {
    if (!write_file(options.output, text)) return fail(ExitCode::io, options.output + ": cannot be written");
  } else if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(ExitCode::io, "standard output: cannot be written");
  }
  if (report.problems.empty()) return ExitCode::done;
  return fail(ExitCode::not_tied, report.problems.front());
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Plays a chat between five clients and a server, captures it, and ties every line to its frames.",
               "chat-scenario"};
  Options options;
  app.add_option("--server", options.server, "the program chat-server; default: the one beside this program")
      ->type_name("PATH");
  app.add_option("-w", options.capture, "the capture to write; default chat.pcapng")->type_name("FILE");
  app.add_option("--table", options.table, "write the lines as a message table for encapsulate")->type_name("FILE");
  app.add_option("--format", options.format, "of the report: text or json")->check(CLI::IsMember({"text", "json"}));
  app.add_option("--report", options.output, "write the report there, not on standard output")->type_name("FILE");
  app.add_option("--port", options.port, "of the server; default 12345, or a free one where that is taken")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
  app.add_option("--pause", options.pause, "milliseconds between two lines; default 30")
      ->check(CLI::Range(0, 10'000))
      ->type_name("MS");
  app.footer(footer);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(run(options));
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "chat-scenario: {}\n", error.what());
  return static_cast<int>(ExitCode::io);
}

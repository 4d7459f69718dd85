#include "server_process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace chat {
namespace {

using Clock = std::chrono::steady_clock;

/// The port of `listening tcp 127.0.0.1:40001`, once the line is whole.
std::optional<unsigned short> listening_port(std::string_view log) {
  constexpr std::string_view words = "listening tcp ";
  const std::size_t at = log.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = log.substr(at + words.size());
  const std::size_t end = rest.find_first_of(" \n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view address = rest.substr(0, end);
  const std::size_t colon = address.rfind(':');
  unsigned short port = 0;
  if (colon == std::string_view::npos ||
      std::from_chars(address.data() + colon + 1, address.data() + address.size(), port).ec != std::errc{}) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

std::optional<std::string> ServerProcess::start(const std::string& path, std::vector<std::string> arguments) {
  kill();
  text_.clear();
  asked_ = false;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::string{"pipe: "} + std::strerror(errno);
  arguments.insert(arguments.begin(), path);
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing is left behind, however this program ends
    if (::getppid() != parent) ::_exit(127);
    // Ctrl-C is for the program that plays; that one says what becomes of the server.
    ::setpgid(0, 0);
    ::dup2(ends[1], STDERR_FILENO);
    const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv(path.c_str(), words.data());
    const char* const why = std::strerror(errno);
    static_cast<void>(!::write(STDERR_FILENO, why, std::strlen(why)));
    ::_exit(127);
  }
  ::close(ends[1]);
  log_ = ends[0];
  ::fcntl(log_, F_SETFL, O_NONBLOCK);
  if (id_ < 0) {
    const std::string why = std::strerror(errno);
    forget();
    return "fork: " + why;
  }
  const auto deadline = Clock::now() + std::chrono::seconds{10};
  while (log_ >= 0 && Clock::now() < deadline) {
    pollfd readable{log_, POLLIN, 0};
    ::poll(&readable, 1, 100);
    read_log();
    if (const auto port = listening_port(text_)) {
      port_ = *port;
      return std::nullopt;
    }
  }
  kill();
  return path + " does not listen; it says: " + (text_.empty() ? "(nothing)" : text_);
}

void ServerProcess::read_log() {
  constexpr std::size_t most = 65'536;
  char octets[4096];
  for (;;) {
    const ssize_t count = ::read(log_, octets, sizeof octets);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (count <= 0) {
      if (log_ >= 0) ::close(std::exchange(log_, -1));
      break;
    }
    text_.append(octets, static_cast<std::size_t>(count));
    if (text_.size() > 2 * most) text_.erase(0, text_.size() - most);
  }
}

bool ServerProcess::ask_to_end() {
  asked_ = true;
  return id_ > 0 && ::kill(id_, SIGTERM) == 0;
}

bool ServerProcess::stop(std::chrono::milliseconds patience) {
  if (id_ < 0 || (!asked_ && !ask_to_end())) return false;
  const auto deadline = Clock::now() + patience;
  while (Clock::now() < deadline) {
    if (log_ >= 0) read_log();
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) == id_) {
      id_ = -1;
      forget();
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    ::poll(nullptr, 0, 5);
  }
  kill();
  return false;
}

void ServerProcess::kill() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  id_ = -1;
  forget();
}

void ServerProcess::forget() {
  if (log_ >= 0) read_log();
  if (log_ >= 0) ::close(log_);
  log_ = -1;
}

}  // namespace chat

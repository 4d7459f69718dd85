#pragma once

#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <poll.h>
#include <pty.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utility>
#include <utmp.h>
#include <vector>

#include "screen.h"

namespace chat::test {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline in_ten_seconds() { return std::chrono::steady_clock::now() + std::chrono::seconds{10}; }

inline std::vector<char*> argument_list(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

/// Waits for a child to end and returns its exit code, 128 and the signal where one ended it, -1 where it did not end.
inline int wait_for_end(pid_t child) {
  for (const Deadline deadline = in_ten_seconds(); std::chrono::steady_clock::now() < deadline;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    ::poll(nullptr, 0, 5);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return -1;
}

/// A program under a pseudo terminal of 40 columns, and what is to be seen there.
class OnTerminal {
 public:
  static constexpr std::size_t columns = 40;

  explicit OnTerminal(std::vector<std::string> words) : screen_{columns} {
    const winsize size{24, columns, 0, 0};
    // Of the terminal as it is before the program changes it.
    int program_side = -1;
    if (::openpty(&terminal_, &program_side, nullptr, nullptr, &size) != 0) {
      ADD_FAILURE() << "no pseudo terminal";
      return;
    }
    ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
    ::tcgetattr(program_side, &before_);
    program_side_ = program_side;
    child_ = ::fork();
    if (child_ == 0) {
      ::login_tty(program_side);
      ::setenv("TERM", "xterm", 1);
      ::unsetenv("COLUMNS");
      ::unsetenv("LINES");
      ::execv(words[0].c_str(), argument_list(words).data());
      ::_exit(127);
    }
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;
  ~OnTerminal() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(program_side_);
    ::close(terminal_);
  }

  void type(std::string_view keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short width) {
    const winsize size{24, width, 0, 0};
    ::ioctl(terminal_, TIOCSWINSZ, &size);
  }

  /// Waits until what is to be seen is as `holds` says.
  ::testing::AssertionResult shows(const std::function<bool(const Screen&)>& holds) {
    const Deadline deadline = in_ten_seconds();
    while (!holds(screen_)) {
      if (std::chrono::steady_clock::now() >= deadline)
        return ::testing::AssertionFailure() << "to be seen:\n" << text();
      read();
    }
    return ::testing::AssertionSuccess();
  }
  /// Waits until the last rows are these, and the cursor is behind the last of them.
  ::testing::AssertionResult ends_with(std::vector<std::wstring> wanted) {
    return shows([&](const Screen& screen) {
      const std::vector<std::wstring> rows = screen.rows();
      return rows.size() >= wanted.size() && std::equal(wanted.rbegin(), wanted.rend(), rows.rbegin()) &&
             screen.row() + 1 == rows.size();
    });
  }
  [[nodiscard]] std::string text() const {
    std::string out;
    for (const std::wstring& row : screen_.rows()) {
      out += "  |";
      for (const wchar_t c : row) {
        char octets[MB_LEN_MAX];
        const int length = std::wctomb(octets, c);
        if (length > 0) out.append(octets, static_cast<std::size_t>(length));
      }
      out += "|\n";
    }
    for (const std::string& sequence : screen_.unknown()) out += "  unknown: " + sequence.substr(1) + "\n";
    return out;
  }
  [[nodiscard]] const Screen& screen() const noexcept { return screen_; }

  /// Waits for the end; see wait_for_end.
  int exit_code() {
    const Deadline deadline = in_ten_seconds();
    int status = 0;
    while (::waitpid(child_, &status, WNOHANG) == 0) {  // it may wait for somebody to read
      if (std::chrono::steady_clock::now() >= deadline) return -1;
      read();
    }
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  /// Whether the terminal echoes, waits for lines and so on as before the program was started.
  [[nodiscard]] bool is_as_before() const {
    termios now{};
    return ::tcgetattr(program_side_, &now) == 0 && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag &&
           now.c_lflag == before_.c_lflag && now.c_cflag == before_.c_cflag &&
           std::equal(std::begin(now.c_cc), std::end(now.c_cc), std::begin(before_.c_cc));
  }

 private:
  void read() {
    pollfd readable{terminal_, POLLIN, 0};
    if (::poll(&readable, 1, 20) != 1) return;
    char octets[4096];
    const ssize_t count = ::read(terminal_, octets, sizeof octets);
    if (count > 0) screen_.write({octets, static_cast<std::size_t>(count)});
  }

  int terminal_ = -1;
  int program_side_ = -1;
  pid_t child_ = -1;
  termios before_{};
  Screen screen_;
};

/// A program with pipes for its input and its output; what it says of errors goes to its output, too.
class OnPipe {
 public:
  explicit OnPipe(std::vector<std::string> words) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
      ADD_FAILURE() << "no pipe";
      return;
    }
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(input[0], STDIN_FILENO);
      ::dup2(output[1], STDOUT_FILENO);
      ::dup2(output[1], STDERR_FILENO);
      ::execv(words[0].c_str(), argument_list(words).data());
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    output_ = output[0];
  }
  OnPipe(const OnPipe&) = delete;
  OnPipe& operator=(const OnPipe&) = delete;
  ~OnPipe() {
    end_input();
    ::close(output_);
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }

  void write(std::string_view text) {
    EXPECT_EQ(::write(input_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
  }
  /// Waits until it has printed `wanted`; returns whether it did.
  bool prints(std::string_view wanted) {
    const Deadline deadline = in_ten_seconds();
    while (printed_.find(wanted) == std::string::npos) {
      if (std::chrono::steady_clock::now() >= deadline || !read()) return false;
    }
    return true;
  }
  /// All it printed, once it has ended its output.
  const std::string& printed() {
    const Deadline deadline = in_ten_seconds();
    while (std::chrono::steady_clock::now() < deadline && read()) continue;
    return printed_;
  }
  int exit_code() {
    printed();
    return wait_for_end(std::exchange(child_, -1));
  }

 private:
  bool read() {
    pollfd readable{output_, POLLIN, 0};
    if (::poll(&readable, 1, 100) != 1) return true;
    char octets[4096];
    const ssize_t count = ::read(output_, octets, sizeof octets);
    if (count > 0) printed_.append(octets, static_cast<std::size_t>(count));
    return count > 0;
  }

  int input_ = -1;
  int output_ = -1;
  pid_t child_ = -1;
  std::string printed_;
};

}  // namespace chat::test

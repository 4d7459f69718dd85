#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// Something that goes on while somebody types: a descriptor that is waited for beside the keyboard, and a clock.
class Background {
 public:
  Background() = default;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  virtual ~Background() = default;

  [[nodiscard]] virtual int descriptor() const = 0;  ///< -1: none
  [[nodiscard]] virtual short events() const = 0;    ///< of it, for poll
  [[nodiscard]] virtual int timeout() const = 0;     ///< milliseconds until `ready` is to be called anyway; -1: never
  virtual void ready(short events) = 0;              ///< with 0: the time is up
  [[nodiscard]] virtual bool ended() const = 0;      ///< nothing more is to be typed
};

/// A line editor on standard input and output, which are a terminal. Lines are UTF-8; what was typed before comes back
/// with the cursor keys, as long as the program runs. A line printed while somebody types goes above the typed one,
/// which is drawn again below it. At the end, however it comes about, the terminal is as it was before.
///
/// There can be one in a program: it takes the signals INT, TERM, HUP, TSTP and WINCH.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What stands in front of the typed line from the next drawing on.
  void set_prompt(std::string_view prompt);
  /// The next line, without its end. Nothing: Ctrl-D on an empty line, a signal, or the background has ended.
  [[nodiscard]] std::optional<std::string> read_line(Background& background);
  /// Prints a line: at once, also from within the background's `ready`. The text is printed as it is.
  void print(std::string_view line);
  /// Whether a signal asked to end: Ctrl-C, or a terminal that is gone.
  [[nodiscard]] static bool interrupted() noexcept;

 private:
  struct Editor;
  std::unique_ptr<Editor> editor_;
};

}  // namespace chat

#include "terminal.h"

#include <array>
#include <cerrno>
#include <climits>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <cwctype>
#include <histedit.h>
#include <langinfo.h>
#include <new>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace chat {
namespace {

volatile std::sig_atomic_t end_asked = 0;
volatile std::sig_atomic_t stop_asked = 0;
volatile std::sig_atomic_t size_changed = 0;

// Blocked but while something is waited for, so that no signal comes between looking and waiting.
constexpr std::array caught_signals{SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};

extern "C" void note_signal(int signal) {
  if (signal == SIGWINCH) {
    size_changed = 1;
  } else if (signal == SIGTSTP) {
    stop_asked = 1;
  } else {
    end_asked = 1;
  }
}

void catch_signal(int signal) {
  struct sigaction action {};
  action.sa_handler = note_signal;
  ::sigaction(signal, &action, nullptr);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// As poll, and ends with -1 and EINTR where one of the signals has come, also before the call.
int wait_for(std::array<pollfd, 2>& watched, int timeout_milliseconds) {
  if (end_asked != 0 || stop_asked != 0 || size_changed != 0) {
    errno = EINTR;
    return -1;
  }
  sigset_t mask;
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  for (const int signal : caught_signals) ::sigdelset(&mask, signal);
  const timespec timeout{timeout_milliseconds / 1000, timeout_milliseconds % 1000 * 1'000'000L};
  return ::ppoll(watched.data(), watched.size(), timeout_milliseconds < 0 ? nullptr : &timeout, &mask);
}

/// Text is UTF-8 in and out, whatever the language of the messages is.
void set_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

std::wstring to_wide(std::string_view text) {
  std::wstring wide;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t c = 0;
    const std::size_t length = std::mbrtowc(&c, text.data(), text.size(), &state);
    if (length == 0 || length > text.size()) {  // no character of this locale
      state = {};
      wide += L'?';
      text.remove_prefix(1);
    } else {
      wide += c;
      text.remove_prefix(length);
    }
  }
  return wide;
}

std::string to_utf8(std::wstring_view wide) {
  std::string text;
  std::mbstate_t state{};
  for (const wchar_t c : wide) {
    std::array<char, MB_LEN_MAX> octets;
    const std::size_t length = std::wcrtomb(octets.data(), c, &state);
    if (length != static_cast<std::size_t>(-1)) text.append(octets.data(), length);
  }
  return text;
}

/// Columns a character takes in the editor, as libedit counts them.
std::size_t width_of(wchar_t c) noexcept {
  if (std::iswprint(static_cast<std::wint_t>(c)) == 0) return c < 0x20 || c == 0x7f ? 2 : 8;  // ^X, \U+12345
  const int width = ::wcwidth(c);
  return width > 0 ? static_cast<std::size_t>(width) : 1;
}

}  // namespace

struct Terminal::Editor {
  Editor();
  ~Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  static Editor& of(EditLine* edit) {
    void* self = nullptr;
    ::el_wget(edit, EL_CLIENTDATA, &self);
    return *static_cast<Editor*>(self);
  }
  static wchar_t* prompt_of(EditLine* edit) {
    Editor& self = of(edit);
    self.drawn_prompt = self.prompt;
    return self.drawn_prompt.data();
  }
  static int next_key(EditLine* edit, wchar_t* key) { return of(edit).wait_for_key(*key); }

  int wait_for_key(wchar_t& key);
  bool take_key(wchar_t& key);
  bool heed_signals();
  void erase_typed_line();
  void draw_typed_line() { ::el_wset(edit, EL_REFRESH); }
  [[nodiscard]] std::size_t rows_above_cursor() const;

  EditLine* edit = nullptr;
  HistoryW* history = nullptr;
  std::wstring prompt;
  std::wstring drawn_prompt;  // what is on the screen
  Background* background = nullptr;
  bool editing = false;
  bool erased = false;     // the typed line is not on the screen, though somebody types it
  bool has_cursor = true;  // the terminal can move it
  std::string octets;      // typed, and not yet taken
  std::mbstate_t state{};
};

Terminal::Editor::Editor() {
  set_utf8();
  for (const int signal : caught_signals) catch_signal(signal);
  const char* const kind = std::getenv("TERM");
  has_cursor = kind != nullptr && std::strcmp(kind, "dumb") != 0 && *kind != '\0';
  edit = ::el_init("chat", stdin, stdout, stderr);
  history = ::history_winit();
  if (edit == nullptr || history == nullptr) throw std::bad_alloc{};
  HistEventW event;
  ::history_w(history, &event, H_SETSIZE, 500);
  ::history_w(history, &event, H_SETUNIQUE, 1);
  ::el_wset(edit, EL_CLIENTDATA, this);
  ::el_wset(edit, EL_EDITOR, L"emacs");
  ::el_wset(edit, EL_SIGNAL, 0);
  ::el_wset(edit, EL_PROMPT, prompt_of);
  ::el_wset(edit, EL_HIST, history_w, history);
  ::el_wset(edit, EL_GETCFN, next_key);
  // Between two lines, too, keys wait for the editor and show up there.
  ::el_wset(edit, EL_SETTY, L"-x", L"-echo", L"-icanon", nullptr);
  ::el_wset(edit, EL_BIND, L"^R", L"em-inc-search-prev", nullptr);
}

Terminal::Editor::~Editor() {
  if (history != nullptr) ::history_wend(history);
  if (edit != nullptr) ::el_end(edit);  // the terminal is as it was
}

std::size_t Terminal::Editor::rows_above_cursor() const {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::size_t columns = known ? size.ws_col : 80;
  std::size_t row = 0;
  std::size_t column = 0;
  const auto put = [&](wchar_t c) {
    const std::size_t width = width_of(c);
    if (column + width > columns) {  // a wide one goes to the next row as a whole
      ++row;
      column = 0;
    }
    column += width;
    if (column >= columns) {
      ++row;
      column = 0;
    }
  };
  for (const wchar_t c : drawn_prompt) put(c);
  const LineInfoW* const line = ::el_wline(edit);
  for (const wchar_t* c = line->buffer; c != line->cursor; ++c) put(*c);
  return row;
}

void Terminal::Editor::erase_typed_line() {
  if (erased) return;
  erased = true;
  if (!has_cursor) {
    std::fputs("\n", stdout);
    return;
  }
  if (const std::size_t rows = rows_above_cursor(); rows != 0) std::printf("\033[%zuA", rows);
  std::fputs("\r\033[J", stdout);
}

/// Whether the line may be typed on.
bool Terminal::Editor::heed_signals() {
  if (end_asked != 0) return false;
  if (size_changed != 0) {
    size_changed = 0;
    ::el_resize(edit);
    draw_typed_line();
  }
  if (stop_asked != 0) {
    stop_asked = 0;
    ::el_wset(edit, EL_PREP_TERM, 0);
    std::fputs("\n", stdout);
    std::fflush(stdout);
    ::raise(SIGSTOP);
    ::el_wset(edit, EL_PREP_TERM, 1);
    draw_typed_line();
  }
  return true;
}

/// Takes a character out of the octets that were typed, if one is whole.
bool Terminal::Editor::take_key(wchar_t& key) {
  while (!octets.empty()) {
    const std::size_t length = std::mbrtowc(&key, octets.data(), octets.size(), &state);
    if (length == static_cast<std::size_t>(-2)) {  // the rest comes later, the state remembers this part
      octets.clear();
      return false;
    }
    if (length == static_cast<std::size_t>(-1)) {  // a terminal that does not speak UTF-8
      state = {};
      octets.erase(0, 1);
      continue;
    }
    octets.erase(0, length == 0 ? 1 : length);
    return true;
  }
  return false;
}

/// For libedit: 1 with a character, 0 at the end.
int Terminal::Editor::wait_for_key(wchar_t& key) {
  for (;;) {
    if (take_key(key)) return 1;
    std::fflush(stdout);
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {background->descriptor(), background->events(), 0}}};
    const int found = wait_for(watched, background->timeout());
    if (found < 0) {
      if (errno != EINTR || !heed_signals()) return 0;
      continue;
    }
    background->ready(found == 0 ? short{0} : watched[1].revents);
    if (prompt != drawn_prompt) erase_typed_line();
    if (std::exchange(erased, false) && !background->ended()) draw_typed_line();
    if (background->ended()) return 0;
    if (watched[0].revents == 0) continue;
    std::array<char, 1024> typed;
    const ssize_t count = ::read(STDIN_FILENO, typed.data(), typed.size());
    if (count > 0) {
      octets.append(typed.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return 0;
    }
  }
}

Terminal::Terminal() : editor_{std::make_unique<Editor>()} {}
Terminal::~Terminal() = default;

void Terminal::set_prompt(std::string_view prompt) { editor_->prompt = to_wide(prompt); }

std::optional<std::string> Terminal::read_line(Background& background) {
  Editor& editor = *editor_;
  if (end_asked != 0 || background.ended()) return std::nullopt;
  editor.background = &background;
  editor.editing = true;
  int count = 0;
  const wchar_t* const typed = ::el_wgets(editor.edit, &count);
  editor.editing = false;
  if (typed == nullptr || count <= 0) {
    if (!std::exchange(editor.erased, false)) std::fputs("\n", stdout);
    std::fflush(stdout);
    return std::nullopt;
  }
  std::wstring_view line{typed, static_cast<std::size_t>(count)};
  if (line.back() == L'\n') line.remove_suffix(1);
  if (!line.empty()) {
    HistEventW event;
    ::history_w(editor.history, &event, H_ENTER, std::wstring{line}.c_str());
  }
  return to_utf8(line);
}

void Terminal::print(std::string_view line) {
  if (editor_->editing) editor_->erase_typed_line();
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputs("\n", stdout);
  if (!editor_->editing) std::fflush(stdout);
}

bool Terminal::interrupted() noexcept { return end_asked != 0; }

}  // namespace chat

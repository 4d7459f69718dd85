#pragma once

#include <algorithm>
#include <cstdlib>
#include <cwchar>
#include <string>
#include <string_view>
#include <vector>

namespace chat::test {

/// What a person sees of what is written to a terminal: as much of one as a line editor uses (ECMA-48, terminfo's
/// xterm). Rows scroll out at the top and are kept. Needs a UTF-8 locale.
class Screen {
 public:
  explicit Screen(std::size_t columns) : columns_{columns}, rows_(1) {}

  void write(std::string_view octets) {
    pending_ += octets;
    std::size_t at = 0;
    while (at < pending_.size()) {
      const std::size_t taken = take(std::string_view{pending_}.substr(at));
      if (taken == 0) break;
      at += taken;
    }
    pending_.erase(0, at);
  }

  /// The rows from the top, without the blanks at their ends; wide characters count once.
  [[nodiscard]] std::vector<std::wstring> rows() const {
    std::vector<std::wstring> rows;
    for (const std::wstring& row : rows_) {
      std::wstring text;
      for (const wchar_t c : row) {
        if (c != right_half) text += c;
      }
      text.erase(text.find_last_not_of(L' ') + 1);
      rows.push_back(text);
    }
    return rows;
  }
  [[nodiscard]] std::size_t row() const noexcept { return row_; }
  [[nodiscard]] std::size_t column() const noexcept { return column_; }
  /// Sequences it does not know.
  [[nodiscard]] const std::vector<std::string>& unknown() const noexcept { return unknown_; }

 private:
  static constexpr wchar_t right_half = 0xfffe;  // of a wide character

  std::size_t take(std::string_view text) {
    const char c = text[0];
    if (c == '\033') return take_escape(text);
    if (c == '\r') return column_ = 0, std::size_t{1};
    if (c == '\n') return down(1), std::size_t{1};
    if (c == '\b') return column_ -= column_ > 0 ? 1 : 0, std::size_t{1};
    if (c == '\a') return 1;
    std::mbstate_t state{};
    wchar_t wide = 0;
    const std::size_t length = std::mbrtowc(&wide, text.data(), text.size(), &state);
    if (length == static_cast<std::size_t>(-2)) return 0;
    if (length > text.size()) return unknown_.emplace_back(text.substr(0, 1)), std::size_t{1};
    put(wide);
    return std::max<std::size_t>(length, 1);
  }

  void put(wchar_t c) {
    const auto width = static_cast<std::size_t>(std::max(::wcwidth(c), 0));
    if (width == 0) return;
    if (column_ + width > columns_) {  // as xterm: the row ends when something follows
      column_ = 0;
      down(1);
    }
    std::wstring& row = at_row();
    if (row.size() < column_ + width) row.resize(column_ + width, L' ');
    row[column_] = c;
    if (width == 2) row[column_ + 1] = right_half;
    column_ += width;
  }

  std::size_t take_escape(std::string_view text) {
    if (text.size() < 2) return 0;
    if (text[1] != '[') return unknown_.emplace_back(text.substr(0, 2)), std::size_t{2};
    std::size_t end = 2;
    while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    if (end == text.size()) return 0;
    const auto number =
        static_cast<std::size_t>(std::strtoul(std::string{text.substr(2, end - 2)}.c_str(), nullptr, 10));
    const std::size_t n = std::max<std::size_t>(number, 1);
    column_ = std::min(column_, columns_ - 1);
    switch (text[end]) {
      case 'A':
        row_ -= std::min(row_, n);
        break;
      case 'B':
        down(n);
        break;
      case 'C':
        column_ = std::min(column_ + n, columns_ - 1);
        break;
      case 'D':
        column_ -= std::min(column_, n);
        break;
      case 'G':
        column_ = n - 1;
        break;
      case 'J':
        if (number != 0) unknown_.emplace_back(text.substr(0, end + 1));
        rows_.resize(row_ + 1);
        [[fallthrough]];
      case 'K':
        if (at_row().size() > column_) at_row().resize(column_);
        break;
      case '@':
        if (at_row().size() > column_) at_row().insert(column_, n, L' ');
        break;
      case 'P':
        if (at_row().size() > column_) at_row().erase(column_, n);
        break;
      case 'm':
        break;
      default:
        unknown_.emplace_back(text.substr(0, end + 1));
    }
    return end + 1;
  }

  void down(std::size_t n) {
    row_ += n;
    if (rows_.size() <= row_) rows_.resize(row_ + 1);
  }
  std::wstring& at_row() { return rows_[row_]; }

  std::size_t columns_;
  std::vector<std::wstring> rows_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  std::string pending_;
  std::vector<std::string> unknown_;
};

}  // namespace chat::test

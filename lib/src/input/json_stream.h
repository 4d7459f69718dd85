#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "encap/base/source_location.h"
#include "input/block_reader.h"

namespace encap {

/// Characters of a JSON text for RapidJSON's reader, block after block. RapidJSON keeps each string whole, so what a
/// string has behind its first `most_string` octets is left out here, and `cut` says so.
class JsonStream {
 public:
  using Ch = char;
  static constexpr std::size_t most_string = std::size_t{16} << 20;

  explicit JsonStream(BlockReader& blocks) : blocks_{&blocks} { refill(); }

  /// What is left of the block; to look at before anything is taken.
  [[nodiscard]] std::string_view block() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  void skip(std::size_t octets) {
    at_ += octets;
    if (at_ == end_) refill();
  }

  [[nodiscard]] Ch Peek() const noexcept { return at_ == end_ ? '\0' : *at_; }
  Ch Take() {
    if (at_ == end_) return '\0';
    const char c = *at_;
    skip(1);
    if (in_string_) {
      follow_string(c);
    } else if (c == '"') {
      in_string_ = true;
      string_octets_ = 0;
    }
    return c;
  }
  [[nodiscard]] std::size_t Tell() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  // RapidJSON asks for these of streams that it writes to.
  Ch* PutBegin() noexcept { return nullptr; }
  void Put(Ch) noexcept {}
  std::size_t PutEnd(Ch*) noexcept { return 0; }

  [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
  /// Whether a string was cut since this was asked last.
  [[nodiscard]] bool take_cut() noexcept { return std::exchange(cut_, false); }
  /// Line and column of the next character, from 1. Cost: linear in what was taken since.
  [[nodiscard]] SourceLocation where(const std::string& file) {
    count_lines();
    return {file, line_, column_ + 1};
  }

 private:
  void refill() {
    count_lines();
    const std::string_view block = blocks_->next();
    begin_ = counted_ = at_ = block.data();
    end_ = begin_ + block.size();
  }
  void count_lines() noexcept {
    const std::string_view passed{counted_, static_cast<std::size_t>(at_ - counted_)};
    const std::size_t last = passed.rfind('\n');
    if (last == std::string_view::npos) {
      column_ += passed.size();
    } else {
      line_ += static_cast<std::uint64_t>(std::count(passed.begin(), passed.end(), '\n'));
      column_ = passed.size() - last - 1;
    }
    counted_ = at_;
  }
  /// Knows where characters end that take several octets, because a string may only be cut behind one.
  void follow_string(char c) {
    ++string_octets_;
    if (hex_digits_ != 0) {
      const int value = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
      code_ = (code_ << 4 | (static_cast<unsigned>(value) & 15)) & 0xffff;
      if (--hex_digits_ != 0) return;
      high_surrogate_ = (code_ & 0xfc00) == 0xd800;
    } else if (escaped_) {
      escaped_ = false;
      if (c == 'u') {
        hex_digits_ = 4;
        return;
      }
      high_surrogate_ = false;
    } else if (c == '\\') {
      escaped_ = true;
      return;
    } else if (c == '"') {
      in_string_ = false;
      high_surrogate_ = false;
      return;
    } else {
      high_surrogate_ = false;
    }
    if (string_octets_ >= most_string && !high_surrogate_) skip_string();
  }
  /// Goes to the quote that ends the string.
  void skip_string() {
    cut_ = true;
    for (bool escaped = false; at_ != end_; skip(1)) {
      if (!escaped && *at_ == '"') return;
      escaped = !escaped && *at_ == '\\';
    }
  }

  BlockReader* blocks_;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* counted_ = nullptr;  // lines and columns are known up to here
  std::uint64_t line_ = 1;
  std::uint64_t column_ = 0;
  std::size_t string_octets_ = 0;
  int hex_digits_ = 0;  // of an escape, still to come
  unsigned code_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool high_surrogate_ = false;
  bool cut_ = false;
};

}  // namespace encap

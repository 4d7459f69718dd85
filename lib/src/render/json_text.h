#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_writer.h"
#include "render/line_cache.h"

namespace encap {

/// Writes JSON at the end of a text as it is asked for, value by value: what is written is not kept anywhere, and most
/// strings are one copy. Strings become UTF-8, as append_utf8 has it; the end tag of an HTML element is escaped as
/// tshark does it, so that a page may embed the text. Source: RFC 8259; the layout of `pretty` is tshark's.
class JsonText {
 public:
  enum class Layout : std::uint8_t { compact, pretty };
  explicit JsonText(Layout layout) : is_pretty_{layout == Layout::pretty} {}

  /// Where to go on. What was begun in one text may be ended in another. Lifetime: borrows `out` until the next call.
  void write_to(TextWriter& out) noexcept { out_ = &out; }

  void begin_object() { open('{', false); }
  void end_object() { close('}'); }
  void begin_array() { open('[', true); }
  void end_array() { close(']'); }
  /// Goes on in an array that has values already.
  void resume_array() { levels_.push_back({.is_array = true, .any = true}); }

  /// The name of the next member. `suffix` is plain: printable ASCII, of which nothing is to be escaped.
  void key(std::string_view name, std::string_view suffix = {}) {
    separate();
    out_->add('"');
    add_inside(name);
    end_key(suffix);
  }
  /// The same where the name is plain.
  void plain_key(std::string_view name, std::string_view suffix = {}) {
    separate();
    out_->add('"');
    out_->add(name);
    end_key(suffix);
  }
  void string(std::string_view text) {
    value_follows();
    write_string(text);
  }
  /// A member with the value of an item, which `write()` adds: with `write_string` or `write_plain`. Its name is plain,
  /// and both depend on nothing but the item's field and value: what is known of them is copied.
  template <class Write>
  void member(LineCache& known, const Item& item, std::string_view name, Write write) {
    separate_members();
    known.add(*out_, item, static_cast<std::uint32_t>(levels_.size()), [&] {
      break_line();
      out_->add('"');
      out_->add(name);
      add_colon();
      write();
    });
  }
  /// A string where `member` has led to.
  void write_string(std::string_view text) {
    out_->add('"');
    add_inside(text);
    out_->add('"');
  }
  template <class Write>
  void write_plain(Write write) {
    out_->add('"');
    write(*out_);
    out_->add('"');
  }
  /// A value that `write()` adds: with `write_string` or `write_plain`.
  template <class Write>
  void value(Write write) {
    value_follows();
    write();
  }
  /// A string whose text `write(out)` adds; it is plain.
  template <class Write>
  void plain_string(Write write) {
    value_follows();
    write_plain(write);
  }
  void number(std::uint64_t number) {
    value_follows();
    out_->add_decimal(number);
  }
  /// `true`, `false`, `null`.
  void literal(std::string_view word) {
    value_follows();
    out_->add(word);
  }

 private:
  struct Level {
    bool is_array;
    bool any = false;
  };

  void end_key(std::string_view suffix) {
    if (!suffix.empty()) out_->add(suffix);
    add_colon();
    behind_key_ = true;
  }
  void add_colon() { out_->add(is_pretty_ ? std::string_view{"\": "} : std::string_view{"\":"}); }
  void open(char bracket, bool is_array) {
    value_follows();
    out_->add(bracket);
    levels_.push_back({is_array});
  }
  void close(char bracket) {
    const bool any = levels_.back().any;
    levels_.pop_back();
    if (any) break_line();
    out_->add(bracket);
  }
  // In front of what is neither the text's only value nor that of a member.
  void value_follows() {
    if (behind_key_ || levels_.empty()) {
      behind_key_ = false;
    } else {
      separate();
    }
  }
  void separate_members() {
    Level& level = levels_.back();
    if (level.any) out_->add(',');
    level.any = true;
  }
  void separate() {
    separate_members();
    break_line();
  }
  void break_line() {
    if (!is_pretty_) return;
    out_->add('\n');
    out_->add(levels_.size() * 2, ' ');
  }
  void add_inside(std::string_view text);

  TextWriter* out_ = nullptr;
  std::vector<Level> levels_;
  std::string checked_;  // what is not plain, on its way
  bool is_pretty_;
  bool behind_key_ = false;
};

}  // namespace encap

#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "encap/base/failure.h"
#include "encap/input/message_source.h"

namespace encap {

/// What stands for an octet that the CSV parser would take for an end: UTF-8 never holds these two.
inline constexpr char masked_line_feed = '\xff';
inline constexpr char masked_octet = '\xfe';

/// What some programs write in front of UTF-8.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// A Failure on its way through code that only knows exceptions.
struct TableFailure : std::exception {
  explicit TableFailure(Failure why) : failure{std::move(why)} {}
  Failure failure;
};

/// Makes a table readable for a parser that ends rows at every line feed and strings at every NUL: line feeds inside
/// quotes become `masked_line_feed`, octets no UTF-8 text holds become `masked_octet`, a last row without a line break
/// gets one, a table whose rows end in CR gets LF. The first block tells what separates cells, and whether it is a
/// table.
class TableSource {
 public:
  TableSource(std::string name, std::unique_ptr<ByteSource> source, MessageFormat format = MessageFormat::csv);

  /// Fills `out` from its start, whole unless the end is reached or the system refuses more. Throws TableFailure, for
  /// what the system refuses once all before it was given.
  [[nodiscard]] std::size_t read(char* out, std::size_t size);

  /// Known after the first read.
  [[nodiscard]] char separator() const noexcept { return separator_; }
  /// Whether any octet was read so far that is masked, or looks like it. May be asked while another thread reads: it
  /// tells of all octets that were handed out.
  [[nodiscard]] bool holds_masked() const noexcept { return holds_masked_.load(std::memory_order_relaxed); }

 private:
  void look_at_first_block(std::string_view block);
  void mask(char* begin, char* end) noexcept;
  [[nodiscard]] char* mask_quoted(char* at, char* end) noexcept;
  [[nodiscard]] bool at_cell_start(const char* begin, const char* at) const noexcept;

  std::string name_;
  std::unique_ptr<ByteSource> source_;
  MessageFormat format_;
  char separator_ = ',';
  bool first_ = true;
  bool carriage_returns_only_ = false;
  bool quoted_ = false;                 // the octets so far end inside quotes
  bool quote_pending_ = false;          // and with a quote that may be the first of two
  bool blank_since_cell_start_ = true;  // nothing but blanks since the cell began
  std::atomic<bool> holds_masked_{false};
  bool line_ended_ = true;
  bool ended_ = false;
  std::optional<IoError> refusal_;  // why nothing more is read
};

/// What a file is that is no table, by its first octets: "an Excel workbook (xlsx)". nullopt for what may be text.
[[nodiscard]] std::optional<std::string> name_other_format(std::string_view first_octets);

}  // namespace encap

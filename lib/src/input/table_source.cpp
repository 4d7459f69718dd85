#include "input/table_source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "input/message_format.h"

namespace encap {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::string_view magic;
  std::string_view name;
};

constexpr std::array formats{
    Format{"\xd4\xc3\xb2\xa1"sv, "a pcap capture"},
    Format{"\xa1\xb2\xc3\xd4"sv, "a pcap capture"},
    Format{"\x4d\x3c\xb2\xa1"sv, "a pcap capture"},
    Format{"\xa1\xb2\x3c\x4d"sv, "a pcap capture"},
    Format{"\x0a\x0d\x0d\x0a"sv, "a pcapng capture"},
    Format{"\x1f\x8b"sv, "a gzip file"},
    Format{"\x28\xb5\x2f\xfd"sv, "a zstd file"},
    Format{"\xd0\xcf\x11\xe0"sv, "an old Excel or Word file (xls, doc)"},
    Format{"%PDF"sv, "a PDF document"},
    Format{"\xff\xfe"sv, "UTF-16 text"},
    Format{"\xfe\xff"sv, "UTF-16 text"},
    Format{"\x89PNG"sv, "a PNG picture"},
    Format{"SQLite format 3"sv, "an SQLite database"},
    Format{"\x7f"
           "ELF"sv,
           "a program"},
    Format{"<!DOCTYPE"sv, "an HTML page"},
    Format{"<html"sv, "an HTML page"},
    Format{"{\\rtf"sv, "an RTF document"},
};

/// What separates the cells of a header row: the mark that stands in it most often outside quotes. Blank lines before
/// it do not count.
char separator_of(std::string_view block) noexcept {
  static constexpr std::string_view marks = ",;\t|";
  std::array<std::size_t, marks.size()> counts{};
  bool quoted = false;
  bool blank = true;
  for (const char c : block) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') {
      if (!blank) break;
      counts.fill(0);
      continue;
    }
    const std::size_t mark = marks.find(c);
    if (mark != std::string_view::npos) ++counts[mark];
    if (c != ' ' && mark == std::string_view::npos) blank = false;
  }
  // The first of equals, so a table of one column counts as separated by commas.
  return marks[static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
}

/// Whether rows end in CR alone, as the first line break outside quotes tells. CR CR LF, which programs write that add
/// a CR to every LF, is a line feed.
bool ends_rows_with_carriage_returns(std::string_view block) noexcept {
  bool quoted = false;
  for (std::size_t at = 0; at < block.size(); ++at) {
    if (block[at] == '"') quoted = !quoted;
    if (quoted || (block[at] != '\r' && block[at] != '\n')) continue;
    at = block.find_first_not_of('\r', at);
    return at == std::string_view::npos || block[at] != '\n';
  }
  return false;
}

/// As std::replace, for octets that are rare.
void replace(char* begin, char* end, char octet, char by) noexcept {
  while ((begin = static_cast<char*>(std::memchr(begin, octet, static_cast<std::size_t>(end - begin)))) != nullptr) {
    *begin++ = by;
  }
}

}  // namespace

std::optional<std::string> name_other_format(std::string_view first_octets) {
  if (first_octets.starts_with("PK\x03\x04")) {
    const std::string_view head = first_octets.substr(0, 4096);
    if (head.find("xl/") != std::string_view::npos) return "an Excel workbook (xlsx)";
    if (head.find("word/") != std::string_view::npos) return "a Word document (docx)";
    if (head.find("opendocument.spreadsheet") != std::string_view::npos) return "an OpenDocument spreadsheet (ods)";
    return "a zip archive, or an office document (xlsx, docx)";
  }
  for (const Format& format : formats) {
    if (first_octets.starts_with(format.magic)) return std::string{format.name};
  }
  return std::nullopt;
}

TableSource::TableSource(std::string name, std::unique_ptr<ByteSource> source, MessageFormat format)
    : name_{std::move(name)}, source_{std::move(source)}, format_{format} {}

std::size_t TableSource::read(char* out, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size && !ended_ && !refusal_) {
    const auto got = source_->read({reinterpret_cast<std::byte*>(out) + filled, size - filled});
    if (!got) {
      refusal_ = got.error();
      break;
    }
    filled += *got;
    ended_ = *got == 0;
  }
  if (refusal_ && filled == 0) throw TableFailure{*refusal_};
  if (first_) look_at_first_block({out, filled});
  mask(out, out + filled);
  first_ = false;
  if (filled != 0) line_ended_ = out[filled - 1] == '\n';
  if (ended_ && !line_ended_ && filled < size) {
    out[filled++] = '\n';
    line_ended_ = true;
  }
  return filled;
}

void TableSource::look_at_first_block(std::string_view block) {
  const auto refuse = [this](std::string reason) {
    throw TableFailure{InputError{.where = {name_, 0, 0}, .name = {}, .excerpt = {}, .reason = std::move(reason)}};
  };
  if (block.empty())
    refuse(
        "the file is empty; a table starts with a header row such as app_protocol,src_app,dst_app,message,timestamp");
  if (const auto format = name_other_format(block)) {
    const bool spreadsheet = format->find("Excel") != std::string::npos || format->find("sheet") != std::string::npos ||
                             format->find("UTF-16") != std::string::npos;
    refuse("this is " + *format + ", not a table: " +
           (spreadsheet ? "save it as CSV (UTF-8)" : "a message table is UTF-8 text with commas between its cells"));
  }
  if (std::string reason = refusal_of(block, format_); !reason.empty()) refuse(std::move(reason));
  if (block.starts_with(byte_order_mark)) block.remove_prefix(byte_order_mark.size());
  carriage_returns_only_ = ends_rows_with_carriage_returns(block);
  separator_ = separator_of(block);
}

void TableSource::mask(char* begin, char* end) noexcept {
  const auto size = static_cast<std::size_t>(end - begin);
  for (const char octet : {'\0', masked_line_feed}) replace(begin, end, octet, masked_octet);
  if (size == 0) return;

  char* at = begin;
  if (quoted_) at = mask_quoted(at, end);
  while (at < end) {
    char* const quote = static_cast<char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (carriage_returns_only_) replace(at, quote == nullptr ? end : quote, '\r', '\n');
    if (quote == nullptr) break;
    if (at_cell_start(begin, quote)) {
      quoted_ = true;
      at = mask_quoted(quote + 1, end);
    } else {
      at = quote + 1;  // a quote within a cell that does not start with one stands for itself
    }
  }
  if (!quoted_) blank_since_cell_start_ = at_cell_start(begin, end);
  if (!holds_masked() &&
      (std::memchr(begin, masked_octet, size) != nullptr || std::memchr(begin, masked_line_feed, size) != nullptr)) {
    holds_masked_.store(true, std::memory_order_relaxed);
  }
}

/// Goes to the octet behind the quote that ends the cell, masking line feeds on the way; to the end when it is not
/// there.
char* TableSource::mask_quoted(char* at, char* end) noexcept {
  if (quote_pending_ && at < end) {
    quote_pending_ = false;
    if (*at != '"') {
      quoted_ = false;
      blank_since_cell_start_ = false;
      return at;
    }
    ++at;
  }
  for (;;) {
    char* const quote = static_cast<char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    replace(at, quote == nullptr ? end : quote, '\n', masked_line_feed);
    if (quote == nullptr) return end;
    if (quote + 1 == end) {
      quote_pending_ = true;
      return end;
    }
    if (quote[1] != '"') {
      quoted_ = false;
      return quote + 1;
    }
    at = quote + 2;
  }
}

/// Whether only blanks stand between the start of a cell and `at`.
bool TableSource::at_cell_start(const char* begin, const char* at) const noexcept {
  while (at > begin) {
    const char before = *--at;
    if (before == separator_ || before == '\n') return true;
    if (first_ && before == '\xbf' && at - begin == 2 && std::string_view{begin, 3} == byte_order_mark) return true;
    if (before != ' ' && before != '\t') return false;
  }
  return blank_since_cell_start_;
}

}  // namespace encap

#include "encap/input/message_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/utf8.h"
#include "encap/input/timestamp_text.h"
#include "input/packet_list.h"
#include "input/party_text.h"
#include "input/table_columns.h"
#include "input/table_lines.h"
#include "input/table_source.h"

// The parser's header: <libfccp/csv.h> or <csv.h>, as the build found it. It cuts file names on purpose, which g++
// reports where its functions are inlined.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#endif
#include ENCAP_FCCP_HEADER

namespace encap {
namespace {

/// Quotes as RFC 4180 has them, for csv.h's functions: a quote counts when a cell starts with it (blanks before it are
/// forgiven), and two of them stand for one. In any other place it is a character like others.
template <char Separator>
struct Rfc4180Quotes {
  static const char* find_next_column_end(const char* at) {
    at = skip_blanks(at);
    while (*at == '"') {  // again behind two of them
      at = std::strchr(at + 1, '"');
      if (at == nullptr) throw io::error::escaped_string_not_closed();
      ++at;
    }
    // Most cells are a few octets, where a loop is faster than a call; messages are longer.
    for (int i = 0; i < 16; ++i, ++at) {
      if (*at == Separator || *at == '\0') return at;
    }
    const char* const end = std::strchr(at, Separator);
    return end != nullptr ? end : at + std::strlen(at);
  }
  static void unescape(char*& begin, char*& end) {
    char* const quote = begin + (skip_blanks(begin) - begin);
    if (quote == end || *quote != '"') return;
    char* in = next_quote(quote + 1, end);
    char* out = in;
    while (end - in > 1 && in[1] == '"') {
      char* const next = next_quote(in + 2, end);
      out = std::copy(in + 1, next, out);
      in = next;
    }
    // What follows the closing quote, if it is not blank, belongs to the cell all the same.
    if (in != end) ++in;
    if (std::any_of(in, end, [](char c) { return c != ' ' && c != '\t'; })) out = std::copy(in, end, out);
    begin = quote + 1;
    end = out;
  }

 private:
  static const char* skip_blanks(const char* at) {
    while (*at == ' ' || (*at == '\t' && Separator != '\t')) ++at;
    return at;
  }
  // `end` where there is none.
  static char* next_quote(char* at, char* end) {
    void* const quote = std::memchr(at, '"', static_cast<std::size_t>(end - at));
    return quote == nullptr ? end : static_cast<char*>(quote);
  }
};

/// One cell of a row. The text is in the parser's buffer, where it may be changed.
struct Cell {
  char* begin = nullptr;
  char* end = nullptr;
  std::uint32_t column = 0;  // where it starts in its line, from 1
  std::uint32_t line = 0;    // line breaks inside quotes of its row before it

  [[nodiscard]] std::string_view text() const noexcept { return {begin, static_cast<std::size_t>(end - begin)}; }
};

/// Cuts a row with csv.h. When csv.h throws, the last of the cells is the one it refused. Where quotes hold line feeds,
/// they are unmasked, and cells get the place an editor shows for them.
template <char Separator, bool HoldsLineFeeds>
void cut_row(char* line, std::vector<Cell>& cells) {
  std::uint32_t line_feeds = 0;
  for (char* rest = line; rest != nullptr;) {
    cells.push_back({rest, rest, static_cast<std::uint32_t>(rest - line + 1), line_feeds});
    Cell& cell = cells.back();
    io::detail::chop_next_column<Rfc4180Quotes<Separator>>(rest, cell.begin, cell.end);
    if constexpr (HoldsLineFeeds) {
      for (char* at = cell.begin; at != cell.end; ++at) {
        if (*at != masked_line_feed) continue;
        *at = '\n';
        line = at + 1;
        ++line_feeds;
      }
    }
    Rfc4180Quotes<Separator>::unescape(cell.begin, cell.end);
  }
}

/// Pointers to what cuts rows: csv.h wants the separator at compile time.
struct RowCutter {
  void (*plain)(char*, std::vector<Cell>&);
  void (*holding_line_feeds)(char*, std::vector<Cell>&);
};

template <char Separator>
constexpr RowCutter row_cutter{cut_row<Separator, false>, cut_row<Separator, true>};

RowCutter cutter_for(char separator) noexcept {
  switch (separator) {
    case ';':
      return row_cutter<';'>;
    case '\t':
      return row_cutter<'\t'>;
    case '|':
      return row_cutter<'|'>;
    default:
      return row_cutter<','>;
  }
}

std::string_view without_blanks_around(std::string_view text) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

inline std::string_view trimmed(std::string_view text) noexcept {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  if (text.empty() || (plain(text.front()) && plain(text.back()))) return text;  // nearly every cell
  return without_blanks_around(text);
}

/// What people write where they have no value.
bool means_nothing(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 8> words{"-", "n/a", "na", "none", "null", "nan", "?", "--"};
  return text.empty() || std::any_of(words.begin(), words.end(), [text](std::string_view word) {
           return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
                    return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
                  });
         });
}

/// Names start with a letter; what starts with a digit or a sign was meant to be a number or an address.
bool may_be_name(std::string_view text) noexcept {
  const char first = text.front();
  return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' || first == '@' ||
         (first & 0x80) != 0;
}

bool is_ascii(std::string_view text) noexcept {
  std::uint64_t bits = 0;
  constexpr std::size_t piece = sizeof bits;
  if (text.size() < piece) {
    for (const char c : text) bits |= static_cast<unsigned char>(c);
  } else {
    const auto take = [&](std::size_t at) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, piece);
      bits |= word;
    };
    for (std::size_t at = 0; at + piece < text.size(); at += piece) take(at);
    take(text.size() - piece);  // some of it again
  }
  return (bits & 0x8080808080808080u) == 0;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Reads C's escapes in place. Returns where one stands that C does not know, as an offset; npos when all is well.
std::size_t read_escapes(Cell& cell) noexcept {
  static constexpr std::string_view letters = "nrt0abfv\\\"'?";
  static constexpr std::string_view octets{"\n\r\t\0\a\b\f\v\\\"'?", 12};
  char* out = cell.begin;
  for (char* in = cell.begin; in != cell.end; ++in) {
    if (*in != '\\') {
      *out++ = *in;
      continue;
    }
    char* const start = in;
    if (++in == cell.end) return static_cast<std::size_t>(start - cell.begin);
    if (*in == 'x') {
      if (cell.end - in < 3 || hex_digit(in[1]) < 0 || hex_digit(in[2]) < 0)
        return static_cast<std::size_t>(start - cell.begin);
      *out++ = static_cast<char>(hex_digit(in[1]) * 16 + hex_digit(in[2]));
      in += 2;
      continue;
    }
    const std::size_t known = letters.find(*in);
    if (known == std::string_view::npos) return static_cast<std::size_t>(start - cell.begin);
    *out++ = octets[known];
  }
  cell.end = out;
  return std::string_view::npos;
}

bool holds_escape(std::string_view text) noexcept {
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos && at + 1 < text.size(); at += 2) {
    const char next = text[at + 1];
    if (next == 'r' || next == 'n' || next == 't') return true;
    if (next == 'x' && at + 3 < text.size() && hex_digit(text[at + 2]) >= 0 && hex_digit(text[at + 3]) >= 0)
      return true;
  }
  return false;
}

}  // namespace

class MessageReader::Impl {
 public:
  Impl(std::string name, std::unique_ptr<ByteSource> source, Options options)
      : name_{std::move(name)},
        options_{options},
        source_{name_, std::move(source), options.packet_list ? MessageFormat::wireshark_csv : MessageFormat::csv},
        lines_{source_} {}

  Result<void, Failure> read_header();
  Result<const Message*, Failure> next();

  const TableNotes& notes() const noexcept { return notes_; }
  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t octets() const noexcept { return lines_.octets(); }

 private:
  bool next_row();
  [[nodiscard]] InputError quote_not_closed();
  Result<void, InputError> check_octets();
  Result<void, InputError> fill_message();
  bool passes_over_packet();
  Result<void, InputError> fill_party(TableColumn app, TableColumn ip, TableColumn port, Party& party);
  Result<void, InputError> fill_time();
  Result<void, InputError> fill_faults();
  Result<void, InputError> fill_payload();

  /// Of the row at hand; an empty one where the row has none for that column.
  [[nodiscard]] Cell& cell(TableColumn column) noexcept { return cells_[places_[static_cast<std::size_t>(column)]]; }
  [[nodiscard]] std::string_view text(TableColumn column) noexcept { return trimmed(cell(column).text()); }
  [[nodiscard]] InputError wrong(TableColumn column, std::string_view excerpt, std::string reason);
  [[nodiscard]] InputError wrong_cell(const Cell& cell, TableColumn column, std::string_view excerpt,
                                      std::string reason);

  std::string name_;
  Options options_;
  TableSource source_;
  TableLines lines_;
  RowCutter cut_{};
  std::vector<TableColumn> columns_;
  std::vector<Cell> cells_;
  std::array<std::size_t, column_count> places_{};  // of columns among the cells; the last one's where there is none
  TableNotes notes_;
  Message message_;
  std::array<char, 20> number_{};   // the id of a row without one
  std::uint64_t line_ = 0;          // where the row begins
  std::uint64_t masked_lines_ = 0;  // line breaks inside quotes, which the parser does not count
  std::uint64_t rows_ = 0;
  std::optional<TimestampText::Kind> time_kind_;
  PacketText packet_;  // of a packet list
  PacketPorts ports_;
  std::uint64_t missing_times_before_ = 0;  // rows without a time before the first row that has one
  bool holds_masked_octet_ = false;         // in the row, in whichever cell
  bool ended_ = false;
};

/// Cuts the next row that is not blank into `cells_`; false at the end. Throws csv.h's errors and TableLines'.
bool MessageReader::Impl::next_row() {
  for (;;) {
    const auto next = lines_.next();
    if (!next) return false;
    line_ = lines_.number() + masked_lines_;
    cells_.clear();
    char* const line = next->data();
    std::size_t length = next->size();
    // Of CR CR LF, which programs write that add a CR to every LF, there are two.
    while (length != 0 && line[length - 1] == '\r') line[--length] = '\0';
    const bool may_hold = source_.holds_masked();  // most tables never do
    holds_masked_octet_ = may_hold && std::memchr(line, masked_octet, length) != nullptr;
    if (may_hold && std::memchr(line, masked_line_feed, length) != nullptr) {
      masked_lines_ += static_cast<std::uint64_t>(std::count(line, line + length, masked_line_feed));
      cut_.holding_line_feeds(line, cells_);
    } else {
      cut_.plain(line, cells_);
    }
    if (std::any_of(cells_.begin(), cells_.end(), [](const Cell& part) { return !trimmed(part.text()).empty(); }))
      return true;
    if (!columns_.empty()) ++notes_.blank_rows;
  }
}

Result<void, Failure> MessageReader::Impl::read_header() try {
  cut_ = cutter_for(source_.separator());
  notes_.separator = source_.separator();
  if (!next_row()) {
    return unexpected(Failure{InputError{
        {name_, 0, 0},
        {},
        {},
        "the table has no header row: name the columns first, as in app_protocol,src_app,dst_app,message,timestamp"}});
  }
  // Spreadsheets may put the separator into a line of its own.
  if (cells_.size() <= 2 && trimmed(cells_[0].text()).starts_with("sep=") && !next_row()) {
    return unexpected(Failure{InputError{{name_, line_, 0}, {}, {}, "the table has no header row"}});
  }
  std::vector<std::string> header;
  for (const Cell& part : cells_) header.emplace_back(trimmed(part.text()));
  columns_ = match_columns(header, options_.packet_list ? TableKind::packets : TableKind::messages, notes_);
  places_.fill(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] != TableColumn::none) places_[static_cast<std::size_t>(columns_[i])] = i;
  }
  if (std::find(columns_.begin(), columns_.end(), TableColumn::message) == columns_.end()) {
    constexpr std::size_t longest_list = 400;
    std::string found;
    for (const std::string& column : header) {
      found += (found.empty() ? "" : ", ") + column;
      if (found.size() > longest_list) break;
    }
    return unexpected(
        Failure{InputError{{name_, line_, 0},
                           {},
                           {},
                           (options_.packet_list ? "there is no column Info among: "
                                                 : "there is no message column (message, payload or data) among: ") +
                               printable(found, longest_list)}});
  }
  return {};
} catch (const io::error::escaped_string_not_closed&) {
  return unexpected(Failure{quote_not_closed()});
} catch (const TableLines::TooLong&) {
  return unexpected(Failure{
      InputError{{name_, lines_.number(), 0}, {}, {}, "the header row is longer than 16 MiB; is this a table?"}});
}

InputError MessageReader::Impl::wrong_cell(const Cell& cell, TableColumn column, std::string_view excerpt,
                                           std::string reason) {
  constexpr std::size_t longest_excerpt = 256;  // messages may be long; what is printed is shorter still
  return {{name_, line_ + cell.line, cell.column},
          std::string{name(column)},
          std::string{excerpt.substr(0, longest_excerpt)},
          std::move(reason)};
}

InputError MessageReader::Impl::wrong(TableColumn column, std::string_view excerpt, std::string reason) {
  return wrong_cell(cell(column), column, excerpt, std::move(reason));
}

/// Precondition: csv.h refused the last of the cells.
InputError MessageReader::Impl::quote_not_closed() {
  const Cell& refused = cells_.back();
  const std::string_view rest{refused.begin};
  const std::size_t at = cells_.size() - 1;
  return wrong_cell(refused, at < columns_.size() ? columns_[at] : TableColumn::none,
                    rest.substr(0, rest.find(masked_line_feed)),
                    "a quote is opened and not closed: end the cell with \", and write a quote inside it twice");
}

Result<const Message*, Failure> MessageReader::Impl::next() {
  if (ended_) return nullptr;
  try {
    for (;;) {
      if (!next_row()) {
        ended_ = true;
        return nullptr;
      }
      ++rows_;
      if (auto filled = fill_message(); !filled) return unexpected(Failure{std::move(filled.error())});
      if (!options_.packet_list || packet_.row == PacketRow::message) return &message_;
      --rows_;
    }
  } catch (const TableFailure& failure) {
    ended_ = true;
    return unexpected(failure.failure);
  } catch (const io::error::escaped_string_not_closed&) {
    ++rows_;
    return unexpected(Failure{quote_not_closed()});
  } catch (const TableLines::TooLong&) {
    ended_ = true;
    ++rows_;
    return unexpected(Failure{InputError{
        {name_, lines_.number() + masked_lines_, 0}, {}, {}, "the row is longer than 16 MiB; is a quote not closed?"}});
  }
}

Result<void, InputError> MessageReader::Impl::fill_message() {
  for (std::size_t i = columns_.size(); i < cells_.size(); ++i) {
    const std::string_view extra = trimmed(cells_[i].text());
    if (extra.empty()) continue;
    return unexpected(wrong_cell(cells_[i], TableColumn::none, extra,
                                 std::to_string(cells_.size()) + " cells, the header names " +
                                     std::to_string(columns_.size()) +
                                     ": put a cell that holds the separator between quotes, as in \"Hi, there\""));
  }
  if (cells_.size() < columns_.size()) ++notes_.short_rows;
  cells_.resize(columns_.size() + 1);  // what is missing is empty, and so is what no column is named for
  if (holds_masked_octet_) {
    if (auto checked = check_octets(); !checked) return checked;
  }

  if (options_.packet_list && passes_over_packet()) return {};

  message_ = {};
  message_.file = name_;
  message_.line = line_;
  message_.row = rows_;
  message_.id = text(TableColumn::msg_id);
  if (message_.id.empty()) {
    const auto [end, error] = std::to_chars(number_.data(), number_.data() + number_.size(), rows_);
    message_.id = {number_.data(), static_cast<std::size_t>(end - number_.data())};
  }
  message_.protocol = text(TableColumn::app_protocol);
  if (auto filled = fill_party(TableColumn::src_app, TableColumn::src_ip, TableColumn::src_port, message_.source);
      !filled)
    return filled;
  if (auto filled = fill_party(TableColumn::dst_app, TableColumn::dst_ip, TableColumn::dst_port, message_.destination);
      !filled)
    return filled;
  if (options_.packet_list) {
    message_.protocol = packet_.protocol;
    ports_.settle(packet_, message_);
    if (packet_.row != PacketRow::message) return {};
  }
  if (const std::string_view transport = text(TableColumn::transport); !means_nothing(transport)) {
    if (transport == "TCP" || transport == "tcp" || transport == "Tcp" || transport == "6") {
      message_.transport = Transport::tcp;
    } else if (transport == "UDP" || transport == "udp" || transport == "Udp" || transport == "17") {
      message_.transport = Transport::udp;
    } else {
      return unexpected(wrong(TableColumn::transport, transport, "write TCP or UDP"));
    }
  }
  if (auto filled = fill_time(); !filled) return filled;
  if (auto filled = fill_faults(); !filled) return filled;
  return fill_payload();
}

/// Reads what a packet is, and counts what holds no message. True for what has nothing else to say either; its
/// addresses may be those of hardware.
bool MessageReader::Impl::passes_over_packet() {
  packet_ = read_packet_text(text(TableColumn::app_protocol), text(TableColumn::message));
  switch (packet_.row) {
    case PacketRow::message: {
      Cell& info = cell(TableColumn::message);
      info.begin += packet_.message.data() - info.begin;
      info.end = info.begin + packet_.message.size();
      break;
    }
    case PacketRow::control:
      ++notes_.control_packets;
      break;
    case PacketRow::hidden_data:
      ++notes_.hidden_data_packets;
      break;
    case PacketRow::other:
      ++notes_.other_packets;
      return true;
  }
  return false;
}

Result<void, InputError> MessageReader::Impl::fill_party(TableColumn app, TableColumn ip, TableColumn port,
                                                         Party& party) {
  party.name = text(app);
  if (const std::string_view number = text(port); !number.empty()) {
    const PortText read = read_port(number);
    if (read.number != 0) {
      party.port = Port{read.number};
    } else if (means_nothing(number)) {
      // as if the cell were empty
    } else if (!read.wrong && read_address(number, party)) {
      ++notes_.addresses_in_port_cells;
    } else if (!read.wrong && may_be_name(number)) {
      ++notes_.names_in_port_cells;
      if (party.name.empty()) party.name = number;
    } else {
      return unexpected(wrong(port, number, "write a port from 1 to 65535"));
    }
  }
  if (const std::string_view address = text(ip);
      !address.empty() && !read_address(address, party) && !means_nothing(address)) {
    // No name holds two colons; 2001:db8::1/64 and fe80::1%eth0 were meant to be addresses.
    if (!may_be_name(address) || std::count(address.begin(), address.end(), ':') > 1) {
      return unexpected(wrong(ip, address, "write an IPv4 or IPv6 address, as in 10.0.0.1 or 2001:db8::1"));
    }
    ++notes_.names_in_address_cells;
    if (party.name.empty()) party.name = address;
  }
  return {};
}

Result<void, InputError> MessageReader::Impl::fill_time() {
  const std::string_view written = text(TableColumn::timestamp);
  const auto time = written.empty() ? std::nullopt : parse_timestamp(written);
  if (!time && means_nothing(written)) {
    ++(time_kind_ ? notes_.missing_times : missing_times_before_);
    return {};
  }
  if (!time) {
    return unexpected(wrong(TableColumn::timestamp, written,
                            "write " + std::string{example_of(time_kind_.value_or(TimestampText::Kind::offset))}));
  }
  if (!time_kind_) {
    time_kind_ = time->kind;
    notes_.missing_times = missing_times_before_;
  }
  if (*time_kind_ != time->kind) {
    return unexpected(
        wrong(TableColumn::timestamp, written,
              "the rows before have another kind of time: write " + std::string{example_of(*time_kind_)}));
  }
  const bool relative = time->kind == TimestampText::Kind::offset || time->kind == TimestampText::Kind::time_of_day;
  const Timestamp at{relative ? year_2000.nanoseconds + time->nanoseconds : time->nanoseconds};
  if (at.seconds() < 0 || at.seconds() > UINT32_MAX) {
    return unexpected(
        wrong(TableColumn::timestamp, written, "write a time between 1970 and 2106, which a capture file can hold"));
  }
  message_.timestamp = at;
  return {};
}

Result<void, InputError> MessageReader::Impl::fill_faults() {
  const std::string_view written = text(TableColumn::fault);
  if (means_nothing(written)) return {};
  const auto faults = Faults::parse(written);
  if (!faults) {
    const std::string_view word = faults.error().word;
    return unexpected(wrong(TableColumn::fault, word.empty() ? written : word, faults.error().reason));
  }
  message_.faults = *faults;
  return {};
}

/// Refuses octets that cannot be told apart once they are masked, in cells that are used.
Result<void, InputError> MessageReader::Impl::check_octets() {
  for (std::size_t i = 0; i < column_count; ++i) {
    const std::string_view written = cell(static_cast<TableColumn>(i)).text();
    const std::size_t at = written.find(masked_octet);
    if (at == std::string_view::npos) continue;
    constexpr std::size_t longest_lead = 40;
    const std::size_t from = at - std::min(at, longest_lead);
    return unexpected(
        wrong(static_cast<TableColumn>(i), written.substr(from, at - from),
              "behind this stands an octet that no text holds (NUL, 0xfe or 0xff): in a message, write it as "
              "\\x00 and use --escapes"));
  }
  return {};
}

Result<void, InputError> MessageReader::Impl::fill_payload() {
  Cell& payload = cell(TableColumn::message);
  const std::string_view written = payload.text();
  if (!is_ascii(written) && !is_utf8(written)) ++notes_.not_utf8;
  if (options_.escapes) {
    if (const std::size_t at = read_escapes(payload); at != std::string_view::npos) {
      return unexpected(
          wrong(TableColumn::message, written.substr(at, 4),
                "C knows no such escape: write \\r, \\n, \\t, \\xHH with two digits, or \\\\ for a backslash"));
    }
  } else if (holds_escape(written)) {
    ++notes_.escapes_left;
  }
  message_.payload = as_bytes(payload.text());
  return {};
}

MessageReader::MessageReader(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
MessageReader::MessageReader(MessageReader&&) noexcept = default;
MessageReader& MessageReader::operator=(MessageReader&&) noexcept = default;
MessageReader::~MessageReader() = default;

Result<MessageReader, Failure> MessageReader::open(std::string name, std::unique_ptr<ByteSource> source,
                                                   Options options) {
  try {
    auto impl = std::make_unique<Impl>(std::move(name), std::move(source), options);
    if (auto read = impl->read_header(); !read) return unexpected(std::move(read.error()));
    return MessageReader{std::move(impl)};
  } catch (const TableFailure& failure) {
    return unexpected(failure.failure);
  }
}

Result<const Message*, Failure> MessageReader::next() { return impl_->next(); }
const TableNotes& MessageReader::notes() const noexcept { return impl_->notes(); }
std::uint64_t MessageReader::rows() const noexcept { return impl_->rows(); }
std::uint64_t MessageReader::octets() const noexcept { return impl_->octets(); }

}  // namespace encap

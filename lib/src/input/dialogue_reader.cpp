#include "input/dialogue_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "encap/flow/http_text.h"
#include "encap/input/timestamp_text.h"
#include "input/dialogue_lines.h"
#include "input/message_format.h"
#include "input/party_text.h"

namespace encap {
namespace {

constexpr std::string_view version = "HTTP/1.1";

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

/// Takes a word and the blanks behind it off the front.
std::string_view take_word(std::string_view& text) noexcept {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Who says a line: `>` or `<`, alone or with a blank behind it; 0 for nobody.
char side_of(std::string_view line) noexcept {
  if (!line.starts_with('>') && !line.starts_with('<')) return 0;
  return line.size() == 1 || line[1] == ' ' ? line[0] : '\0';
}

/// What curl says of its connections, behind `* `, also behind a body that does not end its last line.
std::size_t find_end_of_transfer(std::string_view line) noexcept {
  static constexpr std::array<std::string_view, 6> words{"* Connection #",
                                                         "* Closing connection",
                                                         "* Re-using existing connection",
                                                         "* Issue another request to this URL",
                                                         "* Ignoring the response-body",
                                                         "* shutting down connection"};
  std::size_t at = std::string_view::npos;
  for (const std::string_view word : words) at = std::min(at, line.find(word));
  return at;
}

/// `{ [5 bytes data]`, and the lines of curl's progress meter.
bool is_progress(std::string_view line) noexcept {
  if (line.starts_with("{ [") || line.starts_with("} [")) return line.ends_with("bytes data]");
  return line.find(" --:--:-- ") != std::string_view::npos || line.starts_with("  % Total ") ||
         trimmed(line).starts_with("Dload  Upload ");
}

/// One side of the conversation, with a name of its own.
struct Side {
  std::string name;
  std::optional<IpAddress> address;
  std::optional<Port> port;

  [[nodiscard]] Party party() const noexcept { return {name, address, port}; }
};

class DialogueReader final : public MessageSource {
 public:
  DialogueReader(std::string name, std::unique_ptr<ByteSource> source)
      : name_{std::move(name)}, lines_{std::move(source)} {}

  Result<void, Failure> check() const;

  [[nodiscard]] Result<const Message*, Failure> next() override;
  [[nodiscard]] const TableNotes& notes() const noexcept override { return notes_; }
  [[nodiscard]] std::uint64_t rows() const noexcept override { return rows_; }
  [[nodiscard]] std::uint64_t octets() const noexcept override { return lines_.octets(); }

 private:
  /// What a line did: it is used up, or it ends the message before it and is to be looked at again.
  enum class Step : std::uint8_t { taken, ends_message };

  Result<Step, InputError> take_line();
  Step take_body_line();
  void add(std::string_view line);
  void append(std::string_view octets);
  [[nodiscard]] Result<const Message*, Failure> finish();

  Result<void, InputError> take_directive(std::string_view text);
  Result<void, InputError> take_side(std::string_view text, Side& side);
  Result<void, InputError> take_time(std::string_view text);
  void take_connection(std::string_view text);
  [[nodiscard]] InputError wrong(std::string_view excerpt, std::string reason) const;

  std::string name_;
  DialogueLines lines_;
  bool held_ = false;  // the line was not used up
  bool ended_ = false;

  // What directives and curl said.
  Side client_{"client", {}, {}};
  Side server_{"server", {}, {}};
  std::string protocol_;
  std::optional<Timestamp> time_;  // of the next message
  std::optional<TimestampText::Kind> time_kind_;
  std::uint16_t connections_ = 0;  // that curl opened
  bool secure_ = false;
  bool http_spoken_ = false;  // in this conversation
  bool asked_head_ = false;

  // The message that is read.
  char side_ = 0;  // whose it is; 0 while there is none
  std::string text_;
  std::uint64_t line_ = 0;
  bool http_ = false;        // it starts as one of HTTP does
  bool head_ended_ = false;  // by an empty line
  bool last_empty_ = false;  // the last line is
  bool raw_ = false;         // lines without a side are its body
  bool too_long_ = false;
  std::size_t body_begin_ = 0;
  std::optional<std::size_t> body_octets_;  // as Content-Length says
  std::string blank_;                       // line breaks that belong to the body when more of it follows

  std::string sent_;  // the message handed out
  std::string number_text_;
  Message message_;
  TableNotes notes_;
  std::uint64_t rows_ = 0;
};

InputError DialogueReader::wrong(std::string_view excerpt, std::string reason) const {
  constexpr std::size_t longest_excerpt = 256;
  return {{name_, lines_.number(), 0}, {}, std::string{excerpt.substr(0, longest_excerpt)}, std::move(reason)};
}

Result<void, Failure> DialogueReader::check() const {
  const auto refuse = [this](std::string reason) {
    return unexpected(Failure{InputError{{name_, 0, 0}, {}, {}, std::move(reason)}});
  };
  if (lines_.first_octets().empty()) {
    if (lines_.refusal()) return unexpected(Failure{*lines_.refusal()});
    return refuse("the file is empty; a dialogue has lines such as > GET / HTTP/1.1 and < HTTP/1.1 200 OK");
  }
  if (std::string reason = refusal_of(lines_.first_octets(), MessageFormat::dialogue); !reason.empty())
    return refuse(std::move(reason));
  return {};
}

Result<const Message*, Failure> DialogueReader::next() {
  while (!ended_) {
    if (!held_ && !lines_.next()) {
      ended_ = true;
      if (lines_.refusal()) return unexpected(Failure{*lines_.refusal()});
      break;
    }
    held_ = false;
    const auto step = take_line();
    if (!step) {
      ++rows_;
      return unexpected(Failure{step.error()});
    }
    if (*step == Step::ends_message) {
      held_ = true;
      return finish();
    }
  }
  return side_ != 0 ? finish() : Result<const Message*, Failure>{nullptr};
}

/// Looks at the line. A line that ends a message is left for when the message is gone.
Result<DialogueReader::Step, InputError> DialogueReader::take_line() {
  const std::string_view line = lines_.text();
  const char side = side_of(line);
  if (side != 0) {
    const std::string_view said = line.substr(std::min<std::size_t>(2, line.size()));
    // A head that has ended is followed by a body, or by another message: 200 behind 100, a redirection's target.
    const bool has_body = raw_ && !last_empty_;
    const bool other =
        side_ != 0 && (side_ != side || has_body ||
                       (head_ended_ && names_http_version(said) && http_start_line(said) != HttpStartLine::none));
    if (other) return Step::ends_message;
    if (side_ == 0) {
      side_ = side;
      line_ = lines_.number();
    }
    add(said);
    return Step::taken;
  }
  if (raw_) return take_body_line();

  if (trimmed(line).empty()) {
    if (side_ == 0) return Step::taken;
    return Step::ends_message;  // and is taken again, when nothing is left to end
  }
  if (line.starts_with('#') || is_progress(line) || line.starts_with("curl: (")) return Step::taken;
  if (line.starts_with("@ ")) {
    if (side_ != 0) return Step::ends_message;
    if (auto taken = take_directive(trimmed(line.substr(2))); !taken) return unexpected(std::move(taken.error()));
    return Step::taken;
  }
  if (line == "*" || line.starts_with("* ")) {
    const std::string_view said = trimmed(line.substr(1));
    if (!said.starts_with("Connected to ") && !said.starts_with("Established connection to ")) return Step::taken;
    if (side_ != 0) return Step::ends_message;
    take_connection(said);
    return Step::taken;
  }
  if (line.starts_with('>') || line.starts_with('<'))
    return unexpected(wrong(line, "write a blank behind the " + std::string{line[0]} + " of a side"));
  return unexpected(wrong(line,
                          "write > or < and a blank before what a side says, # before a comment: only the body of an "
                          "HTTP response, behind an empty < line, stands without"));
}

/// A line without a side while the body of a response may follow.
DialogueReader::Step DialogueReader::take_body_line() {
  const std::string_view line = lines_.text();
  const std::size_t end = find_end_of_transfer(line);
  if (end == 0 || is_progress(line) || line.starts_with("curl: (")) return Step::taken;
  if (line.starts_with("* Connected to ") || line.starts_with("* Established connection to ") ||
      line.starts_with("@ client ") || line.starts_with("@ server ") || line.starts_with("@ protocol ") ||
      line.starts_with("@ time "))
    return Step::ends_message;
  if (asked_head_) return Step::taken;  // curl -I prints the head again
  if (line.empty()) {
    if (blank_.size() < DialogueLines::most_octets) blank_ += lines_.line_break();
    return Step::taken;
  }
  if (last_empty_) {  // the one that ends the head
    append("\n");
    last_empty_ = false;
    body_begin_ = text_.size();
  }
  append(blank_);
  blank_.clear();
  const std::size_t left =
      body_octets_.value_or(SIZE_MAX) - std::min(text_.size() - body_begin_, body_octets_.value_or(0));
  if (left <= line.size() && line.substr(left).starts_with("* ")) {  // behind the body: curl's again
    append(line.substr(0, left));
    return Step::taken;
  }
  append(line.substr(0, end));
  if (end == std::string_view::npos) append(lines_.line_break());
  too_long_ = too_long_ || lines_.cut();
  return Step::taken;
}

void DialogueReader::append(std::string_view octets) {
  if (octets.size() > DialogueLines::most_octets - std::min(text_.size(), DialogueLines::most_octets)) {
    too_long_ = true;
  } else {
    text_.append(octets);
  }
}

/// Adds a line to the message.
void DialogueReader::add(std::string_view line) {
  const bool first = text_.empty() && !last_empty_;
  raw_ = false;
  too_long_ = too_long_ || lines_.cut();
  if (first) {
    http_ = http_start_line(line) != HttpStartLine::none && names_http_version(line);
  } else {
    append("\n");
  }
  last_empty_ = line.empty();
  if (!http_ || head_ended_) return append(line);
  if (first) {
    // HTTP/2 and HTTP/3 in curl's words are the same messages with another number.
    for (const std::string_view later : {"HTTP/2", "HTTP/3", "HTTP/2.0", "HTTP/3.0"}) {
      const std::string_view bare = trimmed(line);
      const bool request = bare.ends_with(later) && bare.size() > later.size();
      const bool response = bare.starts_with(later) && (bare.size() == later.size() || bare[later.size()] == ' ');
      if (!request && !response) continue;
      ++notes_.later_http_versions;
      append(request ? bare.substr(0, bare.size() - later.size()) : version);
      append(request ? version : line.substr(later.size()));
      return;
    }
  } else if (const std::size_t colon = line.find(':');
             equals_ignoring_case(line.substr(0, colon), "Content-Length") && colon != std::string_view::npos) {
    const std::string_view digits = trimmed(line.substr(colon + 1));
    std::size_t octets = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octets);
    if (error == std::errc{} && end == digits.data() + digits.size()) body_octets_ = octets;
  }
  if (line.empty()) {
    head_ended_ = true;
    raw_ = side_ == '<';
  }
  append(line);
}

/// The message that was read; the next one starts from nothing.
Result<const Message*, Failure> DialogueReader::finish() {
  if (last_empty_) {
    append("\n");
  } else if (raw_ && body_octets_) {
    // Line breaks at the end of a body are its own as far as its length counts them.
    append(blank_);
    const std::size_t last = text_.find_last_not_of("\r\n");
    const std::size_t end = body_begin_ + std::min(*body_octets_, DialogueLines::most_octets);
    if (end < text_.size() && (last == std::string::npos || last < end)) text_.resize(end);
  }
  const bool client = side_ == '>';
  const bool too_long = too_long_;
  if (http_ && client) asked_head_ = http_method(text_) == HttpMethod::head;
  http_spoken_ = http_spoken_ || http_;
  sent_.swap(text_);
  text_.clear();
  blank_.clear();
  side_ = 0;
  body_begin_ = 0;
  body_octets_.reset();
  http_ = head_ended_ = last_empty_ = raw_ = too_long_ = false;

  ++rows_;
  if (too_long) {
    return unexpected(Failure{InputError{
        {name_, line_, 0}, {}, {}, "the message is longer than 16 MiB; a blank line ends one and begins the next"}});
  }
  if (secure_) ++notes_.https_messages;
  message_ = Message{.file = name_,
                     .line = line_,
                     .id = {},
                     .protocol = !protocol_.empty() ? std::string_view{protocol_}
                                 : http_spoken_     ? "HTTP"
                                                    : "TCP",
                     .source = client ? client_.party() : server_.party(),
                     .destination = client ? server_.party() : client_.party(),
                     .transport = {},
                     .source_serves = !client,
                     .timestamp = std::exchange(time_, std::nullopt),
                     .payload = as_bytes(sent_)};
  number_text_ = std::to_string(rows_);
  message_.id = number_text_;
  return &message_;
}

Result<void, InputError> DialogueReader::take_directive(std::string_view text) {
  std::string_view rest = text;
  const std::string_view word = take_word(rest);
  if (word == "client" && !rest.empty()) return take_side(rest, client_);
  if (word == "server" && !rest.empty()) return take_side(rest, server_);
  if (word == "time" && !rest.empty()) return take_time(rest);
  if (word == "protocol" && !rest.empty()) {
    protocol_ = rest.substr(0, 64);
    return {};
  }
  return unexpected(wrong(text,
                          "write @ client NAME ADDRESS:PORT, @ server NAME ADDRESS:PORT, @ protocol NAME or @ time "
                          "SECONDS"));
}

/// `alice`, `alice 10.0.0.1`, `alice 10.0.0.1:4000`, `10.0.0.1:4000`
Result<void, InputError> DialogueReader::take_side(std::string_view text, Side& side) {
  std::string_view rest = text;
  Party party;
  const std::string_view word = take_word(rest);
  std::string_view name = word;
  if (rest.empty() && read_address(word, party) && word != "localhost") {
    name = side.name;
  } else if (!rest.empty() && !read_address(rest, party)) {
    return unexpected(
        wrong(rest, "write an address behind the name, as in 10.0.0.1, 10.0.0.1:4000 or [2001:db8::1]:80"));
  }
  side = Side{std::string{name.substr(0, 256)}, party.address, party.port};
  secure_ = http_spoken_ = false;
  return {};
}

Result<void, InputError> DialogueReader::take_time(std::string_view text) {
  using Kind = TimestampText::Kind;
  const auto time = parse_timestamp(text);
  if (!time || (time_kind_ && *time_kind_ != time->kind)) {
    return unexpected(wrong(text, (time ? "the times before are of another kind: write " : "write ") +
                                      std::string{example_of(time_kind_.value_or(Kind::offset))}));
  }
  const bool relative = time->kind == Kind::offset || time->kind == Kind::time_of_day;
  const Timestamp at{relative ? year_2000.nanoseconds + time->nanoseconds : time->nanoseconds};
  if (at.seconds() < 0 || at.seconds() > UINT32_MAX)
    return unexpected(wrong(text, "write a time between 1970 and 2106, which a capture file can hold"));
  time_kind_ = time->kind;
  time_ = at;
  return {};
}

/// `Connected to example.org (192.0.2.1) port 80 (#0)`, as versions of curl vary it. The client's port is one that no
/// connection before had.
void DialogueReader::take_connection(std::string_view text) {
  const std::size_t name_begin = text.find(" to ") + 4;
  const std::size_t open = text.find(" (", name_begin);
  if (open == std::string_view::npos) return;
  const std::string_view inside = text.substr(open + 2);
  const auto address = IpAddress::parse(inside.substr(0, inside.find_first_of(" )")));
  const std::size_t port_begin = inside.find("port ");
  if (port_begin == std::string_view::npos) return;
  const std::string_view digits = inside.substr(port_begin + 5);
  auto port = read_port(digits.substr(0, digits.find_first_not_of("0123456789"))).port();
  if (!address || !port) return;
  // What is shown is what was inside TLS: in the clear it cannot be on TLS's port.
  secure_ = *port == Port{443};
  if (secure_) port = Port{80};
  server_ = Side{std::string{text.substr(name_begin, std::min<std::size_t>(open - name_begin, 256))}, address, port};
  constexpr std::uint16_t first_dynamic_port = 49152;  // RFC 6335 §6
  constexpr std::uint16_t dynamic_ports = 16384;
  client_ = Side{"curl", {}, Port{static_cast<std::uint16_t>(first_dynamic_port + connections_++ % dynamic_ports)}};
  http_spoken_ = false;
}

}  // namespace

Result<std::unique_ptr<MessageSource>, Failure> open_dialogue(std::string name, std::unique_ptr<ByteSource> source) {
  auto reader = std::make_unique<DialogueReader>(std::move(name), std::move(source));
  if (auto checked = reader->check(); !checked) return unexpected(std::move(checked.error()));
  return reader;
}

}  // namespace encap

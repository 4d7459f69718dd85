#include "encap/flow/http_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text_writer.h"

namespace encap {
namespace {

// RFC 9110 §9.3, RFC 5789, and the WebDAV methods of RFC 4918.
constexpr std::array<std::string_view, 16> methods{"GET",   "POST",     "PUT",       "DELETE", "HEAD", "OPTIONS",
                                                   "PATCH", "CONNECT",  "TRACE",     "MKCOL",  "COPY", "MOVE",
                                                   "LOCK",  "PROPFIND", "PROPPATCH", "UNLOCK"};
constexpr std::string_view version = "HTTP/1.1";
constexpr std::string_view crlf = "\r\n";

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trim_front(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view trim(std::string_view text) noexcept {
  text = trim_front(text);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Takes the first line off `rest`, without its line break.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Where the name of a field line ends; npos when the line is none (RFC 9112 §5, RFC 9110 §5.6.2 token).
std::size_t field_name_end(std::string_view line) noexcept {
  static constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ':') return i == 0 ? std::string_view::npos : i;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !is_digit(c) && token_marks.find(c) == std::string_view::npos) return std::string_view::npos;
  }
  return std::string_view::npos;
}

constexpr auto ends_word = [] {
  std::array<bool, 256> made{};
  for (const char c : {' ', '\t', '\r', '\n'}) made[static_cast<unsigned char>(c)] = true;
  return made;
}();

std::string_view first_word(std::string_view line) noexcept {
  std::size_t length = 0;
  while (length < line.size() && !ends_word[static_cast<unsigned char>(line[length])]) ++length;
  return line.substr(0, length);
}

bool is_method(std::string_view word) noexcept {
  return std::find(methods.begin(), methods.end(), word) != methods.end();
}

/// `HTTP/` and a digit.
bool starts_with_version(std::string_view text) noexcept {
  return text.size() > 5 && text.starts_with("HTTP/") && is_digit(text[5]);
}

/// Three digits and a space or the end.
bool starts_with_status(std::string_view text) noexcept {
  return text.size() >= 3 && text[0] >= '1' && text[0] <= '5' && is_digit(text[1]) && is_digit(text[2]) &&
         (text.size() == 3 || is_blank(text[3]));
}

/// The first line of a text, cut where its kind is told.
struct FirstLine {
  std::string_view line;    // without its line break and blanks around it
  std::string_view word;    // the first: a method, or a version; empty where a status stands in front
  std::string_view behind;  // what follows the word

  [[nodiscard]] bool names_version() const noexcept { return starts_with_version(word); }
  /// 0 where there is none.
  [[nodiscard]] int status() const noexcept {
    if (!starts_with_status(behind)) return 0;
    return (behind[0] - '0') * 100 + (behind[1] - '0') * 10 + (behind[2] - '0');
  }
};

FirstLine take_first_line(std::string_view& rest) noexcept {
  const std::string_view line = trim(take_line(rest));
  const std::string_view word = starts_with_status(line) ? std::string_view{} : first_word(line);
  return {line, word, trim_front(line.substr(word.size()))};
}

/// Whether what stands behind `field` and a semicolon belongs to it: a comment that is still open (RFC 9110 §5.6.5), a
/// cookie (RFC 6265 §4.2), a parameter or attribute of a name that fields have. Any other name may be that of a form.
bool continues_field(std::string_view field, std::string_view next) noexcept {
  static constexpr std::array<std::string_view, 14> parameters{
      "boundary", "charset",  "domain", "expires", "filename", "httponly", "includesubdomains",
      "max-age",  "samesite", "path",   "preload", "profile",  "q",        "secure"};
  if (std::count(field.begin(), field.end(), '(') > std::count(field.begin(), field.end(), ')')) return true;
  const std::string_view part = next.substr(0, next.find("; "));
  const std::string_view name = part.substr(0, part.find('='));
  if (equals_ignoring_case(field.substr(0, field_name_end(field)), "Cookie")) return name.size() < part.size();
  return std::any_of(parameters.begin(), parameters.end(),
                     [name](std::string_view known) { return equals_ignoring_case(name, known); });
}

/// Breaks a text of one line into several where semicolons stand for line breaks, as in
/// `GET / HTTP/1.1; Host: example.org; Accept: */*`: before each field line, and before what follows the last of them,
/// which is the body. False when nothing of the kind is there.
bool break_at_semicolons(std::string_view text, std::string& out) {
  constexpr std::string_view separator = "; ";
  const auto is_field = [](std::string_view part) {
    const std::size_t colon = field_name_end(part);
    return colon != std::string_view::npos && part.substr(colon).starts_with(": ");
  };
  if (text.find('\n') != std::string_view::npos) return false;
  std::size_t last_field = std::string_view::npos;
  for (std::size_t at = 0; (at = text.find(separator, at)) != std::string_view::npos; at += separator.size()) {
    if (is_field(text.substr(at + separator.size()))) last_field = at;
  }
  if (last_field == std::string_view::npos) return false;
  out.clear();
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find(separator, at)) != std::string_view::npos; at += separator.size()) {
    const std::string_view next = text.substr(at + separator.size());
    const bool field = is_field(next);
    if (!field && (at < last_field || continues_field(text.substr(begin, at - begin), next))) continue;
    out.append(text.substr(begin, at - begin)).append(crlf);
    begin = at + separator.size();
    if (!field) {  // the body
      out.append(crlf);
      break;
    }
  }
  out.append(text.substr(begin));
  return true;
}

/// The fields that decide where a message ends.
struct Framing {
  bool host = false;
  bool content_length = false;
  bool chunked = false;
};

/// How far a body is one in chunks (RFC 9112 §7.1).
enum class Chunks : std::uint8_t {
  none,        ///< it is the content itself
  unfinished,  ///< chunks, the last one missing
  whole
};

Chunks chunks_of(std::string_view body) noexcept {
  bool any = false;
  while (!body.empty()) {
    std::string_view rest = body;
    const std::string_view line = take_line(rest);
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const std::string_view extension{end, static_cast<std::size_t>(line.data() + line.size() - end)};
    if (error != std::errc{} || !(extension == "\r" || extension.starts_with(';'))) return Chunks::none;
    // Behind the last chunk stand trailer fields and an empty line.
    if (size == 0) return rest == crlf || rest.ends_with("\r\n\r\n") ? Chunks::whole : Chunks::none;
    if (rest.size() < size || !rest.substr(size).starts_with(crlf)) return Chunks::none;
    body = rest.substr(size + crlf.size());
    any = true;
  }
  return any ? Chunks::unfinished : Chunks::none;
}

/// Whether the last of the transfer codings, which ends the message, is chunked (RFC 9112 §6.3).
bool ends_in_chunked(std::string_view codings) noexcept {
  const std::size_t comma = codings.rfind(',');
  return equals_ignoring_case(trim(comma == std::string_view::npos ? codings : codings.substr(comma + 1)), "chunked");
}

}  // namespace

HttpStartLine http_start_line(std::string_view text) noexcept {
  const FirstLine first = take_first_line(text);
  if (first.names_version()) return first.status() != 0 ? HttpStartLine::response : HttpStartLine::none;
  if (first.word.empty()) {
    return first.status() != 0 && first.line.size() > 4 ? HttpStartLine::response : HttpStartLine::none;
  }
  if (!is_method(first.word)) return HttpStartLine::none;
  // Nothing but a version stands behind the target, unless it is plainly one (RFC 9112 §3.2): `GET out of here` is
  // prose.
  if (first.behind.starts_with('/')) return HttpStartLine::request;
  const std::string_view target = first_word(first.behind);
  if (target.empty()) return HttpStartLine::none;
  const bool alone = target.size() == first.behind.size();
  const bool plain = target == "*" || target.find("://") != std::string_view::npos;
  const bool versioned = first.line.find(" HTTP/") != std::string_view::npos;
  return alone || plain || versioned ? HttpStartLine::request : HttpStartLine::none;
}

bool names_http_version(std::string_view text) noexcept {
  std::string_view rest = text;
  const std::string_view line = take_line(rest);
  return starts_with_version(line) || line.find(" HTTP/") != std::string_view::npos;
}

HttpMethod http_method(std::string_view request) noexcept {
  const std::string_view word = first_word(trim(request));
  if (word == "HEAD") return HttpMethod::head;
  return word == "CONNECT" ? HttpMethod::connect : HttpMethod::other;
}

bool complete_http(std::string_view text, std::string_view host, HttpMethod method, std::string& out) {
  if (std::string broken; text.find("; ") != std::string_view::npos && break_at_semicolons(text, broken)) {
    static_cast<void>(complete_http(broken, host, method, out));
    return true;
  }
  std::string_view rest = text;
  const FirstLine first = take_first_line(rest);
  const bool versioned = first.names_version();
  const bool request = !versioned && !first.word.empty();
  out.clear();
  TextWriter whole{out};
  if (request) {
    whole.add(first.line);
    if (!first.line.ends_with(" HTTP/1.1") && first.line.find(" HTTP/") == std::string_view::npos) {
      whole.add(' ');
      whole.add(version);
    }
  } else {
    if (!versioned) {
      whole.add(version);
      whole.add(' ');
    }
    whole.add(first.line);
    // The blank behind the status is there even when no reason is (RFC 9112 §4).
    if (versioned && first.behind.size() == 3) whole.add(' ');
  }
  whole.add(crlf);

  // The field lines, up to the empty line or the first line that is none.
  Framing framing;
  std::string_view fields = rest;
  std::string_view body;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string_view field = take_line(rest);
    if (trim(field).empty()) {
      body = rest;
      fields = fields.substr(0, static_cast<std::size_t>(before.data() - fields.data()));
      break;
    }
    const std::size_t name_end = field_name_end(field);
    if (name_end == std::string_view::npos) {
      body = before;
      fields = fields.substr(0, static_cast<std::size_t>(before.data() - fields.data()));
      break;
    }
    const std::string_view name = field.substr(0, name_end);
    if (equals_ignoring_case(name, "Host")) framing.host = true;
    if (equals_ignoring_case(name, "Content-Length")) framing.content_length = true;
    if (equals_ignoring_case(name, "Transfer-Encoding")) {
      framing.chunked = ends_in_chunked(field.substr(name_end + 1));
    }
  }

  const int status = request ? 0 : first.status();
  // RFC 9112 §6.3: these responses end with their empty line, whatever their fields say.
  const bool bodiless = !request && (method == HttpMethod::head || status / 100 == 1 || status == 204 ||
                                     status == 304 || (method == HttpMethod::connect && status / 100 == 2));
  while (!fields.empty()) {
    std::string_view field = take_line(fields);
    if (field.ends_with('\r')) field.remove_suffix(1);
    const std::string_view name = field.substr(0, field.find(':'));
    // A length that does not count what follows would leave the message unfinished, or cut the next one.
    if (!bodiless && !framing.chunked && equals_ignoring_case(name, "Content-Length")) {
      std::size_t said = 0;
      const std::string_view value = trim(field.substr(name.size() + 1));
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), said);
      if (error != std::errc{} || end != value.data() + value.size() || said != body.size()) {
        whole.add(name);
        whole.add(": ");
        whole.add_decimal(body.size());
        whole.add(crlf);
        continue;
      }
    }
    whole.add(field);
    whole.add(crlf);
  }
  if (request && !framing.host) {
    whole.add("Host: ");
    whole.add(host);
    whole.add(crlf);
  }
  const bool expects_body = request ? first.word == "POST" || first.word == "PUT" || first.word == "PATCH" : !bodiless;
  if (!framing.content_length && !framing.chunked && !bodiless && (expects_body || !body.empty())) {
    whole.add("Content-Length: ");
    whole.add_decimal(body.size());
    whole.add(crlf);
  }
  whole.add(crlf);
  const Chunks chunks = framing.chunked && !bodiless ? chunks_of(body) : Chunks::whole;
  if (chunks == Chunks::none && !body.empty()) {
    whole.add_hex(body.size(), 1);
    whole.add(crlf);
    whole.add(body);
    whole.add(crlf);
  } else {
    whole.add(body);
  }
  if (chunks != Chunks::whole) whole.add("0\r\n\r\n");
  return whole.text() != text;
}

}  // namespace encap

#include "input/har_entry.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/base64.h"
#include "encap/base/input_error.h"
#include "input/party_text.h"

namespace encap {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::size_t most_head = std::size_t{16} << 20;  // a value of many lines repeats its name for each

InputError mistake(std::string name, std::string_view excerpt, std::string reason) {
  constexpr std::size_t longest_excerpt = 256;
  return {.where = {},
          .name = std::move(name),
          .excerpt = std::string{excerpt.substr(0, longest_excerpt)},
          .reason = std::move(reason)};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 9110 §5.6.2
bool is_token(std::string_view text) noexcept {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
  });
}

void append_percent(std::string& out, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto octet = static_cast<unsigned char>(c);
  out += '%';
  out += digits[octet >> 4];
  out += digits[octet & 15];
}

/// A text of one line: what would end it is a blank.
void append_line(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
}

/// Source: WHATWG URL, application/x-www-form-urlencoded serializing.
void append_form(std::string& out, const std::vector<HarField>& form) {
  const auto append = [&out](std::string_view text) {
    static constexpr std::string_view plain = "*-._";
    for (const char c : text) {
      if (is_letter_or_digit(c) || plain.find(c) != std::string_view::npos) {
        out += c;
      } else if (c == ' ') {
        out += '+';
      } else {
        append_percent(out, c);
      }
    }
  };
  for (const HarField& field : form) {
    if (!out.empty()) out += '&';
    append(field.name);
    out += '=';
    append(field.value);
  }
}

/// The octets of a body. Errors: base64 that is none.
Result<std::string, InputError> body_of(const HarMessage& message, const char* name) {
  std::string body;
  if (equals_ignoring_case(message.body_encoding, "base64")) {
    if (!decode_base64(message.body, body)) {
      return unexpected(mistake(name, std::string_view{message.body}.substr(0, 40),
                                "the encoding says base64, and this is not: write groups of four of its digits "
                                "(RFC 4648)"));
    }
  } else {
    body = message.body;
  }
  if (body.empty() && !message.form.empty() && !message.body_type.starts_with("multipart/"))
    append_form(body, message.form);
  return body;
}

/// The version to write: a HAR file of HTTP/2 or HTTP/3 holds the same messages in other words.
std::string_view version_of(const HarMessage& message, TableNotes& notes) {
  if (equals_ignoring_case(message.version, "HTTP/1.0")) return "HTTP/1.0";
  static constexpr std::array<std::string_view, 7> later{"h2", "h2c", "h3", "HTTP/2", "HTTP/2.0", "HTTP/3", "HTTP/3.0"};
  if (std::any_of(later.begin(), later.end(),
                  [&message](std::string_view name) { return equals_ignoring_case(message.version, name); }) ||
      message.version.find("quic") != std::string::npos) {
    ++notes.later_http_versions;
  }
  return "HTTP/1.1";
}

/// Which field lines a message of HTTP/1.1 with its body in the clear has no use for.
enum class Drop : std::uint8_t { none, framing, codings };

/// Errors: a name that is no token (RFC 9110 §5.1), field lines of more than 16 MiB.
Result<void, InputError> append_fields(std::string& out, const std::vector<HarField>& fields, const char* part,
                                       Drop drop) {
  for (const HarField& field : fields) {
    if (field.name.starts_with(':')) continue;  // RFC 9113 §8.3: they are the start line
    if (!is_token(field.name)) {
      return unexpected(mistake(std::string{part} + ".headers", field.name,
                                "write the name of a field: letters, digits and hyphens (RFC 9110)"));
    }
    if (drop != Drop::none &&
        (equals_ignoring_case(field.name, "Content-Length") || equals_ignoring_case(field.name, "Transfer-Encoding")))
      continue;
    if (drop == Drop::codings && equals_ignoring_case(field.name, "Content-Encoding")) continue;
    // Browsers put the values of several field lines into one text, each on a line of its own.
    for (std::string_view rest = field.value;;) {
      const std::size_t end = rest.find('\n');
      std::string_view value = rest.substr(0, end);
      if (out.size() > most_head) {
        return unexpected(mistake(std::string{part} + ".headers", std::string_view{field.name}.substr(0, 40),
                                  "with this field the head is longer than 16 MiB"));
      }
      while (!value.empty() && (value.back() == '\r' || value.back() == ' ')) value.remove_suffix(1);
      out.append(field.name).append(": ");
      append_line(out, value);
      out.append(crlf);
      if (end == std::string_view::npos) break;
      rest = rest.substr(end + 1);
    }
  }
  return {};
}

const HarField* find(const std::vector<HarField>& fields, std::string_view name) noexcept {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [name](const HarField& field) { return equals_ignoring_case(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

void append_body(std::string& out, std::string_view body) {
  out.append("Content-Length: ").append(std::to_string(body.size())).append(crlf).append(crlf).append(body);
}

}  // namespace

Result<std::optional<HttpUrl>, InputError> read_http_url(std::string_view url) {
  const std::size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  HttpUrl read;
  read.secure = equals_ignoring_case(scheme, "https") || equals_ignoring_case(scheme, "wss");
  if (!read.secure && !equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "ws")) {
    if (colon == std::string_view::npos) {
      return unexpected(mistake("request.url", url, "write a whole URL, as in http://example.org/index.html"));
    }
    return std::optional<HttpUrl>{};
  }
  const auto wrong = [url] {
    return unexpected(mistake("request.url", url, "write a host behind //, as in http://example.org:8080/"));
  };
  std::string_view rest = url.substr(colon + 1);
  if (!rest.starts_with("//")) return wrong();
  rest.remove_prefix(2);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  read.authority = rest.substr(0, end);
  read.target = rest.substr(end);
  if (const std::size_t at = read.authority.rfind('@'); at != std::string_view::npos)
    read.authority.remove_prefix(at + 1);  // a user and a password are not sent (RFC 9110 §4.2.4)
  read.host = read.authority;
  read.port = Port{80};
  const std::size_t bracket = read.authority.rfind(']');
  if (const std::size_t port = read.authority.rfind(':');
      port != std::string_view::npos && (bracket == std::string_view::npos || port > bracket)) {
    read.host = read.authority.substr(0, port);
    if (const std::string_view digits = read.authority.substr(port + 1); !digits.empty()) {
      const PortText number = read_port(digits);
      if (number.number == 0) return wrong();
      // 443 has been the port of what is in the clear here.
      if (!read.secure || number.number != 443) read.port = Port{number.number};
    }
  }
  if (read.host.starts_with('[') && read.host.ends_with(']')) read.host = read.host.substr(1, read.host.size() - 2);
  const bool plain = std::all_of(read.authority.begin(), read.authority.end(),
                                 [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  if (read.host.empty() || !plain) return wrong();
  return read;
}

Result<void, InputError> write_request(const HarEntry& entry, const HttpUrl& url, std::string& out, TableNotes& notes) {
  out.clear();
  if (!is_token(entry.method))
    return unexpected(mistake("request.method", entry.method, "write a method of HTTP, as in GET"));
  out.append(entry.method).append(" ");
  if (entry.method == "CONNECT") {
    out.append(url.authority);
  } else {
    if (!url.target.starts_with('/')) out += '/';
    for (const char c : url.target) {
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
        append_percent(out, c);
      } else {
        out += c;
      }
    }
  }
  out.append(" ").append(version_of(entry.request, notes)).append(crlf);
  if (find(entry.request.fields, "Host") == nullptr) {
    const HarField* const authority = find(entry.request.fields, ":authority");
    out.append("Host: ");
    append_line(out, authority != nullptr ? std::string_view{authority->value} : url.authority);
    out.append(crlf);
  }
  if (auto fields = append_fields(out, entry.request.fields, "request", Drop::framing); !fields) return fields;
  const auto body = body_of(entry.request, "request.postData.text");
  if (!body) return unexpected(body.error());
  const bool form_lost = body->empty() && !entry.request.form.empty();
  if (form_lost || (body->empty() && entry.request.body_octets > 0)) ++notes.missing_bodies;
  // RFC 9110 §8.6: without a body these methods say so, the others say nothing.
  if (!body->empty() || entry.method == "POST" || entry.method == "PUT" || entry.method == "PATCH") {
    append_body(out, *body);
  } else {
    out.append(crlf);
  }
  return {};
}

Result<void, InputError> write_response(const HarEntry& entry, std::string& out, TableNotes& notes) {
  out.clear();
  if (!(entry.status >= 100 && entry.status <= 599)) {
    return unexpected(mistake("response.status", std::to_string(entry.status),
                              "write a status of HTTP from 100 to 599, or 0 where no response came"));
  }
  const int status = static_cast<int>(entry.status);
  out.append(version_of(entry.response, notes)).append(" ").append(std::to_string(status)).append(" ");
  append_line(out, entry.status_text);
  out.append(crlf);
  // RFC 9112 §6.3: these end with their empty line, and their lengths and codings are those of another response.
  const bool bodiless = entry.method == "HEAD" || status < 200 || status == 204 || status == 304 ||
                        (entry.method == "CONNECT" && status < 300);
  if (bodiless) {
    auto fields = append_fields(out, entry.response.fields, "response", Drop::none);
    out.append(crlf);
    return fields;
  }
  if (auto fields = append_fields(out, entry.response.fields, "response", Drop::codings); !fields) return fields;
  const auto body = body_of(entry.response, "response.content.text");
  if (!body) return unexpected(body.error());
  if (body->empty() && entry.response.body_octets > 0) ++notes.missing_bodies;
  if (!body->empty() && (find(entry.response.fields, "Content-Encoding") != nullptr ||
                         find(entry.response.fields, "Transfer-Encoding") != nullptr)) {
    ++notes.decoded_bodies;
  }
  append_body(out, *body);
  return {};
}

}  // namespace encap

#include "dissect/http_headers.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "dissect/http_body.h"
#include "dissect/http_fields.h"
#include "dissect/text.h"

namespace encap::http {
namespace {

enum class Special : std::uint8_t {
  none,
  authorization_header,
  authenticate_header,
  type_header,
  length_header,
  encoding_header,
  coding_header,
  host_header,
  upgrade_header,
  cookie_header,
  settings_header
};
struct KnownHeader {
  std::string_view name;
  const Field* field;
  Special special = Special::none;
};
constexpr KnownHeader known_headers[] = {
    {"Accept", &accept},
    {"Accept-Encoding", &accept_encoding},
    {"Accept-Language", &accept_language},
    {"Authorization", &authorization, Special::authorization_header},
    {"Cache-Control", &cache_control},
    {"Connection", &connection},
    {"Content-Encoding", &content_encoding, Special::encoding_header},
    {"Content-Length", &content_length_header, Special::length_header},
    {"Content-Type", &content_type, Special::type_header},
    {"Cookie", &cookie, Special::cookie_header},
    {"Date", &date},
    {"HTTP2-Settings", &http2_settings, Special::settings_header},
    {"Host", &host, Special::host_header},
    {"Last-Modified", &last_modified},
    {"Location", &location},
    {"Proxy-Authenticate", &proxy_authenticate, Special::authenticate_header},
    {"Proxy-Authorization", &proxy_authorization, Special::authorization_header},
    {"Referer", &referer},
    {"Sec-WebSocket-Accept", &websocket_accept},
    {"Sec-WebSocket-Extensions", &websocket_extensions},
    {"Sec-WebSocket-Key", &websocket_key},
    {"Sec-WebSocket-Protocol", &websocket_protocol},
    {"Sec-WebSocket-Version", &websocket_version},
    {"Server", &server},
    {"Set-Cookie", &set_cookie},
    {"Transfer-Encoding", &transfer_encoding, Special::coding_header},
    {"Upgrade", &upgrade, Special::upgrade_header},
    {"User-Agent", &user_agent},
    {"WWW-Authenticate", &www_authenticate, Special::authenticate_header},
    {"X-Forwarded-For", &forwarded_for},
};

const KnownHeader* find_header(std::string_view name) noexcept {
  for (const KnownHeader& known : known_headers) {
    if (equals_ignoring_case(known.name, name)) return &known;
  }
  return nullptr;
}

constexpr Framing framing_of(Special special) noexcept {
  switch (special) {
    case Special::length_header:
      return Framing::length;
    case Special::coding_header:
    case Special::upgrade_header:
    case Special::settings_header:
      return Framing::other;
    default:
      return Framing::none;
  }
}
constexpr bool has_framing(const KnownHeader& known) noexcept { return framing_of(known.special) != Framing::none; }

// Those that have to do with framing, and the lengths of their names as bits: those of most names are others.
constexpr auto framing_headers = [] {
  constexpr auto count = std::count_if(std::begin(known_headers), std::end(known_headers), has_framing);
  std::array<KnownHeader, static_cast<std::size_t>(count)> found{};
  std::copy_if(std::begin(known_headers), std::end(known_headers), found.begin(), has_framing);
  return found;
}();
constexpr std::uint32_t framing_lengths = [] {
  std::uint32_t lengths = 0;
  for (const KnownHeader& known : framing_headers) lengths |= 1u << known.name.size();
  return lengths;
}();

void dissect_citrix(Packet& p, ItemId item, std::string_view value) {
  struct Part {
    std::string_view start;
    const Field* field;
    std::string_view source;
  };
  static constexpr Part parts[] = {{"username=\"", &citrix_user, "Username"},
                                   {"; domain=\"", &citrix_domain, "Domain"},
                                   {"; password=\"", &citrix_password, "Password"},
                                   {"; AGESessionId=\"", &citrix_session, "Session ID"}};
  const Octets nowhere{};
  p.hidden(p.add(item, citrix, nowhere, 0, 0, 1));
  for (const Part& part : parts) {
    if (!value.starts_with(part.start)) continue;
    value.remove_prefix(part.start.size());
    const std::size_t end = value.find('"');
    if (end == value.npos) continue;
    if (end == 0) {
      p.generated(p.add_string(item, *part.field, nowhere, 0, 0, {}));
    } else {
      const Bytes decoded = decode_base64(p, value.substr(0, end));
      const Octets there = p.add_source(part.source, decoded);
      p.generated(p.add_string(item, *part.field, there, 0, there.captured, utf8_value(p, characters(decoded)), true));
    }
    value.remove_prefix(end + 1);
  }
}

// What `value` of an Authorization or, with less of it, of a WWW-Authenticate header field encodes. `line` is where
// the field starts.
void dissect_credentials(Packet& p, ItemId item, const Octets& in, std::uint32_t line, std::string_view value,
                         bool authorizes) {
  struct Scheme {
    std::string_view name;
    std::string_view source;
  };
  static constexpr Scheme opaque[] = {
      {"NTLM ", "NTLMSSP / GSSAPI Data"}, {"Negotiate ", "NTLMSSP / GSSAPI Data"}, {"Kerberos ", "Kerberos Data"}};
  for (const Scheme& scheme : opaque) {
    if (!value.starts_with(scheme.name)) continue;
    show_data(p, item, p.add_source(scheme.source, decode_base64(p, value.substr(scheme.name.size()))));
    return;
  }
  if (!authorizes) return;
  if (constexpr std::string_view basic = "Basic "; value.starts_with(basic)) {
    const Bytes decoded = decode_base64(p, value.substr(basic.size()));
    const Octets there = p.add_source("Basic Credentials", decoded);
    p.add_string(item, credentials, there, 0, there.captured, utf8_value(p, characters(decoded)), true);
  } else if (constexpr std::string_view gateway = "CitrixAGBasic "; value.starts_with(gateway)) {
    dissect_citrix(p, item, value.substr(gateway.size()));
  } else if (value.starts_with("Digest")) {
    // Wireshark takes the name of the field to be "Authorization" and the parameters to start 21 octets into the line.
    constexpr std::uint32_t skipped = 21;
    std::uint32_t at = line + skipped;
    std::size_t left = value.size() > skipped ? value.size() - skipped : 0;
    while (left > 0 && at < in.captured) {
      const std::string_view rest = characters(in.bytes()).substr(at, left);
      const std::size_t comma = rest.find(',');
      if (comma == rest.npos) break;
      add_escaped(p, item, in, at, static_cast<std::uint32_t>(comma));
      left -= comma;
      at += static_cast<std::uint32_t>(comma) + 1;
    }
  }
}

void dissect_cookies(Packet& p, ItemId item, const Octets& in, std::uint32_t offset, std::string_view value) {
  for (std::size_t at = 0; at < value.size();) {
    while (at < value.size() && (value[at] == ';' || is_ascii_space(value[at]))) ++at;
    if (at == value.size()) break;
    const std::size_t end = std::min(value.find(';', at), value.size());
    add_ascii(p, item, cookie_pair, in, offset + static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end - at));
    at = end;
  }
}

void read_content_type(Packet& p, std::string_view value, Message& message) {
  std::size_t end = 0;
  while (end < value.size() && value[end] != ';' && !is_ascii_space(value[end])) ++end;
  message.has_type = true;
  message.type = lower_case(p, value.substr(0, end));
  if (end < value.size()) ++end;
  while (end < value.size() && (value[end] == ';' || is_ascii_space(value[end]))) ++end;
  message.parameters = value.substr(end);
}

const Field* line_field(Kind kind) noexcept {
  return kind == Kind::asks ? &request_line : kind == Kind::answers ? &response_line : nullptr;
}

}  // namespace

Framing framing_of(std::string_view name) noexcept {
  if (name.size() >= 32 || (framing_lengths >> name.size() & 1) == 0) return Framing::none;
  for (const KnownHeader& known : framing_headers) {
    if (known.name == name || equals_ignoring_case(known.name, name)) return framing_of(known.special);
  }
  return Framing::none;
}

void dissect_header(Packet& p, Message& message, ItemId tree, const Octets& in, std::uint32_t offset,
                    std::uint32_t length, std::uint32_t whole, std::uint32_t colon) {
  const std::string_view line = characters(in.bytes(), offset, length);
  const std::string_view name = line.substr(0, colon);
  const Field* const line_as = line_field(message.kind);
  const bool items = p.wants_items() && tree != ItemId::none;
  const std::string_view shown = items ? escaped(p, characters(in.bytes(), offset, whole)) : std::string_view{};
  const KnownHeader* const known = find_header(name);
  if (known == nullptr) {
    ItemId item = ItemId::none;
    if (items) {
      item = add_ascii(p, tree, line_as != nullptr ? *line_as : unknown_header, in, offset, whole);
      p.set_text(item, shown);
    }
    if (!is_valid_header_name(name)) p.note(item, bad_header_name);
    return;
  }
  std::uint32_t value_at = colon + 1;
  while (value_at < length && (line[value_at] == ' ' || line[value_at] == '\t')) ++value_at;
  const std::string_view value = until_nul(line.substr(value_at));
  ItemId item = ItemId::none;
  if (items) {
    item = p.add_string(tree, *known->field, in, offset, whole, value, true);
    p.set_text(item, shown);
    if (line_as != nullptr) {
      const ItemId again = p.hidden(add_ascii(p, tree, *line_as, in, offset, whole));
      p.set_text(again, shown);
    }
  }
  switch (known->special) {
    case Special::none:
      break;
    case Special::authorization_header:
    case Special::authenticate_header:
      if (items) dissect_credentials(p, item, in, offset, value, known->special == Special::authorization_header);
      break;
    case Special::type_header:
      read_content_type(p, value, message);
      break;
    case Special::length_header: {
      std::size_t used = 0;
      const auto number = leading_number(value, 10, used);
      message.has_length = number && *number >= 0 && *number != std::int64_t{0x7fffffffffffffff} &&
                           (used == value.size() || is_ascii_space(value[used]));
      message.length = number.value_or(0);
      if (!message.has_length) break;
      p.generated(p.add(item, content_length, in, offset, whole, static_cast<std::uint64_t>(message.length)));
      if (message.coding != Coding::none) p.note(item, te_and_length);
      break;
    }
    case Special::encoding_header:
      message.has_encoding = true;
      message.encoding = value;
      break;
    case Special::coding_header:
      if (message.has_length) p.note(item, te_and_length);
      if (!read_transfer_coding(value, message)) p.note(item, te_unknown);
      break;
    case Special::host_header:
      message.has_host = true;
      message.host = value;
      break;
    case Special::upgrade_header:
      message.upgrade = lower_case(p, value);
      break;
    case Special::cookie_header:
      if (items) dissect_cookies(p, item, in, offset + value_at, value);
      break;
    case Special::settings_header: {
      const Octets settings = p.add_source("Base64uri decoded", decode_base64(p, value, true));
      const ItemId top = p.top;
      p.set_top(item);
      p.guard([&] { dissect_http2_settings(p, item, settings); });
      p.top = top;
      break;
    }
  }
}

}  // namespace encap::http

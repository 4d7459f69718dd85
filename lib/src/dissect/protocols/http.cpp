#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "dissect/http_body.h"
#include "dissect/http_fields.h"
#include "dissect/http_headers.h"
#include "dissect/http_message.h"
#include "dissect/http_plain.h"
#include "dissect/packet.h"
#include "dissect/text.h"

namespace encap {
namespace {

using namespace http;

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::tcp_port, 80},    {Table::tcp_port, 631},  {Table::tcp_port, 1900},
                                {Table::tcp_port, 2710},  {Table::tcp_port, 2869}, {Table::tcp_port, 3128},
                                {Table::tcp_port, 3132},  {Table::tcp_port, 3689}, {Table::tcp_port, 5985},
                                {Table::tcp_port, 8080},  {Table::tcp_port, 8088}, {Table::tcp_port, 11371},
                                {Table::tcp_heuristic, 1}};

}  // namespace

extern const ProtocolInfo http_protocol{
    {"http", "Hypertext Transfer Protocol", FieldType::protocol}, "HTTP", dissect, bindings, fields};

namespace {

// --- what is remembered of a connection ----------------------------------------------------------------------------

// A request and its response, or what there is of the two. Counted from 1, in the order in which they were seen.
struct Exchange {
  std::uint32_t number = 0;
  std::uint64_t request_frame = 0;  // 0: not seen
  std::uint64_t response_frame = 0;
  Timestamp request_time{};
};

constexpr std::size_t longest_kept = 8000;  // octets of a URI; RFC 9112 §3 wants that many to be understood

struct HttpFlow final : FlowMemory {
  bool any_request = false;
  std::string request_uri;  // of the latest request
  std::string full_uri;     // of the latest one that named a host
  std::string request_method;
  std::uint32_t response_code = 0;
  Exchange before;  // the one before `latest`
  Exchange latest;
  // Where the connection stopped speaking HTTP: after a CONNECT or an upgrade.
  std::uint64_t switched_frame = 0;  // 0: it did not
  std::uint32_t switched_offset = 0;
  bool switched_to_known = false;  // a protocol that is known and not read here, so that nothing is shown
  bool tunnels_http = false;

  Exchange& push() {
    before = latest;
    latest = {latest.number + 1};
    return latest;
  }
};

void keep(std::string& into, std::string_view text) { into.assign(text.substr(0, longest_kept)); }

// --- asking TCP for more -------------------------------------------------------------------------------------------

bool ask_for_more(Packet& p, std::uint32_t offset, std::uint32_t length) noexcept {
  p.desegment_offset = offset;
  p.desegment_length = length;
  return false;
}

// Whether the chunks from `next` on are all there, so far as can be told; asks for more where not.
bool has_all_chunks(Packet& p, const Octets& in, std::uint32_t offset, std::uint32_t next) noexcept {
  const Bytes bytes = in.bytes();
  for (;;) {
    const std::uint32_t left = next < in.reported ? in.reported - next : 0;
    if (left < 1) return ask_for_more(p, offset, Packet::one_more_segment);
    const bool all_captured = in.captured >= in.reported;
    const Line line = find_line(bytes, std::min(next, in.captured));
    if (!line.complete) return all_captured ? ask_for_more(p, offset, Packet::one_more_segment) : true;
    std::string_view size_text = characters(bytes, next, line.length);
    size_text = until_nul(size_text.substr(0, size_text.find(';')));
    std::size_t used = 0;
    const auto number = leading_number(size_text, 16, used);
    if (!number) return true;
    const auto size = static_cast<std::uint32_t>(*number);
    if (size > 1u << 31) return true;
    if (size == 0) {
      if (!find_line(bytes, line.next).complete && all_captured) {
        return ask_for_more(p, offset, Packet::one_more_segment);
      }
      return true;
    }
    if (left <= size) return ask_for_more(p, offset, Packet::one_more_segment);
    next = line.next + size + 2;
  }
}

// The lines of a head, each of which is looked for once although the head is read twice.
class Lines {
 public:
  explicit Lines(Bytes in) noexcept : in_{in} {}

  /// The line from `offset` on, which is kept.
  [[nodiscard]] Line keep(std::uint32_t offset) noexcept {
    const Line line = find_line(in_, offset);
    if (count_ < kept_.size()) kept_[count_++] = {offset, line};
    return line;
  }
  /// The same; where those that are kept are asked for, in their order, they are not looked for again.
  [[nodiscard]] Line take(std::uint32_t offset) noexcept {
    while (next_ < count_ && kept_[next_].offset < offset) ++next_;
    return next_ < count_ && kept_[next_].offset == offset ? kept_[next_].line : find_line(in_, offset);
  }

 private:
  struct Kept {
    std::uint32_t offset;
    Line line;
  };
  Bytes in_;
  std::array<Kept, 24> kept_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
};

// Whether the message from `offset` on, whose lines are known up to `next`, is there: its headers and, with `body`,
// what they say follows them. Asks the transport for more where not. A body without a length runs `until_fin` or is
// empty.
bool is_all_there(Packet& p, const Octets& in, Lines& lines, std::uint32_t offset, std::uint32_t next, bool body,
                  bool until_fin) noexcept {
  if (!p.can_desegment) return true;
  const Bytes bytes = in.bytes();
  bool has_length = false;
  bool chunked = false;
  bool rpc = false;
  std::uint32_t length = 0;
  for (;;) {
    if (next >= in.reported) return ask_for_more(p, offset, Packet::one_more_segment);
    const Line line = lines.keep(std::min(next, in.captured));
    if (!line.complete) {
      return in.captured >= in.reported ? ask_for_more(p, offset, Packet::one_more_segment) : true;
    }
    const std::string_view text = characters(bytes, next, line.length);
    const auto value_behind = [text](std::string_view name) {
      return without_spaces_around(until_nul(text.substr(name.size())));
    };
    next = line.next;
    if (line.length == 0) break;
    if (!body) continue;
    constexpr std::string_view length_name = "Content-Length:";
    constexpr std::string_view type_name = "Content-Type:";
    constexpr std::string_view coding_name = "Transfer-Encoding:";
    if (starts_ignoring_case(text, length_name)) {
      const std::string_view value = value_behind(length_name);
      std::size_t used = 0;
      const auto number = leading_number(value, 10, used);
      if (number && used == value.size() && *number >= 0 && *number <= 0x7fffffff) {
        has_length = true;
        length = static_cast<std::uint32_t>(*number);
      }
    } else if (starts_ignoring_case(text, type_name)) {
      rpc = value_behind(type_name).starts_with("application/rpc");
    } else if (starts_ignoring_case(text, coding_name)) {
      chunked = chunked || starts_ignoring_case(value_behind(coding_name), "chunked");
    }
  }
  if (!body) return true;
  if (chunked) return has_all_chunks(p, in, offset, next);
  if (has_length) {
    // RPC over HTTP announces lengths that it does not mean, [MS-RPCH] §2.1.2.1.1.
    const std::string_view start = characters(bytes);
    if (length >= 128 * 1024 && (rpc || start.starts_with("RPC_IN_DATA") || start.starts_with("RPC_OUT_DATA"))) {
      return true;
    }
    const std::uint32_t there = next < in.captured ? in.captured - next : 0;
    if (there >= length || in.captured < in.reported) return true;
    return ask_for_more(p, offset, length - there);
  }
  if (!until_fin || in.captured < in.reported) return true;
  return ask_for_more(p, offset, Packet::until_fin);
}

// --- first lines ---------------------------------------------------------------------------------------------------

void dissect_query(Packet& p, ItemId item, const Octets& in, std::uint32_t offset, std::string_view uri) {
  const std::size_t mark = uri.find('?');
  if (mark == uri.npos || mark + 1 == uri.size()) return;
  add_ascii(p, item, uri_path, in, offset, static_cast<std::uint32_t>(mark));
  const auto first = static_cast<std::uint32_t>(mark + 1);
  const std::string_view query = uri.substr(first);
  const ItemId whole = add_ascii(p, item, uri_query, in, offset + first, static_cast<std::uint32_t>(query.size()));
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    if (end != at) {
      add_ascii(p, whole, uri_parameter, in, offset + first + static_cast<std::uint32_t>(at),
                static_cast<std::uint32_t>(end - at));
    }
    at = end + 1;
  }
}

void dissect_request_line(Packet& p, HttpFlow& flow, Message& message, ItemId item, const Octets& in,
                          std::uint32_t offset, std::string_view line) {
  std::string_view rest = line;
  const auto place = [&](std::string_view part) {
    return offset + static_cast<std::uint32_t>(part.data() - line.data());
  };
  const std::string_view method = take_token(rest);
  if (method.empty()) return;
  add_ascii(p, item, request_method, in, offset, static_cast<std::uint32_t>(method.size()));
  // Two blanks stand around a URI that is empty.
  if (rest.data() - line.data() > 2 && rest.data()[-1] == ' ' && rest.data()[-2] == ' ') {
    rest = {rest.data() - 1, rest.size() + 1};
  }
  const std::string_view uri = take_token(rest);
  message.uri = ascii_value(p, uri);
  message.has_uri = true;
  flow.any_request = true;
  // Whom a tunnel goes to matters in any case; another URI is said once more with the response.
  if (p.takes_items() || method == "CONNECT") keep(flow.request_uri, message.uri);
  if (!p.wants_items()) return;
  const ItemId whole =
      p.add_string(item, request_uri, in, place(uri), static_cast<std::uint32_t>(uri.size()), message.uri, true);
  dissect_query(p, whole, in, place(uri), uri);
  add_ascii(p, item, request_version, in, place(rest), static_cast<std::uint32_t>(rest.size()));
}

void dissect_status_line(Packet& p, HttpFlow& flow, Message& message, ItemId item, const Octets& in,
                         std::uint32_t offset, std::string_view line) {
  std::string_view rest = line;
  const auto place = [&](std::string_view part) {
    return offset + static_cast<std::uint32_t>(part.data() - line.data());
  };
  const std::string_view version = take_token(rest);
  if (version.empty()) return;
  add_ascii(p, item, response_version, in, offset, static_cast<std::uint32_t>(version.size()));
  const std::string_view code = take_token(rest);
  if (code.size() < 3) return;
  std::size_t used = 0;
  message.code = static_cast<std::uint32_t>(leading_number(code.substr(0, 3), 10, used).value_or(0));
  flow.response_code = message.code;
  if (!p.wants_items()) return;
  p.add(item, response_code, in, place(code), 3, message.code);
  const std::string_view name = find_name(status_codes, message.code);
  p.generated(p.add_string(item, code_description, in, place(code), 3,
                           name.empty() ? p.value("Unknown ({})", message.code) : name, true));
  if (!rest.empty()) add_ascii(p, item, response_phrase, in, place(rest), static_cast<std::uint32_t>(rest.size()));
}

// --- messages ------------------------------------------------------------------------------------------------------

ItemId add_http_layer(Packet& p, const Octets& in, std::uint32_t offset, bool crlf_before) {
  const ItemId layer = p.add_layer(http_protocol, in, offset, in.captured > offset ? in.captured - offset : 0);
  if (crlf_before) p.note(p.add(layer, leading_crlf.field, in, offset - 2, 2), leading_crlf);
  return layer;
}

// The first line of a message, its end with it, as it is shown.
std::string_view shown_line(Packet& p, std::string_view line) {
  constexpr std::string_view end = "\r\n";
  constexpr std::string_view shown_end = "\\r\\n";
  if (!line.ends_with(end) || plain_length(line) != line.size() - end.size()) return escaped(p, line);
  line.remove_suffix(end.size());
  char* const there = p.out.arena.allocate(line.size() + shown_end.size());
  line.copy(there, line.size());
  shown_end.copy(there + line.size(), shown_end.size());
  return {there, line.size() + shown_end.size()};
}

// The exchange that a message which starts now belongs to.
const Exchange* note_exchange(Packet& p, HttpFlow& flow, Kind kind) {
  if (p.stopped()) return nullptr;
  if (kind == Kind::asks) {
    Exchange& exchange = flow.push();
    exchange.request_frame = p.frame_number();
    exchange.request_time = p.time();
    return &exchange;
  }
  if (kind != Kind::answers) return nullptr;
  // A response answers the latest request, unless that one has its answer.
  Exchange& exchange = flow.latest.number == 0 || flow.latest.response_frame != 0 ? flow.push() : flow.latest;
  exchange.response_frame = p.frame_number();
  return &exchange;
}

void add_frame(Packet& p, ItemId layer, const Field& field, std::uint64_t frame) {
  if (frame != 0) p.generated(p.add(layer, field, Octets{}, 0, 0, frame));
}

// What is known of a message besides its own octets.
void add_exchange(Packet& p, const HttpFlow& flow, const Message& message, const Exchange* exchange, ItemId layer) {
  if (!p.wants_items() || layer == ItemId::none) return;
  const Octets nowhere{};
  const Exchange none{};
  const Exchange& previous = exchange != nullptr ? flow.before : none;
  switch (message.kind) {
    case Kind::others:
      break;
    case Kind::notifies:
      p.hidden(p.add(layer, notification, nowhere, 0, 0, 1));
      break;
    case Kind::answers:
      p.hidden(p.add(layer, response, nowhere, 0, 0, 1));
      if (exchange != nullptr) {
        const ItemId number = p.generated(p.add(layer, response_number, nowhere, 0, 0, exchange->number));
        p.set_text(number, p.text("HTTP response {}/{}", exchange->number, flow.latest.number));
        if (exchange->request_frame != 0) {
          const std::int64_t delta = p.time().nanoseconds - exchange->request_time.nanoseconds;
          p.generated(p.add(layer, since_request, nowhere, 0, 0, static_cast<std::uint64_t>(delta)));
        }
      }
      add_frame(p, layer, previous_request_in, previous.request_frame);
      add_frame(p, layer, previous_response_in, previous.response_frame);
      if (exchange != nullptr) add_frame(p, layer, request_in, exchange->request_frame);
      if (flow.any_request) {
        p.generated(p.add_string(layer, response_for_uri, nowhere, 0, 0,
                                 flow.full_uri.empty() ? flow.request_uri : flow.full_uri));
      }
      break;
    case Kind::asks:
      p.hidden(p.add(layer, request, nowhere, 0, 0, 1));
      if (exchange != nullptr) {
        const ItemId number = p.generated(p.add(layer, request_number, nowhere, 0, 0, exchange->number));
        p.set_text(number, p.text("HTTP request {}/{}", exchange->number, flow.latest.number));
        add_frame(p, layer, previous_request_in, previous.request_frame);
        add_frame(p, layer, response_in, exchange->response_frame);
      }
      break;
  }
}

void add_full_uri(Packet& p, HttpFlow& flow, const Message& message, ItemId layer) {
  if (!message.has_host || !message.has_uri || !p.wants_items()) return;
  const std::string_view uri = message.uri;
  flow.full_uri.clear();
  if (!starts_ignoring_case(uri, "http://") && !starts_ignoring_case(uri, "https://") &&
      !starts_ignoring_case(message.method, "CONNECT")) {
    flow.full_uri.append("http://").append(without_spaces_around(message.host));
  }
  flow.full_uri.append(uri);
  p.generated(p.add_string(layer, full_uri, Octets{}, 0, 0, flow.full_uri));
  if (flow.full_uri.size() > longest_kept) flow.full_uri.resize(longest_kept);
}

// The octets of `in` from `offset` on that are the message's body; how many are to be skipped with it.
Octets body_of(const Octets& in, std::uint32_t offset, const Message& message, std::uint32_t& length) noexcept {
  Octets body = in.from(offset);
  length = body.captured;
  if (message.has_length && message.coding == Coding::none) {
    if (length > message.length) length = static_cast<std::uint32_t>(message.length);
    if (body.reported > message.length) body = body.part(0, static_cast<std::uint32_t>(message.length));
  } else if (message.kind == Kind::asks) {
    if (message.coding == Coding::none) length = 0;
  } else if (message.kind == Kind::answers) {
    if (message.code / 100 == 1 || message.code == 204 || message.code == 304) length = 0;
  }
  body.captured = std::min(body.captured, length);
  return body;
}

// Whether the response whose first line is `line` can have a body (RFC 9112 §6.3).
bool may_have_body(const HttpFlow& flow, std::string_view line) noexcept {
  const std::uint32_t code = status_code(line);
  const std::string_view method = flow.request_method;
  return method != "HEAD" && !(code / 100 == 2 && (method == "CONNECT" || method == "SSTP_DUPLEX_POST")) &&
         code / 100 != 1 && code != 204 && code != 304;
}

// Protocols that Wireshark knows by the name in an Upgrade, and that are not read here.
bool is_known_upgrade(std::string_view name) noexcept {
  name = name.substr(0, name.find('/'));
  return name == "websocket" || name == "h2c";
}

// Reads a message that is read without items and has none but itself to look after, if that is what is at `offset`.
// How many octets it took; 0 where it is another one.
std::uint32_t dissect_plain_message(Packet& p, HttpFlow& flow, const Octets& in, std::uint32_t offset) {
  if (p.takes_items() || in.captured < in.reported || p.source_port == 443 || p.destination_port == 443) return 0;
  PlainMessage message;
  if (!read_plain_message(characters(in.bytes()).substr(offset), message)) return 0;
  p.set_info(message.first_line);
  p.append_info(" ");
  p.set_protocol("HTTP");
  p.add_layer_fact(http_protocol.layer);
  if (p.wants_notes()) {
    constexpr std::size_t end = 2;  // octets of CR LF
    const std::string_view line{message.first_line.data(), message.first_line.size() + end};
    p.note(ItemId::none, chat, shown_line(p, line));
  }
  note_exchange(p, flow, message.kind);
  if (message.kind == Kind::answers) {
    flow.response_code = message.code;
  } else {
    flow.any_request = true;
    keep(flow.request_method, message.method);
  }
  return message.size;
}

// One message from `offset` on. How many octets it took; nothing when no more can be read.
std::optional<std::uint32_t> dissect_message(Packet& p, HttpFlow& flow, const Octets& in, std::uint32_t offset) {
  const std::uint32_t start = offset;
  const Bytes bytes = in.bytes();
  bool crlf_before = false;
  if (in.reported - offset > 3 && p.u16(in, offset) == 0x0d0a) {  // RFC 9112 §2.2 lets a server skip it
    crlf_before = true;
    offset += 2;
  }
  const bool seen_http = flow.any_request;
  const std::uint8_t first = p.u8(in, offset);
  if (p.stopped()) return std::nullopt;
  if (first < 0x20 || first > 0x7e) {
    if (seen_http) {
      p.set_protocol("HTTP");
      p.set_info("Continuation");
      show_data(p, add_http_layer(p, in, offset, false), in.from(start));
    }
    return std::nullopt;
  }
  Lines lines{bytes};
  const Line first_line = find_line(bytes, offset);
  if (!first_line.complete && !is_all_there(p, in, lines, offset, offset, true, false)) return std::nullopt;
  const std::string_view first_text = characters(bytes, offset, first_line.length);
  // What stands behind a NUL is noted field by field.
  const std::size_t first_nul = characters(bytes).find('\0', offset);
  Message message;
  ItemId layer = ItemId::none;
  bool has_layer = false;
  const bool starts_one = starts_message(first_text, message.kind, message.method);
  const Kind kind = message.kind;
  const bool is_message = first_line.complete && starts_one;
  if (is_message) {
    if (p.columns()) {
      p.set_info(escaped(p, first_text));
      p.append_info(" ");
    }
    const bool body = !p.end_of_stream && (kind != Kind::answers || may_have_body(flow, first_text));
    if (!is_all_there(p, in, lines, offset, first_line.next, body, kind == Kind::answers)) return std::nullopt;
  } else if (seen_http) {
    p.set_info("Continuation");
  }
  if (is_message || seen_http) {
    p.set_protocol("HTTP");
    layer = add_http_layer(p, in, offset, crlf_before);
    has_layer = true;
  }

  const std::uint32_t layer_start = offset;
  const Exchange* exchange = nullptr;
  bool any_line = false;
  for (bool is_first = true; offset < in.captured && !p.stopped(); is_first = false) {
    const Line line = is_first ? first_line : lines.take(offset);
    const std::string_view text = characters(bytes, offset, line.length);
    const bool starts = is_first ? starts_one : starts_message(text, message.kind, message.method);
    std::size_t colon = 0;
    if (!starts && !text.empty()) {
      colon = text.find(':');
      if (colon == text.npos) {
        // The last line of all may be a field line that was cut.
        if (any_line) p.need(in, offset, line.length + 1);
        break;
      }
    }
    if (!has_layer) layer = add_http_layer(p, in, layer_start, crlf_before);
    has_layer = true;
    if (is_first && (p.source_port == 443 || p.destination_port == 443)) p.note(layer, tls_port);
    const std::uint32_t whole = line.next - offset;
    const InFull in_full{p, first_nul < line.next};
    if (text.empty()) {
      add_escaped(p, layer, in, offset, whole);
      offset = line.next;
      break;
    }
    any_line = true;
    if (starts) {
      ItemId item = ItemId::none;
      if (p.wants_notes()) {
        const std::string_view shown = shown_line(p, characters(bytes, offset, whole));
        item = p.add_text(in_full.below(layer), in, offset, whole, shown);
        p.note(item, chat, shown);
      }
      exchange = note_exchange(p, flow, message.kind);
      if (message.kind == Kind::answers) {
        dissect_status_line(p, flow, message, item, in, offset, text);
      } else {
        keep(flow.request_method, message.method);
        dissect_request_line(p, flow, message, item, in, offset, text);
      }
    } else {
      dissect_header(p, message, in_full.below(layer), in, offset, line.length, whole,
                     static_cast<std::uint32_t>(colon));
    }
    offset = line.next;
  }
  if (p.stopped()) return std::nullopt;

  add_full_uri(p, flow, message, layer);
  add_exchange(p, flow, message, exchange, layer);

  std::uint32_t length = 0;
  const Octets body = body_of(in, offset, message, length);
  if (length > 0) {
    dissect_body(p, layer, message, body, length);
    p.set_length(layer, offset - layer_start);
    offset += length;
  }
  if (p.stopped()) return std::nullopt;

  if (message.kind == Kind::answers && !message.upgrade.empty() && message.code == 101 && p.desegment_length == 0) {
    flow.switched_frame = p.frame_number();
    flow.switched_offset = offset;
    flow.switched_to_known = is_known_upgrade(message.upgrade);
  }
  return offset - start;
}

bool looks_like_http(const Octets& in) noexcept {
  const Bytes bytes = in.bytes();
  const Line line = find_line(bytes, 0);
  if (!line.complete || line.length == 8) return false;
  constexpr std::string_view version = "HTTP/1.";
  const std::string_view text = characters(bytes);
  return starts_ignoring_case(text, version) ||
         (line.length > 8 && starts_ignoring_case(text.substr(line.length - 8), version));
}

// What goes through a proxy after a CONNECT: `request_uri` names the host and the port it goes to.
void dissect_tunnel(Packet& p, HttpFlow& flow, const Octets& in) {
  const std::string_view uri = flow.request_uri;
  const std::size_t colon = uri.find(':');
  if (colon == uri.npos) return;
  std::size_t used = 0;
  const auto port = static_cast<std::uint16_t>(leading_number(uri.substr(colon + 1), 10, used).value_or(0));
  if (const ItemId layer = p.add_layer(http_protocol, in, 0, in.captured); layer != ItemId::none) {
    p.generated(p.add_string(layer, proxy_host, in, 0, 0, uri.substr(0, colon)));
    p.generated(p.add(layer, proxy_port, in, 0, 0, port));
  }
  const ProtocolInfo* const protocol = find_protocol(Table::tcp_port, port);
  if (protocol != &http_protocol && !flow.tunnels_http) {
    const bool is_http = protocol == nullptr && looks_like_http(in);
    Flow* const outside = std::exchange(p.flow, nullptr);  // its memory is that of the proxy's connection
    const std::uint32_t taken = is_http ? p.call(http_protocol, in) : protocol != nullptr ? p.call(*protocol, in) : 0;
    p.flow = outside;
    flow.tunnels_http = is_http;
    if (taken != 0 || p.stopped()) return;
  }
  p.call_data(in);
}

std::uint32_t dissect_messages(Packet& p, HttpFlow& flow, const Octets& in) {
  if (flow.any_request && flow.response_code == 200 && flow.request_method.starts_with("CONNECT")) {
    if (flow.switched_frame == 0) flow.switched_frame = p.frame_number();
    dissect_tunnel(p, flow, in);
    return in.reported;
  }
  std::uint32_t offset = 0;
  while (!p.stopped() && offset < in.reported) {
    if (flow.switched_frame != 0 && (p.frame_number() > flow.switched_frame || offset >= flow.switched_offset)) {
      if (!flow.switched_to_known) p.call_data(in.from(offset));
      break;
    }
    if (const std::uint32_t plain = dissect_plain_message(p, flow, in, offset); plain != 0) {
      offset += plain;
    } else {
      const std::optional<std::uint32_t> taken = dissect_message(p, flow, in, offset);
      if (!taken || *taken == 0) break;
      offset += *taken;
    }
    if (p.columns()) p.out.columns.info.set_fence();
  }
  return in.reported;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  // What was HTTP before stays HTTP.
  const bool is_known = p.flow != nullptr && (p.flow->application == &http_protocol || p.flow->remembers<HttpFlow>());
  if (!is_known && find_protocol(Table::tcp_port, p.source_port) != &http_protocol &&
      find_protocol(Table::tcp_port, p.destination_port) != &http_protocol) {
    if (!looks_like_http(in)) return 0;
    if (p.flow != nullptr) p.flow->application = &http_protocol;
  }
  if (p.flow != nullptr) return dissect_messages(p, p.flow->remember<HttpFlow>(), in);
  HttpFlow alone;
  return dissect_messages(p, alone, in);
}

}  // namespace
}  // namespace encap

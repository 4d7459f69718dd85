#include <optional>
#include <string>

#include "dissect/content_coding.h"
#include "dissect/http2_settings.h"
#include "dissect/packet.h"
#include "dissect/text.h"

namespace encap {

extern const ProtocolInfo image_gif_protocol;
extern const ProtocolInfo image_jfif_protocol;
extern const ProtocolInfo media_protocol;
extern const ProtocolInfo mime_multipart_protocol;
extern const ProtocolInfo png_protocol;

namespace {

constexpr Field notification{"http.notification", "Notification", FieldType::boolean};
constexpr Field response{"http.response", "Response", FieldType::boolean};
constexpr Field request{"http.request", "Request", FieldType::boolean};
constexpr Field response_number{"http.response_number", "Response number", FieldType::uint32};
constexpr Field request_number{"http.request_number", "Request number", FieldType::uint32};
constexpr Field credentials{"http.authbasic", "Credentials", FieldType::string};
constexpr Field citrix{"http.authcitrix", "Citrix AG Auth", FieldType::boolean};
constexpr Field citrix_user{"http.authcitrix.user", "Citrix AG Username", FieldType::string};
constexpr Field citrix_domain{"http.authcitrix.domain", "Citrix AG Domain", FieldType::string};
constexpr Field citrix_password{"http.authcitrix.password", "Citrix AG Password", FieldType::string};
constexpr Field citrix_session{"http.authcitrix.session", "Citrix AG Session ID", FieldType::string};
constexpr Field response_line{"http.response.line", "Response line", FieldType::string};
constexpr Field request_line{"http.request.line", "Request line", FieldType::string};
constexpr Field request_method{"http.request.method", "Request Method", FieldType::string};
constexpr Field request_uri{"http.request.uri", "Request URI", FieldType::string};
constexpr Field uri_path{"http.request.uri.path", "Request URI Path", FieldType::string};
constexpr Field uri_query{"http.request.uri.query", "Request URI Query", FieldType::string};
constexpr Field uri_parameter{"http.request.uri.query.parameter", "Request URI Query Parameter", FieldType::string};
constexpr Field request_version{"http.request.version", "Request Version", FieldType::string};
constexpr Field response_version{"http.response.version", "Response Version", FieldType::string};
constexpr Field full_uri{"http.request.full_uri", "Full request URI", FieldType::string};
constexpr Field response_code{"http.response.code", "Status Code", FieldType::uint16};
constexpr Field code_description{"http.response.code.desc", "Status Code Description", FieldType::string};
constexpr Field response_for_uri{"http.response_for.uri", "Request URI", FieldType::string};
constexpr Field response_phrase{"http.response.phrase", "Response Phrase", FieldType::string};
constexpr Field authorization{"http.authorization", "Authorization", FieldType::string};
constexpr Field proxy_authenticate{"http.proxy_authenticate", "Proxy-Authenticate", FieldType::string};
constexpr Field proxy_authorization{"http.proxy_authorization", "Proxy-Authorization", FieldType::string};
constexpr Field proxy_host{"http.proxy_connect_host", "Proxy-Connect-Hostname", FieldType::string};
constexpr Field proxy_port{"http.proxy_connect_port", "Proxy-Connect-Port", FieldType::uint16};
constexpr Field www_authenticate{"http.www_authenticate", "WWW-Authenticate", FieldType::string};
constexpr Field content_type{"http.content_type", "Content-Type", FieldType::string};
constexpr Field content_length_header{"http.content_length_header", "Content-Length", FieldType::string};
constexpr Field content_length{"http.content_length", "Content length", FieldType::uint64};
constexpr Field content_encoding{"http.content_encoding", "Content-Encoding", FieldType::string};
constexpr Field transfer_encoding{"http.transfer_encoding", "Transfer-Encoding", FieldType::string};
constexpr Field upgrade{"http.upgrade", "Upgrade", FieldType::string};
constexpr Field user_agent{"http.user_agent", "User-Agent", FieldType::string};
constexpr Field host{"http.host", "Host", FieldType::string};
constexpr Field connection{"http.connection", "Connection", FieldType::string};
constexpr Field cookie{"http.cookie", "Cookie", FieldType::string};
constexpr Field cookie_pair{"http.cookie_pair", "Cookie pair", FieldType::string};
constexpr Field accept{"http.accept", "Accept", FieldType::string};
constexpr Field referer{"http.referer", "Referer", FieldType::string};
constexpr Field accept_language{"http.accept_language", "Accept-Language", FieldType::string};
constexpr Field accept_encoding{"http.accept_encoding", "Accept Encoding", FieldType::string};
constexpr Field date{"http.date", "Date", FieldType::string};
constexpr Field cache_control{"http.cache_control", "Cache-Control", FieldType::string};
constexpr Field server{"http.server", "Server", FieldType::string};
constexpr Field location{"http.location", "Location", FieldType::string};
constexpr Field websocket_accept{"http.sec_websocket_accept", "Sec-WebSocket-Accept", FieldType::string};
constexpr Field websocket_extensions{"http.sec_websocket_extensions", "Sec-WebSocket-Extensions", FieldType::string};
constexpr Field websocket_key{"http.sec_websocket_key", "Sec-WebSocket-Key", FieldType::string};
constexpr Field websocket_protocol{"http.sec_websocket_protocol", "Sec-WebSocket-Protocol", FieldType::string};
constexpr Field websocket_version{"http.sec_websocket_version", "Sec-WebSocket-Version", FieldType::string};
constexpr Field set_cookie{"http.set_cookie", "Set-Cookie", FieldType::string};
constexpr Field last_modified{"http.last_modified", "Last-Modified", FieldType::string};
constexpr Field forwarded_for{"http.x_forwarded_for", "X-Forwarded-For", FieldType::string};
constexpr Field http2_settings{"http.http2_settings", "HTTP2-Settings", FieldType::string};
constexpr Field request_in{"http.request_in", "Request in frame", FieldType::frame_number};
constexpr Field response_in{"http.response_in", "Response in frame", FieldType::frame_number};
constexpr Field next_request_in{"http.next_request_in", "Next request in frame", FieldType::frame_number};
constexpr Field next_response_in{"http.next_response_in", "Next response in frame", FieldType::frame_number};
constexpr Field previous_request_in{"http.prev_request_in", "Prev request in frame", FieldType::frame_number};
constexpr Field previous_response_in{"http.prev_response_in", "Prev response in frame", FieldType::frame_number};
constexpr Field since_request{"http.time", "Time since request", FieldType::relative_time};
constexpr Field trailer_part{"http.chunked_trailer_part", "trailer-part", FieldType::string};
constexpr Field chunk_boundary{"http.chunk_boundary", "Chunk boundary", FieldType::bytes};
constexpr Field chunk_size{"http.chunk_size", "Chunk size", FieldType::uint32};
constexpr Field chunk_data{"http.chunk_data", "Chunk data", FieldType::bytes};
constexpr Field file_data{"http.file_data", "File Data", FieldType::string};
constexpr Field unknown_header{"http.unknown_header", "Unknown header", FieldType::string};

constexpr Note chat{{"http.chat", "Formatted text", FieldType::none}, Severity::chat, "Sequence"};
constexpr Note te_and_length{
    {"http.te_and_length", "The Content-Length and Transfer-Encoding header must not be set together", FieldType::none},
    Severity::warning,
    "Malformed"};
constexpr Note te_unknown{
    {"http.te_unknown", "Unknown transfer coding name in Transfer-Encoding header", FieldType::none},
    Severity::warning,
    "Undecoded"};
constexpr Note subdissector_failed{
    {"http.subdissector_failed", "HTTP body subdissector failed, trying heuristic subdissector", FieldType::none},
    Severity::note,
    "Malformed"};
constexpr Note tls_port{{"http.tls_port",
                         "Unencrypted HTTP protocol detected over encrypted port, could indicate a dangerous "
                         "misconfiguration.",
                         FieldType::none},
                        Severity::warning,
                        "Security"};
constexpr Note leading_crlf{
    {"http.leading_crlf", "Leading CRLF previous message in the stream may have extra CRLF", FieldType::none},
    Severity::error,
    "Malformed"};
constexpr Note bad_header_name{{"http.bad_header_name", "Illegal characters found in header name", FieldType::none},
                               Severity::warning,
                               "Protocol"};
constexpr Note decompression_failed{
    {"http.decompression_failed", "Decompression failed", FieldType::none}, Severity::warning, "Undecoded"};

constexpr const Field* fields[] = {&notification,
                                   &response,
                                   &request,
                                   &response_number,
                                   &request_number,
                                   &credentials,
                                   &citrix,
                                   &citrix_user,
                                   &citrix_domain,
                                   &citrix_password,
                                   &citrix_session,
                                   &response_line,
                                   &request_line,
                                   &request_method,
                                   &request_uri,
                                   &uri_path,
                                   &uri_query,
                                   &uri_parameter,
                                   &request_version,
                                   &response_version,
                                   &full_uri,
                                   &response_code,
                                   &code_description,
                                   &response_for_uri,
                                   &response_phrase,
                                   &authorization,
                                   &proxy_authenticate,
                                   &proxy_authorization,
                                   &proxy_host,
                                   &proxy_port,
                                   &www_authenticate,
                                   &content_type,
                                   &content_length_header,
                                   &content_length,
                                   &content_encoding,
                                   &transfer_encoding,
                                   &upgrade,
                                   &user_agent,
                                   &host,
                                   &connection,
                                   &cookie,
                                   &cookie_pair,
                                   &accept,
                                   &referer,
                                   &accept_language,
                                   &accept_encoding,
                                   &date,
                                   &cache_control,
                                   &server,
                                   &location,
                                   &websocket_accept,
                                   &websocket_extensions,
                                   &websocket_key,
                                   &websocket_protocol,
                                   &websocket_version,
                                   &set_cookie,
                                   &last_modified,
                                   &forwarded_for,
                                   &http2_settings,
                                   &request_in,
                                   &response_in,
                                   &next_request_in,
                                   &next_response_in,
                                   &previous_request_in,
                                   &previous_response_in,
                                   &since_request,
                                   &trailer_part,
                                   &chunk_boundary,
                                   &chunk_size,
                                   &chunk_data,
                                   &file_data,
                                   &unknown_header,
                                   &chat.field,
                                   &te_and_length.field,
                                   &te_unknown.field,
                                   &subdissector_failed.field,
                                   &tls_port.field,
                                   &leading_crlf.field,
                                   &bad_header_name.field,
                                   &decompression_failed.field,
                                   &http2_setting,
                                   &http2_setting_id,
                                   &http2_header_table_size,
                                   &http2_enable_push,
                                   &http2_max_concurrent_streams,
                                   &http2_initial_window_size,
                                   &http2_max_frame_size,
                                   &http2_max_header_list_size,
                                   &http2_extended_connect,
                                   &http2_unknown_setting};

// Reason phrases of the status codes: the IANA registry in the words of RFC 2616, and one for "others" of each class.
constexpr ValueName status_codes[] = {{100, 100, "Continue"},
                                      {101, 101, "Switching Protocols"},
                                      {102, 102, "Processing"},
                                      {103, 103, "Early Hints"},
                                      {199, 199, "Informational - Others"},
                                      {200, 200, "OK"},
                                      {201, 201, "Created"},
                                      {202, 202, "Accepted"},
                                      {203, 203, "Non-authoritative Information"},
                                      {204, 204, "No Content"},
                                      {205, 205, "Reset Content"},
                                      {206, 206, "Partial Content"},
                                      {207, 207, "Multi-Status"},
                                      {208, 208, "Already Reported"},
                                      {226, 226, "IM Used"},
                                      {299, 299, "Success - Others"},
                                      {300, 300, "Multiple Choices"},
                                      {301, 301, "Moved Permanently"},
                                      {302, 302, "Found"},
                                      {303, 303, "See Other"},
                                      {304, 304, "Not Modified"},
                                      {305, 305, "Use Proxy"},
                                      {307, 307, "Temporary Redirect"},
                                      {308, 308, "Permanent Redirect"},
                                      {399, 399, "Redirection - Others"},
                                      {400, 400, "Bad Request"},
                                      {401, 401, "Unauthorized"},
                                      {402, 402, "Payment Required"},
                                      {403, 403, "Forbidden"},
                                      {404, 404, "Not Found"},
                                      {405, 405, "Method Not Allowed"},
                                      {406, 406, "Not Acceptable"},
                                      {407, 407, "Proxy Authentication Required"},
                                      {408, 408, "Request Time-out"},
                                      {409, 409, "Conflict"},
                                      {410, 410, "Gone"},
                                      {411, 411, "Length Required"},
                                      {412, 412, "Precondition Failed"},
                                      {413, 413, "Request Entity Too Large"},
                                      {414, 414, "Request-URI Too Long"},
                                      {415, 415, "Unsupported Media Type"},
                                      {416, 416, "Requested Range Not Satisfiable"},
                                      {417, 417, "Expectation Failed"},
                                      {418, 418, "I'm a teapot"},
                                      {421, 421, "Misdirected Request"},
                                      {422, 422, "Unprocessable Entity"},
                                      {423, 423, "Locked"},
                                      {424, 424, "Failed Dependency"},
                                      {425, 425, "Too Early"},
                                      {426, 426, "Upgrade Required"},
                                      {428, 428, "Precondition Required"},
                                      {429, 429, "Too Many Requests"},
                                      {431, 431, "Request Header Fields Too Large"},
                                      {451, 451, "Unavailable For Legal Reasons"},
                                      {499, 499, "Client Error - Others"},
                                      {500, 500, "Internal Server Error"},
                                      {501, 501, "Not Implemented"},
                                      {502, 502, "Bad Gateway"},
                                      {503, 503, "Service Unavailable"},
                                      {504, 504, "Gateway Time-out"},
                                      {505, 505, "HTTP Version not supported"},
                                      {506, 506, "Variant Also Negotiates"},
                                      {507, 507, "Insufficient Storage"},
                                      {508, 508, "Loop Detected"},
                                      {510, 510, "Not Extended"},
                                      {511, 511, "Network Authentication Required"},
                                      {599, 599, "Server Error - Others"}};

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

// --- what one message says -----------------------------------------------------------------------------------------

enum class Kind : std::uint8_t { others, asks, answers, notifies };
enum class Coding : std::uint8_t { none, unknown, identity, compressed };

struct Message {
  Kind kind = Kind::others;
  std::string_view method{};
  std::string_view uri{};
  std::string_view host{};
  bool has_uri = false;
  bool has_host = false;
  bool has_type = false;
  bool has_encoding = false;
  bool has_length = false;
  bool chunked = false;
  Coding coding = Coding::none;
  std::uint32_t code = 0;
  std::int64_t length = 0;
  std::string_view type{};
  std::string_view parameters{};
  std::string_view encoding{};
  std::string_view upgrade{};
};

// Methods of RFC 9110, WebDAV and its kin, UPnP, and Microsoft's.
constexpr std::string_view methods[] = {"GET",
                                        "PUT",
                                        "COPY",
                                        "HEAD",
                                        "LOCK",
                                        "MOVE",
                                        "POLL",
                                        "POST",
                                        "BCOPY",
                                        "BMOVE",
                                        "MKCOL",
                                        "TRACE",
                                        "PATCH",
                                        "LABEL",
                                        "MERGE",
                                        "DELETE",
                                        "SEARCH",
                                        "UNLOCK",
                                        "REPORT",
                                        "UPDATE",
                                        "BDELETE",
                                        "CONNECT",
                                        "OPTIONS",
                                        "CHECKIN",
                                        "PROPFIND",
                                        "CHECKOUT",
                                        "CCM_POST",
                                        "PROPPATCH",
                                        "BPROPFIND",
                                        "BPROPPATCH",
                                        "UNCHECKOUT",
                                        "MKACTIVITY",
                                        "MKWORKSPACE",
                                        "RPC_CONNECT",
                                        "RPC_IN_DATA",
                                        "RPC_OUT_DATA",
                                        "VERSION-CONTROL",
                                        "BASELINE-CONTROL",
                                        "SSTP_DUPLEX_POST"};
constexpr std::string_view notifications[] = {"NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE"};

// Whether `line` starts a message, and what kind of message. `method` becomes that of a request.
bool starts_message(std::string_view line, Kind& kind, std::string_view& method) noexcept {
  if (line.starts_with("M-")) line.remove_prefix(2);  // a mandatory extension, RFC 2774
  if (line.starts_with("HTTP/") || line.starts_with("ICY")) {
    kind = Kind::answers;
    return true;
  }
  const std::string_view word = line.substr(0, line.find(' '));
  if (word.ends_with(':')) return false;  // a field line, as nearly all are
  for (const std::string_view known : methods) {
    if (word == known) {
      kind = Kind::asks;
      method = word;
      return true;
    }
  }
  for (const std::string_view known : notifications) {
    if (word == known) {
      kind = Kind::notifies;
      method = word;
      return true;
    }
  }
  return false;
}

// Cuts the first token off `line`, and the blanks behind it.
std::string_view take_token(std::string_view& line) noexcept {
  std::size_t end = 0;
  while (end < line.size() && line[end] != ' ' && line[end] != '\r' && line[end] != '\n') ++end;
  const std::string_view token = line.substr(0, end);
  while (end < line.size() && line[end] == ' ') ++end;
  line.remove_prefix(end);
  return token;
}

// The status code of a response's first line; 0 when there is none of three digits.
std::uint32_t status_code(std::string_view line) noexcept {
  if (take_token(line).empty()) return 0;
  const std::string_view code = take_token(line);
  std::size_t used = 0;
  const auto number = leading_number(code, 10, used);
  return code.size() == 3 && used == 3 && number.value_or(0) > 0 ? static_cast<std::uint32_t>(*number) : 0;
}

bool is_valid_header_name(std::string_view name) noexcept {
  static constexpr auto allowed = [] {
    std::array<bool, 256> made{};
    for (unsigned c = '0'; c <= '9'; ++c) made[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) made[c] = made[c - 32] = true;
    for (const char c : std::string_view{"!#$%&\\:*+-.^_`|~"}) made[static_cast<unsigned char>(c)] = true;
    return made;
  }();
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return allowed[static_cast<unsigned char>(c)]; });
}

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

// Whether the message from `offset` on, whose lines are known up to `next`, is there: its headers and, with `body`,
// what they say follows them. Asks the transport for more where not. A body without a length runs `until_fin` or is
// empty.
bool is_all_there(Packet& p, const Octets& in, std::uint32_t offset, std::uint32_t next, bool body,
                  bool until_fin) noexcept {
  if (!p.can_desegment) return true;
  const Bytes bytes = in.bytes();
  bool has_length = false;
  bool chunked = false;
  bool rpc = false;
  std::uint32_t length = 0;
  for (;;) {
    if (next >= in.reported) return ask_for_more(p, offset, Packet::one_more_segment);
    const Line line = find_line(bytes, std::min(next, in.captured));
    if (!line.complete) {
      return in.captured >= in.reported ? ask_for_more(p, offset, Packet::one_more_segment) : true;
    }
    const std::string_view text = until_nul(characters(bytes, next, line.length));
    next = line.next;
    if (line.length == 0) break;
    if (!body) continue;
    constexpr std::string_view length_name = "Content-Length:";
    constexpr std::string_view type_name = "Content-Type:";
    constexpr std::string_view coding_name = "Transfer-Encoding:";
    if (starts_ignoring_case(text, length_name)) {
      const std::string_view value = without_spaces_around(text.substr(length_name.size()));
      std::size_t used = 0;
      const auto number = leading_number(value, 10, used);
      if (number && used == value.size() && *number >= 0 && *number <= 0x7fffffff) {
        has_length = true;
        length = static_cast<std::uint32_t>(*number);
      }
    } else if (starts_ignoring_case(text, type_name)) {
      rpc = without_spaces_around(text.substr(type_name.size())).starts_with("application/rpc");
    } else if (starts_ignoring_case(text, coding_name)) {
      chunked = chunked || starts_ignoring_case(without_spaces_around(text.substr(coding_name.size())), "chunked");
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
  keep(flow.request_uri, message.uri);
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
                           name.empty() ? p.text("Unknown ({})", message.code) : name, true));
  if (!rest.empty()) add_ascii(p, item, response_phrase, in, place(rest), static_cast<std::uint32_t>(rest.size()));
}

// --- header fields -------------------------------------------------------------------------------------------------

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
    {"Authorization", &authorization, Special::authorization_header},
    {"Proxy-Authorization", &proxy_authorization, Special::authorization_header},
    {"Proxy-Authenticate", &proxy_authenticate, Special::authenticate_header},
    {"WWW-Authenticate", &www_authenticate, Special::authenticate_header},
    {"Content-Type", &content_type, Special::type_header},
    {"Content-Length", &content_length_header, Special::length_header},
    {"Content-Encoding", &content_encoding, Special::encoding_header},
    {"Transfer-Encoding", &transfer_encoding, Special::coding_header},
    {"Upgrade", &upgrade, Special::upgrade_header},
    {"User-Agent", &user_agent},
    {"Host", &host, Special::host_header},
    {"Connection", &connection},
    {"Cookie", &cookie, Special::cookie_header},
    {"Accept", &accept},
    {"Referer", &referer},
    {"Accept-Language", &accept_language},
    {"Accept-Encoding", &accept_encoding},
    {"Date", &date},
    {"Cache-Control", &cache_control},
    {"Server", &server},
    {"Location", &location},
    {"Sec-WebSocket-Accept", &websocket_accept},
    {"Sec-WebSocket-Extensions", &websocket_extensions},
    {"Sec-WebSocket-Key", &websocket_key},
    {"Sec-WebSocket-Protocol", &websocket_protocol},
    {"Sec-WebSocket-Version", &websocket_version},
    {"Set-Cookie", &set_cookie},
    {"Last-Modified", &last_modified},
    {"X-Forwarded-For", &forwarded_for},
    {"HTTP2-Settings", &http2_settings, Special::settings_header},
};

const KnownHeader* find_header(std::string_view name) noexcept {
  for (const KnownHeader& known : known_headers) {
    if (equals_ignoring_case(known.name, name)) return &known;
  }
  return nullptr;
}

// Octets as data under `item`: what a protocol that is not read here would show.
void show_data(Packet& p, ItemId item, const Octets& in) {
  if (p.wants_items() && item == ItemId::none) {
    if (in.captured != 0) p.add_layer_name("data");
    return;
  }
  const ItemId top = p.top;
  p.top = item;
  p.call_data(in);
  p.top = top;
}

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

// Reads a Transfer-Encoding. False when it has a coding that is not known.
bool read_transfer_coding(std::string_view value, Message& message) noexcept {
  struct Known {
    std::string_view name;
    Coding coding;
  };
  static constexpr Known known[] = {{"compress", Coding::compressed},   {"deflate", Coding::compressed},
                                    {"gzip", Coding::compressed},       {"identity", Coding::identity},
                                    {"x-compress", Coding::compressed}, {"x-gzip", Coding::compressed}};
  bool all_known = true;
  message.coding = Coding::unknown;
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(" \t,"), value.size()));
    if (value.empty()) return all_known;
    if (constexpr std::string_view chunks = "chunked"; value.starts_with(chunks)) {
      message.chunked = true;
      value.remove_prefix(chunks.size());
      continue;
    }
    if (message.coding != Coding::unknown) return false;
    const auto* const found = std::find_if(std::begin(known), std::end(known),
                                           [value](const Known& entry) { return value.starts_with(entry.name); });
    if (found != std::end(known)) {
      message.coding = found->coding;
      value.remove_prefix(found->name.size());
    } else {
      all_known = false;
      const std::size_t comma = value.find(',');
      if (comma == value.npos) return false;
      value.remove_prefix(comma);
    }
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

// One field line: `length` octets, `whole` with its end; its name ends at `colon`.
void dissect_header(Packet& p, Message& message, ItemId tree, const Octets& in, std::uint32_t offset,
                    std::uint32_t length, std::uint32_t whole, std::uint32_t colon) {
  const std::string_view line = characters(in.bytes(), offset, length);
  const std::string_view name = line.substr(0, colon);
  const Field* const line_as = line_field(message.kind);
  const bool items = p.wants_items() && tree != ItemId::none;
  const std::string_view shown = items ? escaped(p, characters(in.bytes(), offset, whole)) : std::string_view{};
  const KnownHeader* const known = is_valid_header_name(name) ? find_header(name) : nullptr;
  if (known == nullptr) {
    if (!items) return;
    const ItemId item = add_ascii(p, tree, line_as != nullptr ? *line_as : unknown_header, in, offset, whole);
    p.set_text(item, shown);
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
      if (items && message.coding != Coding::none) p.note(item, te_and_length);
      break;
    }
    case Special::encoding_header:
      message.has_encoding = true;
      message.encoding = value;
      break;
    case Special::coding_header:
      if (items && message.has_length) p.note(item, te_and_length);
      if (!read_transfer_coding(value, message) && items) p.note(item, te_unknown);
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
      if (item != ItemId::none) p.top = item;
      p.guard([&] { dissect_http2_settings(p, item, settings); });
      p.top = top;
      break;
    }
  }
}

// --- bodies --------------------------------------------------------------------------------------------------------

// Takes the chunks of `body` apart (RFC 9112 §7.1). Returns how many octets they take, 0 for none; `data` becomes
// what they held.
std::uint32_t dissect_chunks(Packet& p, ItemId tree, const Octets& body, Octets& data) {
  const Bytes bytes = body.bytes();
  const bool items = p.wants_items() && tree != ItemId::none;
  const ItemId whole = p.add_text(tree, body, 0, std::min(body.reported, body.captured), "HTTP chunked response");
  char* const joined = p.out.arena.allocate(body.captured);
  std::uint32_t joined_size = 0;
  std::uint32_t offset = 0;
  std::uint32_t left = body.reported;
  const auto remaining = [&](std::uint32_t from) { return from < body.reported ? body.reported - from : 0; };
  while (left > 0 && !p.stopped()) {
    const Line line = find_line(bytes, std::min(offset, body.captured));
    if (!line.complete || line.length == 0) break;
    std::string_view size_text = characters(bytes, offset, line.length);
    size_text = until_nul(size_text.substr(0, size_text.find(';')));
    std::size_t used = 0;
    const std::uint32_t size =
        std::min(static_cast<std::uint32_t>(leading_number(size_text, 16, used).value_or(0)), left);
    const Bytes chunk = p.octets(body, line.next, size);
    if (p.stopped()) return 0;
    joined_size += static_cast<std::uint32_t>(characters(chunk).copy(joined + joined_size, size));
    if (items) {
      const ItemId item = p.add_text(whole, body, offset, line.next - offset + size + 2,
                                     size == 0 ? "End of chunked encoding" : p.text("Data chunk ({} octets)", size));
      if (p.stopped()) return 0;
      p.set_text(p.add(item, chunk_size, body, offset, line.next - offset, size),
                 p.text("Chunk size: {} octet{}", size, plural(size)));
      if (size > 0) {
        p.add(item, chunk_data, body, line.next, size);
        p.add(item, chunk_boundary, body, line.next + size, 2);
      }
    }
    offset = line.next + size + (size > 0 ? 2 : 0);
    left = remaining(offset);
    if (size > 0) continue;
    Line trailer;
    std::uint32_t end = offset;
    std::uint32_t before_last = offset;
    do {
      before_last = end;
      trailer = find_line(bytes, std::min(end, body.captured));
      if (trailer.complete) end = trailer.next;
    } while (trailer.complete && trailer.length > 0);
    if (before_last > offset) {
      add_ascii(p, whole, trailer_part, body, offset, before_last - offset);
      left -= std::min(left, before_last - offset);
      offset = before_last;
    }
    if (trailer.complete) {
      add_escaped(p, whole, body, offset, end - offset);
      left -= std::min(left, end - offset);
    }
    break;
  }
  const std::uint32_t taken = body.reported - left;
  if (taken == 0) return 0;
  p.set_length(whole, taken);
  data = p.add_source("De-chunked entity body", std::as_bytes(std::span{joined, joined_size}));
  return taken;
}

// Reads the body as its media type says, or as what it looks like. Whether anything took it.
bool dissect_media(Packet& p, ItemId tree, const Message& message, const Octets& body) {
  const ProtocolInfo* protocol = message.has_type ? find_media_type(message.type) : nullptr;
  if (protocol == nullptr && message.type.starts_with("multipart/")) protocol = &mime_multipart_protocol;
  if (protocol != nullptr) {
    if (p.call(*protocol, body) != 0) return true;
    if (p.stopped()) return false;
    if (tree != ItemId::none) p.note(tree, subdissector_failed);
  }
  for (const ProtocolInfo* image : {&png_protocol, &image_jfif_protocol, &image_gif_protocol}) {
    if (p.call(*image, body) != 0) return true;
    if (p.stopped()) return false;
  }
  return false;
}

void dissect_body(Packet& p, ItemId layer, const Message& message, const Octets& body, std::uint32_t& length) {
  Octets data = body;
  if (message.chunked) {
    const std::uint32_t taken = dissect_chunks(p, layer, body, data);
    if (taken == 0) return;
    length = taken;
  }
  if (message.coding == Coding::compressed) {
    show_data(p, layer, data);
    return;
  }
  if (message.has_encoding && !equals_ignoring_case(message.encoding, "identity")) {
    const bool beginning = !p.wants_items() && !message.type.starts_with("multipart/");
    const std::optional<Bytes> decoded = decode_content(p, message.encoding, data.bytes(), beginning);
    ItemId item = ItemId::none;
    if (p.wants_items()) {
      item =
          p.add_text(layer, data, 0, data.captured,
                     decoded ? p.text("Content-encoded entity body ({}): {} bytes -> {} bytes", message.encoding,
                                      data.captured, decoded->size())
                             : p.text("Content-encoded entity body ({}): {} bytes", message.encoding, data.captured));
    }
    if (!decoded) {
      if (item != ItemId::none) p.note(item, decompression_failed);
      show_data(p, item, data);
      return;
    }
    data = p.add_source("Uncompressed entity body", *decoded);
  }
  if (p.wants_items() && layer != ItemId::none) {
    const ItemId item =
        p.add_string(layer, file_data, data, 0, data.captured, ascii_value(p, characters(data.bytes())), true);
    p.set_text(item, p.text("File Data: {} bytes", data.captured));
  }
  if (data.captured == 0) return;
  // Other protocols must not take this connection's memory for their own.
  Flow* const flow = std::exchange(p.flow, nullptr);
  const std::string_view type = std::exchange(p.media_type, message.type);
  const std::string_view parameters = std::exchange(p.media_parameters, message.parameters);
  if (!dissect_media(p, layer, message, data) && !p.stopped()) {
    if (message.has_type) {
      p.call(media_protocol, data);
    } else {
      show_data(p, layer, data);
    }
  }
  p.flow = flow;
  p.media_type = type;
  p.media_parameters = parameters;
}

// --- messages ------------------------------------------------------------------------------------------------------

ItemId add_http_layer(Packet& p, const Octets& in, std::uint32_t offset, bool crlf_before) {
  const ItemId layer = p.add_layer(http_protocol, in, offset, in.captured > offset ? in.captured - offset : 0);
  if (crlf_before) {
    const ItemId item = p.add(layer, leading_crlf.field, in, offset - 2, 2);
    if (item != ItemId::none) p.note(item, leading_crlf);
  }
  return layer;
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
  if (!message.has_host || !message.has_uri || p.stopped()) return;
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
  const Line first_line = find_line(bytes, offset);
  if (!first_line.complete && !is_all_there(p, in, offset, offset, true, false)) return std::nullopt;
  const std::string_view first_text = characters(bytes, offset, first_line.length);
  Message message;
  ItemId layer = ItemId::none;
  const bool starts_one = starts_message(first_text, message.kind, message.method);
  const Kind kind = message.kind;
  const bool is_message = first_line.complete && starts_one;
  if (is_message) {
    if (p.columns()) {
      p.set_info(escaped(p, first_text));
      p.append_info(" ");
    }
    const bool body = !p.end_of_stream && (kind != Kind::answers || may_have_body(flow, first_text));
    if (!is_all_there(p, in, offset, first_line.next, body, kind == Kind::answers)) return std::nullopt;
  } else if (seen_http) {
    p.set_info("Continuation");
  }
  if (is_message || seen_http) {
    p.set_protocol("HTTP");
    layer = add_http_layer(p, in, offset, crlf_before);
  }

  const std::uint32_t layer_start = offset;
  const Exchange* exchange = nullptr;
  bool any_line = false;
  for (bool is_first = true; offset < in.captured && !p.stopped(); is_first = false) {
    const Line line = is_first ? first_line : find_line(bytes, offset);
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
    if (layer == ItemId::none) layer = add_http_layer(p, in, layer_start, crlf_before);
    if (is_first && (p.source_port == 443 || p.destination_port == 443) &&
        layer != ItemId::none) {
      p.note(layer, tls_port);
    }
    const std::uint32_t whole = line.next - offset;
    if (text.empty()) {
      add_escaped(p, layer, in, offset, whole);
      offset = line.next;
      break;
    }
    any_line = true;
    if (starts) {
      ItemId item = ItemId::none;
      if (p.wants_items()) {
        const std::string_view shown = escaped(p, characters(bytes, offset, whole));
        item = p.add_text(layer, in, offset, whole, shown);
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
      dissect_header(p, message, layer, in, offset, line.length, whole, static_cast<std::uint32_t>(colon));
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

std::uint32_t dissect(Packet& p, const Octets& in) {
  const bool is_port = find_protocol(Table::tcp_port, p.source_port) == &http_protocol ||
                       find_protocol(Table::tcp_port, p.destination_port) == &http_protocol;
  if (!is_port && (p.flow == nullptr || p.flow->application != &http_protocol)) {
    if (!looks_like_http(in)) return 0;
    if (p.flow != nullptr) p.flow->application = &http_protocol;
  }
  HttpFlow alone;
  HttpFlow& flow = p.flow != nullptr ? p.flow->remember<HttpFlow>() : alone;
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
    const std::optional<std::uint32_t> taken = dissect_message(p, flow, in, offset);
    if (!taken || *taken == 0) break;
    offset += *taken;
    if (p.columns()) p.out.columns.info.set_fence();
  }
  return in.reported;
}

}  // namespace
}  // namespace encap

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/base/result.h"
#include "encap/input/message_source.h"

namespace encap {

/// A name and its value: a field line, or a part of a form.
struct HarField {
  std::string name;
  std::string value;
};

/// A request or a response as a HAR file has it. Source: HTTP Archive 1.2, `request`, `response`.
struct HarMessage {
  std::string version;  ///< `HTTP/1.1`, `http/2.0`, `h3`
  std::vector<HarField> fields;
  std::string body;
  std::string body_type;       ///< mimeType of postData
  std::string body_encoding;   ///< `base64`, or empty for text
  std::vector<HarField> form;  ///< params of postData
  double body_octets = 0;      ///< as the file counts them, also where it does not hold the body
};

/// One of log.entries. Texts are those of the file; what is absent is empty, or -1.
struct HarEntry {
  std::string started;     ///< startedDateTime
  std::string connection;  ///< id of the connection
  std::string address;     ///< serverIPAddress
  double time = -1;        ///< ms that all of it took
  double blocked = -1;     ///< ms, as all the rest of `timings`; -1 is "does not apply"
  double dns = -1;
  double connect = -1;
  double send = -1;
  double wait = -1;
  double receive = -1;
  std::string method;
  std::string url;
  HarMessage request;
  double status = 0;  ///< 0 when no response came
  std::string status_text;
  HarMessage response;
  std::uint64_t web_socket_messages = 0;
  bool too_long = false;  ///< it holds more text than we keep
};

/// The parts of an `http:` or `https:` URL (RFC 9110 §4.2), `ws:` and `wss:` too. Lifetime: borrows the URL.
struct HttpUrl {
  bool secure = false;
  std::string_view host;  ///< without the brackets of an IPv6 address
  std::string_view authority;
  std::string_view target;  ///< path and query; empty for `/`
  Port port;                ///< 80 where the URL names none
};

/// Errors: a URL that names a scheme of HTTP and no host, or a port that is none. nullopt for other schemes.
[[nodiscard]] Result<std::optional<HttpUrl>, InputError> read_http_url(std::string_view url);

/// Writes the request as HTTP/1.1 sends it (RFC 9112): Host first, the body whole, Content-Length what it is. Errors:
/// what no message can hold; `where` is for the caller to fill in.
[[nodiscard]] Result<void, InputError> write_request(const HarEntry& entry, const HttpUrl& url, std::string& out,
                                                     TableNotes& notes);
/// Writes the response, without the codings of its body: a HAR file holds it decoded.
[[nodiscard]] Result<void, InputError> write_response(const HarEntry& entry, std::string& out, TableNotes& notes);

}  // namespace encap

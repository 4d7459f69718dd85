#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace encap {

/// What the first line of a text is in HTTP/1.
enum class HttpStartLine : std::uint8_t { none, request, response };

/// Tells a request line and a status line (RFC 9112 §3, §4) from other text. A missing version is forgiven, on both:
/// `GET /index.html`, `200 OK`.
[[nodiscard]] HttpStartLine http_start_line(std::string_view text) noexcept;

/// Whether the start line names its version, so that it is HTTP without a table saying so.
[[nodiscard]] bool names_http_version(std::string_view text) noexcept;

/// What a response depends on beside its own text: the method of the request it answers (RFC 9112 §6.3).
enum class HttpMethod : std::uint8_t { other, head, connect };

/// The method of a request line.
[[nodiscard]] HttpMethod http_method(std::string_view request) noexcept;

/// Finishes what stands in a table into a whole message of RFC 9112: the version, CRLF at each line's end, `Host` from
/// `host` on requests, a `Content-Length` that counts the body where one is there or could be expected, the empty
/// line. Where `; ` stands between a start line and its field lines, it is taken for a line break. Text that is a whole
/// message already comes out as it was. Precondition: `http_start_line(text)` is not none. `method` is that of the
/// request, or of the one this response answers. Replaces the content of `out`. Returns whether `out` differs from
/// `text`.
bool complete_http(std::string_view text, std::string_view host, HttpMethod method, std::string& out);

}  // namespace encap

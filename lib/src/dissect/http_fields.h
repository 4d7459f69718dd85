#pragma once

#include "dissect/http2_settings.h"
#include "dissect/packet.h"

namespace encap::http {

inline constexpr Field notification{"http.notification", "Notification", FieldType::boolean};
inline constexpr Field response{"http.response", "Response", FieldType::boolean};
inline constexpr Field request{"http.request", "Request", FieldType::boolean};
inline constexpr Field response_number{"http.response_number", "Response number", FieldType::uint32};
inline constexpr Field request_number{"http.request_number", "Request number", FieldType::uint32};
inline constexpr Field credentials{"http.authbasic", "Credentials", FieldType::string};
inline constexpr Field citrix{"http.authcitrix", "Citrix AG Auth", FieldType::boolean};
inline constexpr Field citrix_user{"http.authcitrix.user", "Citrix AG Username", FieldType::string};
inline constexpr Field citrix_domain{"http.authcitrix.domain", "Citrix AG Domain", FieldType::string};
inline constexpr Field citrix_password{"http.authcitrix.password", "Citrix AG Password", FieldType::string};
inline constexpr Field citrix_session{"http.authcitrix.session", "Citrix AG Session ID", FieldType::string};
inline constexpr Field response_line{"http.response.line", "Response line", FieldType::string};
inline constexpr Field request_line{"http.request.line", "Request line", FieldType::string};
inline constexpr Field request_method{"http.request.method", "Request Method", FieldType::string};
inline constexpr Field request_uri{"http.request.uri", "Request URI", FieldType::string};
inline constexpr Field uri_path{"http.request.uri.path", "Request URI Path", FieldType::string};
inline constexpr Field uri_query{"http.request.uri.query", "Request URI Query", FieldType::string};
inline constexpr Field uri_parameter{"http.request.uri.query.parameter", "Request URI Query Parameter",
                                     FieldType::string};
inline constexpr Field request_version{"http.request.version", "Request Version", FieldType::string};
inline constexpr Field response_version{"http.response.version", "Response Version", FieldType::string};
inline constexpr Field full_uri{"http.request.full_uri", "Full request URI", FieldType::string};
inline constexpr Field response_code{"http.response.code", "Status Code", FieldType::uint16};
inline constexpr Field code_description{"http.response.code.desc", "Status Code Description", FieldType::string};
inline constexpr Field response_for_uri{"http.response_for.uri", "Request URI", FieldType::string};
inline constexpr Field response_phrase{"http.response.phrase", "Response Phrase", FieldType::string};
inline constexpr Field authorization{"http.authorization", "Authorization", FieldType::string};
inline constexpr Field proxy_authenticate{"http.proxy_authenticate", "Proxy-Authenticate", FieldType::string};
inline constexpr Field proxy_authorization{"http.proxy_authorization", "Proxy-Authorization", FieldType::string};
inline constexpr Field proxy_host{"http.proxy_connect_host", "Proxy-Connect-Hostname", FieldType::string};
inline constexpr Field proxy_port{"http.proxy_connect_port", "Proxy-Connect-Port", FieldType::uint16};
inline constexpr Field www_authenticate{"http.www_authenticate", "WWW-Authenticate", FieldType::string};
inline constexpr Field content_type{"http.content_type", "Content-Type", FieldType::string};
inline constexpr Field content_length_header{"http.content_length_header", "Content-Length", FieldType::string};
inline constexpr Field content_length{"http.content_length", "Content length", FieldType::uint64};
inline constexpr Field content_encoding{"http.content_encoding", "Content-Encoding", FieldType::string};
inline constexpr Field transfer_encoding{"http.transfer_encoding", "Transfer-Encoding", FieldType::string};
inline constexpr Field upgrade{"http.upgrade", "Upgrade", FieldType::string};
inline constexpr Field user_agent{"http.user_agent", "User-Agent", FieldType::string};
inline constexpr Field host{"http.host", "Host", FieldType::string};
inline constexpr Field connection{"http.connection", "Connection", FieldType::string};
inline constexpr Field cookie{"http.cookie", "Cookie", FieldType::string};
inline constexpr Field cookie_pair{"http.cookie_pair", "Cookie pair", FieldType::string};
inline constexpr Field accept{"http.accept", "Accept", FieldType::string};
inline constexpr Field referer{"http.referer", "Referer", FieldType::string};
inline constexpr Field accept_language{"http.accept_language", "Accept-Language", FieldType::string};
inline constexpr Field accept_encoding{"http.accept_encoding", "Accept Encoding", FieldType::string};
inline constexpr Field date{"http.date", "Date", FieldType::string};
inline constexpr Field cache_control{"http.cache_control", "Cache-Control", FieldType::string};
inline constexpr Field server{"http.server", "Server", FieldType::string};
inline constexpr Field location{"http.location", "Location", FieldType::string};
inline constexpr Field websocket_accept{"http.sec_websocket_accept", "Sec-WebSocket-Accept", FieldType::string};
inline constexpr Field websocket_extensions{"http.sec_websocket_extensions", "Sec-WebSocket-Extensions",
                                            FieldType::string};
inline constexpr Field websocket_key{"http.sec_websocket_key", "Sec-WebSocket-Key", FieldType::string};
inline constexpr Field websocket_protocol{"http.sec_websocket_protocol", "Sec-WebSocket-Protocol", FieldType::string};
inline constexpr Field websocket_version{"http.sec_websocket_version", "Sec-WebSocket-Version", FieldType::string};
inline constexpr Field set_cookie{"http.set_cookie", "Set-Cookie", FieldType::string};
inline constexpr Field last_modified{"http.last_modified", "Last-Modified", FieldType::string};
inline constexpr Field forwarded_for{"http.x_forwarded_for", "X-Forwarded-For", FieldType::string};
inline constexpr Field http2_settings{"http.http2_settings", "HTTP2-Settings", FieldType::string};
inline constexpr Field request_in{"http.request_in", "Request in frame", FieldType::frame_number};
inline constexpr Field response_in{"http.response_in", "Response in frame", FieldType::frame_number};
inline constexpr Field next_request_in{"http.next_request_in", "Next request in frame", FieldType::frame_number};
inline constexpr Field next_response_in{"http.next_response_in", "Next response in frame", FieldType::frame_number};
inline constexpr Field previous_request_in{"http.prev_request_in", "Prev request in frame", FieldType::frame_number};
inline constexpr Field previous_response_in{"http.prev_response_in", "Prev response in frame", FieldType::frame_number};
inline constexpr Field since_request{"http.time", "Time since request", FieldType::relative_time};
inline constexpr Field trailer_part{"http.chunked_trailer_part", "trailer-part", FieldType::string};
inline constexpr Field chunk_boundary{"http.chunk_boundary", "Chunk boundary", FieldType::bytes};
inline constexpr Field chunk_size{"http.chunk_size", "Chunk size", FieldType::uint32};
inline constexpr Field chunk_data{"http.chunk_data", "Chunk data", FieldType::bytes};
inline constexpr Field file_data{"http.file_data", "File Data", FieldType::string};
inline constexpr Field unknown_header{"http.unknown_header", "Unknown header", FieldType::string};

inline constexpr Note chat{{"http.chat", "Formatted text", FieldType::none}, Severity::chat, "Sequence"};
inline constexpr Note te_and_length{
    {"http.te_and_length", "The Content-Length and Transfer-Encoding header must not be set together", FieldType::none},
    Severity::warning,
    "Malformed"};
inline constexpr Note te_unknown{
    {"http.te_unknown", "Unknown transfer coding name in Transfer-Encoding header", FieldType::none},
    Severity::warning,
    "Undecoded"};
inline constexpr Note subdissector_failed{
    {"http.subdissector_failed", "HTTP body subdissector failed, trying heuristic subdissector", FieldType::none},
    Severity::note,
    "Malformed"};
inline constexpr Note tls_port{{"http.tls_port",
                                "Unencrypted HTTP protocol detected over encrypted port, could indicate a dangerous "
                                "misconfiguration.",
                                FieldType::none},
                               Severity::warning,
                               "Security"};
inline constexpr Note leading_crlf{
    {"http.leading_crlf", "Leading CRLF previous message in the stream may have extra CRLF", FieldType::none},
    Severity::error,
    "Malformed"};
inline constexpr Note bad_header_name{
    {"http.bad_header_name", "Illegal characters found in header name", FieldType::none},
    Severity::warning,
    "Protocol"};
inline constexpr Note decompression_failed{
    {"http.decompression_failed", "Decompression failed", FieldType::none}, Severity::warning, "Undecoded"};

inline constexpr const Field* fields[] = {&notification,
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
inline constexpr ValueName status_codes[] = {{100, 100, "Continue"},
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

}  // namespace encap::http

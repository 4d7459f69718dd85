#pragma once

#include <memory>
#include <string>

#include "encap/input/message_source.h"

namespace encap {

/// Reads what a browser recorded: of each entry the request and the response, as HTTP/1.1 would have sent them.
///
/// Requests that were under way on one connection at the same time, as those of HTTP/2 are, go over connections of
/// their own. What was inside TLS goes to port 80, unless the URL names a port.
/// Source: HTTP Archive 1.2, http://www.softwareishard.com/blog/har-12-spec/
///
/// Memory: one entry a few times (see `HarParser`), and what is known of 65536 connections; then it begins anew.
[[nodiscard]] Result<std::unique_ptr<MessageSource>, Failure> open_har(std::string name,
                                                                       std::unique_ptr<ByteSource> source);

}  // namespace encap

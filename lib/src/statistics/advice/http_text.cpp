#include "statistics/advice/http_text.h"

#include <algorithm>

namespace encap::advice {
namespace {

// RFC 9110 §9, RFC 5789, RFC 4918 §9.
constexpr std::string_view methods[] = {"GET",     "HEAD",  "POST",   "PUT",      "DELETE", "CONNECT",
                                        "OPTIONS", "TRACE", "PATCH",  "PROPFIND", "MKCOL",  "COPY",
                                        "MOVE",    "LOCK",  "UNLOCK", "PROPPATCH"};

constexpr std::size_t longest_line = 60;  // octets kept of a start line

std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find_first_of("\r\n")); }

bool is_request(std::string_view text) noexcept {
  const std::size_t space = text.find(' ');
  if (space == text.npos ||
      std::find(std::begin(methods), std::end(methods), text.substr(0, space)) == std::end(methods))
    return false;
  const std::string_view target = first_line(text).substr(space + 1);
  return target.starts_with('/') || target.starts_with("http://") || target.starts_with("https://") ||
         target.starts_with("* HTTP/1.") || (text.starts_with("CONNECT") && target.find(" HTTP/1.") != target.npos);
}

bool is_response(std::string_view text) noexcept {
  const auto is_digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  return text.size() >= 12 && text.starts_with("HTTP/1.") && is_digit(7) && text[8] == ' ' && is_digit(9) &&
         is_digit(10) && is_digit(11);
}

}  // namespace

bool starts_like_http(std::string_view text) noexcept { return is_request(text) || is_response(text); }

void HttpText::take(const SeenPacket& p, bool is_next) {
  const bool captured = p.payload.size() == p.payload_length;
  if (p.has_http && open_frame_ != 0 && open_frame_ != p.frame) open_frame_ = 0;  // it became HTTP after all
  if (starts_like_http(as_text(p.payload))) {
    if (open_frame_ != 0) {
      if (unfinished_.empty()) unfinished_line_ = open_line_;
      unfinished_.add(open_frame_);
    }
    start(p);
    read(p.payload, p);
  } else if (open_frame_ != 0 && is_next) {
    read(p.payload, p);
  } else if (!is_next) {
    forget();
  }
  if (p.has_http || !captured) forget();
  open_was_pushed_ = p.has(TcpFlags::psh);
}

void HttpText::start(const SeenPacket& p) {
  const std::string_view line = first_line(as_text(p.payload));
  open_frame_ = p.frame;
  open_has_version_ = line.starts_with("HTTP/") || line.find(" HTTP/") != line.npos;
  open_line_ = line.substr(0, longest_line);
  at_ = At::line;
}

void HttpText::read(Bytes octets, const SeenPacket& p) {
  for (const char c : as_text(octets)) {
    if (c == '\n') {
      if (at_ == At::line) {
        at_ = At::line_start;
        continue;
      }
      whole_.add(open_frame_);
      if (!open_has_version_ && !p.has_http) {
        if (without_version_.empty()) without_version_line_ = open_line_;
        without_version_.add(open_frame_);
      }
      open_frame_ = 0;
      return;
    }
    at_ = c == '\r' && at_ == At::line_start ? At::line_start_cr : At::line;
  }
}

Frames HttpText::unfinished(bool at_end) const {
  Frames all = unfinished_;
  // More may have been on its way where the sender did not push what it had.
  if (open_frame_ != 0 && at_end && open_was_pushed_) all.add(open_frame_);
  return all;
}

}  // namespace encap::advice

#include "statistics/advice/http_text.h"

#include <algorithm>
#include <charconv>

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

void HttpText::take(const SeenPacket& p, bool is_next, bool answers_head) {
  const bool captured = p.payload.size() == p.payload_length;
  if (p.has_http) {  // what was open became HTTP after all
    if (open_frame_ != p.frame) open_frame_ = 0;
    body_frame_ = 0;
  }
  if (starts_like_http(as_text(p.payload))) {
    if (open_frame_ != 0) {
      if (unfinished_.empty()) unfinished_line_ = open_line_;
      unfinished_.add(open_frame_);
    }
    if (is_next) end();
    start(p);
    read(p.payload, p, answers_head);
  } else if (open_frame_ != 0 && is_next) {
    read(p.payload, p, answers_head);
  } else if (body_frame_ != 0 && is_next) {
    body_seen_ += p.payload_length;
    if (body_seen_ >= body_length_) body_frame_ = 0;
  } else if (!is_next) {
    forget();
  }
  if (p.has_http || !captured) forget();
  open_was_pushed_ = p.has(TcpFlags::psh);
}

void HttpText::end() {
  if (body_frame_ == 0) return;
  if (short_bodies_.empty()) {
    promised_length_ = body_length_;
    short_length_ = body_seen_;
  }
  short_bodies_.add(body_frame_);
  body_frame_ = 0;
}

void HttpText::start(const SeenPacket& p) {
  const std::string_view line = first_line(as_text(p.payload));
  open_frame_ = p.frame;
  open_has_version_ = line.starts_with("HTTP/") || line.find(" HTTP/") != line.npos;
  open_line_ = line.substr(0, longest_line);
  at_ = At::line;
  line_.clear();
  is_request_ = !line.starts_with("HTTP/");
  status_ = 0;
  if (!is_request_) std::from_chars(line.data() + 9, line.data() + 12, status_);  // is_response() saw the digits
  asked_with_head_ = line.starts_with("HEAD ");
  has_content_length_ = has_transfer_coding_ = false;
  body_frame_ = 0;
}

// The header's line that ends here, so far as it says how long the body is. Source: RFC 9112 §6.
void HttpText::read_line() {
  constexpr std::string_view length = "content-length:";
  std::transform(line_.begin(), line_.end(), line_.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  if (line_.starts_with("transfer-encoding:")) has_transfer_coding_ = true;
  if (line_.starts_with(length)) {
    const std::size_t at = std::min(line_.find_first_not_of(" \t", length.size()), line_.size());
    has_content_length_ =
        std::from_chars(line_.data() + at, line_.data() + line_.size(), content_length_).ec == std::errc{};
  }
  line_.clear();
}

void HttpText::read(Bytes octets, const SeenPacket& p, bool answers_head) {
  std::size_t taken = 0;
  for (const char c : as_text(octets)) {
    ++taken;
    if (c != '\n') {
      if (line_.size() < longest_line) line_ += c;
      at_ = c == '\r' && at_ == At::line_start ? At::line_start_cr : At::line;
      continue;
    }
    if (at_ == At::line) {
      read_line();
      at_ = At::line_start;
      continue;
    }
    whole_.add(open_frame_);
    if (!open_has_version_ && !p.has_http) {
      if (without_version_.empty()) without_version_line_ = open_line_;
      without_version_.add(open_frame_);
    }
    const bool may_have_body = is_request_ || (status_ >= 200 && status_ != 204 && status_ != 304 && !answers_head);
    if (has_content_length_ && !has_transfer_coding_ && may_have_body && octets.size() - taken < content_length_) {
      body_frame_ = open_frame_;
      body_length_ = content_length_;
      body_seen_ = octets.size() - taken;
    }
    open_frame_ = 0;
    return;
  }
}

Frames HttpText::unfinished(bool at_end) const {
  Frames all = unfinished_;
  // More may have been on its way where the sender did not push what it had.
  if (open_frame_ != 0 && at_end && open_was_pushed_) all.add(open_frame_);
  return all;
}

}  // namespace encap::advice

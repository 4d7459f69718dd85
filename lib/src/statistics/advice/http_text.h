#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "statistics/advice/report.h"
#include "statistics/advice/seen_packet.h"

namespace encap::advice {

/// What one side of a TCP connection sends, read as HTTP/1 headers: where messages start, and whether their header
/// ends. Keeps no text but the start of a line.
class HttpText {
 public:
  /// A segment with payload that is new, in its order. `is_next`: it begins where the one before ended.
  /// `answers_head`: the other side's last request was HEAD, whose response has no body.
  void take(const SeenPacket& packet, bool is_next, bool answers_head);
  /// No more will come: a FIN.
  void end();
  /// Something of this side is missing: nothing can be said of the message at hand.
  void forget() noexcept { open_frame_ = body_frame_ = 0; }
  [[nodiscard]] bool asked_with_head() const noexcept { return asked_with_head_; }

  /// Frames where a message starts whose header never ends. `at_end`: no more will come.
  [[nodiscard]] Frames unfinished(bool at_end) const;
  /// Its start line, of the first such message.
  [[nodiscard]] std::string_view unfinished_line() const noexcept {
    return unfinished_.empty() ? open_line_ : unfinished_line_;
  }
  /// Frames of messages with a whole header.
  [[nodiscard]] const Frames& whole() const noexcept { return whole_; }
  /// Of these, requests whose start line has no version and that are not shown as HTTP.
  [[nodiscard]] const Frames& without_version() const noexcept { return without_version_; }
  /// Messages whose body is shorter than their Content-Length says, and the numbers of the first one.
  [[nodiscard]] const Frames& short_bodies() const noexcept { return short_bodies_; }
  [[nodiscard]] std::uint64_t promised_length() const noexcept { return promised_length_; }
  [[nodiscard]] std::uint64_t short_length() const noexcept { return short_length_; }
  [[nodiscard]] std::string_view without_version_line() const noexcept { return without_version_line_; }

 private:
  void start(const SeenPacket& packet);
  void read(Bytes octets, const SeenPacket& packet, bool answers_head);
  void read_line();

  enum class At : std::uint8_t { line, line_start, line_start_cr };
  Frames unfinished_;
  Frames whole_;
  Frames without_version_;
  std::string unfinished_line_;
  std::string without_version_line_;
  std::string open_line_;
  std::uint64_t open_frame_ = 0;  // of the message whose header is read; 0: none
  bool open_has_version_ = true;
  bool open_was_pushed_ = false;
  At at_ = At::line;
  // Of the header that is read.
  std::string line_;  // so far; no more than a field needs that is looked for
  bool is_request_ = true;
  unsigned status_ = 0;
  bool has_content_length_ = false;
  bool has_transfer_coding_ = false;
  std::uint64_t content_length_ = 0;
  bool asked_with_head_ = false;
  std::uint64_t body_frame_ = 0;  // of the message whose body is read; 0: none
  std::uint64_t body_length_ = 0;
  std::uint64_t body_seen_ = 0;
  Frames short_bodies_;
  std::uint64_t promised_length_ = 0;
  std::uint64_t short_length_ = 0;
};

/// Whether the octets begin as a request or response of HTTP/1 does: a method and a target, or a version and a code.
[[nodiscard]] bool starts_like_http(std::string_view text) noexcept;

}  // namespace encap::advice

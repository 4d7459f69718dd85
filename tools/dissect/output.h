#pragma once

#include <span>
#include <string>
#include <sys/uio.h>

/// Standard output, written in large blocks of whole packets.
class Output {
 public:
  /// `each_packet`: nothing is held back, as somebody is waiting for it.
  explicit Output(bool each_packet) noexcept : each_packet_{each_packet} {}

  [[nodiscard]] bool writes_each_packet() const noexcept { return each_packet_; }
  /// Where text is added.
  [[nodiscard]] std::string& text() noexcept { return text_; }
  /// Says that a whole packet was added. False: nobody takes it any more, errno says why.
  [[nodiscard]] bool packet_added() { return (text_.size() < block_size && !each_packet_) || write(); }
  /// Writes what is there.
  [[nodiscard]] bool write();
  /// The same, and then `pieces` of whole packets from where they are, which are used up.
  [[nodiscard]] bool write(std::span<iovec> pieces) { return write() && write_all(pieces); }

 private:
  [[nodiscard]] static bool write_all(std::span<iovec> pieces);

  static constexpr std::size_t block_size = std::size_t{128} * 1024;
  std::string text_;
  bool each_packet_;
};

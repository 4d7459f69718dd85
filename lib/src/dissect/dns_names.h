#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dissect/packet.h"

namespace encap::dns {

/// A domain name as it is shown: labels with dots between them, `<Root>`, or why there is none.
class Name {
 public:
  /// Printable: controls and octets that are not UTF-8 are escaped. Lifetime: this object.
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  /// Octets of the name with its dots, before anything was escaped; of what stands in its place where there is none.
  [[nodiscard]] std::uint32_t length() const noexcept { return length_; }
  [[nodiscard]] std::uint32_t label_count() const noexcept { return label_count_; }

 private:
  friend class NameReader;
  static constexpr std::size_t longest = 253;  // octets with dots. Source: RFC 1035 §2.3.4
  void finish();
  void set(std::string_view what) noexcept;

  std::array<char, longest * 4> text_;  // room for all of them escaped, as \ooo
  std::size_t size_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t label_count_ = 0;
};

/// Reads the domain names of one message. Source: RFC 1035 §4.1.4.
class NameReader {
 public:
  /// `message` starts with the header: what pointers count from. Lifetime: borrows both.
  NameReader(Packet& packet, const Octets& message) noexcept : packet_{packet}, message_{message} {}

  /// Reads the name at `offset`. Returns the octets it takes there, behind which its neighbour starts; 0 and a stopped
  /// packet where it cannot be read.
  std::uint32_t read(std::uint32_t offset, Name& name);

 private:
  // Labels walked through for one message: pointers make names cheap to send and dear to read.
  static constexpr std::uint32_t most_labels = 1u << 24;
  static constexpr std::uint32_t honest_labels = 1u << 12;  // from there on it pays to remember where names lead

  void remember_ends(std::uint32_t offset, std::uint32_t walked_to_last_pointer);

  Packet& packet_;
  const Octets& message_;
  std::uint32_t labels_ = 0;
  // For each octet of the message a label was seen to start at: one more than the octets from there to behind the last
  // pointer of the name, which ends; 0 where that is not known. Empty in a message without many labels.
  std::vector<std::uint32_t> known_ends_;
};

}  // namespace encap::dns

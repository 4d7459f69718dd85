#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/wire/checksum.h"

namespace encap {

/// One 16-bit word that a checksum covers.
struct ChecksumWord {
  enum class Part : std::uint8_t { pseudo_header, header, payload };
  Part part = Part::header;
  std::uint16_t value =
      0;  ///< as it is added: the checksum's own word counts as zero, an odd last octet has one behind it
  std::uint32_t sum = 0;  ///< of the words up to this one, carries not folded in
  std::string what;       ///< for people, such as "source port" or "message \"GE\""; not checked for controls
};

/// One time that carries are folded in: `carry + low`. Source: RFC 1071 §4.1.
struct ChecksumFold {
  std::uint32_t before = 0;  ///< more than 16 bits
  std::uint16_t carry = 0;   ///< its upper 16 bits
  std::uint16_t low = 0;     ///< its lower 16 bits
  std::uint32_t after = 0;
};

/// An Internet checksum worked out step by step, so that it can be followed by hand.
struct ChecksumSteps {
  std::vector<ChecksumWord> words;  ///< of the pseudo-header first
  std::vector<ChecksumFold> folds;  ///< none where the sum has 16 bits at once
  std::uint16_t sum = 0;            ///< with all carries folded in
  std::uint16_t complement = 0;
  std::uint16_t result = 0;     ///< what goes into the field: the complement; of UDP 0xffff in place of zero (RFC 768)
  std::uint16_t in_packet = 0;  ///< what the field holds
  bool is_absent = false;       ///< UDP's zero: the sender made none (RFC 768)
};

/// What octets of a header are called.
struct NamedOctets {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::string_view name;
};

/// Where the checksum is in what it covers. Offsets and lengths in octets.
struct ChecksumPlace {
  std::uint32_t field = 0;   ///< even
  std::uint32_t header = 0;  ///< length of the header; what is behind it is payload
};

/// Works out the checksum over `covered`. `pseudo_header`: null where there is none, as of IPv4. `names` are those of
/// the header's octets; where several lie in a word, all are named. Precondition: two octets are at `place.field`.
/// O(words × names). Source: RFC 1071, RFC 9293 §3.1, RFC 8200 §8.1.
[[nodiscard]] ChecksumSteps work_out_checksum(const PseudoHeader* pseudo_header, Bytes covered,
                                              const ChecksumPlace& place, std::span<const NamedOctets> names);

/// Words side by side that are shown one by one, or as a count and a sum.
struct WordRun {
  std::size_t first = 0;  ///< into `ChecksumSteps::words`
  std::size_t count = 0;
  bool in_full = true;
  std::uint32_t sum = 0;  ///< of these words alone
};

/// How the words are shown: those of the payload's middle in one run where there are many.
[[nodiscard]] std::vector<WordRun> shown_words(const ChecksumSteps& steps);

}  // namespace encap

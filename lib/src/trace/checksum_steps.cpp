#include "encap/trace/checksum_steps.h"

#include <cassert>
#include <fmt/format.h>

#include "encap/base/byte_order.h"

namespace encap {
namespace {

using Part = ChecksumWord::Part;

std::string name_of(Protocol protocol) { return protocol == Protocol::tcp ? "TCP" : "UDP"; }

class Sum {
 public:
  explicit Sum(std::vector<ChecksumWord>& words) : words_{words} {}

  void add(Part part, std::uint16_t value, std::string what) {
    sum_ += value;
    words_.push_back({part, value, sum_, std::move(what)});
  }
  void add_address(const IpAddress& address, std::string_view whose) {
    const Bytes octets = address.octets();
    for (std::size_t at = 0; at < octets.size(); at += 2) {
      add(Part::pseudo_header, load_be16(octets, at),
          fmt::format("{} address, word {} of {}", whose, at / 2 + 1, octets.size() / 2));
    }
  }
  void add(const PseudoHeader& pseudo) {
    add_address(pseudo.source, "source");
    add_address(pseudo.destination, "destination");
    const auto protocol = static_cast<std::uint8_t>(pseudo.protocol);
    const auto low = static_cast<std::uint16_t>(pseudo.length & 0xffff);
    if (pseudo.source.family() == IpAddress::Family::ipv4) {
      add(Part::pseudo_header, protocol, fmt::format("zero, protocol {} ({})", protocol, name_of(pseudo.protocol)));
      add(Part::pseudo_header, low, fmt::format("{} length: {}", name_of(pseudo.protocol), pseudo.length));
      return;
    }
    add(Part::pseudo_header, static_cast<std::uint16_t>(pseudo.length >> 16),
        fmt::format("{} length, upper half", name_of(pseudo.protocol)));
    add(Part::pseudo_header, low, fmt::format("{} length: {}", name_of(pseudo.protocol), pseudo.length));
    add(Part::pseudo_header, 0, "zero");
    add(Part::pseudo_header, protocol, fmt::format("zero, next header {} ({})", protocol, name_of(pseudo.protocol)));
  }
  [[nodiscard]] std::uint32_t value() const noexcept { return sum_; }

 private:
  std::vector<ChecksumWord>& words_;
  std::uint32_t sum_ = 0;
};

/// The names of the octets at `at` and behind it.
std::string header_word(std::span<const NamedOctets> names, std::size_t at) {
  std::string text;
  for (const NamedOctets& named : names) {
    if (named.offset > at + 1 || named.offset + named.length <= at) continue;
    std::string one{named.name};
    if (named.length > 2) one += fmt::format(", word {} of {}", (at - named.offset) / 2 + 1, (named.length + 1) / 2);
    // A field may be told twice, as a relative and as a raw number.
    if (text.find(one) == std::string::npos) text += (text.empty() ? "" : "; ") + one;
  }
  return text.empty() ? "header" : text;
}

}  // namespace

ChecksumSteps work_out_checksum(const PseudoHeader* pseudo_header, Bytes covered, const ChecksumPlace& place,
                                std::span<const NamedOctets> names) {
  assert(place.field % 2 == 0 && place.field + std::size_t{2} <= covered.size());
  ChecksumSteps steps;
  steps.words.reserve(covered.size() / 2 + 22);
  Sum sum{steps.words};
  if (pseudo_header != nullptr) sum.add(*pseudo_header);
  for (std::size_t at = 0; at < covered.size(); at += 2) {
    const bool is_padded = at + 1 == covered.size();
    const auto value = is_padded ? static_cast<std::uint16_t>(load_u8(covered, at) << 8) : load_be16(covered, at);
    if (at == place.field) {
      sum.add(Part::header, 0, "the checksum itself, counted as zero");
    } else if (at < place.header) {
      sum.add(Part::header, value, header_word(names, at));
    } else {
      std::string what = fmt::format("\"{}\"", as_text(covered.subspan(at, is_padded ? 1 : 2)));
      if (is_padded) what += " and a zero octet to fill the word";
      sum.add(Part::payload, value, std::move(what));
    }
  }
  std::uint32_t folded = sum.value();
  while (folded > 0xffff) {
    const ChecksumFold fold{folded, static_cast<std::uint16_t>(folded >> 16),
                            static_cast<std::uint16_t>(folded & 0xffff), (folded >> 16) + (folded & 0xffff)};
    steps.folds.push_back(fold);
    folded = fold.after;
  }
  const bool is_udp = pseudo_header != nullptr && pseudo_header->protocol == Protocol::udp;
  steps.sum = static_cast<std::uint16_t>(folded);
  steps.complement = static_cast<std::uint16_t>(~steps.sum);
  steps.result = is_udp && steps.complement == 0 ? std::uint16_t{0xffff} : steps.complement;
  steps.in_packet = load_be16(covered, place.field);
  steps.is_absent = is_udp && steps.in_packet == 0;
  return steps;
}

std::vector<WordRun> shown_words(const ChecksumSteps& steps) {
  constexpr std::size_t first_shown = 16;
  constexpr std::size_t last_shown = 8;
  constexpr std::size_t least_left_out = 16;
  std::size_t payload = 0;
  while (payload < steps.words.size() && steps.words[payload].part != Part::payload) ++payload;
  const std::size_t all = steps.words.size();
  if (all - payload < first_shown + last_shown + least_left_out) return {{.first = 0, .count = all}};
  const std::size_t from = payload + first_shown;
  const std::size_t to = all - last_shown;
  return {
      {.first = 0, .count = from},
      {.first = from, .count = to - from, .in_full = false, .sum = steps.words[to - 1].sum - steps.words[from - 1].sum},
      {.first = to, .count = all - to}};
}

}  // namespace encap

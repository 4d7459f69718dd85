#include "encap/flow/fault.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "flow/mix.h"

namespace encap {
namespace {

struct Word {
  std::string_view text;
  Fault fault;
};

constexpr std::array<Word, 10> words{{{"lost", Fault::lost},
                                      {"lost:before", Fault::lost_before},
                                      {"duplicate", Fault::duplicate},
                                      {"reorder", Fault::reorder},
                                      {"retransmit", Fault::retransmit},
                                      {"overlap", Fault::overlap},
                                      {"bad-checksum", Fault::bad_checksum},
                                      {"bad-ip-checksum", Fault::bad_ip_checksum},
                                      {"rst", Fault::rst},
                                      {"zero-window", Fault::zero_window}}};

constexpr std::string_view right_words =
    "write lost, lost:before, duplicate, reorder, retransmit, overlap, bad-checksum, bad-ip-checksum, rst, "
    "zero-window, fragment:N or delay:MS, several with +";
constexpr std::string_view right_impairment = "write shares of a hundred, as in loss=1%,reorder=0.5%,duplicate=0.1%";

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Whether a text is a word, in any case, underscores as hyphens.
bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char c, char wanted) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return (c == '_' ? '-' : c) == wanted;
  });
}

/// The number behind a word and a colon; none when it is not one. Numbers too large are the largest.
std::optional<std::uint32_t> number_behind(std::string_view text, std::string_view word) noexcept {
  if (text.size() <= word.size() || !is_word(text.substr(0, word.size()), word)) return std::nullopt;
  text.remove_prefix(word.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc::result_out_of_range ? UINT32_MAX : number;
}

auto wrong(std::string_view word, std::string_view reason) { return unexpected(WrongFault{word, std::string{reason}}); }

}  // namespace

std::string_view name(Fault fault) noexcept {
  const auto* const found = std::find_if(words.begin(), words.end(), [=](const Word& w) { return w.fault == fault; });
  return found == words.end() ? std::string_view{} : found->text;
}

void Faults::add(const Faults& part) noexcept {
  kinds = static_cast<std::uint16_t>(kinds | part.kinds);
  if (part.fragment != 0) fragment = part.fragment;
  delay_milliseconds = std::max(delay_milliseconds, part.delay_milliseconds);
}

Result<Faults, WrongFault> Faults::parse(std::string_view text) {
  Faults faults;
  if (trimmed(text).empty()) return faults;
  for (bool more = true; more;) {
    const std::size_t end = text.find('+');
    more = end != std::string_view::npos;
    const std::string_view word = trimmed(text.substr(0, end));
    if (more) text.remove_prefix(end + 1);
    const auto* const known =
        std::find_if(words.begin(), words.end(), [=](const Word& entry) { return is_word(word, entry.text); });
    if (known != words.end()) {
      faults.add(known->fault);
    } else if (const auto octets = number_behind(word, "fragment:")) {
      if (*octets < 8 || *octets > largest_fragment || *octets % 8 != 0)
        return wrong(word, "write a multiple of 8 from 8 to 65528, the octets of each fragment");
      faults.fragment = static_cast<std::uint16_t>(*octets);
    } else if (const auto delay = number_behind(word, "delay:")) {
      if (*delay == 0 || *delay > longest_delay) return wrong(word, "write milliseconds from 1 to 600000");
      faults.delay_milliseconds = *delay;
    } else {
      return wrong(word, right_words);
    }
  }
  return faults;
}

Faults Impairment::draw(std::uint64_t number) const noexcept {
  Mixer random{number};
  Faults faults;
  const auto drawn = [&random](std::uint64_t share) { return (random.next() >> 32) < share; };
  if (drawn(loss)) faults.add(Fault::lost);
  if (drawn(reorder)) faults.add(Fault::reorder);
  if (drawn(duplicate)) faults.add(Fault::duplicate);
  return faults;
}

Result<Impairment, WrongFault> Impairment::parse(std::string_view text) {
  struct Share {
    std::string_view name;
    std::uint64_t Impairment::*value;
  };
  static constexpr std::array<Share, 3> shares{
      {{"loss", &Impairment::loss}, {"reorder", &Impairment::reorder}, {"duplicate", &Impairment::duplicate}}};
  Impairment impairment;
  for (bool more = true; more;) {
    const std::size_t end = text.find(',');
    more = end != std::string_view::npos;
    const std::string_view part = trimmed(text.substr(0, end));
    if (more) text.remove_prefix(end + 1);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return wrong(part, right_impairment);
    const auto* const share = std::find_if(shares.begin(), shares.end(), [&](const Share& entry) {
      return is_word(trimmed(part.substr(0, equals)), entry.name);
    });
    std::string_view written = trimmed(part.substr(equals + 1));
    if (written.ends_with('%')) written.remove_suffix(1);
    double value = 0;
    const auto [last, error] = std::from_chars(written.data(), written.data() + written.size(), value);
    if (share == shares.end() || error != std::errc{} || last != written.data() + written.size() ||
        !(value >= 0 && value <= 100))
      return wrong(part, right_impairment);
    impairment.*(share->value) = static_cast<std::uint64_t>(std::llround(value / 100 * 4294967296.0));
  }
  return impairment;
}

}  // namespace encap

#include "statistics/advice/report.h"

#include <algorithm>
#include <fmt/format.h>

#include "render/text.h"

namespace encap::advice {
namespace {

constexpr std::size_t width = 100;
constexpr std::size_t shown_cases = 5;  // of a finding; programs get all that were kept

std::string_view severity_word(Severity severity) noexcept {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
    default:
      return "chat";
  }
}

// Words of `text`, `first` in front of the first line and as many blanks in front of the others.
void append_wrapped(std::string& out, std::string_view first, std::string_view text) {
  const std::string indent(first.size(), ' ');
  out += first;
  std::size_t column = first.size();
  bool line_is_empty = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (!line_is_empty && column + 1 + word.size() > width) {
      out += '\n';
      out += indent;
      column = indent.size();
      line_is_empty = true;
    }
    if (!line_is_empty) out += ' ';
    column += word.size() + (line_is_empty ? 0 : 1);
    append_shown(out, word);
    line_is_empty = false;
  }
  out += '\n';
}

}  // namespace

void Frames::add(const Frames& others) noexcept {
  for (std::size_t i = 0; i < others.count_ && i < most; ++i) {
    if (count_ + i < most) first_[count_ + i] = others.first_[i];
  }
  if (others.count_ != 0) last_ = others.last_;
  count_ += others.count_;
}

std::string Frames::list() const {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::uint64_t>(count_, most); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : " ", first_[i]);
  }
  if (count_ > most) text += fmt::format("{}{}", count_ > most + 1 ? " ... " : " ", last_);
  return text;
}

std::string Frames::text() const {
  if (count_ == 0) return {};
  std::string text = count_ == 1 ? "frame " : "frames ";
  for (const char c : list()) {
    if (c == ' ' && !text.ends_with('.')) text += text.ends_with("...") ? "" : ",";
    text += c;
  }
  if (const auto dots = text.find(", ..."); dots != text.npos) text.erase(dots, 1);
  if (count_ > most + 1) text += fmt::format(" ({} frames)", count_);
  return text;
}

void Report::add(Case found) {
  Found& all = of(*found.finding);
  if (all.cases.size() < most_cases) {
    all.cases.push_back(std::move(found));
  } else {
    ++all.left_out;
  }
}

void Report::add(const Report& others) {
  for (const Found& found : others.found_) {
    for (const Case& one : found.cases) add(one);
    add_uncounted(*found.finding, found.left_out);
  }
}

Report::Found& Report::of(const Finding& finding) {
  const auto at =
      std::find_if(found_.begin(), found_.end(), [&](const Found& found) { return found.finding == &finding; });
  if (at != found_.end()) return *at;
  return found_.emplace_back(Found{&finding, {}, 0});
}

// The most serious first; of those that are as serious the one whose proof comes first.
std::vector<const Report::Found*> Report::ordered() const {
  std::vector<const Found*> all;
  for (const Found& found : found_) all.push_back(&found);
  const auto first_frame = [](const Found* found) {
    std::uint64_t first = UINT64_MAX;
    for (const Case& one : found->cases) {
      if (!one.frames.empty()) first = std::min(first, one.frames.front());
    }
    return first;
  };
  std::stable_sort(all.begin(), all.end(), [&](const Found* a, const Found* b) {
    if (a->finding->severity != b->finding->severity) return a->finding->severity > b->finding->severity;
    return first_frame(a) < first_frame(b);
  });
  return all;
}

void Report::append_text(std::string& out, std::uint64_t packets) const {
  if (found_.empty()) {
    out += fmt::format("Advice: no findings in {}\n", count_text(packets, "packet"));
    return;
  }
  out += fmt::format("Advice: {} in {}\n", count_text(found_.size(), "finding"), count_text(packets, "packet"));
  for (const Found* found : ordered()) {
    const Finding& finding = *found->finding;
    out += '\n';
    append_wrapped(out, fmt::format("[{}] {}: ", severity_word(finding.severity), finding.name), finding.summary);
    append_wrapped(out, "  Why:   ", finding.cause);
    append_wrapped(out, "  Do:    ", finding.cure);
    for (std::size_t i = 0; i < std::min(found->cases.size(), shown_cases); ++i) {
      const Case& one = found->cases[i];
      std::string text = one.where;
      if (!text.empty()) text += ": ";
      text += one.proof;
      append_wrapped(out, "  Proof: ", text);
      if (!one.filter.empty()) append_wrapped(out, "         Show them with the filter  ", one.filter);
    }
    const std::uint64_t more = found->cases.size() - std::min(found->cases.size(), shown_cases) + found->left_out;
    if (more != 0) append_wrapped(out, "         ", fmt::format("and {} like it", count_text(more, "more case")));
  }
}

std::vector<std::string> Report::columns() {
  return {"finding", "severity", "summary", "where", "stream", "frame_count",
          "frames",  "proof",    "filter",  "cause", "cure",   "more_cases"};
}

void Report::each_row(const Statistic::RowVisitor& visit) const {
  for (const Found* found : ordered()) {
    const Finding& finding = *found->finding;
    for (const Case& one : found->cases) {
      const StatisticValue values[] = {std::string{finding.name},
                                       std::string{severity_word(finding.severity)},
                                       std::string{finding.summary},
                                       one.where,
                                       one.stream ? StatisticValue{std::uint64_t{*one.stream}} : StatisticValue{},
                                       one.frames.count(),
                                       one.frames.list(),
                                       one.proof,
                                       one.filter,
                                       std::string{finding.cause},
                                       std::string{finding.cure},
                                       found->left_out};
      visit(values);
    }
  }
}

std::string end_text(const Address& address, std::uint16_t port) {
  std::string text;
  append_text(text, address);
  if (address.kind == Address::Kind::ipv6) text = '[' + text + ']';
  return text + ':' + std::to_string(port);
}

std::string duration_text(Duration duration) {
  const double seconds = static_cast<double>(duration.count()) / 1e9;
  if (seconds >= 172'800) return fmt::format("{:.0f} days", seconds / 86'400);
  if (seconds >= 1000) return fmt::format("{:.0f} s", seconds);
  if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
  return fmt::format("{:.3g} us", seconds * 1e6);
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace encap::advice

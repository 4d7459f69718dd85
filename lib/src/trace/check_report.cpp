#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "encap/base/input_error.h"
#include "encap/trace/capture_check.h"
#include "trace/json_members.h"
#include "trace/report_words.h"

namespace encap {
namespace {

using Kind = CheckFinding::Kind;
using trace::counted;
using trace::flag;
using trace::Json;
using trace::key;
using trace::member;

constexpr std::size_t findings_in_full = 20;
constexpr std::size_t conversations_in_full = 10;
constexpr std::size_t longest_text = 4096;

struct KindName {
  std::string_view name;
  std::string_view counted;  // in the verdict
};
constexpr std::array<KindName, 13> kind_names{{{"missing", "missing"},
                                               {"cut", "cut"},
                                               {"differs", "different"},
                                               {"twice", "twice"},
                                               {"out-of-order", "out of order"},
                                               {"bad-checksum", "with a wrong checksum"},
                                               {"late", "late"},
                                               {"early", "early"},
                                               {"overlap", ""},
                                               {"other-endpoints", ""},
                                               {"offloaded-checksums", ""},
                                               {"other-data", ""},
                                               {"unfinished-fragments", ""}}};

std::string_view name_of(CheckedRow::State state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"missing", "cut", "differs", "found"};
  return names[static_cast<std::size_t>(state)];
}

/// `2 missing, 1 twice`
std::string counts_of(std::span<const CheckFinding> findings) {
  std::array<std::uint64_t, kind_names.size()> counts{};
  for (const CheckFinding& finding : findings) ++counts[static_cast<std::size_t>(finding.kind)];
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    const std::string_view word = kind_names[kind].counted.empty() ? kind_names[kind].name : kind_names[kind].counted;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[kind], word);
  }
  return text;
}

void append_findings(std::string& out, std::span<const CheckFinding> findings, std::string_view prefix) {
  for (const CheckFinding& finding : findings.first(std::min(findings.size(), findings_in_full)))
    out += fmt::format("{}{}\n", prefix, finding.text);
  if (findings.size() > findings_in_full) {
    out += fmt::format("{}and {} more: {}\n", prefix, findings.size() - findings_in_full,
                       counts_of(findings.subspan(findings_in_full)));
  }
}

struct Counted {
  std::string between;
  std::uint64_t packets;
};

void append_counts(std::string& out, std::span<const Counted> all) {
  const std::size_t shown = std::min(all.size(), conversations_in_full);
  for (const Counted& one : all.first(shown)) out += fmt::format("  {:>7}  {}\n", one.packets, one.between);
  if (shown == all.size()) return;
  std::uint64_t rest = 0;
  for (const Counted& one : all.subspan(shown)) rest += one.packets;
  out += fmt::format("  {:>7}  in {} more\n", rest, all.size() - shown);
}

void append_conversations(std::string& out, const CheckReport& report) {
  std::uint64_t ours = 0;
  std::uint64_t with_data = 0;
  std::uint64_t resets = 0;
  std::uint64_t icmp = 0;
  std::vector<Counted> lines;
  for (const CheckedConversation& talk : report.conversations) {
    ours += talk.packets + talk.icmp;
    with_data += talk.with_data;
    resets += talk.resets;
    icmp += talk.icmp;
    lines.push_back(
        {fmt::format("{} {}", trace::name_of(talk.transport), trace::ends_text(talk.route)), talk.packets + talk.icmp});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Counted& a, const Counted& b) { return a.packets > b.packets; });
  out += fmt::format("{} of {} in {} of the table: {} with data, {} without", ours, counted(report.packets, "packet"),
                     counted(report.conversations.size(), "conversation"), with_data, ours - with_data - icmp);
  if (resets != 0) out += fmt::format(", {} RST among them", resets);
  if (icmp != 0) out += fmt::format(", {} of ICMP about them", icmp);
  out += '\n';
  append_counts(out, lines);

  std::uint64_t others = report.others_uncounted;
  lines.clear();
  for (const OtherPackets& other : report.others) {
    others += other.packets;
    lines.push_back({printable(other.between, longest_text), other.packets});
  }
  if (others == 0) return;
  out += fmt::format("{} of others in {}\n", counted(others, "packet"), counted(report.others.size(), "conversation"));
  append_counts(out, lines);
  if (report.others_uncounted != 0)
    out += fmt::format("  {:>7}  in conversations beyond these\n", report.others_uncounted);
}

double seconds(Duration time) { return static_cast<double>(time.count()) / 1e9; }

void time(Json& json, std::string_view name, const std::optional<Duration>& duration) {
  key(json, name);
  if (duration) {
    const std::string text = fmt::format("{:.9f}", seconds(*duration));
    json.RawValue(text.data(), text.size(), rapidjson::kNumberType);
  } else {
    json.Null();
  }
}
void frames(Json& json, std::span<const std::uint64_t> numbers) {
  key(json, "frames");
  json.StartArray();
  for (const std::uint64_t number : numbers) json.Uint64(number);
  json.EndArray();
}

}  // namespace

std::string_view name_of(CheckFinding::Kind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)].name; }

bool CheckReport::passed() const noexcept {
  return !damage &&
         std::none_of(findings.begin(), findings.end(), [](const CheckFinding& finding) { return finding.is_error(); });
}

std::string CheckReport::verdict() const {
  std::string text = fmt::format("{} of {} found", found, counted(rows.size(), "row"));
  const auto warnings =
      std::find_if(findings.begin(), findings.end(), [](const CheckFinding& finding) { return !finding.is_error(); });
  const std::span errors{findings.begin(), warnings};
  if (!errors.empty()) return text + "; " + counts_of(errors);
  if (rows.empty()) return text;
  if (damage) return text + ", and the capture is damaged behind them";
  return text + (rounds == 1 ? ", each once, whole and in order" : ", whole and in order");
}

void append_text(std::string& out, const CheckReport& report) {
  const auto warnings = std::find_if(report.findings.begin(), report.findings.end(),
                                     [](const CheckFinding& finding) { return !finding.is_error(); });
  append_findings(out, {report.findings.begin(), warnings}, "");
  append_findings(out, {warnings, report.findings.end()}, "note: ");
  append_conversations(out, report);
  if (report.largest_deviation) {
    out += fmt::format("the times are {:.6f} s off at most, of row {}, counted from the first row found\n",
                       std::abs(seconds(*report.largest_deviation)), report.largest_deviation_row);
  }
  out += report.verdict() + '\n';
}

void append_json(std::string& out, const CheckReport& report) {
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.StartObject();
  flag(json, "passed", report.passed());
  member(json, "verdict", report.verdict());
  member(json, "rows_expected", report.rows.size());
  member(json, "rows_found", report.found);
  time(json, "largest_deviation", report.largest_deviation);
  key(json, "findings");
  json.StartArray();
  for (const CheckFinding& finding : report.findings) {
    json.StartObject();
    member(json, "kind", name_of(finding.kind));
    member(json, "severity", finding.is_error() ? "error" : "warning");
    key(json, "row");
    if (finding.row == 0) {
      json.Null();
    } else {
      json.Uint64(finding.row);
    }
    frames(json, finding.frames);
    member(json, "text", finding.text);
    json.EndObject();
  }
  json.EndArray();
  key(json, "rows");
  json.StartArray();
  for (const CheckedRow& row : report.rows) {
    json.StartObject();
    member(json, "row", row.number);
    member(json, "line", row.line);
    member(json, "msg_id", printable(row.id, longest_text));
    member(json, "state", name_of(row.state));
    flag(json, "as_in_table", row.as_in_table);
    member(json, "octets", row.octets);
    member(json, "source", to_string(row.route.source));
    member(json, "destination", to_string(row.route.destination));
    frames(json, row.frames);
    time(json, "deviation", row.deviation);
    json.EndObject();
  }
  json.EndArray();
  key(json, "conversations");
  json.StartArray();
  for (const CheckedConversation& talk : report.conversations) {
    json.StartObject();
    member(json, "transport", trace::name_of(talk.transport));
    member(json, "client", to_string(talk.route.source));
    member(json, "server", to_string(talk.route.destination));
    flag(json, "planned", talk.is_planned);
    member(json, "rows", talk.rows);
    member(json, "packets", talk.packets);
    member(json, "with_data", talk.with_data);
    member(json, "resets", talk.resets);
    member(json, "icmp", talk.icmp);
    json.EndObject();
  }
  json.EndArray();
  key(json, "others");
  json.StartArray();
  std::uint64_t more = report.others_uncounted;
  for (std::size_t i = 0; i < report.others.size(); ++i) {
    if (i >= conversations_in_full) {
      more += report.others[i].packets;
      continue;
    }
    json.StartObject();
    member(json, "between", printable(report.others[i].between, longest_text));
    member(json, "packets", report.others[i].packets);
    json.EndObject();
  }
  json.EndArray();
  member(json, "other_packets_beyond", more);
  member(json, "packets", report.packets);
  json.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

}  // namespace encap

#include "encap/statistics/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "render/text.h"
#include "statistics/kind.h"

namespace encap {
namespace {

/// The kind whose name `text` is or begins with, a comma behind it; the longest one.
const StatisticKind* find_kind(std::string_view text) noexcept {
  const StatisticKind* found = nullptr;
  for (const auto& kinds : statistic_kinds()) {
    for (const StatisticKind& kind : kinds) {
      const std::size_t size = kind.name.size();
      const bool fits = text.starts_with(kind.name) && (text.size() == size || text[size] == ',');
      if (fits && (found == nullptr || found->name.size() < kind.name.size())) found = &kind;
    }
  }
  return found;
}

/// Whether a filter names the frame or one of its fields, outside of what it quotes.
bool names_frame(std::string_view filter) noexcept {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  bool quoted = false;
  for (std::size_t at = 0; at < filter.size();) {
    if (filter[at] == '"') quoted = !quoted;
    if (quoted && filter[at] == '\\') ++at;
    if (quoted || !is_part(filter[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < filter.size() && is_part(filter[end])) ++end;
    const std::string_view word = filter.substr(at, end - at);
    if (word == "frame" || word.starts_with("frame.")) return true;
    at = end;
  }
  return false;
}

std::string utf8(const std::string& text) {
  std::string out;
  append_utf8(out, text);
  return out;
}

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void write(Json& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

struct JsonValue {
  Json& json;
  void operator()(std::monostate) const { json.Null(); }
  void operator()(std::uint64_t number) const { json.Uint64(number); }
  void operator()(std::int64_t number) const { json.Int64(number); }
  void operator()(double number) const {
    if (std::isfinite(number)) {
      json.Double(number);
    } else {
      json.Null();
    }
  }
  void operator()(const std::string& text) const { write(json, utf8(text)); }
};

/// Source: RFC 4180 §2.
struct CsvValue {
  std::string& out;
  void operator()(std::monostate) const {}
  void operator()(std::uint64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(double number) const {
    if (std::isfinite(number)) fmt::format_to(std::back_inserter(out), "{}", number);
  }
  void operator()(const std::string& text) const {
    if (text.find_first_of(",\"\r\n") == text.npos) {
      append_utf8(out, text);
      return;
    }
    out += '"';
    for (const char c : utf8(text)) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
};

}  // namespace

std::vector<StatisticName> all_statistics() {
  std::vector<StatisticName> all;
  for (const auto& kinds : statistic_kinds()) {
    for (const StatisticKind& kind : kinds) all.push_back({kind.name, kind.arguments, kind.help});
  }
  std::sort(all.begin(), all.end(), [](const StatisticName& a, const StatisticName& b) { return a.name < b.name; });
  return all;
}

Result<void, std::string> Statistics::add(std::string_view text) {
  const StatisticKind* const kind = find_kind(text);
  if (kind == nullptr) {
    std::string names;
    for (const StatisticName& known : all_statistics()) {
      names += names.empty() ? "" : " ";
      names += known.name;
    }
    return unexpected(fmt::format("there is no such statistic; write one of {}", names));
  }
  std::string_view rest = text.substr(kind->name.size());
  if (!rest.empty()) rest.remove_prefix(1);
  const FilterCompiler compile = [this](std::string_view filter) {
    frame_is_named_ = frame_is_named_ || names_frame(filter);
    return compile_(filter);
  };
  auto made = kind->make({rest, compile, options_});
  if (!made) return unexpected(std::move(made.error()));
  all_.push_back({std::string{text}, std::move(*made)});
  tell_of_frame();
  return {};
}

void Statistics::see_filter(std::string_view text) {
  frame_is_named_ = frame_is_named_ || names_frame(text);
  tell_of_frame();
}

void Statistics::tell_of_frame() {
  if (!frame_is_named_) return;
  for (const Asked& asked : all_) asked.statistic->frame_is_named();
}

Detail Statistics::detail() const noexcept {
  Detail detail = Detail::facts;
  for (const Asked& asked : all_) detail = std::max(detail, asked.statistic->detail());
  return detail;
}

FactsRead Statistics::reads() const noexcept {
  FactsRead read;
  for (const Asked& asked : all_) read |= asked.statistic->reads();
  return read;
}

void Statistics::ask(Dissection& dissection) const noexcept {
  dissection.wants_facts = true;
  const FactsRead read = reads();
  dissection.wants_ends = read.ends;
  dissection.wants_layers = read.layers || read.notes;  // notes are found in layers
  dissection.wants_notes = read.notes;
}

void Statistics::take(const Dissection& dissection) {
  for (const Asked& asked : all_) asked.statistic->take(dissection);
}

void Statistic::absorb(Statistic&) { assert(false); }

bool Statistics::may_share() const noexcept {
  return std::all_of(all_.begin(), all_.end(), [](const Asked& asked) { return asked.statistic->may_share(); });
}

Statistics Statistics::another() const {
  Statistics same{compile_, options_};
  for (const Asked& asked : all_) (void)same.add(asked.text);  // which went well before
  same.frame_is_named_ = frame_is_named_;
  same.tell_of_frame();
  return same;
}

void Statistics::absorb(Statistics& other) {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    all_[i].statistic->settle();
    other.all_[i].statistic->settle();
    all_[i].statistic->absorb(*other.all_[i].statistic);
  }
}

Result<void, IoError> Statistics::append(std::string& out, StatisticsFormat format, const RowAdded& row_added) const {
  for (const Asked& asked : all_) asked.statistic->settle();
  switch (format) {
    case StatisticsFormat::text:
      for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) asked->statistic->append_text(out, row_added);
      break;
    case StatisticsFormat::json:
      append_json(out, row_added);
      break;
    case StatisticsFormat::csv:
      append_csv(out, row_added);
      break;
  }
  for (const Asked& asked : all_) {
    if (auto failure = asked.statistic->failure()) return unexpected(std::move(*failure));
  }
  return {};
}

void Statistics::append_json(std::string& out, const RowAdded& row_added) const {
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.StartArray();
  for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) {
    json.StartObject();
    write(json, "statistic");
    write(json, utf8(asked->text));
    write(json, "rows");
    json.StartArray();
    const std::vector<std::string> columns = asked->statistic->columns();
    asked->statistic->each_row([&](std::span<const StatisticValue> row) {
      json.StartObject();
      for (std::size_t i = 0; i < row.size(); ++i) {
        write(json, columns[i]);
        std::visit(JsonValue{json}, row[i]);
      }
      json.EndObject();
      out.append(buffer.GetString(), buffer.GetSize());
      buffer.Clear();
      if (row_added) row_added();
    });
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

void Statistics::append_csv(std::string& out, const RowAdded& row_added) const {
  for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) {
    if (asked != all_.rbegin()) out += '\n';
    out += fmt::format("{}\n", fmt::join(asked->statistic->columns(), ","));
    asked->statistic->each_row([&](std::span<const StatisticValue> row) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) out += ',';
        std::visit(CsvValue{out}, row[i]);
      }
      out += '\n';
      if (row_added) row_added();
    });
  }
}

}  // namespace encap

#include "encap/statistics/statistics.h"

#include <algorithm>
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

Result<void, IoError> for_each_row(const StatisticTable& table, const StatisticTable::TakeRow& take) {
  for (const StatisticTable::Row& row : table.rows) {
    if (auto taken = take(row); !taken) return taken;
  }
  return table.more ? table.more(take) : Result<void, IoError>{};
}

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
  auto made = kind->make({rest, compile_, tree_is_shown_});
  if (!made) return unexpected(std::move(made.error()));
  all_.push_back({std::string{text}, std::move(*made)});
  return {};
}

Detail Statistics::detail() const noexcept {
  Detail detail = Detail::facts;
  for (const Asked& asked : all_) detail = std::max(detail, asked.statistic->detail());
  return detail;
}

void Statistics::take(const Dissection& dissection) {
  for (const Asked& asked : all_) asked.statistic->take(dissection);
}

Result<void, IoError> Statistics::append_text(std::string& out, const TextSink& sink) const {
  for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) {
    if (auto written = asked->statistic->write_text(out, sink); !written) return written;
  }
  return {};
}

Result<void, IoError> Statistics::append_json(std::string& out, const TextSink& sink) const {
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  const auto pass_on = [&]() -> Result<void, IoError> {
    out.append(buffer.GetString(), buffer.GetSize());
    buffer.Clear();
    return sink ? sink(out) : Result<void, IoError>{};
  };
  json.StartArray();
  for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) {
    const StatisticTable table = asked->statistic->table();
    json.StartObject();
    write(json, "statistic");
    write(json, utf8(asked->text));
    write(json, "rows");
    json.StartArray();
    const auto write_row = [&](const StatisticTable::Row& row) {
      json.StartObject();
      for (std::size_t i = 0; i < row.size(); ++i) {
        write(json, table.columns[i]);
        std::visit(JsonValue{json}, row[i]);
      }
      json.EndObject();
      return pass_on();
    };
    if (auto written = for_each_row(table, write_row); !written) return written;
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  buffer.Put('\n');
  return pass_on();
}

Result<void, IoError> Statistics::append_csv(std::string& out, const TextSink& sink) const {
  bool first = true;
  for (auto asked = all_.rbegin(); asked != all_.rend(); ++asked) {
    const StatisticTable table = asked->statistic->table();
    if (!first) out += '\n';
    first = false;
    out += fmt::format("{}\n", fmt::join(table.columns, ","));
    const auto write_row = [&](const StatisticTable::Row& row) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) out += ',';
        std::visit(CsvValue{out}, row[i]);
      }
      out += '\n';
      return sink ? sink(out) : Result<void, IoError>{};
    };
    if (auto written = for_each_row(table, write_row); !written) return written;
  }
  return {};
}

}  // namespace encap

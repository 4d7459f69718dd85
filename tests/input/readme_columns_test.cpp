// The table of columns in the README is what the reader goes by.
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "../../lib/src/input/table_columns.h"

namespace encap {
namespace {

using ColumnTable = std::map<std::string, std::set<std::string>>;  // aliases by name

std::string read_file(const std::string& path) {
  std::ifstream file{std::string{ENCAP_SOURCE_DIR} + "/" + path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator at{text.begin(), text.end(), pattern}, end; at != end; ++at) found.push_back((*at)[1]);
  return found;
}

/// Rows such as: | `message` | `payload`, `data` | yes | the application bytes |
ColumnTable columns_of_readme() {
  ColumnTable columns;
  std::istringstream lines{read_file("README.md")};
  const std::regex row{R"(\| `([a-z_]+)` \|([^|]*)\|[^|]*\|[^|]*\|)"};
  std::smatch cells;
  for (std::string line; std::getline(lines, line);) {
    if (!columns.empty() && !line.starts_with('|')) break;  // other tables follow
    if (!std::regex_match(line, cells, row)) continue;
    const auto aliases = all_matches(cells[2].str(), std::regex{"`([^`]+)`"});
    columns[cells[1].str()] = {aliases.begin(), aliases.end()};
  }
  return columns;
}

/// Entries such as: {TableColumn::message, "message", {"payload", "data"}}
ColumnTable columns_of_source() {
  ColumnTable columns;
  const std::string text = read_file("lib/src/input/table_columns.cpp");
  const std::regex entry{R"re(\{TableColumn::\w+,\s*"([^"]+)",\s*\{([^}]*)\}\})re"};
  for (std::sregex_iterator at{text.begin(), text.end(), entry}, end; at != end; ++at) {
    const auto aliases = all_matches((*at)[2].str(), std::regex{"\"([^\"]+)\""});
    columns[(*at)[1].str()] = {aliases.begin(), aliases.end()};
  }
  return columns;
}

TEST(ReadmeColumns, are_those_of_the_reader) {
  const ColumnTable readme = columns_of_readme();
  ASSERT_EQ(readme.size(), column_count);
  for (std::size_t i = 0; i < column_count; ++i) {
    EXPECT_TRUE(readme.contains(std::string{name(static_cast<TableColumn>(i))})) << name(static_cast<TableColumn>(i));
  }
}

TEST(ReadmeColumns, list_every_alias) { EXPECT_EQ(columns_of_readme(), columns_of_source()); }

TEST(ReadmeColumns, are_understood_by_every_name_listed) {
  for (const auto& [column, aliases] : columns_of_readme()) {
    std::set<std::string> spellings = aliases;
    spellings.insert(column);
    for (const std::string& spelling : spellings) {
      TableNotes notes;
      const auto matched = match_columns({spelling}, TableKind::messages, notes);
      ASSERT_EQ(matched.size(), 1u);
      EXPECT_EQ(name(matched[0]), column) << spelling;
      EXPECT_TRUE(notes.guessed_columns.empty()) << spelling << " is only guessed";
    }
  }
}

}  // namespace
}  // namespace encap

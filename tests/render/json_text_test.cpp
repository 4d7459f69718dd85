#include "render/json_text.h"

#include <gtest/gtest.h>

namespace encap::test {
namespace {

using namespace std::string_view_literals;

std::string string_of(std::string_view text) {
  std::string out;
  TextWriter writer{out};
  JsonText json{JsonText::Layout::compact};
  json.write_to(writer);
  json.string(text);
  return writer.text();
}

TEST(JsonText, strings_are_escaped_as_in_rfc_8259_and_are_utf8) {
  EXPECT_EQ(string_of("plain 1/2 </"), R"("plain 1/2 <\/")");
  EXPECT_EQ(string_of("<b>/</b>"), R"("<b>/<\/b>")");
  EXPECT_EQ(string_of("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(string_of("\x01\x1f\x7f\0"sv), "\"\\u0001\\u001F\x7f\\u0000\"");
  EXPECT_EQ(string_of("\xd7\xa9\xf0\x9f\x98\x80"), "\"\xd7\xa9\xf0\x9f\x98\x80\"");
  EXPECT_EQ(string_of("a\xff\xc0\xaf"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  EXPECT_EQ(string_of(""), "\"\"");
}

void write_all_kinds(JsonText& json) {
  json.begin_array();
  json.begin_object();
  json.key("a", "_b");
  json.number(18446744073709551615u);
  json.key("empty");
  json.begin_array();
  json.end_array();
  json.key("more");
  json.begin_array();
  json.literal("null");
  json.plain_string([](TextWriter& out) { out.add("x"); });
  json.begin_object();
  json.end_object();
  json.end_array();
  json.end_object();
  json.string("last");
  json.end_array();
}

TEST(JsonText, is_written_without_blanks) {
  std::string out;
  TextWriter writer{out};
  JsonText json{JsonText::Layout::compact};
  json.write_to(writer);
  write_all_kinds(json);
  EXPECT_EQ(writer.text(), R"([{"a_b":18446744073709551615,"empty":[],"more":[null,"x",{}]},"last"])");
}

TEST(JsonText, is_indented_by_two_for_each_level) {
  std::string out;
  TextWriter writer{out};
  JsonText json{JsonText::Layout::pretty};
  json.write_to(writer);
  write_all_kinds(json);
  EXPECT_EQ(writer.text(), R"([
  {
    "a_b": 18446744073709551615,
    "empty": [],
    "more": [
      null,
      "x",
      {}
    ]
  },
  "last"
])");
}

TEST(JsonText, goes_on_in_another_text_and_however_deep) {
  std::string first;
  std::string second;
  TextWriter to_first{first};
  TextWriter to_second{second};
  JsonText json{JsonText::Layout::pretty};
  json.write_to(to_first);
  constexpr int deep = 60;
  for (int i = 0; i < deep; ++i) json.begin_array();
  json.write_to(to_second);
  json.number(1);
  EXPECT_TRUE(to_first.text().ends_with('\n' + std::string(2 * (deep - 1), ' ') + '['));
  EXPECT_EQ(to_second.text(), '\n' + std::string(2 * deep, ' ') + '1');
}

}  // namespace
}  // namespace encap::test

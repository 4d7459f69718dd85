#include "encap/trace/explanation_render.h"

#include <rapidjson/document.h>
#include <regex>
#include <sstream>

#include "explained.h"

namespace encap::test {
namespace {

std::string text_of(const Explanation& explanation, bool colour = false) {
  std::string text;
  append_explanation_text(text, explanation, colour);
  return text;
}
std::string json_of(const Explanation& explanation) {
  std::string text;
  append_explanation_json(text, explanation);
  return text;
}
std::string html_of(const Explanation& explanation) {
  std::string text;
  append_explanation_html(text, explanation);
  return text;
}

std::uint32_t hexadecimal(const std::string& text) { return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)); }

/// Follows the printed sums by hand, with a pencil as it were. Returns the checksums they end in.
std::vector<std::uint32_t> follow_sums(const std::string& text) {
  static const std::regex word{R"(^    ([0-9a-f]{4})   0x([0-9a-f]{8})  (pseudo-header|header|message): .*)"};
  static const std::regex run{R"(^    \.\.\.    0x([0-9a-f]{8})  message: \d+ words more, 0x([0-9a-f]+) together)"};
  static const std::regex fold{
      R"(^    carries folded in: 0x([0-9a-f]+): 0x([0-9a-f]{4}) \+ 0x([0-9a-f]{4}) = 0x([0-9a-f]{4,5}))"};
  static const std::regex complement{R"(^    complement: 0xffff - 0x([0-9a-f]{4}) = 0x([0-9a-f]{4}).*)"};
  static const std::regex verdict{R"(^    The packet has 0x([0-9a-f]{4}): that is what comes out\.)"};
  std::vector<std::uint32_t> ends;
  std::uint32_t sum = 0;
  bool is_in_sum = false;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (line == "    word   sum so far  what it is") {
      sum = 0;
      is_in_sum = true;
    } else if (is_in_sum && std::regex_match(line, found, word)) {
      sum += hexadecimal(found[1]);
      EXPECT_EQ(hexadecimal(found[2]), sum) << line;
    } else if (is_in_sum && std::regex_match(line, found, run)) {
      sum += hexadecimal(found[2]);
      EXPECT_EQ(hexadecimal(found[1]), sum) << line;
    } else if (std::regex_match(line, found, fold)) {
      EXPECT_EQ(hexadecimal(found[1]), sum) << line;
      EXPECT_EQ(hexadecimal(found[2]), sum >> 16) << line;
      EXPECT_EQ(hexadecimal(found[3]), sum & 0xffff) << line;
      sum = (sum >> 16) + (sum & 0xffff);
      EXPECT_EQ(hexadecimal(found[4]), sum) << line;
    } else if (std::regex_match(line, found, complement)) {
      EXPECT_EQ(hexadecimal(found[1]), sum) << line;
      sum = 0xffff - sum;
      EXPECT_EQ(hexadecimal(found[2]), sum) << line;
    } else if (std::regex_match(line, found, verdict)) {
      EXPECT_EQ(hexadecimal(found[1]), sum) << line;
      ends.push_back(sum);
      is_in_sum = false;
    } else {
      EXPECT_FALSE(is_in_sum) << "no step: " << line;
    }
  }
  EXPECT_FALSE(is_in_sum);
  return ends;
}

TEST(ExplanationText, has_sums_of_the_golden_packet_that_can_be_followed_by_hand) {
  const std::string text = text_of(explain(golden_table, "17", golden_options()));
  EXPECT_EQ(follow_sums(text), (std::vector<std::uint32_t>{0xb54e, 0x7cbb}));
  EXPECT_NE(text.find("18 B message -> 38 B segment -> 58 B packet -> 62 B frame"), std::string::npos);
}

TEST(ExplanationText, has_sums_that_can_be_followed_over_ipv6_udp_and_long_messages) {
  const std::string table = "id,transport,src_ip,dst_ip,message\n1,TCP,2001:db8::1,2001:db8::2," +
                            std::string(5001, 'x') + "\n2,UDP,2001:db8::1,2001:db8::2,odd\n3,UDP,10.0.0.1,10.0.0.2," +
                            std::string(3000, 'y') + "\n";
  EXPECT_EQ(follow_sums(text_of(explain(table, "1-3"))).size(), 3u + 1u + 1u + 3u);
}

TEST(ExplanationText, tells_layers_apart_by_brackets_or_colours) {
  const Explanation explanation = explain(golden_table, "17", golden_options());
  const std::string plain = text_of(explanation);
  EXPECT_NE(plain.find("    0000 [02 00 00 00|45 00 00 3a"), std::string::npos);
  EXPECT_NE(plain.find("2e 31]        /blog HTTP/1.1"), std::string::npos);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  const std::string coloured = text_of(explanation, true);
  EXPECT_NE(coloured.find(" \x1b[35m02\x1b[0m"), std::string::npos);
  EXPECT_EQ(coloured.find('['), coloured.find("\x1b[") + 1) << "no brackets of ours";
}

constexpr std::string_view hostile =
    "id,src_app,dst_app,message\n"
    "\"</title><script>alert(1)</script>\",\"<img src=x onerror=alert(1)>\",\"a\"\"b'&\x1b[31m\","
    "\"</bdi></pre><script>alert(2)</script>\x1b]0;title\x07\xc1\"\n";

TEST(ExplanationText, never_lets_the_table_write_to_the_terminal) {
  const std::string text = text_of(explain(hostile, "</title><script>alert(1)</script>"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(text.find('\xc1'), std::string::npos);
}

TEST(ExplanationHtml, escapes_hostile_text) {
  const std::string page = html_of(explain(hostile, "</title><script>alert(1)</script>"));
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_EQ(page.find('\xc1'), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(2)"), std::string::npos);
  std::size_t scripts = 0;
  for (std::size_t at = page.find("<script"); at != std::string::npos; at = page.find("<script", at + 1)) ++scripts;
  EXPECT_EQ(scripts, 1u) << "ours";
}

TEST(ExplanationHtml, brings_everything_with_it) {
  const std::string page = html_of(explain(golden_table, "17", golden_options()));
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(page.find("<title>How message 17 is wrapped"), std::string::npos);
  for (const std::string_view fetched : {"http://", "https://", "src=", "@import", "url("})
    EXPECT_EQ(page.find(fetched), std::string::npos) << fetched;
  EXPECT_NE(page.find("prefers-color-scheme: dark"), std::string::npos);
}

TEST(ExplanationJson, is_one_document_with_steps_and_octets) {
  rapidjson::Document json;
  json.Parse(json_of(explain(golden_table, "17", golden_options())).c_str());
  ASSERT_FALSE(json.HasParseError());
  EXPECT_EQ(json["version"].GetInt(), 1);
  const auto& message = json["messages"][0];
  EXPECT_STREQ(message["rows"][0]["msg_id"].GetString(), "17");
  EXPECT_STREQ(message["bytes"].GetString(), "474554202f626c6f6720485454502f312e31");
  const auto& segment = message["segments"][0];
  EXPECT_EQ(segment["header"]["checksum"]["result"].GetUint(), 0xb54eu);
  EXPECT_EQ(segment["header"]["checksum"]["words"].Size(), 25u);
  EXPECT_STREQ(segment["header"]["fields"][0]["name"].GetString(), "tcp.srcport");
  EXPECT_STREQ(segment["header"]["fields"][0]["bytes"].GetString(), "13d2");
  EXPECT_EQ(segment["packets"][0]["frame"].GetUint(), 1u);
  EXPECT_EQ(segment["packets"][0]["regions"].Size(), 4u);
}

TEST(ExplanationJson, is_utf8_whatever_the_table_says) {
  rapidjson::Document json;
  const std::string text = json_of(explain(hostile, "</title><script>alert(1)</script>"));
  json.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
  EXPECT_FALSE(json.HasParseError());
}

}  // namespace
}  // namespace encap::test

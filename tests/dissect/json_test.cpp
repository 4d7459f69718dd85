#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "dissect/http_packets.h"

namespace encap::test {
namespace {

std::string response_with(std::string_view body) { return http_response("application/json", body); }

// What is shown from the JSON layer on, of a packet of which `original` octets were on the wire.
std::string json_of(std::string_view packet, std::size_t original) {
  const std::string text = tree_of(packet, original);
  const std::size_t layer = text.find("JavaScript Object Notation");
  return layer == text.npos ? std::string{} : text.substr(layer);
}
std::string json_of(std::string_view body) {
  const std::string packet = response_with(body);
  return json_of(packet, packet.size());
}

struct Case {
  std::string_view name;
  std::string_view body;
  std::string_view lines;  // that must be there, in one piece
};

constexpr Case cases[] = {
    {"member", R"({"a":1})",
     "JavaScript Object Notation: application/json\n    Object\n        Member: a\n"
     "            [Path with value: /a:1]\n            [Member with value: a:1]\n            Number value: 1\n"
     "            Key: a\n            [Path: /a]\n"},
    {"nested", R"({"a":{"b":[true]}})",
     "        Member: a\n            Object\n                Member: b\n                    Array\n"
     "                        [Path with value: /a/b/[]:true]\n                        [Member with value: []:true]\n"
     "                        True value\n                    Key: b\n                    [Path: /a/b]\n"
     "            Key: a\n            [Path: /a]\n"},
    {"words", "[false,null,NaN]",
     "        False value\n        [Path with value: /[]:null]\n        [Member with value: []:null]\n"
     "        Null value\n        [Path with value: /[]:NaN]\n        [Member with value: []:NaN]\n        NaN "
     "value\n"},
    {"escapes", R"(["q\"b\\s\/x"])", "        String value: q\"b\\s/x\n"},
    {"unicode", R"(["\u00e9\u20acx"])", "        String value: \xc3\xa9\xe2\x82\xacx\n"},
    {"surrogate_pair", R"(["\ud83d\ude00x"])", "        String value: \xf0\x9f\x98\x80x\n"},
    {"low_surrogate_alone", R"(["\ude00x"])", "        String value: \xef\xbf\xbdx\n"},
    {"high_surrogate_alone", R"(["\ud83dxy"])", "        String value: \xef\xbf\xbdy\n"},
    {"exponent", "[-1.5e+10]", "        Number value: -1.5e+10\n"},
    {"blanks_in_a_number", "[- 1 . 5]", "        Number value: - 1 . 5\n"},
    {"two_texts", R"({} [1])", "    Object\n    Array\n"},
    {"rest_as_text", "{} junk", "    Object\nLine-based text data: application/json (1 lines)\n    junk"},
    {"no_value", "[1,]", "JavaScript Object Notation: application/json\nLine-based text data: application/json"},
    {"leading_zero", "[01]", "JavaScript Object Notation: application/json\nLine-based text data: application/json"},
    {"bad_escape", R"(["\x"])", "JavaScript Object Notation: application/json\nLine-based text data: application/json"},
    {"short_escape", R"(["\u12"])",
     "JavaScript Object Notation: application/json\nLine-based text data: application/json"},
};

TEST(Json, shows_what_tshark_shows) {
  for (const Case& each : cases) {
    const std::string tree = json_of(each.body);
    EXPECT_NE(tree.find(each.lines), std::string::npos) << each.name << "\n" << tree;
  }
}

TEST(Json, every_truncation_is_survived) {
  for (const Case& each : cases) {
    const std::string packet = response_with(each.body);
    for (std::size_t length = 0; length < packet.size(); ++length) {
      static_cast<void>(json_of(std::string_view{packet}.substr(0, length), packet.size()));
    }
    for (std::size_t length = 1; length < each.body.size(); ++length) {
      EXPECT_FALSE(json_of(each.body.substr(0, length)).empty()) << each.name << " " << length;
    }
  }
}

// Wireshark gives up at 25 arrays, one of them empty, or 20 objects.
TEST(Json, nests_as_deep_as_wireshark) {
  const auto nested = [](std::string_view open, std::string_view inner, std::string_view close, int depth) {
    std::string body;
    for (int i = 0; i < depth; ++i) body += open;
    body += inner;
    for (int i = 0; i < depth; ++i) body += close;
    return json_of(body);
  };
  const auto is_value = [](const std::string& tree) { return tree.find("Line-based") == tree.npos; };
  EXPECT_TRUE(is_value(nested("[", "", "]", 25)));
  EXPECT_FALSE(is_value(nested("[", "", "]", 26)));
  EXPECT_TRUE(is_value(nested("{\"a\":", "true", "}", 19)));
  EXPECT_FALSE(is_value(nested("{\"a\":", "true", "}", 20)));
  EXPECT_FALSE(is_value(nested("[", "", "]", 10'000)));
}

TEST(Json, long_bodies_end) {
  for (const std::string_view piece : {"[", "{\"a\":", "\"\\u", "[1,", "{\"\":{", "\xe2\\"}) {
    std::string body{"["};
    while (body.size() < 60'000) body += piece;
    EXPECT_FALSE(json_of(body).empty()) << piece;
  }
  std::string names = "{\"" + std::string(30'000, 'n') + "\":{\"" + std::string(30'000, 'm') + "\":[";
  for (int i = 0; i < 1000; ++i) names += "1,";
  EXPECT_FALSE(json_of(names + "1]}}").empty());
}

}  // namespace
}  // namespace encap::test

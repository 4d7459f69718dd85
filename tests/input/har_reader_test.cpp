#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"
#include "tables.h"

namespace encap::test {
namespace {

constexpr std::string_view timings = R"("timings":{"blocked":-1,"dns":1,"connect":2,"send":0.5,"wait":10,"receive":3})";

/// An entry with a request and a response, each in JSON, and what else there is.
std::string entry(std::string_view request, std::string_view response,
                  std::string_view more = R"("startedDateTime":"2026-01-20T21:10:00.000Z")") {
  std::string text = "{";
  text.append(more).append(",").append(timings);
  text.append(",\"request\":{").append(request).append("},\"response\":{").append(response).append("}}");
  return text;
}

std::string har(const std::string& entries) {
  return R"({"log":{"version":"1.2","browser":{"name":"Firefox","version":"1"},"entries":[)" + entries + "]}}";
}

TableRead read(const std::string& entries) { return read_messages(MessageFormat::har, har(entries)); }

constexpr std::string_view get = R"("method":"GET","url":"http://shop.example/a?b=c#d","httpVersion":"HTTP/1.1")";
constexpr std::string_view ok = R"("status":200,"statusText":"OK","httpVersion":"HTTP/1.1")";

TEST(HarReader, gives_the_request_and_the_response_of_an_entry) {
  const TableRead file = read(
      entry(std::string{get} + R"(,"headers":[{"name":"Accept","value":"*/*"}])",
            std::string{ok} + R"(,"headers":[{"name":"Content-Type","value":"text/plain"}],)"
                              R"("content":{"size":5,"text":"hello"})",
            R"("startedDateTime":"2026-01-20T23:10:00.250+02:00","serverIPAddress":"192.0.2.10","connection":"7")"));
  ASSERT_EQ(file.errors, std::vector<std::string>{});
  ASSERT_EQ(file.messages.size(), 2u);
  const OwnedMessage& request = file.messages[0];
  EXPECT_EQ(request.payload, "GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(request.source, "Firefox||49152");
  EXPECT_EQ(request.destination, "shop.example|192.0.2.10|80");
  EXPECT_EQ(request.protocol, "HTTP");
  EXPECT_EQ(request.id, "1 request");
  constexpr std::int64_t ms = 1'000'000;
  const std::int64_t started = 1768943400'250 * ms;
  EXPECT_EQ(request.timestamp->nanoseconds, started + 3 * ms) << "behind the name and the connection";
  const OwnedMessage& response = file.messages[1];
  EXPECT_EQ(response.payload, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(response.source, request.destination);
  EXPECT_EQ(response.destination, request.source);
  EXPECT_EQ(response.timestamp->nanoseconds, started + 13 * ms + ms / 2);
  EXPECT_EQ(file.rows, 2u);
}

TEST(HarReader, says_which_side_serves) {
  auto source = open_message_source(MessageFormat::har, "in", memory_source(as_bytes(R"({"log":{"entries":[]}})")));
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(*(*source)->next(), nullptr);
  const std::string text = har(entry(get, ok));
  source = open_message_source(MessageFormat::har, "in", memory_source(as_bytes(text)));
  EXPECT_EQ((**(*source)->next()).source_serves, false);
  EXPECT_EQ((**(*source)->next()).source_serves, true);
}

struct Written {
  const char* name;
  std::string request;
  std::string response;
  std::string sent;
  std::string answered;
};

class HarMessages : public ::testing::TestWithParam<Written> {};

TEST_P(HarMessages, are_written_as_http_1_1) {
  const Written& written = GetParam();
  const TableRead file = read(entry(written.request, written.response));
  ASSERT_EQ(file.errors, std::vector<std::string>{});
  EXPECT_EQ(file.messages[0].payload, written.sent);
  ASSERT_EQ(file.messages.size(), written.answered.empty() ? 1u : 2u);
  EXPECT_EQ(file.messages.back().payload, written.answered.empty() ? written.sent : written.answered);
}

const std::string get_sent = "GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const std::string ok_sent = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Of, HarMessages,
    ::testing::Values(
        Written{"codings_left_out", std::string{get},
                std::string{ok} + R"(,"headers":[{"name":"Content-Encoding","value":"gzip"},)"
                                  R"({"name":"transfer-encoding","value":"chunked"},)"
                                  R"({"name":"Content-Length","value":"3"}],"content":{"size":9,"text":"plain"})",
                get_sent, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain"},
        Written{"base64", std::string{get},
                std::string{ok} + R"(,"content":{"size":4,"text":"AP8NCg==","encoding":"base64"})", get_sent,
                std::string{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\0\xff\r\n", 42}},
        Written{"http_2",
                R"("method":"POST","url":"https://api.example/","httpVersion":"h2",)"
                R"("headers":[{"name":":method","value":"POST"},{"name":":authority","value":"api.example:8443"},)"
                R"({"name":"x-a","value":"b"}],"postData":{"mimeType":"text/plain","text":"tea"})",
                R"("status":200,"statusText":"","httpVersion":"h2","headers":[{"name":":status","value":"200"}])",
                "POST / HTTP/1.1\r\nHost: api.example:8443\r\nx-a: b\r\nContent-Length: 3\r\n\r\ntea",
                "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"},
        Written{"form",
                R"("method":"PUT","url":"http://a.example","httpVersion":"HTTP/1.0","headers":[)"
                R"({"name":"host","value":"b.example"}],"postData":{"mimeType":"application/x-www-form-urlencoded",)"
                R"("params":[{"name":"q","value":"a b&c"},{"name":"\u00fc","value":""}]})",
                std::string{ok},
                "PUT / HTTP/1.0\r\nhost: b.example\r\nContent-Length: 17\r\n\r\nq=a+b%26c&%C3%BC=", ok_sent},
        Written{"nothing_came_back", std::string{get}, R"("status":0)", get_sent, ""},
        Written{"not_modified", std::string{get},
                R"("status":304,"statusText":"Not Modified","headers":[{"name":"Content-Length","value":"9"}])",
                get_sent, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
        Written{"head", R"("method":"HEAD","url":"http://a.example/")",
                std::string{ok} + R"(,"headers":[{"name":"Content-Length","value":"900"}])",
                "HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"},
        Written{"several_values_in_one", std::string{get},
                std::string{ok} + R"(,"headers":[{"name":"Set-Cookie","value":"a=1\nb=2"}])", get_sent,
                "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"},
        Written{"line_breaks_where_none_belong",
                R"("method":"GET","url":"http://a.example/x\r\ny z","headers":[{"name":"A","value":"b\r\nC: d"}])",
                R"("status":200,"statusText":"O\r\nK")",
                "GET /x%0D%0Ay%20z HTTP/1.1\r\nHost: a.example\r\nA: b\r\nA: C: d\r\n\r\n",
                "HTTP/1.1 200 O  K\r\nContent-Length: 0\r\n\r\n"},
        Written{"ipv6_and_port", R"("method":"GET","url":"https://user:secret@[2001:db8::1]:8443?q")", R"("status":0)",
                "GET /?q HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n", ""}),
    CaseName{});

TEST(HarReader, counts_what_is_not_as_the_browser_had_it) {
  const TableRead file = read(
      entry(R"("method":"GET","url":"https://a.example/","httpVersion":"HTTP/2")",
            R"("status":200,"httpVersion":"HTTP/2","headers":[{"name":"content-encoding","value":"br"}],)"
            R"("content":{"size":5,"text":"hello"})") +
      "," + entry(get, std::string{ok} + R"(,"content":{"size":7})") + "," + entry(get, R"("status":0)") + "," +
      entry(R"("method":"GET","url":"data:text/plain,x")", ok) + "," +
      entry(get, ok, R"("startedDateTime":"2026-01-20T22:10:00Z","_webSocketMessages":[{"data":"a"},{"data":"b"}])"));
  EXPECT_EQ(file.errors, std::vector<std::string>{});
  EXPECT_EQ(file.messages.size(), 7u);
  EXPECT_EQ(file.notes.https_messages, 2u);
  EXPECT_EQ(file.notes.later_http_versions, 2u);
  EXPECT_EQ(file.notes.decoded_bodies, 1u);
  EXPECT_EQ(file.notes.missing_bodies, 1u);
  EXPECT_EQ(file.notes.unanswered_requests, 1u);
  EXPECT_EQ(file.notes.entries_off_network, 1u);
  EXPECT_EQ(file.notes.web_socket_messages, 2u);
}

TEST(HarReader, keeps_to_the_connection_unless_it_is_busy) {
  const auto at = [](const char* time, const char* connection) {
    return R"("startedDateTime":"2026-01-20T21:10:)" + std::string{time} + R"(Z","connection":")" + connection + '"';
  };
  // Each is under way for 16.5 ms.
  const TableRead file = read(entry(get, ok, at("00.000", "a")) + "," + entry(get, ok, at("00.010", "a")) + "," +
                              entry(get, ok, at("00.015", "a")) + "," + entry(get, ok, at("00.016", "b")) + "," +
                              entry(get, ok, at("00.100", "a")));
  ASSERT_EQ(file.messages.size(), 10u);
  std::vector<std::string> ports;
  for (std::size_t i = 0; i < 10; i += 2) ports.push_back(file.messages[i].source.substr(9));
  EXPECT_EQ(ports, (std::vector<std::string>{"49152", "49153", "49152", "49154", "49152"}));
  EXPECT_EQ(file.notes.own_connections, 1u);
  EXPECT_EQ(file.messages[4].timestamp->nanoseconds % 1'000'000'000, 18'000'000);
}

TEST(HarReader, knows_a_host_by_its_address_from_then_on) {
  const std::string at = R"("startedDateTime":"2026-01-20T21:10:00Z")";
  const TableRead file = read(entry(get, ok, at + R"(,"serverIPAddress":"[2001:db8::5]")") + "," + entry(get, ok, at));
  ASSERT_EQ(file.messages.size(), 4u);
  EXPECT_EQ(file.messages[0].destination, "shop.example|2001:db8::5|80");
  EXPECT_EQ(file.messages[2].destination, "shop.example|2001:db8::5|80");
}

struct Mistake {
  const char* name;
  std::string text;
  const char* error;
};

class HarMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(HarMistakes, say_where_they_are) {
  const TableRead file = read_messages(MessageFormat::har, GetParam().text);
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0], GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HarMistakes,
    ::testing::Values(
        Mistake{"nothing", "", "in: the file is empty; a HAR file is JSON, log.entries in it"},
        Mistake{"other_json", R"({"log":{"entries":{}}})",
                "in: this JSON has no array log.entries, which a HAR file keeps requests in"},
        Mistake{"no_json", "{\n \"log\": {nonsense", "in:2:10: this is no JSON: Missing a name for object member"},
        Mistake{"cut_within_an_entry", har(entry(get, ok)).substr(0, 100),
                "in:1:101: entry 1: the file ends here, within its JSON: is it whole?"},
        Mistake{"no_comma", R"({"log":{"entries":[{"request":{"method":"GET","url":"data:x"}} {}]}})",
                "in:1:64: entry 1: write a comma or ] behind an entry"},
        Mistake{"too_deep", R"({"log":{"entries":[)" + std::string(100, '['),
                "in:1:83: entry 1: objects are nested more than 60 deep here; no browser writes that"},
        Mistake{
            "relative_url", "{\"log\":{\"entries\":[\n  " + entry(R"("method":"GET","url":"/index.html")", ok) + "]}}",
            "in:2:3: entry 1: request.url: \"/index.html\": write a whole URL, as in http://example.org/index.html"},
        Mistake{"no_host", har(entry(R"("method":"GET","url":"http:///x")", ok)),
                "in:1:79: entry 1: request.url: \"http:///x\": write a host behind //, as in http://example.org:8080/"},
        Mistake{"no_method", har(entry(R"("method":"G T","url":"http://a/")", ok)),
                "in:1:79: entry 1: request.method: \"G T\": write a method of HTTP, as in GET"},
        Mistake{"field_name", har(entry(get, std::string{ok} + R"(,"headers":[{"name":"a b","value":"c"}])")),
                "in:1:79: entry 1: response.headers: \"a b\": write the name of a field: letters, digits and hyphens "
                "(RFC 9110)"},
        Mistake{"no_base64", har(entry(get, std::string{ok} + R"(,"content":{"text":"a_b=","encoding":"base64"})")),
                "in:1:79: entry 1: response.content.text: \"a_b=\": the encoding says base64, and this is not: write "
                "groups of four of its digits (RFC 4648)"},
        Mistake{"no_time", har(entry(get, ok, R"("startedDateTime":"12:30")")),
                "in:1:79: entry 1: startedDateTime: \"12:30\": write an ISO 8601 time, as in 2026-01-20T21:10:00.125Z"},
        Mistake{"a_table", "message,src_app\nhello,me\n",
                "in: this is a message table, not a HAR file: --from csv reads it"},
        Mistake{"a_dialogue", "# talk\n> hello\n", "in: this is a dialogue, not a HAR file: --from dialogue reads it"},
        Mistake{"a_capture", std::string{"\x0a\x0d\x0d\x0a\0\0", 6}, "in: this is a pcapng capture, not a HAR file"}),
    CaseName{});

TEST(HarReader, goes_on_behind_an_entry_that_cannot_be_used) {
  const TableRead file = read(entry(get, R"("status":700)") + "," + entry(get, ok));
  EXPECT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.messages.size(), 2u);
  EXPECT_EQ(file.messages.at(0).id, "2 request");
  EXPECT_EQ(file.rows, 3u);
}

TEST(HarReader, passes_over_a_body_that_is_too_long) {
  for (const std::string unit : {"x", R"(\u00fc)", R"(\ud83d\ude00)", R"(\")", "\xc3\xbc"}) {
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += unit;
    std::string body;
    while (body.size() < (std::size_t{18} << 20)) body += many;
    const TableRead file =
        read(entry(get, std::string{ok} + R"(,"content":{"text":")" + body + R"("})") + "," + entry(get, ok) + "," +
             entry(get, ok, R"("startedDateTime":"2026-01-20T22:10:00Z","_unused":")" + body + '"'));
    ASSERT_EQ(file.errors.size(), 1u) << unit;
    EXPECT_EQ(file.errors[0],
              "in:1:79: entry 1: a text of more than 16 MiB, or 32 MiB of text: too long for a message; take its body "
              "out");
    EXPECT_EQ(file.messages.size(), 4u) << unit;
  }
}

TEST(HarReader, writes_no_head_without_end) {
  std::string values;
  for (int i = 0; i < 100'000; ++i) values += "\\n";
  const TableRead file = read(entry(get, std::string{ok} + R"(,"headers":[{"name":")" + std::string(100'000, 'a') +
                                             R"(","value":")" + values + R"("}])"));
  EXPECT_EQ(file.errors, std::vector<std::string>{"in:1:79: entry 1: response.headers: \"" + std::string(40, 'a') +
                                                  "\": with this field the head is longer than 16 MiB"});
}

TEST(HarReaderProperty, reads_the_same_from_pieces) {
  check_property(30, [](Random& random) {
    std::string entries;
    for (std::uint64_t left = random.below(40); left != 0; --left) {
      std::string body(random.below(30'000), static_cast<char>('a' + random.below(26)));
      entries +=
          (entries.empty() ? "" : ",\n") +
          entry(get, random.one_in(8) ? R"("status":1)" : std::string{ok} + R"(,"content":{"text":")" + body + "\"}");
    }
    const std::string text = har(entries);
    const TableRead whole = read_messages(MessageFormat::har, text);
    const TableRead pieces = read_messages(
        MessageFormat::har, std::make_unique<PieceSource>(as_bytes(text), random.below(1000), 1 + random.below(5000)));
    EXPECT_EQ(pieces.messages, whole.messages);
    EXPECT_EQ(pieces.errors, whole.errors);
  });
}

}  // namespace
}  // namespace encap::test

#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"
#include "tables.h"

namespace encap::test {
namespace {

TableRead read(std::string_view text) { return read_messages(MessageFormat::dialogue, text); }

using Texts = std::vector<std::string>;

struct Dialogue {
  const char* name;
  const char* text;
  Texts payloads;
};

class Dialogues : public ::testing::TestWithParam<Dialogue> {};

TEST_P(Dialogues, become_messages) {
  const TableRead file = read(GetParam().text);
  EXPECT_EQ(file.errors, Texts{});
  EXPECT_EQ(file.payloads(), GetParam().payloads);
  EXPECT_EQ(file.rows, GetParam().payloads.size());
}

INSTANTIATE_TEST_SUITE_P(
    Of, Dialogues,
    ::testing::Values(
        Dialogue{"one_line_each", "> hello\n< hi\n> bye\n", {"hello", "hi", "bye"}},
        Dialogue{"several_lines", "> a\n> b\n< c\r\n< d", {"a\nb", "c\nd"}},
        Dialogue{"blank_line_between", "> a\n\n> b\n \n\n> c\n", {"a", "b", "c"}},
        Dialogue{"comments_within", "# x\n> a\n#y\n> b\n", {"a\nb"}},
        Dialogue{"empty_lines", "> a\n>\n> b\n< \n> c\n>\n", {"a\n\nb", "\n", "c\n\n"}},
        Dialogue{"blanks_of_the_line_are_kept", ">  a \n", {" a "}},
        Dialogue{"byte_order_mark", "\xef\xbb\xbf> a\n", {"a"}},
        Dialogue{"http_with_prefixed_body",
                 "> GET / HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 200 OK\n<\n< hello\n< you\n",
                 {"GET / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 200 OK\n\nhello\nyou"}},
        Dialogue{"http_with_raw_body",
                 "< HTTP/1.1 200 OK\n<\n<html>\n# x\n\n* y\n</html>\n\n> GET / HTTP/1.1\n>\n",
                 {"HTTP/1.1 200 OK\n\n<html>\n# x\n\n* y\n</html>\n", "GET / HTTP/1.1\n\n"}},
        Dialogue{"length_counts_line_breaks",
                 "< HTTP/1.1 200 OK\n< Content-Length: 4\n<\nab\n\n\n> next\n< HTTP/1.1 200 OK\n< content-length: "
                 "2\n<\nab\n",
                 {"HTTP/1.1 200 OK\nContent-Length: 4\n\nab\n\n", "next", "HTTP/1.1 200 OK\ncontent-length: 2\n\nab"}},
        Dialogue{"continue_and_final_response",
                 "< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 200 OK\n<\n",
                 {"HTTP/1.1 100 Continue\n\n", "HTTP/1.1 200 OK\n\n"}},
        Dialogue{"pipelined_requests",
                 "> GET /a HTTP/1.1\n>\n> GET /b HTTP/1.1\n>\n",
                 {"GET /a HTTP/1.1\n\n", "GET /b HTTP/1.1\n\n"}},
        Dialogue{"http_2", "> GET / HTTP/2\n>\n< HTTP/2 200 \n<\n", {"GET / HTTP/1.1\n\n", "HTTP/1.1 200 \n\n"}},
        Dialogue{"curl",
                 "  % Total    % Received\n                                 Dload  Upload   Total\n"
                 "\r  0     0    0 --:--:-- --:--:--     0*   Trying 192.0.2.1:80...\n"
                 "> GET / HTTP/1.1\r\n> \r\n* HTTP 1.0, assume close after body\n< HTTP/1.1 200 OK\r\n"
                 "< Transfer-Encoding: chunked\r\n* a word within the head\n< \r\n{ [5 bytes data]\nhello"
                 "* Connection #0 to host a left intact\n",
                 {"GET / HTTP/1.1\n\n", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nhello"}},
        Dialogue{"curl_prints_the_head_again",
                 "> HEAD / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n< Content-Length: 5\n<\n"
                 "* Closing connection 0\nHTTP/1.1 200 OK\nContent-Length: 5\n\n",
                 {"HEAD / HTTP/1.1\n\n", "HTTP/1.1 200 OK\nContent-Length: 5\n\n"}},
        Dialogue{"curl_speaks_behind_the_body",
                 "< HTTP/1.1 200 OK\n< Content-Length: 5\n<\nhello* Hostname a was found\n* Found bundle\n> x\n",
                 {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "x"}}),
    CaseName{});

TEST(DialogueReader, says_who_speaks_what_to_whom) {
  const TableRead file = read(
      "> a\n@ client alice 10.0.0.1:4000\n@ server bob [2001:db8::1]:99\n< b\n@ protocol SMTP\n@ client 10.0.0.9\n"
      "> c\n@ server localhost\n< HTTP/1.1 200 OK\n");
  ASSERT_EQ(file.errors, Texts{});
  ASSERT_EQ(file.messages.size(), 4u);
  EXPECT_EQ(file.messages[0].source, "client||");
  EXPECT_EQ(file.messages[0].destination, "server||");
  EXPECT_EQ(file.messages[0].protocol, "TCP");
  EXPECT_EQ(file.messages[1].source, "bob|2001:db8::1|99");
  EXPECT_EQ(file.messages[1].destination, "alice|10.0.0.1|4000");
  EXPECT_EQ(file.messages[2].source, "alice|10.0.0.9|");
  EXPECT_EQ(file.messages[2].protocol, "SMTP");
  EXPECT_EQ(file.messages[3].source, "localhost|127.0.0.1|");
  EXPECT_EQ(file.messages[3].line, 9u);
}

TEST(DialogueReader, knows_that_the_server_serves_though_it_speaks_first) {
  auto source = open_message_source(MessageFormat::dialogue, "in", memory_source(as_bytes("< hi\n> hello\n")));
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((**(*source)->next()).source_serves, true);
  EXPECT_EQ((**(*source)->next()).source_serves, false);
}

TEST(DialogueReader, takes_http_for_http) {
  const TableRead file = read("> GET / HTTP/1.1\n>\n< HTTP/1.1 101 Switching\n<\n> raw\n@ server other\n> raw\n");
  ASSERT_EQ(file.messages.size(), 4u);
  EXPECT_EQ(file.messages[0].protocol, "HTTP");
  EXPECT_EQ(file.messages[2].protocol, "HTTP") << "the conversation goes on";
  EXPECT_EQ(file.messages[3].protocol, "TCP");
}

TEST(DialogueReader, gives_each_connection_of_curl_a_port) {
  const TableRead file = read(
      "* Connected to a.example (192.0.2.1) port 8080 (#0)\n> GET / HTTP/1.1\n>\n"
      "* Established connection to b.example (2001:db8::2 port 443) from ::1 port 5\n> GET / HTTP/1.1\n>\n"
      "* Connected to nowhere\n> x\n");
  ASSERT_EQ(file.messages.size(), 3u);
  EXPECT_EQ(file.messages[0].source, "curl||49152");
  EXPECT_EQ(file.messages[0].destination, "a.example|192.0.2.1|8080");
  EXPECT_EQ(file.messages[1].source, "curl||49153");
  EXPECT_EQ(file.messages[1].destination, "b.example|2001:db8::2|80");
  EXPECT_EQ(file.notes.https_messages, 2u);
}

TEST(DialogueReader, gives_the_next_message_its_time) {
  const TableRead file = read("@ time 1.5\n> a\n< b\n@ time 2\n< c\n");
  ASSERT_EQ(file.messages.size(), 3u);
  EXPECT_EQ(file.messages[0].timestamp->nanoseconds, year_2000.nanoseconds + 1'500'000'000);
  EXPECT_FALSE(file.messages[1].timestamp.has_value());
  EXPECT_EQ(file.messages[2].timestamp->nanoseconds, year_2000.nanoseconds + 2'000'000'000);
}

struct Mistake {
  const char* name;
  const char* text;
  const char* error;
};

class DialogueMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(DialogueMistakes, say_what_would_be_right) {
  const TableRead file = read(GetParam().text);
  ASSERT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.errors[0], GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Of, DialogueMistakes,
    ::testing::Values(
        Mistake{"nothing", "",
                "in: the file is empty; a dialogue has lines such as > GET / HTTP/1.1 and < HTTP/1.1 200 OK"},
        Mistake{
            "no_side", "> a\nb\n",
            "in:2: \"b\": write > or < and a blank before what a side says, # before a comment: only the body of an "
            "HTTP response, behind an empty < line, stands without"},
        Mistake{"no_blank", "> a\n>b\n", "in:2: \">b\": write a blank behind the > of a side"},
        Mistake{"directive", "@ clients a\n",
                "in:1: \"clients a\": write @ client NAME ADDRESS:PORT, @ server NAME ADDRESS:PORT, @ protocol NAME or "
                "@ time SECONDS"},
        Mistake{"address", "@ server bob 10.0.0.300\n",
                "in:1: \"10.0.0.300\": write an address behind the name, as in 10.0.0.1, 10.0.0.1:4000 or "
                "[2001:db8::1]:80"},
        Mistake{"time", "@ time soon\n", "in:1: \"soon\": write seconds, as in 0.125"},
        Mistake{"time_of_another_kind", "@ time 1\n> a\n@ time 2026-01-20T21:10:00Z\n",
                "in:3: \"2026-01-20T21:10:00Z\": the times before are of another kind: write seconds, as in 0.125"},
        Mistake{"a_table", "message,src_app\nhello,me\n",
                "in: this is a message table, not a dialogue: --from csv reads it"},
        Mistake{"a_har_file", R"({"log": {"entries": []}})",
                "in: this is a HAR file, not a dialogue: --from har reads it"}),
    CaseName{});

TEST(DialogueReader, goes_on_behind_a_mistake) {
  const TableRead file = read("> a\nb\n> c\n< d\n");
  EXPECT_EQ(file.errors.size(), 1u);
  EXPECT_EQ(file.payloads(), (Texts{"a\nc", "d"}));
  EXPECT_EQ(file.rows, 3u);
}

TEST(DialogueReader, refuses_a_message_that_is_too_long) {
  std::string lines;
  while (lines.size() < (std::size_t{17} << 20)) lines.append("> ").append(1000, 'x').append("\n");
  std::string line(std::size_t{17} << 20, 'y');
  const TableRead file = read(lines + "< " + line + "\n> z\n");
  EXPECT_EQ(file.errors,
            (Texts{"in:1: the message is longer than 16 MiB; a blank line ends one and begins the next",
                   "in:17774: the message is longer than 16 MiB; a blank line ends one and begins the next"}));
  EXPECT_EQ(file.payloads(), Texts{"z"});
}

TEST(DialogueReaderProperty, reads_the_same_from_pieces) {
  check_property(60, [](Random& random) {
    static constexpr std::array<std::string_view, 12> lines{"> a",
                                                            "< b",
                                                            ">",
                                                            "<",
                                                            "",
                                                            "< HTTP/1.1 200 OK",
                                                            "> GET / HTTP/1.1",
                                                            "# c",
                                                            "@ time 1",
                                                            "raw",
                                                            "* Connection #0 x",
                                                            "< Content-Length: 3"};
    std::string text = "> start\n";
    for (std::uint64_t left = random.below(400); left != 0; --left) {
      text.append(lines[random.below(lines.size())]).append(random.one_in(4) ? "\r\n" : "\n");
      if (random.one_in(100)) text.append(300'000, '#').append("\n");
    }
    const TableRead whole = read(text);
    const TableRead pieces =
        read_messages(MessageFormat::dialogue,
                      std::make_unique<PieceSource>(as_bytes(text), random.below(1000), 1 + random.below(5000)));
    EXPECT_EQ(pieces.messages, whole.messages);
    EXPECT_EQ(pieces.errors, whole.errors);
  });
}

}  // namespace
}  // namespace encap::test

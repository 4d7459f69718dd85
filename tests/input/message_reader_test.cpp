#include "encap/input/message_reader.h"

#include <array>
#include <gtest/gtest.h>

#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "tables.h"

namespace encap::test {
namespace {

using namespace std::string_view_literals;
using Texts = std::vector<std::string>;

TEST(MessageReader, reads_each_column) {
  const TableRead read = read_table(
      "msg_id,app_protocol,src_app,dst_app,src_ip,dst_ip,src_port,dst_port,transport,timestamp,fault,message\n"
      "m7,HTTP,browser,server,10.0.0.1,2001:db8::1,49152,80,TCP,1700000000.000000123,Lost + delay:7,"
      "\"GET /, please\"\n");
  Faults faults{.delay_milliseconds = 7};
  faults.add(Fault::lost);
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_EQ(read.messages[0], (OwnedMessage{.line = 2,
                                            .id = "m7",
                                            .protocol = "HTTP",
                                            .source = "browser|10.0.0.1|49152",
                                            .destination = "server|2001:db8::1|80",
                                            .transport = Transport::tcp,
                                            .timestamp = Timestamp{1'700'000'000'000'000'123},
                                            .payload = "GET /, please",
                                            .faults = faults}));
  EXPECT_EQ(read.rows, 1u);
}

TEST(MessageReader, gives_what_a_table_lacks_its_default) {
  const TableRead read = read_table("message\nhello\nworld\n");
  ASSERT_EQ(read.messages.size(), 2u);
  EXPECT_EQ(read.messages[1], (OwnedMessage{.line = 3,
                                            .id = "2",
                                            .protocol = "",
                                            .source = "||",
                                            .destination = "||",
                                            .transport = {},
                                            .timestamp = {},
                                            .payload = "world"}));
}

/// What one row says in the columns it fills: each column a header may name shows in another place.
std::string shape_of(const OwnedMessage& message) {
  return message.id + ' ' + (message.protocol.empty() ? "-" : message.protocol) + ' ' + message.source + ' ' +
         message.destination + ' ' +
         (!message.transport                     ? "-"
          : *message.transport == Transport::tcp ? "tcp"
                                                 : "udp") +
         ' ' + (message.timestamp ? std::to_string((*message.timestamp - year_2000).count()) : "-") + ' ' +
         message.payload;
}

struct ColumnCase {
  const char* name;
  const char* header;
  const char* row;
  const char* shape;
  Texts ignored{};
  std::vector<std::pair<std::string, std::string>> guessed{};
};

class MessageColumns : public ::testing::TestWithParam<ColumnCase> {};

TEST_P(MessageColumns, are_found) {
  const TableRead read = read_table(std::string{GetParam().header} + "\n" + GetParam().row + "\n");
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_EQ(shape_of(read.messages[0]), GetParam().shape);
  EXPECT_EQ(read.notes.ignored_columns, GetParam().ignored);
  EXPECT_EQ(read.notes.guessed_columns, GetParam().guessed);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MessageColumns,
    ::testing::Values(
        ColumnCase{"any_order", "timestamp,message,dst_port,src_app", "0.5,m,80,a", "1 - a|| ||80 - 500000000 m"},
        ColumnCase{"any_case", "TimeStamp,MESSAGE,Dst_Port,SRC_app", "0.5,m,80,a", "1 - a|| ||80 - 500000000 m"},
        ColumnCase{"blanks_and_hyphens_for_underscores", " Src App ,dst-port,message", "a,80,m", "1 - a|| ||80 - - m"},
        ColumnCase{"unit_behind_the_name", "Time (s),message", "0.5,m", "1 - || || - 500000000 m"},
        ColumnCase{"quoted_names", "\"src_app\", \"message\"", "a,m", "1 - a|| || - - m"},
        ColumnCase{"unknown_ones", "note,message,flags", "x,m,PA", "1 - || || - - m", {"note", "flags"}},
        ColumnCase{"without_a_name", "message,,", "m,x,y", "1 - || || - - m"},
        ColumnCase{"twice", "message,message", "m,n", "1 - || || - - m", {"message"}},
        ColumnCase{"name_and_alias", "payload,message", "p,m", "1 - || || - - m", {"payload"}},
        ColumnCase{
            "two_aliases_in_order_of_preference", "message_id,id,message", "x,y,m", "y - || || - - m", {"message_id"}},
        ColumnCase{"letters_too_many",
                   "timestamppp,message",
                   "0.5,m",
                   "1 - || || - 500000000 m",
                   {},
                   {{"timestamppp", "timestamp"}}},
        ColumnCase{"letter_missing", "mesage", "m", "1 - || || - - m", {}, {{"mesage", "message"}}},
        ColumnCase{"letters_swapped", "src_prot,message", "80,m", "1 - ||80 || - - m", {}, {{"src_prot", "src_port"}}},
        ColumnCase{"nearly_right_for_one_that_is_there",
                   "timestamp,timestampp,message",
                   "0.5,7,m",
                   "1 - || || - 500000000 m",
                   {"timestampp"}},
        ColumnCase{"nearest_is_there_and_another_is_near",
                   "src_app,src_aipp,message",
                   "a,10.0.0.1,m",
                   "1 - a|| || - - m",
                   {"src_aipp"}},
        ColumnCase{"as_near_to_two", "sat_port,message", "80,m", "1 - || || - - m", {"sat_port"}},
        ColumnCase{"between_two_and_nearer_to_one",
                   "drt_port,message",
                   "80,m",
                   "1 - || ||80 - - m",
                   {},
                   {{"drt_port", "dst_port"}}},
        ColumnCase{"short_names_are_not_guessed", "tim,message", "0.5,m", "1 - || || - - m", {"tim"}},
        ColumnCase{"far_from_all", "window_size,message", "1,m", "1 - || || - - m", {"window_size"}}),
    CaseName{});

struct AliasCase {
  const char* name;
  const char* alias;
  const char* cell;
  const char* shape;
};

class MessageAlias : public ::testing::TestWithParam<AliasCase> {};

TEST_P(MessageAlias, names_its_column) {
  // A message column is needed beside all others.
  const bool itself = std::string_view{GetParam().shape}.ends_with(" hello");
  const TableRead read = read_table(itself ? std::string{GetParam().alias} + "\nhello\n"
                                           : std::string{GetParam().alias} + ",message\n" + GetParam().cell + ",m\n");
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_EQ(shape_of(read.messages[0]), GetParam().shape);
  EXPECT_EQ(read.notes.ignored_columns, Texts{});
  EXPECT_TRUE(read.notes.guessed_columns.empty());
}

constexpr const char* message_alone = "1 - || || - - hello";
constexpr const char* protocol_http = "1 HTTP || || - - m";
constexpr const char* source_app = "1 - a|| || - - m";
constexpr const char* destination_app = "1 - || a|| - - m";
constexpr const char* source_ip = "1 - |10.0.0.1| || - - m";
constexpr const char* destination_ip = "1 - || |10.0.0.1| - - m";
constexpr const char* source_port = "1 - ||80 || - - m";
constexpr const char* destination_port = "1 - || ||80 - - m";
constexpr const char* at_half = "1 - || || - 500000000 m";

INSTANTIATE_TEST_SUITE_P(
    Table, MessageAlias,
    ::testing::Values(
        AliasCase{"message", "message", "", message_alone}, AliasCase{"payload", "payload", "", message_alone},
        AliasCase{"data", "data", "", message_alone}, AliasCase{"app_protocol", "app_protocol", "HTTP", protocol_http},
        AliasCase{"protocol", "protocol", "HTTP", protocol_http}, AliasCase{"src_app", "src_app", "a", source_app},
        AliasCase{"source_app", "source_app", "a", source_app}, AliasCase{"sender", "sender", "a", source_app},
        AliasCase{"dst_app", "dst_app", "a", destination_app},
        AliasCase{"destination_app", "destination_app", "a", destination_app},
        AliasCase{"receiver", "receiver", "a", destination_app}, AliasCase{"src_ip", "src_ip", "10.0.0.1", source_ip},
        AliasCase{"source", "source", "10.0.0.1", source_ip},
        AliasCase{"source_ip", "source_ip", "10.0.0.1", source_ip}, AliasCase{"src", "src", "10.0.0.1", source_ip},
        AliasCase{"dst_ip", "dst_ip", "10.0.0.1", destination_ip},
        AliasCase{"destination", "destination", "10.0.0.1", destination_ip},
        AliasCase{"destination_ip", "destination_ip", "10.0.0.1", destination_ip},
        AliasCase{"dst", "dst", "10.0.0.1", destination_ip}, AliasCase{"src_port", "src_port", "80", source_port},
        AliasCase{"source_port", "source_port", "80", source_port}, AliasCase{"sport", "sport", "80", source_port},
        AliasCase{"dst_port", "dst_port", "80", destination_port},
        AliasCase{"destination_port", "destination_port", "80", destination_port},
        AliasCase{"dport", "dport", "80", destination_port},
        AliasCase{"transport", "transport", "UDP", "1 - || || udp - m"},
        AliasCase{"timestamp", "timestamp", "0.5", at_half}, AliasCase{"time", "time", "0.5", at_half},
        AliasCase{"msg_id", "msg_id", "x", "x - || || - - m"}, AliasCase{"id", "id", "x", "x - || || - - m"},
        AliasCase{"number", "No.", "x", "x - || || - - m"}),
    CaseName{});

struct LayoutCase {
  const char* name;
  std::string_view table;
  Texts payloads;
  std::uint64_t last_line;
  char separator = ',';
  std::uint64_t blank_rows = 0;
  std::uint64_t short_rows = 0;
};

class MessageLayout : public ::testing::TestWithParam<LayoutCase> {};

TEST_P(MessageLayout, is_read) {
  const TableRead read = read_table(GetParam().table);
  EXPECT_EQ(read.errors, Texts{});
  EXPECT_EQ(read.payloads(), GetParam().payloads);
  EXPECT_EQ(read.messages.empty() ? 0 : read.messages.back().line, GetParam().last_line);
  EXPECT_EQ(read.notes.separator, GetParam().separator);
  EXPECT_EQ(read.notes.blank_rows, GetParam().blank_rows);
  EXPECT_EQ(read.notes.short_rows, GetParam().short_rows);
  EXPECT_EQ(read.notes.ignored_columns, Texts{});
}

INSTANTIATE_TEST_SUITE_P(
    Table, MessageLayout,
    ::testing::Values(LayoutCase{"lf", "src_app,message\na,x\nb,y\n", {"x", "y"}, 3},
                      LayoutCase{"crlf", "src_app,message\r\na,x\r\nb,y\r\n", {"x", "y"}, 3},
                      LayoutCase{"cr", "src_app,message\ra,x\rb,y\r", {"x", "y"}, 3},
                      LayoutCase{"cr_with_line_feeds_in_quotes", "src_app,message\ra,\"x\nz\"\rb,y", {"x\nz", "y"}, 4},
                      LayoutCase{"cr_with_carriage_returns_in_quotes", "message\r\"x\ry\"\rz", {"x\ry", "z"}, 3},
                      LayoutCase{"cr_cr_lf", "src_app,message\r\r\na,x\r\r\nb,y\r\r\n", {"x", "y"}, 3},
                      LayoutCase{"no_newline_at_the_end", "src_app,message\na,x\nb,y", {"x", "y"}, 3},
                      LayoutCase{"byte_order_mark", "\xef\xbb\xbfmessage,src_app\nx,a\n", {"x"}, 2},
                      LayoutCase{"byte_order_mark_and_quote", "\xef\xbb\xbf\"message\",src_app\nx,a\n", {"x"}, 2},
                      LayoutCase{"header_only", "src_app,message\n", {}, 0},
                      LayoutCase{"header_only_without_newline", "message", {}, 0},
                      LayoutCase{"blank_lines_before_the_header", "\n  \n,,\nsrc_app,message\na,x\n", {"x"}, 5},
                      LayoutCase{"blank_rows", "src_app,message\n\na,x\n,\n \t\nb,y\n\n", {"x", "y"}, 6, ',', 4},
                      LayoutCase{"separator_line", "sep=;\nsrc_app;message\na;x,y\n", {"x,y"}, 3, ';'},
                      LayoutCase{"separator_line_of_commas", "sep=,\nsrc_app,message\na,x\n", {"x"}, 3},
                      LayoutCase{"semicolons", "src_app;message\na;x,y\n", {"x,y"}, 2, ';'},
                      LayoutCase{"tabs", "src_app\tmessage\na\tx,y\n", {"x,y"}, 2, '\t'},
                      LayoutCase{"pipes", "src_app|message\na|x,y\n", {"x,y"}, 2, '|'},
                      LayoutCase{"empty_cells_between_tabs", "src_app\tdst_app\tmessage\n\t\tx\n", {"x"}, 2, '\t'},
                      LayoutCase{"one_column_that_holds_other_marks", "message\nGET /a;b|c\td\n", {"GET /a;b|c\td"}, 2},
                      LayoutCase{"short_rows", "message,src_app,dst_app\nx\ny,a\n", {"x", "y"}, 3, ',', 0, 2},
                      LayoutCase{"spare_empty_cells", "message,src_app\nx,a,,\ny,b, , \n", {"x", "y"}, 3}),
    CaseName{});

struct QuoteCase {
  const char* name;
  std::string_view row;  ///< of the columns message and src_app
  std::string_view payload;
  const char* source;
};

class MessageQuotes : public ::testing::TestWithParam<QuoteCase> {};

TEST_P(MessageQuotes, are_taken_off) {
  const TableRead read = read_table("message,src_app\n" + std::string{GetParam().row} + "\nlast,z\n");
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 2u);
  EXPECT_EQ(read.messages[0].payload, GetParam().payload);
  EXPECT_EQ(read.messages[0].source, GetParam().source);
  EXPECT_EQ(read.messages[1].payload, "last");
  EXPECT_EQ(read.messages[1].line,
            3u + static_cast<std::uint64_t>(std::count(GetParam().row.begin(), GetParam().row.end(), '\n')));
}

INSTANTIATE_TEST_SUITE_P(
    Table, MessageQuotes,
    ::testing::Values(QuoteCase{"comma", R"("Hi, there",a)", "Hi, there", "a||"},
                      QuoteCase{"doubled_quote", R"("say ""hi""",a)", R"(say "hi")", "a||"},
                      QuoteCase{"quote_alone", R"("""",a)", "\"", "a||"}, QuoteCase{"nothing", R"("",a)", "", "a||"},
                      QuoteCase{"line_feed", "\"GET /\nHost: a\n\",a", "GET /\nHost: a\n", "a||"},
                      QuoteCase{"crlf", "\"GET /\r\nHost: a\r\n\r\n\",a", "GET /\r\nHost: a\r\n\r\n", "a||"},
                      QuoteCase{"comma_behind_line_break", "\"a\r\nb,c\",a", "a\r\nb,c", "a||"},
                      QuoteCase{"quotes_behind_line_break", "\"a\n\"\"b\"\"\n\",a", "a\n\"b\"\n", "a||"},
                      QuoteCase{"within_an_unquoted_cell", R"(5" disk,a)", "5\" disk", "a||"},
                      QuoteCase{"two_within_an_unquoted_cell", R"(say "hi" now,a)", "say \"hi\" now", "a||"},
                      QuoteCase{"blanks_before", "  \"Hi, there\",a", "Hi, there", "a||"},
                      QuoteCase{"blanks_behind", "\"Hi, there\"  ,a", "Hi, there", "a||"},
                      QuoteCase{"tab_before", "\t\"Hi, there\",a", "Hi, there", "a||"},
                      QuoteCase{"text_behind", R"("Hi"there,a)", "Hithere", "a||"},
                      QuoteCase{"quoted_text_behind", R"("Hi" "there",a)", "Hi \"there\"", "a||"},
                      QuoteCase{"second_cell", "x,\"a, b\"", "x", "a, b||"},
                      QuoteCase{"carriage_return", "\"a\rb\",a", "a\rb", "a||"},
                      QuoteCase{"blanks_around_unquoted_text_stay", "  x  ,a", "  x  ", "a||"},
                      QuoteCase{"blanks_within_quotes_stay", "\"  x  \",a", "  x  ", "a||"}),
    CaseName{});

struct CellCase {
  const char* name;
  const char* header;
  const char* row;
  const char* shape;
};

class MessageCells : public ::testing::TestWithParam<CellCase> {};

TEST_P(MessageCells, are_understood) {
  const TableRead read = read_table(std::string{GetParam().header} + ",message\n" + GetParam().row + ",m\n");
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_EQ(shape_of(read.messages[0]), GetParam().shape);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MessageCells,
    ::testing::Values(
        CellCase{"lowest_port", "src_port", "1", "1 - ||1 || - - m"},
        CellCase{"highest_port", "src_port", "65535", "1 - ||65535 || - - m"},
        CellCase{"port_of_a_spreadsheet", "src_port", "80.0", source_port},
        CellCase{"port_with_blanks", "src_port", " 80 ", source_port},
        CellCase{"name_in_a_port_cell", "src_port", "browser", "1 - browser|| || - - m"},
        CellCase{"name_in_a_port_cell_beside_a_name", "src_app,src_port", "a,browser", source_app},
        CellCase{"address_in_a_port_cell", "dst_port", "10.0.0.1", destination_ip},
        CellCase{"address_and_port_in_a_port_cell", "dst_port", "10.0.0.1:80", "1 - || |10.0.0.1|80 - - m"},
        CellCase{"address_cell_beside_an_address_in_a_port_cell", "dst_ip,dst_port", "10.0.0.1,10.0.0.2",
                 destination_ip},
        CellCase{"no_port", "src_port", "N/A", "1 - || || - - m"},
        CellCase{"dash_for_a_port", "src_port", "-", "1 - || || - - m"},
        CellCase{"ipv6", "src_ip", "2001:db8::1", "1 - |2001:db8::1| || - - m"},
        CellCase{"bracketed_ipv6", "src_ip", "[2001:db8::1]", "1 - |2001:db8::1| || - - m"},
        CellCase{"bracketed_ipv6_and_port", "src_ip", "[2001:db8::1]:80", "1 - |2001:db8::1|80 || - - m"},
        CellCase{"ipv4_and_port", "src_ip", "10.0.0.1:80", "1 - |10.0.0.1|80 || - - m"},
        CellCase{"port_cell_before_the_port_of_an_address_cell", "src_ip,src_port", "10.0.0.1:80,81",
                 "1 - |10.0.0.1|81 || - - m"},
        CellCase{"localhost", "src_ip", "localhost", "1 - |127.0.0.1| || - - m"},
        CellCase{"name_in_an_address_cell", "src_ip", "browser", "1 - browser|| || - - m"},
        CellCase{"no_address", "src_ip", "n/a", "1 - || || - - m"},
        CellCase{"null_address", "src_ip", "NULL", "1 - || || - - m"},
        CellCase{"transport_in_small_letters", "transport", "udp", "1 - || || udp - m"},
        CellCase{"transport_by_number", "transport", "6", "1 - || || tcp - m"},
        CellCase{"no_transport", "transport", "none", "1 - || || - - m"},
        CellCase{"no_time", "timestamp", "-", "1 - || || - - m"},
        CellCase{"time_of_day", "timestamp", "00:00:01.5", "1 - || || - 1500000000 m"},
        CellCase{"nanosecond", "timestamp", "0.000000001", "1 - || || - 1 m"},
        CellCase{"iso_date", "timestamp", "2000-01-02", "1 - || || - 86400000000000 m"},
        CellCase{"day_first", "timestamp", "02/01/2000 00:00:01", "1 - || || - 86401000000000 m"},
        CellCase{"first_moment_a_capture_holds", "timestamp", "1970-01-01", "1 - || || - -946684800000000000 m"},
        CellCase{"last_second_a_capture_holds", "timestamp", "4294967295.5", "1 - || || - 3348282495500000000 m"},
        CellCase{"ids_are_texts", "msg_id", " m 7 ", "m 7 - || || - - m"},
        CellCase{"no_id", "msg_id", "", "1 - || || - - m"}),
    CaseName{});

struct ErrorCase {
  const char* name;
  std::string_view table;
  const char* error;
  bool escapes = false;
};

class MessageError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(MessageError, says_where_what_and_what_would_be_right_and_the_reader_goes_on) {
  const TableRead read = read_table(std::string{GetParam().table} + "\nlast\n", {.escapes = GetParam().escapes});
  EXPECT_EQ(read.errors, Texts{GetParam().error});
  ASSERT_FALSE(read.messages.empty());
  EXPECT_EQ(read.messages.back().payload, "last");
  EXPECT_EQ(read.rows, read.messages.size() + 1) << "a row with a mistake is a row";
}

#define ENCAP_WANT_PORT "write a port from 1 to 65535"
#define ENCAP_WANT_ADDRESS "write an IPv4 or IPv6 address, as in 10.0.0.1 or 2001:db8::1"
#define ENCAP_WANT_RANGE "write a time between 1970 and 2106, which a capture file can hold"
#define ENCAP_WANT_QUOTES "put a cell that holds the separator between quotes, as in \"Hi, there\""
#define ENCAP_WANT_ESCAPE "C knows no such escape: write \\r, \\n, \\t, \\xHH with two digits, or \\\\ for a backslash"
#define ENCAP_WANT_TEXT                                                                                      \
  "behind this stands an octet that no text holds (NUL, 0xfe or 0xff): in a message, write it as \\x00 and " \
  "use --escapes"

INSTANTIATE_TEST_SUITE_P(
    Table, MessageError,
    ::testing::Values(
        ErrorCase{"time_with_a_unit", "message,timestamp\nx,0.1s",
                  "t.csv:2:3: timestamp: \"0.1s\": write seconds, as in 0.125"},
        ErrorCase{"column_counts_octets", "message,timestamp\n\"\xc3\xa9, \"\"x\",0.1s",
                  "t.csv:2:11: timestamp: \"0.1s\": write seconds, as in 0.125"},
        ErrorCase{"row_behind_line_breaks_in_quotes", "message,timestamp\n\"a\nb\r\nc\",1\nx,soon",
                  "t.csv:5:3: timestamp: \"soon\": write seconds, as in 0.125"},
        ErrorCase{"cell_behind_line_breaks_in_quotes", "message,timestamp\n\"a\nb\r\nc\",soon",
                  "t.csv:4:4: timestamp: \"soon\": write seconds, as in 0.125"},
        ErrorCase{"row_behind_blank_lines", "\nmessage,timestamp\n\n,\nx,soon",
                  "t.csv:5:3: timestamp: \"soon\": write seconds, as in 0.125"},
        ErrorCase{"negative_time", "message,timestamp\nx,-1",
                  "t.csv:2:3: timestamp: \"-1\": write seconds, as in 0.125"},
        ErrorCase{"time_like_those_before", "message,timestamp\nx,10:00\ny,later",
                  "t.csv:3:3: timestamp: \"later\": write a time of day, as in 10:00:01.125"},
        ErrorCase{
            "kinds_of_time_mixed", "message,timestamp\nx,2025-10-27\ny,0.5",
            "t.csv:3:3: timestamp: \"0.5\": the rows before have another kind of time: write an ISO 8601 time, as in "
            "2025-10-27 10:00:01.125"},
        ErrorCase{"offset_that_is_a_date", "message,timestamp\nx,0.5\ny,1700000000",
                  "t.csv:3:3: timestamp: \"1700000000\": the rows before have another kind of time: write seconds, as "
                  "in 0.125"},
        ErrorCase{"before_1970", "message,timestamp\nx,1969-12-31T23:59:59Z",
                  "t.csv:2:3: timestamp: \"1969-12-31T23:59:59Z\": " ENCAP_WANT_RANGE},
        ErrorCase{"before_1970_by_its_zone", "message,timestamp\nx,1970-01-01T00:00:00+02:00",
                  "t.csv:2:3: timestamp: \"1970-01-01T00:00:00+02:00\": " ENCAP_WANT_RANGE},
        ErrorCase{"after_2106", "message,timestamp\nx,4294967296",
                  "t.csv:2:3: timestamp: \"4294967296\": " ENCAP_WANT_RANGE},
        ErrorCase{"no_such_day", "message,timestamp\nx,2025-02-29",
                  "t.csv:2:3: timestamp: \"2025-02-29\": write seconds, as in 0.125"},
        ErrorCase{"port_0", "message,src_port\nx,0", "t.csv:2:3: src_port: \"0\": " ENCAP_WANT_PORT},
        ErrorCase{"port_65536", "message,dst_port\nx,65536", "t.csv:2:3: dst_port: \"65536\": " ENCAP_WANT_PORT},
        ErrorCase{"port_negative", "message,src_port\nx,-1", "t.csv:2:3: src_port: \"-1\": " ENCAP_WANT_PORT},
        ErrorCase{"port_of_20_digits", "message,src_port\nx,18446744073709551696",
                  "t.csv:2:3: src_port: \"18446744073709551696\": " ENCAP_WANT_PORT},
        ErrorCase{"port_with_a_fraction", "message,src_port\nx,80.5",
                  "t.csv:2:3: src_port: \"80.5\": " ENCAP_WANT_PORT},
        ErrorCase{"address_with_a_wrong_port", "message,src_port\nx,10.0.0.1:0",
                  "t.csv:2:3: src_port: \"10.0.0.1:0\": " ENCAP_WANT_PORT},
        ErrorCase{"address_out_of_range", "message,src_ip\nx,300.1.1.1",
                  "t.csv:2:3: src_ip: \"300.1.1.1\": " ENCAP_WANT_ADDRESS},
        ErrorCase{"ipv4_prefix", "message,dst_ip\nx,10.0.0.0/24",
                  "t.csv:2:3: dst_ip: \"10.0.0.0/24\": " ENCAP_WANT_ADDRESS},
        ErrorCase{"ipv6_prefix", "message,dst_ip\nx,fe80::1/64",
                  "t.csv:2:3: dst_ip: \"fe80::1/64\": " ENCAP_WANT_ADDRESS},
        ErrorCase{"fault", "message,fault\nx,lost+slow",
                  "t.csv:2:3: fault: \"slow\": write lost, lost:before, duplicate, reorder, retransmit, overlap, "
                  "bad-checksum, bad-ip-checksum, rst, zero-window, fragment:N or delay:MS, several with +"},
        ErrorCase{"fault_of_nothing", "message,fault\nx,lost+",
                  "t.csv:2:3: fault: \"lost+\": write lost, lost:before, duplicate, reorder, retransmit, overlap, "
                  "bad-checksum, bad-ip-checksum, rst, zero-window, fragment:N or delay:MS, several with +"},
        ErrorCase{"fault_out_of_bounds", "message,fault\nx,fragment:20",
                  "t.csv:2:3: fault: \"fragment:20\": write a multiple of 8 from 8 to 65528, the octets of each "
                  "fragment"},
        ErrorCase{"transport", "message,transport\nx,SCTP", "t.csv:2:3: transport: \"SCTP\": write TCP or UDP"},
        ErrorCase{"long_row", "message,src_app\nHi, there,a",
                  "t.csv:2:11: \"a\": 3 cells, the header names 2: " ENCAP_WANT_QUOTES},
        ErrorCase{"unknown_escape", "message,src_app\n\"x, \\q\",a", "t.csv:2:1: message: \"\\q\": " ENCAP_WANT_ESCAPE,
                  true},
        ErrorCase{"half_an_escape", "message\nx\\x4", "t.csv:2:1: message: \"\\x4\": " ENCAP_WANT_ESCAPE, true},
        ErrorCase{"backslash_at_the_end", "message\nx\\", "t.csv:2:1: message: \"\\\": " ENCAP_WANT_ESCAPE, true},
        ErrorCase{"nul", "message\nab\0c"sv, "t.csv:2:1: message: \"ab\": " ENCAP_WANT_TEXT},
        ErrorCase{"octet_fe", "message\n\xfe", "t.csv:2:1: message: " ENCAP_WANT_TEXT},
        ErrorCase{"octet_ff", "message,src_app\nb\xff,a\n", "t.csv:2:1: message: \"b\": " ENCAP_WANT_TEXT},
        ErrorCase{"octet_ff_in_a_name", "message,src_app\nx,b\xff\n", "t.csv:2:3: src_app: \"b\": " ENCAP_WANT_TEXT},
        ErrorCase{"terminal_controls_are_shown", "message,src_port\nx,\x1b[2J\xc2\x9b\x31m",
                  "t.csv:2:3: src_port: \"\\x1b[2J\\xc2\\x9b1m\": " ENCAP_WANT_PORT},
        ErrorCase{"long_text_is_shortened",
                  "message,src_port\nx,1234567890123456789012345678901234567890123456789012345678901",
                  "t.csv:2:3: src_port: "
                  "\"123456789012345678901234567890123456789012345678901234567890...\": " ENCAP_WANT_PORT}),
    CaseName{});

TEST(MessageReader, reports_each_bad_row_and_reads_the_others) {
  const TableRead read = read_table("message,src_port\na,1\nb,0\nc,3\nd,-4\ne,x y\n");
  EXPECT_EQ(read.payloads(), (Texts{"a", "c", "e"}));
  EXPECT_EQ(read.errors,
            (Texts{"t.csv:3:3: src_port: \"0\": " ENCAP_WANT_PORT, "t.csv:5:3: src_port: \"-4\": " ENCAP_WANT_PORT}));
  EXPECT_EQ(read.messages.back().id, "5") << "bad rows count where the table has no ids";
}

TEST(MessageReader, names_the_place_of_a_quote_that_is_not_closed) {
  const TableRead read = read_table("message,src_app\nx,a\ny,\"b\nz,c\n");
  EXPECT_EQ(read.payloads(), Texts{"x"});
  EXPECT_EQ(read.errors,
            Texts{"t.csv:3:3: src_app: \"\"b\": a quote is opened and not closed: end the cell with \", and "
                  "write a quote inside it twice"});
}

struct NoTableCase {
  const char* name;
  std::string_view table;
  const char* error;
};

class MessageTable : public ::testing::TestWithParam<NoTableCase> {};

TEST_P(MessageTable, without_a_usable_header_is_refused) {
  const TableRead read = read_table(GetParam().table);
  EXPECT_TRUE(read.messages.empty());
  EXPECT_EQ(read.errors, Texts{GetParam().error});
}

#define ENCAP_NO_HEADER \
  "the table has no header row: name the columns first, as in app_protocol,src_app,dst_app,message,timestamp"

INSTANTIATE_TEST_SUITE_P(
    Table, MessageTable,
    ::testing::Values(
        NoTableCase{"empty", "",
                    "t.csv: the file is empty; a table starts with a header row such as "
                    "app_protocol,src_app,dst_app,message,timestamp"},
        NoTableCase{"blank", "\n \n,,\n", "t.csv: " ENCAP_NO_HEADER},
        NoTableCase{"byte_order_mark_alone", "\xef\xbb\xbf", "t.csv: " ENCAP_NO_HEADER},
        NoTableCase{"separator_line_alone", "sep=;\n", "t.csv:1: the table has no header row"},
        NoTableCase{"no_message_column", "\nsrc_app,dst_app,note\na,b,c\n",
                    "t.csv:2: there is no message column (message, payload or data) among: src_app, dst_app, note"},
        NoTableCase{"controls_in_the_header", "src_app,\x1b[2J\n",
                    "t.csv:1: there is no message column (message, payload or data) among: src_app, \\x1b[2J"},
        NoTableCase{
            "quote_not_closed", "\nsrc_app,\"message\na,b\n",
            "t.csv:2:9: \"\"message\": a quote is opened and not closed: end the cell with \", and write a quote "
            "inside it twice"}),
    CaseName{});

TEST(MessageReader, counts_each_mend) {
  const TableRead read = read_table(
      "message,src_ip,src_port,dst_port,timestamp\n"
      "a,browser,1,2,\n"            // name in an address cell, no time yet
      "b,10.0.0.1,web,2,1.0\n"      // name in a port cell
      "c,10.0.0.1,1,10.0.0.2,\n"    // address in a port cell, no time
      ",,,,\n"                      // blank
      "d\\r\\n,10.0.0.1,1\n"        // escapes left, short, no time
      "\xe9t\xe9,10.0.0.1,1,2,9\n"  // Latin-1
      "\xc3\xa9t\xc3\xa9,10.0.0.1,1,2,9\n");
  EXPECT_EQ(read.errors, Texts{});
  EXPECT_EQ(read.messages.size(), 6u);
  EXPECT_EQ(read.notes.names_in_address_cells, 1u);
  EXPECT_EQ(read.notes.names_in_port_cells, 1u);
  EXPECT_EQ(read.notes.addresses_in_port_cells, 1u);
  EXPECT_EQ(read.notes.blank_rows, 1u);
  EXPECT_EQ(read.notes.short_rows, 1u);
  EXPECT_EQ(read.notes.missing_times, 3u);
  EXPECT_EQ(read.notes.escapes_left, 1u);
  EXPECT_EQ(read.notes.not_utf8, 1u);
  EXPECT_EQ(read.messages[4].payload, "\xe9t\xe9") << "octets go out as they are";
}

TEST(MessageReader, notes_latin_1_wherever_it_stands) {
  for (std::size_t length = 1; length <= 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '\xe9';
      EXPECT_EQ(read_table("message\n" + text + "\n").notes.not_utf8, 1u) << at << " of " << length;
    }
  }
}

TEST(MessageReader, does_not_miss_times_in_a_table_without_any) {
  EXPECT_EQ(read_table("message,timestamp\na,\nb,-\n").notes.missing_times, 0u);
}

TEST(MessageReader, allows_ids_to_repeat) {
  const TableRead read = read_table("msg_id,message\n7,a\n7,b\n");
  EXPECT_EQ(read.errors, Texts{});
  ASSERT_EQ(read.messages.size(), 2u);
  EXPECT_EQ(read.messages[0].id, "7");
  EXPECT_EQ(read.messages[1].id, "7");
}

TEST(MessageReader, stays_at_the_end) {
  auto reader = MessageReader::open("t.csv", memory_source(as_bytes("message\na\n"sv)), {});
  ASSERT_TRUE(reader.has_value());
  ASSERT_NE(*reader->next(), nullptr);
  for (int i = 0; i < 3; ++i) {
    const auto end = reader->next();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(*end, nullptr);
  }
}

struct EscapeCase {
  const char* name;
  const char* written;
  std::string_view read;  ///< with escapes on
  std::uint64_t left;     ///< counted with escapes off
};

class MessageEscapes : public ::testing::TestWithParam<EscapeCase> {};

TEST_P(MessageEscapes, are_read_when_asked_for) {
  const std::string table = std::string{"message\n"} + GetParam().written + "\n";
  const TableRead on = read_table(table, {.escapes = true});
  EXPECT_EQ(on.errors, Texts{});
  EXPECT_EQ(on.payloads(), Texts{std::string{GetParam().read}});
  EXPECT_EQ(on.notes.escapes_left, 0u);
  const TableRead off = read_table(table);
  EXPECT_EQ(off.errors, Texts{});
  EXPECT_EQ(off.payloads(), Texts{GetParam().written});
  EXPECT_EQ(off.notes.escapes_left, GetParam().left);
}

INSTANTIATE_TEST_SUITE_P(
    Table, MessageEscapes,
    ::testing::Values(
        EscapeCase{"line_end", R"(GET / HTTP/1.1\r\n\r\n)", "GET / HTTP/1.1\r\n\r\n", 1},
        EscapeCase{"tab", R"(a\tb)", "a\tb", 1}, EscapeCase{"octets", R"(\x41\xfF\x00)", "A\xff\0"sv, 1},
        EscapeCase{"nul", R"(a\0b)", "a\0b"sv, 0}, EscapeCase{"backslash", R"(C:\\news)", R"(C:\news)", 0},
        EscapeCase{"backslash_before_an_escape", R"(\\\n)", "\\\n", 1}, EscapeCase{"quotes", R"(\"a\')", "\"a'", 0},
        EscapeCase{"rest_of_c", R"(\a\b\f\v\?)", "\a\b\f\v?", 0}, EscapeCase{"none", "plain", "plain", 0}),
    CaseName{});

TEST(MessageReader, allocates_nothing_for_a_row_after_the_first_ones) {
  std::string table = "msg_id,app_protocol,src_app,dst_app,src_ip,dst_port,transport,timestamp,message\n";
  for (int row = 0; row < 1000; ++row) {
    table += "identifier " + std::to_string(row) +
             ",HTTP,a browser with a long name,the server it speaks to,10.0.0.1,80,TCP," + std::to_string(row) +
             ".5,\"GET /some/where HTTP/1.1\r\nHost: example.org\r\n\r\n\"\n";
  }
  auto reader = MessageReader::open("t.csv", memory_source(as_bytes(table)), {});
  ASSERT_TRUE(reader.has_value());
  for (int row = 0; row < 10; ++row) ASSERT_TRUE(reader->next().has_value());
  const AllocationCounter allocations;
  int rows = 10;
  for (;; ++rows) {
    const auto message = reader->next();
    if (!message || *message == nullptr) break;
  }
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_EQ(rows, 1000);
}

/// Rows of cells by RFC 4180 and the mends of ours, read one octet at a time. A table whose last quote is open gives
/// no last row.
struct PlainParser {
  explicit PlainParser(std::string_view table) {
    for (const char octet : table) take(octet);
    if (!at_row_start_) take('\n');
  }
  std::vector<std::vector<std::string>> rows;
  bool quote_open = false;

 private:
  void take(char octet) {
    at_row_start_ = false;
    if (quote_open) {
      if (pending_) {
        pending_ = false;
        if (octet == '"') {
          cell_ += '"';
          return;
        }
        quote_open = false;
        closed_ = true;
      } else if (octet == '"') {
        pending_ = true;
        return;
      } else {
        cell_ += octet;
        return;
      }
    }
    if (octet == ',' || octet == '\n') {
      if (octet == '\n') {
        std::string& end = closed_ ? behind_ : cell_;
        while (end.ends_with('\r')) end.pop_back();
      }
      if (behind_.find_first_not_of(" \t") != std::string::npos) cell_ += behind_;
      row_.push_back(std::exchange(cell_, {}));
      behind_.clear();
      closed_ = false;
      if (octet == '\n') {
        rows.push_back(std::exchange(row_, {}));
        at_row_start_ = true;
      }
    } else if (closed_) {
      behind_ += octet;
    } else if (octet == '"' && cell_.find_first_not_of(" \t") == std::string::npos) {
      cell_.clear();
      quote_open = true;
    } else {
      cell_ += octet;
    }
  }

  std::string cell_;
  std::string behind_;  // a closing quote
  std::vector<std::string> row_;
  bool at_row_start_ = true;
  bool pending_ = false;
  bool closed_ = false;
};

std::string trimmed(std::string text) {
  static constexpr const char* blanks = " \t\r\n";
  text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
  text.erase(text.find_last_not_of(blanks) + 1);
  return text;
}

TEST(MessageReaderProperty, reads_what_a_plain_parser_reads) {
  check_property(3000, [](Random& random) {
    static constexpr std::string_view alphabet = "abc,,,;\"\"\"\"\n\n\n\r\t \xff\0\xfe"sv;
    std::string table = "message,src_app,dst_app\n";
    const bool masks = random.one_in(4);
    for (std::uint64_t left = random.below(120); left != 0; --left) {
      table += alphabet[random.below(alphabet.size() - (masks ? 0 : 3))];
    }
    // Quotes outside cells that start with one are rare in a random text; a few rows of plain tables, too.
    if (random.one_in(3)) table += "\n\"x, \"\"y\"\"\nz\",a,b\n";
    PlainParser plain{table};
    auto pieces = std::make_unique<PieceSource>(as_bytes(table), random.next(), 1 + random.below(30));
    auto reader = MessageReader::open("t.csv", std::move(pieces), {});
    ASSERT_TRUE(reader.has_value());
    SCOPED_TRACE(::testing::PrintToString(table));
    for (std::size_t i = 1; i < plain.rows.size(); ++i) {
      auto& row = plain.rows[i];
      if (std::all_of(row.begin(), row.end(), [](const std::string& cell) { return trimmed(cell).empty(); })) continue;
      const auto message = reader->next();
      bool usable = true;
      for (std::size_t k = 0; k < row.size(); ++k) {
        if (k >= 3 && !trimmed(row[k]).empty()) usable = false;
        if (k < 3 && row[k].find_first_of("\xff\xfe\0"sv) != std::string::npos) usable = false;
      }
      ASSERT_EQ(message.has_value(), usable) << (message ? "" : to_string(message.error()));
      if (!usable) continue;
      ASSERT_NE(*message, nullptr);
      row.resize(3);
      EXPECT_EQ(as_text((*message)->payload), row[0]);
      EXPECT_EQ((*message)->source.name, trimmed(row[1]));
      EXPECT_EQ((*message)->destination.name, trimmed(row[2]));
    }
    if (plain.quote_open) {
      EXPECT_FALSE(reader->next().has_value());
    }
    const auto end = reader->next();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(*end, nullptr);
  });
}

}  // namespace
}  // namespace encap::test

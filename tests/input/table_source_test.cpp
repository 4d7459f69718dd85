#include "input/table_source.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "tables.h"

namespace encap::test {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t first_read = 64;  // holds the header row, as the parser's first block does

/// What a parser gets that asks for `longest` octets at most after its first block.
std::string read_through(std::unique_ptr<ByteSource> octets, Random& random, std::size_t longest) {
  TableSource source{"t.csv", std::move(octets)};
  std::string text;
  std::vector<char> block(std::max(first_read, longest));
  for (std::size_t size = first_read;; size = 1 + random.below(longest)) {
    const std::size_t got = source.read(block.data(), size);
    text.append(block.data(), got);
    if (got < size) return text;
  }
}

std::string read_through(std::string_view table) {
  Random random{1};
  return read_through(memory_source(as_bytes(table)), random, 4096);
}

/// The same masking by a plain walk, one octet after the other over the whole table.
std::string masked(std::string_view table, char separator) {
  std::string text;
  enum class At { cell_start, unquoted, quoted, quote_in_quotes } at = At::cell_start;
  for (const char octet : table) {
    const bool blank = octet == ' ' || (octet == '\t' && separator != '\t');
    if (at == At::quote_in_quotes) {
      at = octet == '"' ? At::quoted : At::unquoted;
      if (octet == '"') {
        text += octet;
        continue;
      }
    }
    if (at == At::quoted) {
      if (octet == '"') at = At::quote_in_quotes;
    } else if (octet == separator || octet == '\n') {
      at = At::cell_start;
    } else if (at == At::cell_start && octet == '"') {
      at = At::quoted;
    } else if (!blank) {
      at = At::unquoted;
    }
    if (octet == '\0' || octet == '\xff') {
      text += masked_octet;
    } else {
      text += octet == '\n' && at == At::quoted ? masked_line_feed : octet;
    }
  }
  if (text.back() != '\n') text += '\n';
  return text;
}

std::string random_table(Random& random, std::string_view alphabet, std::uint64_t longest) {
  std::string table;
  for (std::uint64_t left = random.below(longest); left != 0; --left) table += alphabet[random.below(alphabet.size())];
  return table;
}

TEST(TableSourceProperty, masks_as_a_plain_walk_does_however_the_octets_are_cut) {
  check_property(4000, [](Random& random) {
    static constexpr std::string_view separators = ",;\t|";
    const char separator = separators[random.below(separators.size())];
    // The header tells the separator and fills the first block.
    std::string table = std::string{"message"} + separator + "a" + separator + "b";
    table.append(first_read - table.size() - 1, 'x');
    table += '\n';
    table += random_table(random, "a,;\"\"\"\n\n\r\t |\xff\0\xfe"sv, 200);
    const std::uint64_t longest = 1 + random.below(40);
    auto pieces = std::make_unique<PieceSource>(as_bytes(table), random.next(), 1 + random.below(9));
    EXPECT_EQ(::testing::PrintToString(read_through(std::move(pieces), random, longest)),
              ::testing::PrintToString(masked(table, separator)));
  });
}

struct MaskCase {
  const char* name;
  std::string_view table;
  std::string_view expected;
};

class TableSourceMask : public ::testing::TestWithParam<MaskCase> {};

TEST_P(TableSourceMask, is) {
  EXPECT_EQ(::testing::PrintToString(read_through(GetParam().table)), ::testing::PrintToString(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(TableSource, TableSourceMask,
                         ::testing::Values(MaskCase{"plain", "message\na\n", "message\na\n"},
                                           MaskCase{"no_newline_at_the_end", "message\na", "message\na\n"},
                                           MaskCase{"line_feed_in_quotes", "message\n\"a\nb\"\n",
                                                    "message\n\"a\xff"
                                                    "b\"\n"},
                                           MaskCase{"crlf_in_quotes", "message\r\n\"a\r\nb\"\r\n",
                                                    "message\r\n\"a\r\xff"
                                                    "b\"\r\n"},
                                           MaskCase{"quote_behind_a_byte_order_mark", "\xef\xbb\xbf\"mess\nage\"\na\n",
                                                    "\xef\xbb\xbf\"mess\xff"
                                                    "age\"\na\n"},
                                           MaskCase{"quote_within_a_cell", "message\na\"b\nc\"d\n",
                                                    "message\na\"b\nc\"d\n"},
                                           MaskCase{"carriage_returns", "message\ra\rb", "message\na\nb\n"},
                                           MaskCase{"carriage_returns_outside_quotes", "message\r\"a\rb\nc\"\rd",
                                                    "message\n\"a\rb\xff"
                                                    "c\"\nd\n"},
                                           MaskCase{"octets_no_text_holds", "message\na\0b\xff\xfe\n"sv,
                                                    "message\na\xfe"
                                                    "b\xfe\xfe\n"},
                                           MaskCase{"unclosed_quote", "message\n\"a\nb\n",
                                                    "message\n\"a\xff"
                                                    "b\xff\n"}),
                         CaseName{});

TEST(TableSource, takes_a_byte_order_mark_for_text_behind_the_first_block) {
  // A block begins with it, and a quote that follows is within a cell.
  const std::string head = "message\n" + std::string(first_read - 8, 'a');
  const std::string table = head + "\xef\xbb\xbf\"b\nc\"\n";
  TableSource source{"t.csv", memory_source(as_bytes(table))};
  std::vector<char> block(first_read);
  ASSERT_EQ(source.read(block.data(), first_read), first_read);
  const std::size_t got = source.read(block.data(), first_read);
  EXPECT_EQ(std::string_view(block.data(), got), "\xef\xbb\xbf\"b\nc\"\n");
}

struct SeparatorCase {
  const char* name;
  const char* table;
  char separator;
};

class TableSourceSeparator : public ::testing::TestWithParam<SeparatorCase> {};

TEST_P(TableSourceSeparator, is_found_in_the_header_row) {
  TableSource source{"t.csv", memory_source(as_bytes(std::string_view{GetParam().table}))};
  std::vector<char> block(256);
  static_cast<void>(source.read(block.data(), block.size()));
  EXPECT_EQ(source.separator(), GetParam().separator);
}

INSTANTIATE_TEST_SUITE_P(
    TableSource, TableSourceSeparator,
    ::testing::Values(SeparatorCase{"comma", "message,src_app\n", ','},
                      SeparatorCase{"semicolon", "message;src_app\n", ';'},
                      SeparatorCase{"tab", "message\tsrc_app\n", '\t'}, SeparatorCase{"pipe", "message|src_app\n", '|'},
                      SeparatorCase{"one_column", "message\nGET /a;b=1;c=2\n", ','},
                      SeparatorCase{"quoted_marks_do_not_count", "\"message;;;;\",src_app\n", ','},
                      SeparatorCase{"named_line", "sep=;\nmessage;src_app\n", ';'},
                      SeparatorCase{"blank_lines_first", "\r\n  \r\n,,,\r\nmessage;src_app\r\n", ';'},
                      SeparatorCase{"carriage_returns", "message;src_app\ra,b,c,d\r", ';'}),
    CaseName{});

struct FormatCase {
  const char* name;
  std::string_view octets;
  const char* error;
};

class TableFormat : public ::testing::TestWithParam<FormatCase> {};

TEST_P(TableFormat, is_named_for_what_it_is) {
  std::string file{GetParam().octets};
  file.append(100, '\1');
  EXPECT_EQ(read_table(file).errors, std::vector<std::string>{GetParam().error});
}

constexpr auto workbook = "PK\x03\x04\x14\0\x06\0\x08\0xx[Content_Types].xml\xad\x92PK\x03\x04xxxl/workbook.xml"sv;
constexpr auto document = "PK\x03\x04\x14\0\x06\0\x08\0xx[Content_Types].xml\xad\x92PK\x03\x04xxword/document.xml"sv;
constexpr auto open_document = "PK\x03\x04\x14\0mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK\x03\x04"sv;
#define ENCAP_TEXT_WANTED "a message table is UTF-8 text with commas between its cells"

INSTANTIATE_TEST_SUITE_P(
    Table, TableFormat,
    ::testing::Values(
        FormatCase{"xlsx", workbook, "t.csv: this is an Excel workbook (xlsx), not a table: save it as CSV (UTF-8)"},
        FormatCase{"docx", document, "t.csv: this is a Word document (docx), not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"ods", open_document,
                   "t.csv: this is an OpenDocument spreadsheet (ods), not a table: save it as CSV (UTF-8)"},
        FormatCase{"zip", "PK\x03\x04zzz"sv,
                   "t.csv: this is a zip archive, or an office document (xlsx, docx), not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv,
                   "t.csv: this is an old Excel or Word file (xls, doc), not a table: save it as CSV (UTF-8)"},
        FormatCase{"pcap_microseconds_little_endian", "\xd4\xc3\xb2\xa1\x02\0\x04\0"sv,
                   "t.csv: this is a pcap capture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"pcap_microseconds_big_endian", "\xa1\xb2\xc3\xd4\0\x02\0\x04"sv,
                   "t.csv: this is a pcap capture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"pcap_nanoseconds_little_endian", "\x4d\x3c\xb2\xa1\x02\0\x04\0"sv,
                   "t.csv: this is a pcap capture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"pcap_nanoseconds_big_endian", "\xa1\xb2\x3c\x4d\0\x02\0\x04"sv,
                   "t.csv: this is a pcap capture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"pcapng", "\x0a\x0d\x0d\x0a\x1c\0\0\0"sv,
                   "t.csv: this is a pcapng capture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"gzip", "\x1f\x8b\x08\0"sv, "t.csv: this is a gzip file, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"zstd", "\x28\xb5\x2f\xfd"sv, "t.csv: this is a zstd file, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"pdf", "%PDF-1.7\n"sv, "t.csv: this is a PDF document, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"png", "\x89PNG\r\n\x1a\n"sv, "t.csv: this is a PNG picture, not a table: " ENCAP_TEXT_WANTED},
        FormatCase{"utf_16_little_endian", "\xff\xfem\0e\0"sv,
                   "t.csv: this is UTF-16 text, not a table: save it as CSV (UTF-8)"},
        FormatCase{"utf_16_big_endian", "\xfe\xff\0m\0e"sv,
                   "t.csv: this is UTF-16 text, not a table: save it as CSV (UTF-8)"}),
    CaseName{});

}  // namespace
}  // namespace encap::test

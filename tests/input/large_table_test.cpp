#include <functional>
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/sanitizers.h"
#include "tables.h"

namespace encap::test {
namespace {

using Texts = std::vector<std::string>;

constexpr std::size_t mebi = 1u << 20;
constexpr std::size_t block = 16 * mebi;  // its longest row

/// A table made while it is read: `next_row` gives the next row with its line break, nothing at the end.
class GeneratedSource final : public ByteSource {
 public:
  explicit GeneratedSource(std::function<std::string()> next_row) : next_row_{std::move(next_row)} {}

  Result<std::size_t, IoError> read(MutableBytes out) override {
    if (used_ == row_.size()) {
      row_ = next_row_();
      used_ = 0;
    }
    const std::size_t count = std::min(out.size(), row_.size() - used_);
    if (count != 0) std::memcpy(out.data(), row_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  std::function<std::string()> next_row_;
  std::string row_;
  std::size_t used_ = 0;
};

TEST(LargeTable, gives_every_row_in_order_across_the_blocks_of_the_parser) {
  // Quotes, line breaks in them and rows of many lengths, so that block borders fall everywhere in a row.
  std::size_t octets = 0;
  std::uint64_t made = 0;
  const auto text_of = [](std::uint64_t row) {
    return std::string(row * 7919 % 211, static_cast<char>('a' + row % 26));
  };
  auto source = std::make_unique<GeneratedSource>([&]() -> std::string {
    if (octets > (under_sanitizers ? 40 : 72) * mebi) return {};
    const std::string row =
        octets == 0 ? "msg_id,message\r\n" : std::to_string(made) + ",\"" + text_of(made) + "\r\n, \"\"end\"\"\"\r\n";
    if (octets != 0) ++made;
    octets += row.size();
    return row;
  });
  auto reader = MessageReader::open("t.csv", std::move(source), {});
  ASSERT_TRUE(reader.has_value());
  std::uint64_t rows = 0;
  for (;; ++rows) {
    const auto message = reader->next();
    ASSERT_TRUE(message.has_value()) << to_string(message.error());
    if (*message == nullptr) break;
    ASSERT_EQ((*message)->id, std::to_string(rows));
    ASSERT_EQ(as_text((*message)->payload), text_of(rows) + "\r\n, \"end\"");
    ASSERT_EQ((*message)->line, 2 + 2 * rows);
  }
  EXPECT_EQ(rows, made);
  EXPECT_EQ(reader->rows(), made);
  EXPECT_EQ(reader->octets(), octets);
}

struct SizeCase {
  const char* name;
  std::vector<std::size_t> rows;  ///< octets of each, without line breaks
  std::size_t header;             ///< octets of it, without its line break
  bool final_newline;
};

class LargeTableSize : public ::testing::TestWithParam<SizeCase> {};

TEST_P(LargeTableSize, loses_nothing_and_adds_nothing) {
  std::string table = "message,";
  table.append(GetParam().header - table.size(), 'h');
  for (const std::size_t size : GetParam().rows) {
    table += '\n';
    table.append(size, static_cast<char>('a' + size % 26));
  }
  if (GetParam().final_newline) table += '\n';
  auto reader = MessageReader::open("t.csv", memory_source(as_bytes(table)), {});
  ASSERT_TRUE(reader.has_value());
  for (const std::size_t size : GetParam().rows) {
    const auto message = reader->next();
    ASSERT_TRUE(message.has_value()) << to_string(message.error());
    ASSERT_NE(*message, nullptr);
    EXPECT_EQ((*message)->payload.size(), size);
    EXPECT_TRUE(as_text((*message)->payload) == std::string(size, static_cast<char>('a' + size % 26)));
  }
  const auto end = reader->next();
  ASSERT_TRUE(end.has_value()) << to_string(end.error());
  EXPECT_EQ(*end, nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LargeTableSize,
    ::testing::Values(
        SizeCase{"longest_row", {block - 1}, 20, true}, SizeCase{"longest_row_without_newline", {block - 1}, 20, false},
        SizeCase{"longest_row_between_short_ones", {5, block - 1, 7}, 20, true},
        SizeCase{"exactly_one_block", {block - 22}, 20, true},
        SizeCase{"exactly_two_blocks", {block - 22, block - 1}, 20, true},
        SizeCase{"exactly_two_blocks_without_newline", {block - 22, 100, block - 101}, 20, false},
        SizeCase{"two_blocks_and_one_octet", {block - 22, block - 3, 1}, 20, true},
        SizeCase{"short_row_behind_two_blocks_without_newline", {block - 22, block - 1, 5}, 20, false},
        SizeCase{"exactly_three_blocks", {block - 22, block - 1, block - 1}, 20, true},
        SizeCase{"three_blocks_less_a_newline", {block - 22, block - 1, block - 1}, 20, false},
        SizeCase{"exactly_three_blocks_without_newline", {block - 22, block - 1, 100, block - 101}, 20, false}),
    CaseName{});

TEST(LargeTable, of_two_blocks_to_the_octet_without_a_newline_keeps_its_last_row) {
  for (const std::size_t more : {0u, 1u, 2u}) {
    std::string table = "message\n";
    while (table.size() + 1024 < 2 * block) table.append(1023, 'x') += '\n';
    table.append(2 * block - table.size() - more, 'z');
    auto reader = MessageReader::open("t.csv", memory_source(as_bytes(table)), {});
    ASSERT_TRUE(reader.has_value());
    std::string last;
    for (;;) {
      const auto message = reader->next();
      ASSERT_TRUE(message.has_value());
      if (*message == nullptr) break;
      last = as_text((*message)->payload);
    }
    EXPECT_EQ(last, table.substr(table.rfind('\n') + 1)) << more << " octets less than two blocks";
  }
}

TEST(LargeTable, ends_at_a_row_that_is_too_long) {
  std::string table = "message\nfirst\n";
  table.append(block, 'x');
  table += "\nlast\n";
  const TableRead read = read_table(table);
  EXPECT_EQ(read.payloads(), Texts{"first"});
  EXPECT_EQ(read.errors, Texts{"t.csv:3: the row is longer than 16 MiB; is a quote not closed?"});
  EXPECT_EQ(read.rows, 2u);
}

TEST(LargeTable, ends_at_a_quote_that_is_never_closed) {
  std::string table = "message\nfirst\n\"";
  while (table.size() < 40 * mebi) table += "a row of text that nobody will see\n";
  const TableRead read = read_table(table);
  EXPECT_EQ(read.payloads(), Texts{"first"});
  EXPECT_EQ(read.errors, Texts{"t.csv:3: the row is longer than 16 MiB; is a quote not closed?"});
}

TEST(LargeTable, refuses_a_header_row_that_is_too_long) {
  const std::string table(block + 5, 'h');
  EXPECT_EQ(read_table(table).errors, Texts{"t.csv:1: the header row is longer than 16 MiB; is this a table?"});
}

}  // namespace
}  // namespace encap::test

#include "input/table_lines.h"

#include <gtest/gtest.h>
#include <sstream>

#include "tables.h"

namespace encap::test {
namespace {

using Texts = std::vector<std::string>;

Texts lines_of(std::unique_ptr<ByteSource> octets) {
  TableSource source{"t.csv", std::move(octets)};
  TableLines lines{source};
  Texts all;
  while (const auto line = lines.next()) {
    EXPECT_EQ(line->data()[line->size()], '\0');
    all.emplace_back(line->data(), line->size());
    EXPECT_EQ(lines.number(), all.size());
    // Whoever parses it may write all over it.
    std::fill(line->begin(), line->end(), '\n');
  }
  EXPECT_FALSE(lines.next().has_value());
  return all;
}

Texts split(const std::string& table) {
  std::istringstream in{table};
  Texts all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

TEST(TableLinesProperty, are_those_of_the_table_however_its_octets_come) {
  check_property(40, [](Random& random) {
    std::string table = "message\n";
    for (std::uint64_t left = random.below(400); left != 0; --left) {
      table.append(random.one_in(20) ? random.below(20'000) : random.below(60), static_cast<char>('a' + left % 26));
      table += random.one_in(9) ? "\r\n" : "\n";
    }
    if (random.one_in(2)) table += "the last one has no end";
    auto pieces = std::make_unique<PieceSource>(as_bytes(table), random.next(), 1 + random.below(5000));
    EXPECT_EQ(lines_of(std::move(pieces)), split(table));
  });
}

TEST(TableLines, may_be_longer_than_a_block) {
  const std::string table = "message\n" + std::string(700'000, 'x') + "\nshort\n" + std::string(3'000'000, 'y') + "\nz";
  EXPECT_EQ(lines_of(memory_source(as_bytes(table))), split(table));
}

TEST(TableLines, begin_behind_a_byte_order_mark) {
  const std::string table = "\xef\xbb\xbfmessage\na\n";
  EXPECT_EQ(lines_of(memory_source(as_bytes(table))), (Texts{"message", "a"}));
}

TEST(TableLines, tell_how_many_octets_were_read) {
  const std::string table = "message\na\nb";
  TableSource source{"t.csv", memory_source(as_bytes(table))};
  TableLines lines{source};
  EXPECT_EQ(lines.octets(), table.size() + 1);  // the end of the last line with them
}

TEST(TableLines, end_with_one_that_is_too_long) {
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    const std::string table = "message\n" + std::string(TableLines::longest - 1 + more, 'x') + "\nz\n";
    TableSource source{"t.csv", memory_source(as_bytes(table))};
    TableLines lines{source};
    ASSERT_TRUE(lines.next().has_value());
    if (more == 0) {
      EXPECT_EQ(lines.next()->size(), TableLines::longest - 1);
    } else {
      EXPECT_THROW(static_cast<void>(lines.next()), TableLines::TooLong);
      EXPECT_EQ(lines.number(), 2u);
    }
  }
}

}  // namespace
}  // namespace encap::test

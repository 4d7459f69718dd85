#include "render/line_cache.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace encap::test {
namespace {

constexpr Field first_field{"first", "First", FieldType::uint32};
constexpr Field second_field{"second", "Second", FieldType::uint32};

Item number(const Field& field, std::uint64_t value) {
  Item item;
  item.field = &field;
  item.number = value;
  return item;
}
Item octets(std::string_view value) {
  Item item;
  item.field = &first_field;
  item.data = value.data();
  item.size = static_cast<std::uint32_t>(value.size());
  return item;
}

class LineCacheTest : public testing::Test {
 protected:
  /// What is added for an item where `line` would be written anew.
  std::string add(const Item& item, std::string_view line, std::uint32_t look = 0) {
    std::string out;
    {
      TextWriter writer{out};
      known_.add(writer, item, look, [&] {
        ++written_;
        writer.add(line);
      });
    }
    return out;
  }

  LineCache known_;
  int written_ = 0;
};

TEST_F(LineCacheTest, copies_the_line_of_a_value_that_comes_again) {
  EXPECT_EQ(add(number(first_field, 7), "seven\n"), "seven\n");
  EXPECT_EQ(add(number(first_field, 7), "is not asked for"), "seven\n");
  EXPECT_EQ(written_, 1);
}

TEST_F(LineCacheTest, tells_apart_fields_values_and_looks) {
  EXPECT_EQ(add(number(first_field, 0), "a"), "a");
  EXPECT_EQ(add(number(second_field, 0), "b"), "b");
  EXPECT_EQ(add(number(first_field, 1), "c"), "c");
  EXPECT_EQ(add(number(first_field, std::uint64_t{1} << 63), "d"), "d");
  EXPECT_EQ(add(number(first_field, 0), "e", 1), "e");
}

TEST_F(LineCacheTest, tells_apart_octets_of_any_length) {
  constexpr std::size_t longest = 30;
  std::vector<std::string> values;
  for (std::size_t size = 1; size <= longest; ++size) {
    values.emplace_back(size, '\0');
    for (std::size_t at = 0; at < size; ++at) {
      values.emplace_back(size, '\0').at(at) = '\1';
      values.emplace_back(size, '\0').at(at) = '\x80';
    }
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string line = std::to_string(i);
      ASSERT_EQ(add(octets(values[i]), line), line) << "of " << values[i].size() << " octets";
      ASSERT_EQ(add(octets(values[i]), line), line) << "of " << values[i].size() << " octets";
    }
  }
}

TEST_F(LineCacheTest, keeps_short_values_and_leaves_long_ones_alone) {
  const std::string kept(24, 'x');
  const std::string left(25, 'x');
  for (int round = 0; round < 2; ++round) {
    add(octets(kept), "short");
    add(octets(left), "long");
  }
  EXPECT_EQ(written_, 3);
}

TEST_F(LineCacheTest, copies_lines_of_any_length) {
  for (std::size_t size = 0; size < 300; ++size) {
    std::string line;
    for (std::size_t i = 0; i < size; ++i) line += static_cast<char>('a' + i % 26);
    ASSERT_EQ(add(number(first_field, size), line), line);
    ASSERT_EQ(add(number(first_field, size), line), line);
  }
}

TEST_F(LineCacheTest, takes_no_more_fields_than_it_has_room_for) {
  constexpr std::uint32_t many = 5000;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t look = 0; look < many; ++look) {
      const std::string line = std::to_string(look);
      ASSERT_EQ(add(number(first_field, 1), line, look), line);
    }
  }
  EXPECT_GT(written_, static_cast<int>(many)) << "all of them are kept";
  EXPECT_LT(written_, static_cast<int>(2 * many)) << "none of them is";
}

TEST_F(LineCacheTest, leaves_items_without_a_field_alone) {
  EXPECT_EQ(add(Item{}, "a"), "a");
  EXPECT_EQ(add(Item{}, "b"), "b");
}

// What is written there goes to the string in two parts.
TEST_F(LineCacheTest, keeps_whole_lines_where_the_writer_is_nearly_full) {
  const std::string line(120, 'y');
  for (std::size_t filled = TextWriter::capacity - 2 * line.size(); filled <= TextWriter::capacity; ++filled) {
    std::string out;
    {
      TextWriter writer{out};
      writer.add(std::string(filled, 'x'));
      known_.add(writer, number(first_field, filled), 0, [&] {
        writer.add(std::string_view{line}.substr(0, 100));
        *writer.reserve(150) = 'z';  // more than there is, and left again
        writer.add(std::string_view{line}.substr(100));
      });
    }
    ASSERT_EQ(out, std::string(filled, 'x') + line);
    ASSERT_EQ(add(number(first_field, filled), "is not asked for"), line);
  }
}

}  // namespace
}  // namespace encap::test

#include "base/utf8.h"

#include <gtest/gtest.h>
#include <string>

namespace encap::test {
namespace {

// One octet after another, as it is defined.
std::size_t plain_one_by_one(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] >= 0x20 && text[at] < 0x7f) ++at;
  return at;
}

TEST(PlainText, ends_before_the_first_octet_that_is_not_printable_wherever_it_stands) {
  for (std::size_t size = 0; size <= 40; ++size) {
    std::string text(size, 'x');
    EXPECT_EQ(plain_length(text), size);
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned octet = 0; octet < 256; ++octet) {
        text[at] = static_cast<char>(octet);
        ASSERT_EQ(plain_length(text), plain_one_by_one(text)) << "octet " << octet << " at " << at << " of " << size;
      }
      text[at] = 'x';
    }
  }
}

// What stands behind the first one changes nothing.
TEST(PlainText, ends_before_the_first_of_two) {
  for (std::size_t first = 0; first < 40; ++first) {
    for (std::size_t second = first + 1; second < 40; ++second) {
      for (const char octet : {'\0', '\x1f', '\x7f', '\x80', '\xff'}) {
        std::string text(40, '~');
        text[first] = octet;
        text[second] = '\r';
        ASSERT_EQ(plain_length(text), first) << second;
      }
    }
  }
}

TEST(PlainText, is_copied_up_to_there_and_nothing_is_written_behind_the_text) {
  const std::string plain = "GET /a?b=c HTTP/1.1 and so on, and on";
  for (std::size_t size = 0; size <= plain.size(); ++size) {
    for (std::size_t end = 0; end <= size; ++end) {
      std::string text = plain.substr(0, size);
      if (end < size) text[end] = '\n';
      std::string copy(plain.size() + 1, '#');
      ASSERT_EQ(copy_plain(copy.data(), text), end);
      EXPECT_EQ(copy.substr(0, end), plain.substr(0, end));
      EXPECT_EQ(copy.substr(size), std::string(copy.size() - size, '#')) << size << ", " << end;
    }
  }
}

}  // namespace
}  // namespace encap::test

#include "render/text.h"

#include <gtest/gtest.h>
#include <string>

namespace encap::test {
namespace {

std::string added(std::string_view text) {
  std::string out = "(";
  {
    TextWriter writer{out};
    writer.add('[');
    add_shown(writer, text);
    writer.add(']');
  }
  return out;
}

TEST(Text, is_shown_with_its_controls_escaped) {
  EXPECT_EQ(added(""), "([]");
  EXPECT_EQ(added("plain, and longer than a word of the machine"), "([plain, and longer than a word of the machine]");
  EXPECT_EQ(added("GET / HTTP/1.1\r\n"), "([GET / HTTP/1.1\\r\\n]");
  EXPECT_EQ(added("\x1b[31mred\x7f"), "([\\033[31mred\\177]");
  EXPECT_EQ(added("caf\xc3\xa9 \xff \xc2\x85"), "([caf\xc3\xa9 \xef\xbf\xbd \\205]");
}

TEST(Text, is_shown_alike_however_long_it_is) {
  for (const std::size_t size : {TextWriter::capacity - 1, TextWriter::capacity, 3 * TextWriter::capacity}) {
    std::string text(size, 'x');
    EXPECT_EQ(added(text), "([" + text + "]") << size;
    text.back() = '\n';
    EXPECT_EQ(added(text), "([" + text.substr(0, size - 1) + "\\n]") << size;
  }
}

}  // namespace
}  // namespace encap::test

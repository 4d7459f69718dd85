#include "encap/input/message_read_ahead.h"

#include <cerrno>
#include <gtest/gtest.h>

#include "support/sanitizers.h"
#include "tables.h"

namespace encap::test {
namespace {

/// Fails behind the text it has.
class BrokenSource final : public ByteSource {
 public:
  explicit BrokenSource(std::string text) : text_{std::move(text)} {}
  Result<std::size_t, IoError> read(MutableBytes out) override {
    if (used_ == text_.size()) return unexpected(IoError{"read", "t.csv", EIO, {}});
    const std::size_t count = std::min(out.size(), text_.size() - used_);
    std::memcpy(out.data(), text_.data() + used_, count);
    used_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t used_ = 0;
};

std::unique_ptr<MessageSource> open_table(std::unique_ptr<ByteSource> source) {
  auto reader = open_message_source(MessageFormat::csv, "t.csv", std::move(source));
  EXPECT_TRUE(reader.has_value());
  return std::move(*reader);
}

std::unique_ptr<MessageSource> open_table(std::string_view table) { return open_table(memory_source(as_bytes(table))); }

TableRead read_ahead(std::unique_ptr<MessageSource> reader) {
  TableRead read;
  MessageReadAhead ahead{std::move(reader)};
  drain(ahead, read);
  return read;
}

void expect_same(const TableRead& read, const TableRead& expected) {
  EXPECT_EQ(read.messages, expected.messages);
  EXPECT_EQ(read.errors, expected.errors);
  EXPECT_EQ(read.rows, expected.rows);
  EXPECT_EQ(read.notes.blank_rows, expected.notes.blank_rows);
  EXPECT_EQ(read.notes.ignored_columns, expected.notes.ignored_columns);
}

TEST(MessageReadAheadProperty, gives_what_the_reader_gives) {
  check_property(60, [](Random& random) {
    std::string table = "message,src_app,src_port,app_protocol,note,msg_id\n";
    for (std::uint64_t left = random.below(under_sanitizers ? 1000 : 3000); left != 0; --left) {
      std::string text(random.one_in(50) ? random.below(100'000) : random.below(40),
                       static_cast<char>('a' + random.below(26)));
      table += random.one_in(30) ? "" : '"' + text + '"';
      table += random.one_in(3) ? ",browser" : ",";
      table += random.one_in(20) ? ",0" : ",80";  // port 0 is a mistake
      table += random.one_in(40) ? ",HTTP,x,y,z\n" : ",HTTP,x,\n";
      if (random.one_in(60)) table += ",,\n";
    }
    expect_same(read_ahead(open_table(table)), read_table(table));
  });
}

TEST(MessageReadAhead, holds_messages_longer_than_its_batches) {
  std::string table = "message,src_app\nshort,a\n";
  table.append(3u << 20, 'x') += ",a\nshort,b\n";
  table.append(1u << 20, 'y') += ",c\n";
  table.append(5u << 20, 'z') += ",d\n";
  expect_same(read_ahead(open_table(table)), read_table(table));
}

TEST(MessageReadAhead, gives_the_messages_before_a_mistake_first) {
  MessageReadAhead ahead{open_table("message,src_port\na,1\nb,0\nc,2\n")};
  EXPECT_EQ(as_text((**ahead.next()).payload), "a");
  EXPECT_EQ(ahead.rows(), 1u);
  EXPECT_FALSE(ahead.next().has_value());
  EXPECT_EQ(ahead.rows(), 2u);
  EXPECT_EQ(as_text((**ahead.next()).payload), "c");
  EXPECT_EQ(*ahead.next(), nullptr);
  EXPECT_EQ(*ahead.next(), nullptr) << "it stays at the end";
  EXPECT_EQ(ahead.rows(), 3u);
}

TEST(MessageReadAhead, passes_on_what_the_system_refuses) {
  std::string table = "message\n";
  while (table.size() < (50u << 20)) table.append(399, 'x') += '\n';
  const auto open = [&table] { return open_table(std::make_unique<BrokenSource>(table)); };
  TableRead expected;
  const auto plain = open();
  drain(*plain, expected);
  const TableRead read = read_ahead(open());
  ASSERT_EQ(read.errors, std::vector<std::string>{"read t.csv: Input/output error"});
  EXPECT_EQ(read.messages.size(), expected.messages.size());
  EXPECT_EQ(read.rows, expected.rows);
}

TEST(MessageReadAhead, may_be_left_at_any_time) {
  std::string table = "message\n";
  for (int row = 0; row < 100'000; ++row) table += "some text\n";
  for (const int taken : {0, 1, 1023, 1024, 1025, 20'000}) {
    MessageReadAhead ahead{open_table(table)};
    for (int row = 0; row < taken; ++row) ASSERT_TRUE(ahead.next().has_value());
  }
}

TEST(MessageReadAhead, goes_on_where_it_is_moved_to) {
  MessageReadAhead first{open_table("message\na\nb\n")};
  EXPECT_EQ(as_text((**first.next()).payload), "a");
  MessageReadAhead second{std::move(first)};
  EXPECT_EQ(as_text((**second.next()).payload), "b");
  EXPECT_EQ(*second.next(), nullptr);
}

}  // namespace
}  // namespace encap::test

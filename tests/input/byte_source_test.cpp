#include "encap/input/byte_source.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/sanitizers.h"
#include "tables.h"

namespace encap::test {
namespace {

using namespace std::string_view_literals;
using Texts = std::vector<std::string>;

/// A file that goes when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) {
    std::string name = (std::filesystem::temp_directory_path() / "encap-table.XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    EXPECT_NE(descriptor, -1);
    static_cast<void>(::close(descriptor));
    path_ = name;
    std::ofstream{path_, std::ios::binary} << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Hands out a table that goes on and on, and fails at an octet.
class FailingSource final : public ByteSource {
 public:
  FailingSource(std::string_view header, std::size_t good) : header_{header}, good_{good} {}

  Result<std::size_t, IoError> read(MutableBytes out) override {
    if (at_ == good_) return unexpected(IoError{"read", "t.csv", EIO, {}});
    const std::size_t count = std::min({out.size(), good_ - at_, std::size_t{1} << 20});
    for (std::size_t i = 0; i < count;) {
      const std::string_view rest =
          at_ < header_.size() ? header_.substr(at_) : row.substr((at_ - header_.size()) % row.size());
      const Bytes part = as_bytes(rest.substr(0, count - i));
      std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(i));
      i += part.size();
      at_ += part.size();
    }
    return count;
  }

  static constexpr std::string_view row = "a row of thirty-two octets now.\n";

 private:
  std::string_view header_;
  std::size_t good_;
  std::size_t at_ = 0;
};

TEST(ByteSource, reads_a_file_to_its_end) {
  const TemporaryFile file{"message\nhello\n"};
  auto source = open_file_source(file.path());
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(read_table(std::move(*source)).payloads(), Texts{"hello"});
}

TEST(ByteSource, gives_nothing_after_the_end) {
  const auto source = memory_source(as_bytes("ab"sv));
  std::array<std::byte, 4> block{};
  EXPECT_EQ(source->read(block).value(), 2u);
  EXPECT_EQ(source->read(block).value(), 0u);
  EXPECT_EQ(source->read(block).value(), 0u);
}

TEST(ByteSource, names_a_file_that_is_not_there) {
  const auto source = open_file_source("/nowhere/t.csv");
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(to_string(source.error()), "open /nowhere/t.csv: No such file or directory");
}

TEST(ByteSource, that_is_a_folder_cannot_be_read) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  auto source = open_file_source(folder);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(read_table(std::move(*source)).errors, Texts{"read " + folder + ": Is a directory"});
}

TEST(ByteSource, that_fails_at_the_first_read_is_no_table) {
  EXPECT_EQ(read_table(std::make_unique<FailingSource>("message\n", 0)).errors,
            Texts{"read t.csv: Input/output error"});
}

TEST(ByteSource, that_fails_within_the_first_block_gives_the_rows_before) {
  constexpr std::string_view header = "message\n";
  const TableRead read = read_table(std::make_unique<FailingSource>(header, 1000));
  EXPECT_EQ(read.messages.size(), (1000 - header.size()) / FailingSource::row.size());
  EXPECT_EQ(read.errors, Texts{"read t.csv: Input/output error"});
}

TEST(ByteSource, that_fails_later_ends_the_table_with_what_the_system_says) {
  // Far behind the first block.
  constexpr std::string_view header = "message\n";
  const std::size_t good = std::size_t{under_sanitizers ? 5u : 50u} << 20;
  auto reader = MessageReader::open("t.csv", std::make_unique<FailingSource>(header, good), {});
  ASSERT_TRUE(reader.has_value());
  std::uint64_t rows = 0;
  for (;; ++rows) {
    const auto message = reader->next();
    if (!message) {
      EXPECT_TRUE(std::holds_alternative<IoError>(message.error()));
      EXPECT_EQ(to_string(message.error()), "read t.csv: Input/output error");
      break;
    }
    ASSERT_NE(*message, nullptr) << "a table cut short does not pass for a whole one";
    ASSERT_EQ(as_text((*message)->payload).size(), FailingSource::row.size() - 1);
  }
  EXPECT_EQ(rows, (good - header.size()) / FailingSource::row.size()) << "all that came are given";
  EXPECT_EQ(reader->rows(), rows);
  const auto end = reader->next();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(*end, nullptr);
}

}  // namespace
}  // namespace encap::test

#include "encap/capture/text_file_writer.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "capture/files.h"

namespace encap::test {
namespace {

using Names = std::vector<std::string>;

TEST(TextFileWriter, gives_the_file_its_name_at_the_commit) {
  const TemporaryFolder folder;
  write_whole(folder / "a", as_bytes("old"));
  auto file = TextFileWriter::open(folder / "a").value();
  ASSERT_TRUE(file.write("one ").has_value());
  ASSERT_TRUE(file.write("two").has_value());
  EXPECT_EQ(read_text(folder / "a"), "old");
  ASSERT_TRUE(file.commit().has_value());
  EXPECT_EQ(read_text(folder / "a"), "one two");
  EXPECT_EQ(folder.names(), (Names{"a"}));
}

TEST(TextFileWriter, may_stay_empty) {
  const TemporaryFolder folder;
  ASSERT_TRUE(TextFileWriter::open(folder / "a").value().commit().has_value());
  EXPECT_EQ(folder.names(), (Names{"a"}));
}

TEST(TextFileWriter, leaves_nothing_behind_without_a_commit) {
  const TemporaryFolder folder;
  {
    auto file = TextFileWriter::open(folder / "a").value();
    ASSERT_TRUE(file.write("text").has_value());
  }
  EXPECT_EQ(folder.names(), Names{});
}

TEST(TextFileWriter, writes_to_standard_output_at_the_commit) {
  const TemporaryFolder folder;
  const std::string path = folder / "printed";
  EXPECT_EQ(in_child([&path] {
              const int printed = ::open(path.c_str(), O_WRONLY | O_CREAT, 0666);
              ::dup2(printed, STDOUT_FILENO);
              auto file = TextFileWriter::open("-").value();
              if (!file.write("text")) return 1;
              if (!read_text(path).empty()) return 2;
              return file.commit() ? 0 : 3;
            }),
            0);
  EXPECT_EQ(read_text(path), "text");
}

TEST(TextFileWriter, that_failed_stays_failed_and_leaves_nothing_behind) {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  EXPECT_EQ(in_child([&path] {
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{1000, 1000};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              auto file = TextFileWriter::open(path).value();
              const auto written = file.write(std::string(2000, 'x'));
              if (written || written.error().code != EFBIG) return 1;
              if (file.write("y")) return 2;
              return file.commit() ? 3 : 0;
            }),
            0);
  EXPECT_EQ(folder.names(), Names{});
}

TEST(TextFileWriter, says_why_it_cannot_open) {
  const TemporaryFolder folder;
  const auto file = TextFileWriter::open(folder / "missing/a");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code, ENOENT);
}

}  // namespace
}  // namespace encap::test

// Bodies over HTTP and the names of the files they are written to, as tshark's --export-objects has them.
#include "encap/statistics/http_objects.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <map>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::pair<std::string, std::string>> objects_of(const std::string& name) {
  std::vector<std::pair<std::string, std::string>> found;
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields, true};
  HttpObjects objects;
  for (const WrittenPacket& packet :
       read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / (name + ".hex"))) {
    const PacketRecord record = packet.record();
    dissector.dissect(record, dissection);
    objects.take(dissection,
                 [&](const HttpObject& object) { found.emplace_back(object.name, as_text(object.octets)); });
  }
  return found;
}

TEST(HttpObjects, finds_bodies_without_their_codings_and_the_names_that_were_asked_for) {
  const std::string m(300, 'M');
  const std::vector<std::pair<std::string, std::string>> expected{
      {"passwd", "root"},
      {"..", "dots"},
      {".", "dot"},
      {"a%2fb", "percent"},
      {"dir", "dir"},
      {"/", "root of it"},
      {"*", "star"},
      {"x.txt?q=a:b", "one"},
      {"x.txt?q=a:b", "two"},
      {"a\\b|c<d>\"e", "odd"},
      {"a\tb\x01"
       "c",
       "controls"},
      {m + ".txt", "long"},
      {m + ".txt", "long again"},
      {"g.gz", "hello gzip"},
      // bad.gz is not in the coding that it says, the answer to HEAD and the one of 204 have no body.
      {"chunked", "abcdef"},
      {"up", "a=1"},
      {"up", "ok"},
      {"object39.text/plain", "nobody asked"},
      {"object40", "nor for this"}};
  EXPECT_EQ(objects_of("http_objects"), expected);
}

struct NameCase {
  std::string name;
  std::uint64_t again;
  std::string file;
};

TEST(HttpObjectNames, are_names_of_files_and_nothing_else) {
  const std::string m(300, 'M');
  const NameCase cases[] = {{"a.txt", 0, "a.txt"},
                            {"a.txt", 1, "a(1).txt"},
                            {"a.tar.gz", 12, "a.tar(12).gz"},
                            {"a", 1, "a(1)"},
                            {"..", 1, ".(1)."},
                            {".", 1, "(1)."},
                            {".htaccess", 1, "(1).htaccess"},
                            {"t.", 1, "t(1)."},
                            {"", 0, ""},
                            {"/", 0, "%2f"},
                            {"/", 2, "%2f(2)"},
                            {"../../etc/passwd", 0, "..%2f..%2fetc%2fpasswd"},
                            {"a%2fb", 0, "a%2fb"},
                            {std::string{"a\0b", 3}, 0, "a%00b"},
                            {"a\tb\x7f", 0, "a%09b\x7f"},
                            {"<>:\"\\|?*", 0, "%3c%3e%3a%22%5c%7c%3f%2a"},
                            {m, 0, m.substr(0, 255)},
                            {m, 1, m.substr(0, 252) + "(1)"},
                            {m + ".txt", 0, m.substr(0, 251) + ".txt"},
                            {m + ".txt", 1, m.substr(0, 248) + "(1).txt"},
                            {"k." + m, 0, "k." + m.substr(0, 253)},
                            {"k." + m, 1, "k." + m.substr(0, 250) + "(1)"}};
  for (const NameCase& one : cases) EXPECT_EQ(object_file_name(one.name, one.again), one.file) << one.name;
}

TEST(HttpObjectNames, hold_no_slash_and_no_nul_and_have_255_octets_at_most) {
  for (unsigned c = 0; c < 256; ++c) {
    for (const std::size_t length : {1u, 80u, 400u}) {
      const std::string file = object_file_name(std::string(length, static_cast<char>(c)), length % 7);
      EXPECT_EQ(file.find('/'), file.npos);
      EXPECT_EQ(file.find('\0'), file.npos);
      EXPECT_LE(file.size(), 255u);
    }
  }
}

}  // namespace
}  // namespace encap::test

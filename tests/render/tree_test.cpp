#include "encap/render/tree.h"

#include <gtest/gtest.h>

#include "dissected.h"
#include "encap/render/hex.h"

namespace encap::test {
namespace {

std::string tail_of_tree(Dissected& packet, const TreeOptions& options = {}) {
  std::string out;
  append_tree(out, *packet, options);
  return out.substr(std::min(out.find("Data ("), out.size()));
}

TEST(Tree, dumps_data_under_its_layer) {
  Dissected packet{unknown_ethertype};
  EXPECT_EQ(tail_of_tree(packet),
            "Data (5 bytes)\n"
            "\n"
            "0000  48 65 6c 6c 6f                                    Hello\n"
            "    Data: 48656c6c6f\n"
            "    [Length: 5]\n"
            "\n");
}

TEST(Tree, leaves_the_dump_out_where_all_octets_are_shown_anyway) {
  Dissected packet{unknown_ethertype};
  EXPECT_EQ(tail_of_tree(packet, {.dump_data = false}),
            "Data (5 bytes)\n"
            "    Data: 48656c6c6f\n"
            "    [Length: 5]\n"
            "\n");
}

TEST(Tree, shows_layers_that_are_not_asked_for_in_one_line) {
  Dissected packet{unknown_ethertype};
  const std::vector<std::string> detailed{"data"};
  std::string out;
  append_tree(out, *packet, {.detailed = detailed, .dump_data = false});
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 6) << out;
  EXPECT_EQ(out.find("Frame Number"), std::string::npos);
  EXPECT_NE(out.find("    Data: 48656c6c6f\n"), std::string::npos);
}

TEST(Tree, is_not_deeper_than_its_widest_indentation) {
  Dissected packet{unknown_ethertype};
  Dissection& dissection = *packet;
  for (int level = 0; level < 1000; ++level) {  // a chain of items, each in the one before
    const auto parent = static_cast<ItemId>(dissection.items.size() - 1);
    const auto id = static_cast<ItemId>(dissection.items.size());
    Item& item = dissection.items.emplace_back();
    item.text = "x";
    item.parent = parent;
    item.depth = 255;
    dissection.at(parent).first_child = dissection.at(parent).last_child = id;
  }
  std::string out;
  append_tree(out, dissection);
  EXPECT_NE(out.find("\n" + std::string(160, ' ') + "x\n"), std::string::npos);
}

std::string hex_of(std::size_t size) {
  const std::vector<std::byte> octets(size, std::byte{0x41});
  std::string out;
  append_hex_dump(out, octets);
  return out;
}

TEST(HexDump, has_sixteen_octets_to_a_line) {
  EXPECT_EQ(hex_of(0), "");
  EXPECT_EQ(hex_of(16), "0000  41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41   AAAAAAAAAAAAAAAA\n");
  EXPECT_EQ(hex_of(17),
            "0000  41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41   AAAAAAAAAAAAAAAA\n"
            "0010  41                                                A\n");
}

TEST(HexDump, has_wider_offsets_where_they_are_needed) {
  EXPECT_TRUE(hex_of(65536).starts_with("0000  "));
  EXPECT_TRUE(hex_of(65537).starts_with("00000  "));
}

TEST(HexDump, has_headings_where_there_are_several_sources) {
  Dissected packet{unknown_ethertype};
  std::string out;
  append_hex(out, *packet);
  EXPECT_TRUE(out.starts_with("0000  02 00 00")) << out;
  const auto more = hex_vector("2a");
  packet->sources.push_back({"Reassembled TCP", more});
  out.clear();
  append_hex(out, *packet);
  EXPECT_TRUE(out.starts_with("Frame (19 bytes):\n0000  ")) << out;
  EXPECT_TRUE(out.ends_with("\nReassembled TCP (1 byte):\n0000  2a                                                *\n"))
      << out;
}

}  // namespace
}  // namespace encap::test

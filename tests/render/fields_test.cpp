#include "encap/render/fields.h"

#include <gtest/gtest.h>

#include "dissected.h"
#include "encap/dissect/field_table.h"

namespace encap::test {
namespace {

std::string line_of(std::vector<std::string> names, const FieldsFormat& format = {}) {
  auto fields = FieldSelection::make(std::move(names));
  if (!fields) return "no such field: " + fields.error().at(0);
  Dissected packet{unknown_ethertype};
  fields->read(*packet);
  std::string out;
  append_fields_line(out, *fields, format);
  return out;
}

TEST(Fields, are_values_as_the_tree_has_them) {
  EXPECT_EQ(line_of({"frame.number", "frame.len", "eth.type", "eth.src", "eth.lg", "data.data", "data.len"}),
            "1\t19\t0x88b5\t02:00:00:00:00:01\t1,1\t48656c6c6f\t5\n");
}

TEST(Fields, of_layers_are_their_lines_and_of_data_its_octets) {
  EXPECT_EQ(line_of({"frame", "data", "ip"}),
            "Frame 1: 19 bytes on wire (152 bits), 19 bytes captured (152 bits)\t48656c6c6f\t\n");
}

TEST(Fields, may_be_columns) {
  EXPECT_EQ(line_of({"_ws.col.No.", "_ws.col.Length", "_ws.col.Info"}).substr(0, 5), "1\t19\t");
  auto columns = FieldSelection::make({"_ws.col.Info"});
  ASSERT_TRUE(columns);
  EXPECT_EQ(columns->detail(), Detail::columns);
}

TEST(Fields, that_there_are_not_are_named_all) {
  const auto fields = FieldSelection::make({"eth.src", "ethe.src", "_ws.col.Colour"});
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error(), (std::vector<std::string>{"ethe.src", "_ws.col.Colour"}));
}

TEST(Fields, that_nothing_fills_stay_empty) {
  const auto fields = FieldSelection::make({"eth.src", "eth.nothing"});
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->unfilled(), std::vector<std::string>{"eth.nothing"});
  EXPECT_EQ(line_of({"frame.len", "eth.nothing", "frame.len"}), "19\t\t19\n");
}

TEST(Fields, may_be_asked_for_twice) { EXPECT_EQ(line_of({"frame.len", "frame.len"}), "19\t19\n"); }

TEST(Fields, are_written_as_the_format_says) {
  const std::vector<std::string> names{"eth.addr", "frame.len", "ip.src"};
  EXPECT_EQ(line_of(names, {.separator = ';', .aggregator = ' ', .quote = '"'}),
            "\"02:00:00:00:00:02 02:00:00:00:00:01\";\"19\";\n");
  EXPECT_EQ(line_of(names, {.occurrence = FieldsFormat::Occurrence::first}), "02:00:00:00:00:02\t19\t\n");
  EXPECT_EQ(line_of(names, {.occurrence = FieldsFormat::Occurrence::last}), "02:00:00:00:00:01\t19\t\n");
}

TEST(Fields, do_not_break_their_line) {
  auto fields = FieldSelection::make({"text"});
  ASSERT_TRUE(fields);
  Dissected packet{unknown_ethertype};
  Item& item = packet->items.emplace_back();
  item.text = "a\r\n\tb\\\xff";
  item.parent = ItemId::root;
  packet->at(packet->at(ItemId::root).last_child).next = static_cast<ItemId>(packet->items.size() - 1);
  fields->read(*packet);
  std::string out;
  append_fields_line(out, *fields, {});
  EXPECT_EQ(out, "a\\r\\n\\tb\\\xef\xbf\xbd\n");
  out.clear();
  append_fields_line(out, *fields, {.escape = false});
  EXPECT_EQ(out, "a\r\n\tb\\\xef\xbf\xbd\n");
}

TEST(FieldTable, is_sorted_and_has_each_name_once) {
  const auto fields = all_fields();
  ASSERT_GT(fields.size(), 20u);
  for (std::size_t i = 1; i < fields.size(); ++i) EXPECT_LT(fields[i - 1].field->name, fields[i].field->name);
}

TEST(FieldTable, knows_whose_a_field_is) {
  ASSERT_NE(find_field("frame.len"), nullptr);
  EXPECT_EQ(find_field("frame.len")->protocol, "frame");
  EXPECT_EQ(find_field("frame")->protocol, "frame");
  EXPECT_EQ(find_field("_ws.expert.message")->protocol, "_ws.expert");
  EXPECT_EQ(find_field("_ws.malformed")->protocol, "_ws.malformed");
  EXPECT_EQ(find_field("frame."), nullptr);
  EXPECT_EQ(find_field(""), nullptr);
}

}  // namespace
}  // namespace encap::test

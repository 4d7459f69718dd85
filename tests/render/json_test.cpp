#include "encap/render/json.h"

#include <gtest/gtest.h>

#include "dissected.h"

namespace encap::test {
namespace {

constexpr Timestamp at{1'700'000'001'001'000'000};

// What is under "layers" from the layer `name` on.
std::string layers_from(std::string_view name, const JsonFormat& format) {
  Dissected packet{unknown_ethertype, {.timestamp = at}};
  JsonWriter json{format};
  std::string out;
  json.begin(out);
  json.packet(out, *packet);
  json.end(out);
  return out.substr(std::min(out.find('"' + std::string{name} + '"'), out.size()));
}

TEST(Json, has_layers_as_objects_and_octets_with_colons) {
  EXPECT_EQ(layers_from("data", {}),
            "\"data\": {\n"
            "          \"data.data\": \"48:65:6c:6c:6f\",\n"
            "          \"data.len\": \"5\"\n"
            "        }\n"
            "      }\n"
            "    }\n"
            "  }\n"
            "]\n");
}

TEST(Json, has_raw_octets_with_their_place) {
  EXPECT_TRUE(layers_from("data_raw", {.raw = true})
                  .starts_with("\"data_raw\": [\n"
                               "          \"48656c6c6f\",\n"
                               "          14,\n"
                               "          5,\n"
                               "          0,\n"
                               "          1\n"
                               "        ],\n"
                               "        \"data\": {\n"
                               "          \"data.data_raw\": ["));
}

TEST(Json, of_no_packets_is_an_empty_array) {
  JsonWriter json{{}};
  std::string out;
  json.begin(out);
  json.end(out);
  EXPECT_EQ(out, "[]\n");
}

TEST(Json, two_writers_make_one_array) {
  Dissected packet{unknown_ethertype};
  for (const auto shape : {JsonFormat::Shape::tree, JsonFormat::Shape::lines}) {
    JsonWriter one{{.shape = shape}};
    std::string expected;
    one.begin(expected);
    one.packet(expected, *packet);
    one.packet(expected, *packet);
    one.end(expected);

    JsonWriter first{{.shape = shape}};
    JsonWriter second{{.shape = shape}};
    std::string out;
    first.begin(out);
    first.packet(out, *packet);
    second.resume();
    second.packet(out, *packet);
    first.end(out);
    EXPECT_EQ(out, expected);
  }
}

Item& add_item(Dissection& dissection, ItemId parent, std::string_view text) {
  const auto id = static_cast<ItemId>(dissection.items.size());
  Item& item = dissection.items.emplace_back();
  item.text = text;
  item.parent = parent;
  Item& above = dissection.at(parent);
  if (above.first_child == ItemId::none) {
    above.first_child = id;
  } else {
    dissection.at(above.last_child).next = id;
  }
  above.last_child = id;
  return item;
}

TEST(Json, makes_an_array_of_what_has_the_same_key) {
  Dissected packet{unknown_ethertype};
  packet->items.resize(1);
  packet->items[0] = {};
  add_item(*packet, ItemId::root, "one");
  add_item(*packet, ItemId::root, "two");
  add_item(*packet, ItemId::root, "one");
  add_item(*packet, static_cast<ItemId>(1), "in \"one\"\n");
  JsonWriter json{{}};
  std::string out;
  json.begin(out);
  json.packet(out, *packet);
  EXPECT_NE(out.find("\"one\": [\n"
                     "          {\n"
                     "            \"in \\\"one\\\"\\n\": \"\"\n"
                     "          },\n"
                     "          \"\"\n"
                     "        ],\n"
                     "        \"two\": \"\""),
            std::string::npos)
      << out;
}

TEST(Json, lines_name_the_protocol_of_each_field) {
  const std::string lines = layers_from("data", {.shape = JsonFormat::Shape::lines});
  EXPECT_EQ(lines, "\"data\":{\"data_data_data\":\"48:65:6c:6c:6f\",\"data_data_len\":\"5\"}}}\n");
}

TEST(Json, lines_have_a_key_once_a_layer) {
  const std::string lines = layers_from("eth", {.shape = JsonFormat::Shape::lines});
  EXPECT_NE(lines.find("\"eth_eth_addr\":[\"02:00:00:00:00:02\",\"02:00:00:00:00:01\"]"), std::string::npos) << lines;
  EXPECT_NE(lines.find("\"eth_eth_lg\":[true,true]"), std::string::npos) << lines;
}

TEST(Json, lines_start_with_where_they_go) {
  Dissected packet{unknown_ethertype, {.timestamp = at}};
  JsonWriter json{{.shape = JsonFormat::Shape::lines}};
  std::string out;
  json.packet(out, *packet);
  EXPECT_TRUE(out.starts_with("{\"index\":{\"_index\":\"packets-2023-11-1")) << out;
  EXPECT_NE(out.find("\n{\"timestamp\":\"1700000001001\",\"layers\":{\"frame\":{"), std::string::npos) << out;
  EXPECT_NE(out.find("\"frame_frame_time\":\"2023-11-14T22:13:21.001000000Z\""), std::string::npos) << out;
}

TEST(Json, of_chosen_fields_is_an_array_each) {
  auto fields = FieldSelection::make({"data.len", "ip.src", "eth.addr"});
  ASSERT_TRUE(fields);
  Dissected packet{unknown_ethertype, {.timestamp = at}};
  fields->read(*packet);
  JsonWriter json{{.shape = JsonFormat::Shape::lines}};
  std::string out;
  json.packet(out, *packet, *fields);
  EXPECT_TRUE(out.ends_with(R"("layers":{"data_len":["5"],"eth_addr":["02:00:00:00:00:02","02:00:00:00:00:01"]}})"
                            "\n"))
      << out;
}

}  // namespace
}  // namespace encap::test

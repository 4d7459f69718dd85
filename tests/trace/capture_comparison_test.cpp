#include "encap/trace/capture_comparison.h"

#include <functional>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "encap/base/byte_order.h"
#include "support/edited_capture.h"
#include "trace/compared_packets.h"
#include "trace/crafted.h"

namespace encap {
namespace {

using test::EditedCapture;
using test::Row;

struct Sink final : PacketSink {
  EditedCapture* capture = nullptr;
  Result<void, IoError> write(const PacketRecord& record) override {
    capture->add(record);
    return {};
  }
  Result<void, IoError> flush() override { return {}; }
};

// SYN, SYN-ACK, ACK, request, its acknowledgment, after 1 s the answer, FIN, FIN, ACK.
const std::vector<Row> one_request{{"browser", "server", "HTTP", "GET / HTTP/1.1", ""},
                                   {"server", "browser", "HTTP", "HTTP/1.1 200 OK", ""}};
constexpr std::size_t ack = 3;
constexpr std::size_t request = 4;

// Where things lie in a packet of IPv4 without a link header.
constexpr std::size_t total_length = 2;
constexpr std::size_t tcp = 20;
constexpr std::size_t sequence_number = tcp + 4;
constexpr std::size_t data_offset = tcp + 12;
constexpr std::size_t window = tcp + 14;

EditedCapture craft(const std::vector<Row>& rows, CraftOptions options = {}) {
  EditedCapture capture;
  Sink sink;
  sink.capture = &capture;
  if (!options.link_type) options.link_type = LinkType::raw;
  test::craft(options, rows, sink);
  return capture;
}

std::unique_ptr<CaptureComparison> compare(EditedCapture left, EditedCapture right, ComparisonOptions options = {}) {
  auto comparison = std::make_unique<CaptureComparison>(std::move(options));
  test::EditedSource real{left};
  test::EditedSource crafted{right};
  comparison->read(0, "real.pcap", real);
  comparison->read(1, "crafted.pcap", crafted);
  comparison->compare();
  return comparison;
}

void set_be16(EditedCapture::Packet& packet, std::size_t at, std::uint16_t value) {
  store_be16(packet.octets, at, value);
}

/// Cuts the payload of a packet in two: the second part is a packet of its own behind the first.
void split(EditedCapture& capture, std::size_t frame, std::size_t first_octets) {
  capture.twice(frame);
  EditedCapture::Packet& first = capture.at(frame);
  EditedCapture::Packet& second = capture.at(frame + 1);
  const std::size_t headers = tcp + std::to_integer<std::size_t>(first.octets[data_offset] >> 4) * 4;
  first.octets.resize(headers + first_octets);
  second.octets.erase(second.octets.begin() + static_cast<std::ptrdiff_t>(headers),
                      second.octets.begin() + static_cast<std::ptrdiff_t>(headers + first_octets));
  store_be32(second.octets, sequence_number,
             load_be32(second.octets, sequence_number) + static_cast<std::uint32_t>(first_octets));
  for (EditedCapture::Packet* const packet : {&first, &second}) {
    set_be16(*packet, total_length, static_cast<std::uint16_t>(packet->octets.size()));
    packet->original_length = static_cast<std::uint32_t>(packet->octets.size());
  }
}

const FieldAgreement& field(const CaptureComparison& comparison, std::string_view name, bool is_step = false) {
  for (const FieldAgreement& one : comparison.fields()) {
    if (one.field == name && one.is_step == is_step) return one;
  }
  ADD_FAILURE() << "nothing is said of " << name;
  static const FieldAgreement nothing;
  return nothing;
}

/// Names of the fields that differ and need not, "field, step" of steps.
std::vector<std::string> differing(const CaptureComparison& comparison) {
  std::vector<std::string> names;
  for (const FieldAgreement& one : comparison.fields()) {
    if (one.agree + one.by_nature != one.packets)
      names.push_back(std::string{one.field} + (one.is_step ? ", step" : ""));
  }
  return names;
}

/// Frames of both sides, 0 for none.
using Frames = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
Frames frames(const CaptureComparison& comparison, std::size_t conversation = 0) {
  Frames all;
  for (const AlignedPackets& pair : comparison.conversations().at(conversation).pairs) {
    const auto frame = [&](std::size_t side) {
      return pair.packets[side] == AlignedPackets::none ? 0 : comparison.packet(side, pair.packets[side]).frame;
    };
    all.emplace_back(frame(0), frame(1));
  }
  return all;
}

std::vector<FieldDifference> differences(const CaptureComparison& comparison, std::size_t pair) {
  std::vector<FieldDifference> all;
  comparison.differences(comparison.conversations().at(0).pairs.at(pair), all);
  return all;
}

using Names = std::vector<std::string>;

TEST(CaptureComparison, a_capture_is_like_itself) {
  const auto comparison = compare(craft(one_request), craft(one_request));
  EXPECT_EQ(comparison->aligned(), 9u);
  EXPECT_EQ(differing(*comparison), Names{});
  ASSERT_EQ(comparison->conversations().size(), 1u);
  const ComparedConversation& talk = comparison->conversations()[0];
  EXPECT_EQ(talk.paired_by, ComparedConversation::PairedBy::endpoints);
  EXPECT_EQ(talk.differences, 0u);
  EXPECT_EQ(talk.by_nature, 0u);
  EXPECT_EQ(talk.aligned, 9u);
  EXPECT_EQ(field(*comparison, "tcp.options.mss_val").packets, 2u);
  EXPECT_EQ(field(*comparison, "tcp.option_kind").values[0], "2,4,8,1,3");
  EXPECT_EQ(field(*comparison, "tcp.payload").agree, 2u);
}

TEST(CaptureComparison, every_field_is_in_the_table_of_fields) {
  const trace::FieldPlaces places;
  for (std::size_t place = 0; place < trace::compared_fields.size(); ++place)
    EXPECT_EQ(places.shown_as(place).name, trace::compared_fields[place].name);
}

TEST(CaptureComparison, another_time_to_live_is_the_only_difference) {
  CraftOptions options;
  options.time_to_live = 128;
  const auto comparison = compare(craft(one_request), craft(one_request, options));
  EXPECT_EQ(differing(*comparison), Names{"ip.ttl"});
  const FieldAgreement& ttl = field(*comparison, "ip.ttl");
  EXPECT_EQ(ttl.packets, 9u);
  EXPECT_EQ(ttl.agree, 0u);
  EXPECT_EQ(ttl.values, (BothSides<std::string>{"64", "128"}));
  EXPECT_EQ(ttl.frames, (BothSides<std::uint64_t>{1, 1}));
}

TEST(CaptureComparison, what_is_drawn_at_random_differs_by_nature) {
  CraftOptions options;
  options.seed = 7;
  const auto comparison = compare(craft(one_request), craft(one_request, options));
  EXPECT_EQ(differing(*comparison), Names{});
  EXPECT_EQ(comparison->conversations()[0].differences, 0u);
  EXPECT_EQ(field(*comparison, "tcp.seq_raw").by_nature, 9u);
  EXPECT_EQ(field(*comparison, "tcp.ack_raw").by_nature, 8u);
  EXPECT_EQ(field(*comparison, "tcp.ack_raw").agree, 1u) << "a SYN acknowledges nothing on either side";
  EXPECT_EQ(field(*comparison, "ip.id").by_nature, 9u);
  EXPECT_EQ(field(*comparison, "ip.id", true).agree, 7u);
  EXPECT_EQ(field(*comparison, "tcp.options.timestamp.tsval").by_nature, 9u);
  EXPECT_EQ(field(*comparison, "tcp.seq").agree, 9u);
}

TEST(CaptureComparison, a_zero_is_not_drawn_at_random) {
  EditedCapture real = craft(one_request);
  set_be16(real.at(2), 4, 0);  // Linux gives a SYN-ACK no identification
  const auto comparison = compare(std::move(real), craft(one_request));
  EXPECT_EQ(differing(*comparison), Names{"ip.id"});
  EXPECT_EQ(field(*comparison, "ip.id").frames, (BothSides<std::uint64_t>{2, 2}));
  EXPECT_EQ(field(*comparison, "ip.id").values[0], "0x0000");
}

TEST(CaptureComparison, another_window_differs_in_that_packet) {
  EditedCapture crafted = craft(one_request);
  set_be16(crafted.at(request), window, 500);
  const auto comparison = compare(craft(one_request), std::move(crafted));
  EXPECT_EQ(differing(*comparison), (Names{"tcp.window_size_value", "tcp.window_size"}));
  EXPECT_EQ(field(*comparison, "tcp.window_size_value").agree, 8u);
  const auto found = differences(*comparison, request - 1);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].field, "tcp.window_size_value");
  EXPECT_EQ(found[0].values, (BothSides<std::string>{"502", "500"}));
  EXPECT_FALSE(found[0].by_nature);
  EXPECT_EQ(found[1].values, (BothSides<std::string>{"64256", "64000"}));
}

TEST(CaptureComparison, other_options_are_told_one_by_one) {
  EditedCapture crafted = craft(one_request);
  // The SYN's options: MSS, SACK permitted, timestamps, no-operation, window scale. SACK permitted goes.
  crafted.at(1).octets[tcp + 20 + 4] = std::byte{1};
  crafted.at(1).octets[tcp + 20 + 5] = std::byte{1};
  set_be16(crafted.at(1), tcp + 20 + 2, 536);
  const auto comparison = compare(craft(one_request), std::move(crafted));
  EXPECT_EQ(differing(*comparison), (Names{"tcp.option_kind", "tcp.options.mss_val", "tcp.options.sack_perm"}));
  EXPECT_EQ(field(*comparison, "tcp.option_kind").values[1], "2,1,1,8,1,3");
  EXPECT_EQ(field(*comparison, "tcp.options.mss_val").values[1], "536");
  EXPECT_EQ(field(*comparison, "tcp.options.sack_perm").values[1], "");
}

TEST(CaptureComparison, a_missing_acknowledgment_moves_nothing_else) {
  EditedCapture crafted = craft(one_request);
  crafted.remove(ack);
  const auto comparison = compare(craft(one_request), std::move(crafted));
  EXPECT_EQ(frames(*comparison), (Frames{{1, 1}, {2, 2}, {3, 0}, {4, 3}, {5, 4}, {6, 5}, {7, 6}, {8, 7}, {9, 8}}));
  EXPECT_EQ(comparison->aligned(), 8u);
  EXPECT_EQ(differing(*comparison), Names{"ip.id, step"}) << "the packet behind it is two further";
  EXPECT_EQ(field(*comparison, "ip.id", true).values, (BothSides<std::string>{"+1", "+2"}));
}

TEST(CaptureComparison, a_packet_only_the_right_side_has_stands_at_its_place) {
  EditedCapture real = craft(one_request);
  real.remove(ack);
  const auto comparison = compare(std::move(real), craft(one_request));
  EXPECT_EQ(frames(*comparison)[2], (Frames::value_type{0, 3}));
  EXPECT_EQ(frames(*comparison)[3], (Frames::value_type{3, 4}));
}

TEST(CaptureComparison, octets_are_compared_at_their_place_in_the_stream) {
  EditedCapture crafted = craft(one_request);
  split(crafted, request, 10);
  const auto comparison = compare(craft(one_request), crafted);
  EXPECT_EQ(frames(*comparison),
            (Frames{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {0, 5}, {5, 6}, {6, 7}, {7, 8}, {8, 9}, {9, 10}}));
  EXPECT_EQ(differing(*comparison), (Names{"ip.len", "tcp.len"}));
  EXPECT_EQ(field(*comparison, "tcp.payload").agree, 2u);
  EXPECT_EQ(comparison->frame_with_octets_of(0, 1, comparison->conversations()[0].pairs[4].packets[1]), 4u);

  crafted.change(request + 1);  // in the second part
  const auto changed = compare(craft(one_request), std::move(crafted));
  const auto found = differences(*changed, request - 1);
  ASSERT_EQ(found.back().field, "tcp.payload");
  EXPECT_TRUE(found.back().values[0].ends_with("0a")) << found.back().values[0];
  EXPECT_FALSE(found.back().values[0].starts_with("0: "));
}

TEST(CaptureComparison, segments_from_both_sides_are_walked) {
  std::vector<Row> rows{{"browser", "server", "TCP", std::string(1000, 'a') + std::string(1000, 'b'), ""}};
  EditedCapture real = craft(rows);
  const std::size_t first = 4;
  EditedCapture crafted = real;
  split(real, first, 300);
  split(real, first + 1, 500);
  split(crafted, first, 700);
  const auto comparison = compare(std::move(real), std::move(crafted));
  EXPECT_EQ(field(*comparison, "tcp.payload").agree, field(*comparison, "tcp.payload").packets);
  EXPECT_GE(field(*comparison, "tcp.payload").packets, 2u);
}

TEST(CaptureComparison, other_texts_are_aligned_in_their_order) {
  std::vector<Row> rows{{"a", "b", "TCP", "one", ""}, {"a", "b", "TCP", "two", ""}, {"a", "b", "TCP", "three", ""}};
  std::vector<Row> others = rows;
  others[0].text = "longer by far than it was";
  const auto comparison = compare(craft(rows), craft(others));
  EXPECT_EQ(comparison->aligned(), comparison->capture(0).packets);
  EXPECT_EQ(field(*comparison, "tcp.payload").packets, 3u);
  EXPECT_EQ(field(*comparison, "tcp.payload").agree, 2u);
}

TEST(CaptureComparison, a_conversation_of_one_side_is_named) {
  std::vector<Row> rows = one_request;
  rows.push_back({"other", "elsewhere", "SMTP", "220 ready", ""});
  const auto comparison = compare(craft(rows), craft(one_request));
  EXPECT_EQ(comparison->conversations().size(), 1u);
  ASSERT_EQ(comparison->only_in(0).size(), 1u);
  EXPECT_EQ(comparison->only_in(0)[0].transport, Transport::tcp);
  EXPECT_GT(comparison->only_in(0)[0].packets, 3u);
  EXPECT_TRUE(comparison->only_in(1).empty());
}

TEST(CaptureComparison, another_client_port_is_paired_by_the_server) {
  EditedCapture real = craft(one_request);
  for (EditedCapture::Packet& packet : real.packets()) {
    const bool from_server = load_be16(packet.octets, tcp) == 80;
    set_be16(packet, from_server ? tcp + 2 : tcp, 40'001);
  }
  const auto comparison = compare(std::move(real), craft(one_request));
  ASSERT_EQ(comparison->conversations().size(), 1u);
  EXPECT_EQ(comparison->conversations()[0].paired_by, ComparedConversation::PairedBy::server);
  EXPECT_EQ(differing(*comparison), Names{});
  EXPECT_EQ(field(*comparison, "tcp.srcport").by_nature, 5u) << "of the client";
  EXPECT_EQ(field(*comparison, "tcp.srcport").agree, 4u) << "of the server";
}

TEST(CaptureComparison, another_server_address_is_paired_by_its_port) {
  CraftOptions options = test::with_hosts({"server=10.0.0.9"});
  const auto comparison = compare(craft(one_request), craft(one_request, options));
  ASSERT_EQ(comparison->conversations().size(), 1u);
  EXPECT_EQ(comparison->conversations()[0].paired_by, ComparedConversation::PairedBy::server_port);
  EXPECT_NE(field(*comparison, "ip.dst").agree, 9u);
}

TEST(CaptureComparison, conversations_of_the_same_ends_are_paired_in_their_order) {
  EditedCapture once = craft(one_request);
  CraftOptions options;
  options.seed = 3;
  EditedCapture twice = once;
  EditedCapture again = craft(one_request, options);
  for (const EditedCapture::Packet& packet : again.packets()) twice.packets().push_back(packet);
  const auto comparison = compare(twice, twice);
  EXPECT_EQ(comparison->conversations().size(), 2u);
  EXPECT_EQ(comparison->conversations()[0].by_nature, 0u);
  EXPECT_EQ(comparison->conversations()[1].by_nature, 0u);
  EXPECT_EQ(compare(twice, once)->only_in(0).size(), 1u);
}

TEST(CaptureComparison, one_side_that_begins_later_has_the_same_client) {
  EditedCapture late = craft(one_request);
  for (std::size_t i = 0; i < request; ++i) late.remove(1);  // begins with the answer
  const auto comparison = compare(craft(one_request), std::move(late));
  ASSERT_EQ(comparison->conversations().size(), 1u);
  for (const AlignedPackets& pair : comparison->conversations()[0].pairs) {
    if (!pair.is_pair()) continue;
    EXPECT_EQ(comparison->packet(0, pair.packets[0]).from_client, comparison->packet(1, pair.packets[1]).from_client);
  }
  EXPECT_GE(comparison->aligned(), 3u);
}

TEST(CaptureComparison, datagrams_are_aligned_by_their_octets) {
  const std::vector<Row> rows{{"sensor", "sink", "UDP", "one", ""},
                              {"sensor", "sink", "UDP", "two", ""},
                              {"sensor", "sink", "UDP", "three", ""}};
  EditedCapture crafted = craft(rows);
  crafted.remove(2);
  const auto comparison = compare(craft(rows), std::move(crafted));
  EXPECT_EQ(frames(*comparison), (Frames{{1, 1}, {2, 0}, {3, 2}}));
  EXPECT_EQ(field(*comparison, "udp.payload").agree, 2u);
  EXPECT_EQ(field(*comparison, "udp.length").agree, 2u);
  EXPECT_EQ(field(*comparison, "udp.time_delta").by_nature, 1u);
}

TEST(CaptureComparison, link_layers_may_differ_and_are_named) {
  CraftOptions ether;
  ether.link_type = LinkType::ethernet;
  CraftOptions null;
  null.link_type = LinkType::null;
  const auto comparison = compare(craft(one_request, ether), craft(one_request, null));
  EXPECT_EQ(differing(*comparison), Names{});
  EXPECT_EQ(comparison->capture(0).links, std::vector<std::string_view>{"Ethernet"});
  EXPECT_EQ(comparison->capture(1).links, std::vector<std::string_view>{"Null/Loopback"});
}

TEST(CaptureComparison, bounds_hold_and_are_told) {
  ComparisonOptions options;
  options.most_packets = 5;
  options.most_octets = 20;
  const auto comparison = compare(craft(one_request), craft(one_request), options);
  const ComparedCapture& capture = comparison->capture(0);
  EXPECT_EQ(capture.packets, 9u);
  EXPECT_EQ(capture.compared, 5u);
  EXPECT_EQ(capture.beyond, 4u);
  EXPECT_GE(capture.without_payload, 1u);
  EXPECT_EQ(comparison->aligned(), 5u);
  std::string text;
  append_text(text, *comparison, {}, {});
  EXPECT_NE(text.find("4 more behind the bound"), std::string::npos) << text;
}

TEST(CaptureComparison, only_wanted_packets_are_compared) {
  ComparisonOptions options;
  options.wants = [](const Dissection& dissection) { return dissection.frame_number != ack; };
  const auto comparison = compare(craft(one_request), craft(one_request), options);
  EXPECT_EQ(comparison->capture(0).packets, 8u);
  EXPECT_EQ(comparison->aligned(), 8u);
}

TEST(CaptureComparison, an_empty_capture_has_nothing_in_common) {
  const auto comparison = compare(EditedCapture{}, craft(one_request));
  EXPECT_EQ(comparison->aligned(), 0u);
  EXPECT_EQ(comparison->only_in(1).size(), 1u);
  std::string text;
  append_text(text, *comparison, {.everything = true}, {});
  EXPECT_NE(text.find("1 conversation only in crafted.pcap"), std::string::npos) << text;
}

TEST(CaptureComparison, text_shows_twenty_differences_or_all) {
  CraftOptions options;
  options.time_to_live = 1;
  options.seed = 5;
  std::vector<Row> rows;
  for (int i = 0; i < 30; ++i) rows.push_back({"a", "b", "TCP", "text " + std::to_string(i), ""});
  const auto comparison = compare(craft(rows), craft(rows, options));
  const auto shown = [](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find("\n    ip.ttl"); at != std::string::npos; at = text.find("\n    ip.ttl", at + 1))
      ++count;
    return count;
  };
  std::string some;
  append_text(some, *comparison, {}, {});
  EXPECT_EQ(shown(some), 20u);
  EXPECT_NE(some.find(std::to_string(comparison->aligned() - 20) + " more differences; -V"), std::string::npos) << some;
  EXPECT_EQ(some.find("    tcp.seq_raw"), std::string::npos);
  std::string all;
  std::size_t calls = 0;
  append_text(all, *comparison, {.everything = true}, [&calls] { ++calls; });
  EXPECT_EQ(shown(all), comparison->aligned());
  EXPECT_GE(calls, comparison->aligned());
  EXPECT_NE(all.find("    tcp.seq_raw"), std::string::npos);
  EXPECT_EQ(all.find("more difference"), std::string::npos);
}

TEST(CaptureComparison, json_has_the_shape_that_is_documented) {
  EditedCapture crafted = craft(one_request);
  crafted.remove(ack);
  set_be16(crafted.at(1), window, 1);
  const auto comparison = compare(craft(one_request), std::move(crafted));
  std::string text;
  append_json(text, *comparison, {});
  rapidjson::Document json;
  json.Parse(text.c_str());
  ASSERT_FALSE(json.HasParseError()) << text;
  EXPECT_EQ(json["captures"].Size(), 2u);
  EXPECT_STREQ(json["captures"][0]["name"].GetString(), "real.pcap");
  EXPECT_EQ(json["captures"][1]["packets"].GetUint64(), 8u);
  EXPECT_EQ(json["aligned"].GetUint64(), 8u);
  EXPECT_STREQ(json["fields"][0]["field"].GetString(), "ip.dsfield");
  EXPECT_EQ(json["fields"][0]["agree"].GetUint64(), 8u);
  const auto& talk = json["conversations"][0];
  EXPECT_STREQ(talk["paired_by"].GetString(), "endpoints");
  EXPECT_STREQ(talk["pairs"][0]["packets"][0]["kind"].GetString(), "SYN");
  EXPECT_STREQ(talk["pairs"][0]["differences"][0]["field"].GetString(), "tcp.window_size_value");
  EXPECT_STREQ(talk["pairs"][0]["differences"][0]["values"][1].GetString(), "1");
  EXPECT_TRUE(talk["pairs"][2]["packets"][1].IsNull());
  EXPECT_TRUE(talk["pairs"][2]["octets_begin_in_frame"].IsNull());
  EXPECT_EQ(json["only_in"].Size(), 2u);
  EXPECT_EQ(json["only_in"][0].Size(), 0u);
}

TEST(CaptureComparison, a_capture_that_breaks_off_is_compared_as_far_as_it_goes) {
  struct Broken final : PacketSource {
    test::EditedSource* source = nullptr;
    int left = 4;
    Result<const PacketRecord*, IoError> next() override {
      if (left-- == 0) return unexpected(IoError{"read", "real.pcap", 0, "cut off"});
      return source->next();
    }
  };
  EditedCapture capture = craft(one_request);
  test::EditedSource whole{capture};
  test::EditedSource cut{capture};
  Broken broken;
  broken.source = &cut;
  CaptureComparison comparison{{}};
  comparison.read(0, "real.pcap", broken);
  comparison.read(1, "crafted.pcap", whole);
  comparison.compare();
  ASSERT_TRUE(comparison.capture(0).damage.has_value());
  EXPECT_FALSE(comparison.capture(1).damage.has_value());
  EXPECT_EQ(comparison.aligned(), 4u);
}

}  // namespace
}  // namespace encap

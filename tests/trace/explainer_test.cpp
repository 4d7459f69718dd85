#include "encap/trace/explainer.h"

#include <filesystem>
#include <set>

#include "encap/trace/explanation_render.h"
#include "explained.h"
#include "trace/field_purposes.h"

namespace encap::test {
namespace {

// --- what every explanation must keep
// ----------------------------------------------------------------------------------

void check_sums(const ChecksumSteps& steps) {
  std::uint32_t sum = 0;
  for (const ChecksumWord& word : steps.words) {
    sum += word.value;
    ASSERT_EQ(word.sum, sum);
  }
  for (const ChecksumFold& fold : steps.folds) {
    EXPECT_EQ(fold.before, sum);
    EXPECT_EQ(fold.carry, sum >> 16);
    EXPECT_EQ(fold.low, sum & 0xffff);
    sum = std::uint32_t{fold.carry} + fold.low;
    EXPECT_EQ(fold.after, sum);
  }
  EXPECT_EQ(steps.sum, sum);
  EXPECT_EQ(steps.complement, 0xffff - sum);
  EXPECT_EQ(steps.in_packet, steps.result);
}

void check_layer(const ExplainedLayer& layer, std::set<std::string>& without_purpose) {
  EXPECT_FALSE(layer.octets.empty()) << layer.protocol;
  EXPECT_FALSE(layer.title.empty());
  if (layer.purpose.empty()) without_purpose.emplace(layer.protocol);
  EXPECT_TRUE(layer.kind == ExplainedLayer::Kind::application || !layer.fields.empty()) << layer.protocol;
  for (const ExplainedField& field : layer.fields) {
    EXPECT_GT(field.length, 0u);
    EXPECT_LE(field.offset + std::size_t{field.length}, layer.octets.size()) << field.name;
    EXPECT_FALSE(field.label.empty() && field.value.empty());
    if (field.purpose.empty()) without_purpose.emplace(field.name.empty() ? field.value : std::string{field.name});
  }
  if (layer.checksum) check_sums(*layer.checksum);
}

void check_packet(const ExplainedSegment& segment, const ExplainedPacket& packet, std::set<std::string>& without) {
  EXPECT_LE(packet.packet_size, packet.size);
  EXPECT_LE(packet.segment_at + packet.segment_size, packet.size);
  if (!packet.in_full) return;
  ASSERT_EQ(packet.octets.size(), packet.size);
  for (const ExplainedLayer& layer : packet.layers) {
    check_layer(layer, without);
    EXPECT_TRUE(std::equal(layer.octets.begin(), layer.octets.end(), packet.octets.begin() + layer.offset));
    EXPECT_EQ(layer.checksum.has_value(), layer.protocol == "ip");
  }
  std::size_t next = 0;
  for (const FrameRegion& region : regions(segment, packet)) {
    EXPECT_EQ(region.offset, next);
    EXPECT_GT(region.length, 0u);
    EXPECT_FALSE(region.name.empty());
    EXPECT_NE(region.name, "other");
    next += region.length;
  }
  EXPECT_EQ(next, packet.size);
}

void check_message(const ExplainedMessage& message, std::set<std::string>& without) {
  EXPECT_FALSE(message.rows.empty());
  ASSERT_FALSE(message.segments.empty());
  for (const ExplainedLayer& layer : message.application) check_layer(layer, without);
  std::uint64_t next = 0;
  for (const ExplainedSegment& segment : message.segments) {
    if (!segment.is_sent_again) {
      EXPECT_EQ(segment.message_offset, next);
      next += segment.message_size;
    }
    EXPECT_FALSE(segment.packets.empty());
    std::uint32_t fragments = 0;
    for (const ExplainedPacket& packet : segment.packets) {
      EXPECT_EQ(packet.segment_offset, fragments);
      fragments += packet.segment_size;
      check_packet(segment, packet, without);
    }
    EXPECT_EQ(fragments, segment.size);
    if (!segment.in_full) continue;
    check_layer(segment.header, without);
    EXPECT_TRUE(segment.header.checksum.has_value());
    ASSERT_EQ(segment.octets.size(), segment.size);
    ASSERT_LE(segment.message_at + std::size_t{segment.message_size}, segment.octets.size());
    EXPECT_TRUE(std::equal(segment.octets.begin() + segment.message_at,
                           segment.octets.begin() + segment.message_at + segment.message_size,
                           message.octets.begin() + static_cast<std::ptrdiff_t>(segment.message_offset)));
  }
  EXPECT_EQ(next, message.octets.size());
}

void check_whole(const Explanation& explanation, std::set<std::string>& without) {
  EXPECT_FALSE(explanation.messages.empty());
  for (const ExplainedMessage& message : explanation.messages) check_message(message, without);
}

std::string shown(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

TEST(Explainer, says_of_every_field_of_the_samples_what_it_is_for) {
  std::set<std::string> without_purpose;
  for (const auto& file : std::filesystem::directory_iterator{ENCAP_SOURCE_DIR "/samples"}) {
    if (file.path().extension() != ".csv" || file.path().stem() == "faults") continue;  // those are wrong on purpose
    for (const LinkType link : {LinkType::null, LinkType::raw, LinkType::ethernet, LinkType::linux_sll}) {
      for (const auto mode : {CraftOptions::Mode::session, CraftOptions::Mode::segments}) {
        for (const std::uint32_t mtu : {1500u, 1280u, 300u}) {
          if (mtu < 1280 && file.path().stem() == "http_ipv6") continue;  // what IPv6 asks of every link
          CraftOptions options;
          options.mode = mode;
          options.link_type = link;
          options.mtu = mtu;
          auto source = open_file_source(file.path().string());
          ASSERT_TRUE(source.has_value());
          const auto explanation = try_explain(std::move(*source), "1-1000", options);
          ASSERT_TRUE(explanation.has_value()) << file.path() << explanation.error();
          SCOPED_TRACE(file.path().string());
          check_whole(*explanation, without_purpose);
        }
      }
    }
  }
  EXPECT_TRUE(without_purpose.empty()) << shown(without_purpose);
}

TEST(Explainer, knows_the_fields_of_dns) {
  std::set<std::string> without_purpose;
  const auto explanation = explain(
      "id,transport,src_port,dst_port,message\n"
      R"(1,UDP,40000,53,\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01)"
      "\n"
      R"(2,UDP,53,40000,\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01)"
      R"(\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01)"
      "\n",
      "1-2", {}, true);
  check_whole(explanation, without_purpose);
  EXPECT_TRUE(without_purpose.empty()) << shown(without_purpose);
  ASSERT_EQ(explanation.messages.size(), 2u);
  ASSERT_EQ(explanation.messages[1].application.size(), 1u);
  const auto& fields = explanation.messages[1].application[0].fields;
  const auto address =
      std::find_if(fields.begin(), fields.end(), [](const auto& field) { return field.name == "dns.a"; });
  ASSERT_NE(address, fields.end());
  EXPECT_EQ(address->value, "192.0.2.1");
}

TEST(Explainer, finds_no_purpose_for_what_is_not_there) {
  EXPECT_TRUE(purpose_of("ip.nonsense").empty());
  EXPECT_TRUE(purpose_of("").empty());
  EXPECT_FALSE(purpose_of("http.anything").empty());
  EXPECT_FALSE(purpose_of("tcp.srcport").empty());
}

// --- messages
// ----------------------------------------------------------------------------------------------------------

TEST(Explainer, shows_the_golden_packet) {
  const Explanation explanation = explain(golden_table, "17", golden_options());
  ASSERT_EQ(explanation.messages.size(), 1u);
  const ExplainedMessage& message = explanation.messages[0];
  ASSERT_EQ(message.segments.size(), 1u);
  const ExplainedSegment& segment = message.segments[0];
  ASSERT_EQ(segment.packets.size(), 1u);
  EXPECT_EQ(message.sender, "client");
  EXPECT_TRUE(message.opened_by.empty());
  ASSERT_TRUE(segment.header.checksum.has_value());
  EXPECT_EQ(segment.header.checksum->result, 0xb54e);
  ASSERT_EQ(segment.packets[0].layers.size(), 2u);
  ASSERT_TRUE(segment.packets[0].layers[1].checksum.has_value());
  EXPECT_EQ(segment.packets[0].layers[1].checksum->result, 0x7cbb);
  std::vector<std::uint64_t> sizes;
  for (const SizeStep& step : size_steps(message, segment, segment.packets[0])) sizes.push_back(step.size);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{18, 38, 58, 62}));
}

constexpr std::string_view chat =
    "id,src_app,dst_app,message\na,ann,bob,hello\nb,bob,ann,hi\nc,ann,bob,bye\n4,ann,bob,four\n5,ann,bob,five\n";

TEST(Explainer, names_the_frames_that_opened_and_closed_the_connection) {
  const Explanation explanation = explain(chat, "c");
  ASSERT_EQ(explanation.messages.size(), 1u);
  EXPECT_EQ(explanation.messages[0].opened_by, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(explanation.messages[0].closed_by.size(), 3u);
  EXPECT_EQ(explanation.messages[0].closed_by.back(), explanation.frames);
}

TEST(Explainer, takes_names_and_ranges_in_the_order_of_the_packets) {
  const Explanation explanation = explain(chat, "4-5, b");
  ASSERT_EQ(explanation.messages.size(), 3u);
  EXPECT_EQ(explanation.messages[0].rows[0].id, "b");
  EXPECT_EQ(explanation.messages[2].rows[0].id, "5");
}

TEST(Explainer, cuts_a_long_message_into_segments_of_which_the_ends_are_in_full) {
  const std::string text(6000, 'x');
  const Explanation explanation = explain("id,message\n1," + text + "\n", "1");
  ASSERT_EQ(explanation.messages.size(), 1u);
  const auto& segments = explanation.messages[0].segments;
  ASSERT_EQ(segments.size(), 5u);
  EXPECT_TRUE(segments[0].in_full && segments[1].in_full && segments[4].in_full);
  EXPECT_FALSE(segments[2].in_full || segments[3].in_full);
  EXPECT_EQ(segments[4].message_offset, 4 * 1448u);
}

TEST(Explainer, puts_the_fragments_of_a_datagram_together) {
  CraftOptions options;
  options.mtu = 1020;
  const Explanation explanation = explain("id,transport,message\n1,UDP," + std::string(5000, 'y') + "\n", "1", options);
  ASSERT_EQ(explanation.messages.size(), 1u);
  ASSERT_EQ(explanation.messages[0].segments.size(), 1u);
  const ExplainedSegment& segment = explanation.messages[0].segments[0];
  ASSERT_EQ(segment.packets.size(), 6u);
  EXPECT_EQ(segment.size, 5008u);
  EXPECT_EQ(segment.packets[1].segment_offset, 1000u);
  EXPECT_EQ(segment.packets[1].frame, 2u);
  EXPECT_FALSE(segment.packets[3].in_full);
  EXPECT_TRUE(segment.packets[5].in_full);
  std::set<std::string> without;
  check_whole(explanation, without);
}

TEST(Explainer, explains_a_datagram_without_octets) {
  const Explanation explanation = explain("id,transport,message\n1,UDP,\n", "1");
  std::set<std::string> without;
  check_whole(explanation, without);
  std::string text;
  append_explanation_text(text, explanation, false);
  append_explanation_html(text, explanation);
}

TEST(Explainer, shows_rows_that_became_one_message_together) {
  const std::string table =
      "id,app_protocol,src_app,dst_app,message\n1,HTTP,b,s,GET /a HTTP/1.1\n2,HTTP,b,s,Accept: "
      "*/*\n3,HTTP,s,b,HTTP/1.1 200 OK\n";
  const Explanation both = explain(table, "1,2");
  ASSERT_EQ(both.messages.size(), 1u);
  EXPECT_EQ(both.messages[0].rows.size(), 2u);
  const Explanation one = explain(table, "2");
  ASSERT_EQ(one.messages.size(), 1u);
  EXPECT_TRUE(as_text(one.messages[0].octets).starts_with("Accept: */*"));
  std::set<std::string> without;
  check_whole(both, without);
  check_whole(one, without);
  ASSERT_FALSE(one.messages[0].application.empty());
  EXPECT_EQ(one.messages[0].application[0].fields.front().name, "http.accept");
}

TEST(Explainer, reads_a_body_that_comes_in_several_segments) {
  const std::string table =
      "id,app_protocol,src_app,dst_app,message\n1,HTTP,b,s,\"POST /a HTTP/1.1\r\nHost: s\r\n"
      "Content-Length: 4000\r\n\r\n" +
      std::string(4000, 'z') + "\"\n";
  const Explanation explanation = explain(table, "1");
  ASSERT_EQ(explanation.messages.size(), 1u);
  EXPECT_EQ(explanation.messages[0].segments.size(), 3u);
  ASSERT_FALSE(explanation.messages[0].application.empty());
  EXPECT_EQ(explanation.messages[0].application[0].protocol, "http");
  std::set<std::string> without;
  check_whole(explanation, without);
}

// --- errors
// ------------------------------------------------------------------------------------------------------------

std::string error_of(std::string_view table, std::string_view ids) {
  const auto explanation = try_explain(memory_source(as_bytes(table)), ids);
  return explanation ? "" : explanation.error();
}

TEST(Explainer, says_which_ids_there_are) {
  EXPECT_EQ(error_of(chat, "a,9"), "no row has the msg_id \"9\"; the table has a, b, c, 4, 5");
  EXPECT_EQ(error_of(chat, "7-9"), "no row has the msg_id \"7-9\"; the table has a, b, c, 4, 5");
}

TEST(Explainer, says_of_a_row_that_is_not_sent_that_it_is_not) {
  EXPECT_EQ(error_of("id,src_app,dst_app,message\n1,a,b,SYN\n2,a,b,hello\n", "1"),
            "no packet carries the msg_id \"1\": its row was left out");
}

TEST(MessageSelection, refuses_what_names_nothing) {
  EXPECT_FALSE(MessageSelection::parse("").has_value());
  EXPECT_FALSE(MessageSelection::parse("1,,2").has_value());
  EXPECT_FALSE(MessageSelection::parse("9-3").has_value());
  std::string many = "1";
  for (int i = 0; i < 1000; ++i) many += ",1";
  EXPECT_FALSE(MessageSelection::parse(many).has_value());
}

TEST(MessageSelection, takes_a_range_for_a_name_too) {
  auto wanted = MessageSelection::parse("1-3,req-7");
  ASSERT_TRUE(wanted.has_value());
  EXPECT_TRUE(wanted->take("1-3"));
  EXPECT_TRUE(wanted->take("2"));
  EXPECT_TRUE(wanted->take("req-7"));
  EXPECT_FALSE(wanted->take("4"));
  EXPECT_FALSE(wanted->take("7"));
  EXPECT_TRUE(wanted->unmatched().empty());
}

TEST(Explainer, stops_at_its_limit_and_counts_on) {
  std::string table = "id,message\n";
  for (std::size_t i = 1; i <= Explainer::most_messages + 20; ++i) table += std::to_string(i) + ",hello\n";
  const Explanation explanation = explain(table, "1-100000", golden_options());
  EXPECT_EQ(explanation.messages.size(), Explainer::most_messages);
  EXPECT_EQ(explanation.left_out, 20u);
}

}  // namespace
}  // namespace encap::test

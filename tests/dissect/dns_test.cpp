// What the golden trees of tests/packets do not show: input made to hurt, and what is remembered.
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"
#include "support/hex.h"

namespace encap::test {
namespace {

using Octets = std::vector<std::byte>;

void append(Octets& out, std::string_view hex) {
  for_each_hex_octet(hex, [&](std::byte octet) { out.push_back(octet); });
}
void append(Octets& out, const Octets& more) { out.insert(out.end(), more.begin(), more.end()); }
void append_u16(Octets& out, std::size_t number) {
  out.push_back(static_cast<std::byte>(number >> 8 & 0xff));
  out.push_back(static_cast<std::byte>(number & 0xff));
}

// An IPv4 datagram over UDP, between ports that are to be read as DNS.
Octets datagram(const Octets& message, std::uint16_t from = 40000, std::uint16_t to = 53) {
  Octets out;
  append(out, "4500");
  append_u16(out, 28 + message.size());
  append(out, "0001 0000 4011 0000");
  append(out, from == 53 ? "c0000202 c0000201" : "c0000201 c0000202");
  append_u16(out, from);
  append_u16(out, to);
  append_u16(out, 8 + message.size());
  append(out, "0000");
  append(out, message);
  return out;
}

class Reading {
 public:
  explicit Reading(Detail detail = Detail::items) : dissection_{detail} {}

  const Dissection& read(const Octets& packet) {
    record_.link_type = LinkType::raw;
    record_.timestamp = {time_ += 1'000'000};
    record_.original_length = static_cast<std::uint32_t>(packet.size());
    record_.bytes = packet;
    dissector_.dissect(record_, dissection_);
    return dissection_;
  }
  std::string info(const Octets& packet) { return std::string{read(packet).columns.info.text()}; }
  std::string tree(const Octets& packet) {
    std::string out;
    append_tree(out, read(packet));
    return out;
  }

 private:
  SessionMemory session_;
  Dissector dissector_{&session_};
  Dissection dissection_;
  PacketRecord record_;
  std::int64_t time_ = 0;
};

struct Question {
  const char* name;
  const char* message;  // hexadecimal, from the header on
  const char* info;
};
void PrintTo(const Question& question, std::ostream* out) { *out << question.name; }

class DnsName : public testing::TestWithParam<Question> {};

TEST_P(DnsName, is_shown_as_tshark_shows_it) {
  Octets message;
  append(message, GetParam().message);
  for (const Detail detail : {Detail::items, Detail::columns}) {
    Reading reading{detail};
    EXPECT_EQ(reading.info(datagram(message)), GetParam().info);
  }
}

constexpr Question questions[] = {
    {"plain", "0001 0100 0001 0000 0000 0000  0161 0178 00  0001 0001", "Standard query 0x0001 A a.x"},
    {"root", "0001 0100 0001 0000 0000 0000  00  0002 0001", "Standard query 0x0001 NS <Root>"},
    {"dot_in_a_label", "0001 0100 0001 0000 0000 0000  03612e62 00  0001 0001", "Standard query 0x0001 A a.b"},
    {"controls", "0001 0100 0001 0000 0000 0000  036100 0a 0178 00  0001 0001", "Standard query 0x0001 A a\\000\\n.x"},
    {"utf8", "0001 0100 0001 0000 0000 0000  02c3a9 00  0001 0001", "Standard query 0x0001 A \xc3\xa9"},
    {"not_utf8", "0001 0100 0001 0000 0000 0000  0261ff 00  0001 0001", "Standard query 0x0001 A a\xef\xbf\xbd"},
    {"pointer_to_itself", "0001 0100 0001 0000 0000 0000  c00c  0001 0001",
     "Standard query 0x0001 A <Name contains a pointer that loops>"},
    {"pointers_to_each_other", "0001 0100 0001 0000 0000 0000  c00e c00c  0001 0001",
     "Standard query 0x0001 Unknown (49164) <Name contains a pointer that loops>"},
    {"pointer_ahead", "0001 0100 0002 0000 0000 0000  c012 0001 0001  0178 00 0001 0001",
     "Standard query 0x0001 A x A x"},
    {"pointer_behind_the_end", "0001 0100 0001 0000 0000 0000  c0ff  0001 0001",
     "Standard query 0x0001[Malformed Packet]"},
    {"label_behind_the_end", "0001 0100 0001 0000 0000 0000  0a61", "Standard query 0x0001[Malformed Packet]"},
    {"reserved_label", "0001 0100 0001 0000 0000 0000  0161 80 00  0001 0001",
     "Standard query 0x0001[Malformed Packet]"},
    {"extended_label", "0001 0100 0001 0000 0000 0000  0161 42  0001 0001",
     "Standard query 0x0001 A <Unknown extended label>"},
    {"unknown_type", "0001 0100 0001 0000 0000 0000  0161 00  029a 0001", "Standard query 0x0001 Unknown (666) a"},
    {"unknown_operation", "0001 1900 0001 0000 0000 0000  0161 00  0001 0001", "Unknown operation (3) 0x0001 A a"},
    {"unknown_error", "0001 818c 0001 0000 0000 0000  0161 00  0001 0001",
     "Standard query response 0x0001 Unknown error (12) A a"},
    {"counts_without_records", "0001 0100 ffff ffff ffff ffff", "Standard query 0x0001[Malformed Packet]"},
    {"header_alone", "0001 8180 0000 0000 0000 0000", "Standard query response 0x0001"},
    {"half_a_header", "0001 0100 0001", "Standard query 0x0001[Malformed Packet]"},
};
INSTANTIATE_TEST_SUITE_P(Questions, DnsName, testing::ValuesIn(questions),
                         [](const auto& question) { return question.param.name; });

// Octets of a question's name of `size` characters, dots included.
Octets question_of(std::size_t size) {
  Octets message;
  append(message, "0001 0100 0001 0000 0000 0000");
  while (size != 0) {
    const std::size_t label = size > 63 ? 63 : size;
    message.push_back(static_cast<std::byte>(label));
    message.insert(message.end(), label, std::byte{'z'});
    size -= size > 63 ? label + 1 : label;
  }
  append(message, "00 0001 0001");
  return message;
}

TEST(DnsName, of_253_characters_is_the_longest) {
  Reading reading;
  EXPECT_EQ(reading.info(datagram(question_of(253))).size(), std::string_view{"Standard query 0x0001 A "}.size() + 253);
  EXPECT_EQ(reading.info(datagram(question_of(254))), "Standard query 0x0001 A <Name too long>");
}

// Each record's name is a pointer into a row of 16000 labels: to be walked thousands of times, were there no limit.
// Each label is looked at once, not for each of the names that end in it: the labels that are looked at in one message
// are counted, and after too many of them a name is said to loop.
TEST(DnsMessage, of_pointers_into_a_row_of_labels_is_read_to_its_end) {
  Octets message;
  append(message, "0001 8180 0000 0ed8 0000 0000");
  append(message, "00 000a 0001 00000000");
  append_u16(message, 15'000);
  for (int i = 0; i < 7499; ++i) append(message, "0161");
  append(message, "0000");
  while (message.size() < 65'000) append(message, "c017 0010 0001 00000000 0000");
  Reading columns{Detail::columns};
  EXPECT_TRUE(columns.info(datagram(message)).starts_with("Standard query response 0x0001"));
  const std::string tree = Reading{}.tree(datagram(message));
  EXPECT_NE(tree.find("<Name too long>"), tree.npos);
  EXPECT_EQ(tree.find("pointer that loops"), tree.npos);
}

Octets message_of(std::uint16_t id, bool response) {
  Octets message;
  append_u16(message, id);
  append(message, response ? "8180" : "0100");
  append(message, "0001 0000 0000 0000  0161 00 0001 0001");
  return message;
}

TEST(DnsExchange, an_answer_names_its_question) {
  Reading reading;
  reading.read(datagram(message_of(7, false)));
  const std::string tree = reading.tree(datagram(message_of(7, true), 53, 40000));
  EXPECT_NE(tree.find("[Request In: 1]\n    [Time: 0.001000000 seconds]"), std::string::npos) << tree;
}

// More questions than are remembered, on one flow: the late ones are still known, the first are forgotten.
TEST(DnsExchange, remembers_the_latest_questions_of_a_flow) {
  Reading reading;
  for (std::uint32_t id = 0; id < 10'000; ++id) {
    reading.read(datagram(message_of(static_cast<std::uint16_t>(id), false)));
  }
  const auto answer = [&](std::uint16_t id) { return reading.tree(datagram(message_of(id, true), 53, 40000)); };
  EXPECT_NE(answer(9'999).find("[Request In: 10000]"), std::string::npos);
  EXPECT_NE(answer(0).find("[Unsolicited: True]"), std::string::npos);
}

// A message that may be DNS by its looks, on ports that say nothing.
TEST(DnsHeuristic, takes_one_question_on_any_port) {
  Reading reading;
  EXPECT_EQ(reading.info(datagram(message_of(1, false), 30000, 30001)), "Standard query 0x0001 A a");
  Octets update = message_of(1, false);
  update[2] = std::byte{0x28};
  EXPECT_EQ(reading.info(datagram(update, 30000, 30001)), "30000 \xe2\x86\x92 30001 Len=19");
}

}  // namespace
}  // namespace encap::test

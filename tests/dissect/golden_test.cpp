// The packets of tests/packets, each file a small capture, against the trees and the JSON beside them.
// ENCAP_UPDATE_GOLDEN=1 writes them anew; what changed is then for the reader of the diff to judge.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/dissect/field_table.h"
#include "encap/render/json.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets";

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".hex") found.push_back(entry.path().stem());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// One capture, read from its first packet on.
class Reading {
 public:
  explicit Reading(Detail detail, bool and_facts = false) : dissection_{detail, and_facts} {}
  /// Of these protocols' fields alone. Lifetime: borrows `interest`.
  explicit Reading(const Interest& interest) : Reading{Detail::fields} { dissection_.interest = &interest; }

  const Dissection& read(const PacketRecord& record) {
    dissector_.dissect(record, dissection_);
    dissector_.displayed();
    return dissection_;
  }
  std::string line(const PacketRecord& record) {
    std::string out;
    append_list_line(out, read(record));
    return out;
  }

 private:
  SessionMemory session_;
  Dissector dissector_{&session_};
  Dissection dissection_;
};

std::string value_of(const Item& item) {
  std::string value;
  if (item.field != nullptr) append_value(value, item);
  return value;
}
std::string_view name_of(const Item& item) { return item.field == nullptr ? "text" : item.field->name; }

class Golden : public testing::TestWithParam<std::string> {
 protected:
  static void expect_kept(const std::string& text, const char* extension) {
    const fs::path kept = folder / (GetParam() + extension);
    if (std::getenv("ENCAP_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{kept, std::ios::binary} << text;
      return;
    }
    EXPECT_EQ(text, read_file(kept));
  }

  std::vector<WrittenPacket> packets_ = read_packet_text(folder / (GetParam() + ".hex"));
};

TEST_P(Golden, tree_is_the_one_kept) {
  Reading reading{Detail::items};
  std::string trees;
  for (const WrittenPacket& packet : packets_) append_tree(trees, reading.read(packet.record()));
  expect_kept(trees, ".tree");
}

TEST_P(Golden, json_is_the_one_kept) {
  Reading reading{Detail::items};
  JsonWriter json{{.shape = JsonFormat::Shape::lines}};
  std::string lines;
  json.begin(lines);
  for (const WrittenPacket& packet : packets_) json.packet(lines, reading.read(packet.record()));
  json.end(lines);
  expect_kept(lines, ".json");
}

// Writers remember lines; the second time they know most of them.
TEST_P(Golden, writers_that_know_lines_write_what_new_ones_write) {
  Reading reading{Detail::items};
  TreeWriter tree;
  JsonWriter json{{}};
  std::string begun;
  json.begin(begun);
  for (int round = 0; round < 2; ++round) {
    for (const WrittenPacket& packet : packets_) {
      const PacketRecord record = packet.record();
      const Dissection& dissection = reading.read(record);
      std::string by_known;
      std::string by_new;
      tree.packet(by_known, dissection);
      append_tree(by_new, dissection);
      ASSERT_EQ(by_known, by_new);

      by_known.clear();
      by_new.clear();
      json.packet(by_known, dissection);
      JsonWriter another{{}};
      another.resume();
      another.packet(by_new, dissection);
      ASSERT_EQ(by_known.substr(by_known.find('{')), by_new.substr(by_new.find('{')));
    }
  }
}

TEST_P(Golden, every_field_is_in_the_table) {
  Reading reading{Detail::items};
  for (const WrittenPacket& packet : packets_) {
    for (const Item& item : reading.read(packet.record()).items) {
      EXPECT_TRUE(item.field == nullptr || find_field(item.field->name) != nullptr) << item.field->name;
    }
  }
}

TEST_P(Golden, list_does_not_depend_on_whether_somebody_looks_at_the_tree) {
  Reading with_items{Detail::items};
  Reading without{Detail::columns};
  for (const WrittenPacket& packet : packets_) {
    EXPECT_EQ(with_items.line(packet.record()), without.line(packet.record()));
  }
}

TEST_P(Golden, fields_without_lines_have_the_values_of_items) {
  Reading with_lines{Detail::items};
  Reading without{Detail::fields};
  for (const WrittenPacket& packet : packets_) {
    const Dissection& items = with_lines.read(packet.record());
    const Dissection& fields = without.read(packet.record());
    EXPECT_EQ(items.columns.info.text(), fields.columns.info.text());
    ASSERT_EQ(items.items.size(), fields.items.size());
    for (std::size_t i = 1; i < items.items.size(); ++i) {
      EXPECT_EQ(value_of(items.items[i]), value_of(fields.items[i])) << name_of(items.items[i]);
    }
  }
}

/// The values of each field, in the order of the packets.
using Values = std::map<std::string, std::vector<std::string>, std::less<>>;
Values values_in(Reading& reading, const std::vector<WrittenPacket>& packets) {
  Values values;
  for (const WrittenPacket& packet : packets) {
    for (const Item& item : reading.read(packet.record()).items) {
      if (item.field != nullptr) values[std::string{item.field->name}].push_back(value_of(item));
    }
  }
  return values;
}
TEST_P(Golden, what_is_of_interest_is_found_whoever_else_is_left_out) {
  Reading everything{Detail::fields};
  for (const auto& [name, values] : values_in(everything, packets_)) {
    const std::vector<std::string> names{name};
    const Interest interest = Interest::in_fields(names);
    Reading some{interest};
    EXPECT_EQ(values, values_in(some, packets_)[name]) << name;
  }
}

std::vector<std::string_view> layer_names(const Facts& facts) {
  std::vector<std::string_view> names;
  for (const Field* layer : facts.layers) names.push_back(layer->name);
  return names;
}
/// What stands at the left of the tree below the frame; where the pieces of a stream are told is not compared.
std::vector<std::string_view> layer_names(const Dissection& dissection) {
  std::vector<std::string_view> names;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Field* const field = dissection.at(id).field;
    if (field == nullptr || field->name == "frame" || field->name == "tcp.segments") continue;
    names.push_back(field->name);
  }
  return names;
}
std::vector<std::string> ends_of(const Facts& facts) {
  std::vector<std::string> all;
  for (const LayerEnds& ends : facts.ends) {
    std::string& text = all.emplace_back(ends.layer->name);
    append_text(text += ' ', ends.source);
    append_text(text += ' ', ends.destination);
    text += ' ' + std::to_string(ends.source_port) + ' ' + std::to_string(ends.destination_port) + ' ' +
            std::to_string(ends.stream);
  }
  return all;
}
std::vector<std::string> notes_of(const Facts& facts) {
  std::vector<std::string> all;
  for (const ToldNote& note : facts.notes) {
    std::string& text = all.emplace_back(note.field->name);
    text += ' ' + std::to_string(static_cast<int>(note.severity)) + ' ';
    text.append(note.group).append(1, ' ').append(note.protocol).append(": ").append(note.text);
  }
  return all;
}
TEST_P(Golden, facts_do_not_depend_on_what_else_is_taken_down) {
  Reading alone{Detail::facts};
  Reading with_columns{Detail::columns, true};
  Reading with_fields{Detail::fields, true};
  Reading with_items{Detail::items, true};
  for (const WrittenPacket& packet : packets_) {
    const Dissection& items = with_items.read(packet.record());
    for (Reading* const other : {&alone, &with_columns, &with_fields}) {
      const Facts& facts = other->read(packet.record()).facts;
      EXPECT_EQ(layer_names(items.facts), layer_names(facts)) << "packet " << items.frame_number;
      EXPECT_EQ(ends_of(items.facts), ends_of(facts)) << "packet " << items.frame_number;
      EXPECT_EQ(notes_of(items.facts), notes_of(facts)) << "packet " << items.frame_number;
      EXPECT_EQ(items.facts.quote_is_cut, facts.quote_is_cut) << "packet " << items.frame_number;
    }
    std::vector<std::string_view> layers = layer_names(items.facts);
    std::erase(layers, "tcp.segments");
    EXPECT_EQ(layer_names(items), layers) << "packet " << items.frame_number;
  }
}

/// Reads packets for some of the facts.
class SomeFacts {
 public:
  SomeFacts(bool ends, bool layers, SessionMemory::Depth depth) : session_{depth} {
    dissection_.wants_ends = ends;
    dissection_.wants_layers = layers;
    dissection_.wants_notes = false;
  }
  const Facts& read(const PacketRecord& record) {
    dissector_.dissect(record, dissection_);
    return dissection_.facts;
  }

 private:
  SessionMemory session_;
  Dissector dissector_{&session_};
  Dissection dissection_{Detail::facts};
};

TEST_P(Golden, facts_do_not_depend_on_which_of_them_are_counted) {
  using Depth = SessionMemory::Depth;
  using Names = std::vector<std::string_view>;
  using Texts = std::vector<std::string>;
  Reading everything{Detail::facts};
  SomeFacts ends{true, false, Depth::streams};
  SomeFacts layers{false, true, Depth::marks};
  SomeFacts both{true, true, Depth::marks};
  for (const WrittenPacket& packet : packets_) {
    const PacketRecord record = packet.record();
    const Dissection& all = everything.read(record);
    const auto expect_facts = [&](const Facts& some, bool has_ends, bool has_layers) {
      EXPECT_EQ(ends_of(some), has_ends ? ends_of(all.facts) : Texts{}) << "packet " << all.frame_number;
      EXPECT_EQ(layer_names(some), has_layers ? layer_names(all.facts) : Names{}) << "packet " << all.frame_number;
      EXPECT_TRUE(some.notes.empty()) << "packet " << all.frame_number;
    };
    expect_facts(ends.read(record), true, false);
    expect_facts(layers.read(record), false, true);
    expect_facts(both.read(record), true, true);
  }
}

// Cut by the capture, and as short packets: nothing crashes, and the frame is there.
TEST_P(Golden, every_cut_of_every_packet_is_read) {
  Reading reading{Detail::items, true};
  Reading alone{Detail::facts};
  std::string tree;
  for (const WrittenPacket& packet : packets_) {
    for (std::size_t size = 0; size <= packet.octets.size(); ++size) {
      const std::vector<std::byte> exactly{packet.octets.begin(),
                                           packet.octets.begin() + static_cast<std::ptrdiff_t>(size)};
      PacketRecord record = packet.record();
      record.bytes = exactly;
      for (const std::uint32_t original : {record.original_length, static_cast<std::uint32_t>(size)}) {
        record.original_length = original;
        tree.clear();
        const Dissection& items = reading.read(record);
        append_tree(tree, items);
        ASSERT_TRUE(tree.starts_with("Frame ")) << tree;
        const Facts& facts = alone.read(record).facts;
        ASSERT_EQ(layer_names(items.facts), layer_names(facts)) << "cut to " << size << ": " << tree;
        ASSERT_EQ(notes_of(items.facts), notes_of(facts)) << "cut to " << size << ": " << tree;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Packets, Golden, testing::ValuesIn(names()), [](const auto& file) { return file.param; });

}  // namespace
}  // namespace encap::test

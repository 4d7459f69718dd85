#pragma once

#include <string>

#include "encap/analyze/session_memory.h"
#include "encap/capture/packet_source.h"
#include "encap/dissect/dissector.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"
#include "support/fuzz.h"

namespace encap::test {

/// A dissector that is shown packets for the reading's sake: each is read, in both details, and written out.
class ReadThrough {
 public:
  void read(const PacketRecord& record) {
    read(record, in_full_dissector_, in_full_);
    read(record, line_only_dissector_, line_only_);
    // What the list says of a whole packet does not depend on whether somebody looks at the tree. Of a broken one it
    // may: as in tshark, octets that only the tree shows are not missed where there is none.
    const std::string_view info = in_full_.columns.info.text();
    if (info.find("[Malformed Packet") != std::string_view::npos ||
        info.find("[Packet size") != std::string_view::npos || info.find("[Unreassembled") != std::string_view::npos) {
      broken_ = true;
    }
    if (!broken_) ENCAP_FUZZ_CHECK(info == line_only_.columns.info.text());
    if (!broken_) compare_facts(record);
    read(record, fields_dissector_, fields_);
    ENCAP_FUZZ_CHECK(info == fields_.columns.info.text());
    ENCAP_FUZZ_CHECK(in_full_.items.size() == fields_.items.size());
    for (std::size_t i = 0; i < in_full_.items.size(); ++i) {
      ENCAP_FUZZ_CHECK(in_full_.items[i].field == fields_.items[i].field);
      ENCAP_FUZZ_CHECK(in_full_.items[i].number == fields_.items[i].number);
      ENCAP_FUZZ_CHECK(in_full_.items[i].string() == fields_.items[i].string());
    }
  }

 private:
  // Who looks for layers alone finds those that others do, and so who looks for ends, unless there are more inside what
  // the transports carry.
  void compare_facts(const PacketRecord& record) {
    facts_dissector_.dissect(record, facts_);
    layers_dissector_.dissect(record, layers_);
    ENCAP_FUZZ_CHECK(layers_.facts.layers == facts_.facts.layers);
    ends_dissector_.dissect(record, ends_);
    const auto& all = facts_.facts.ends;
    const auto& found = ends_.facts.ends;
    ENCAP_FUZZ_CHECK(found.size() <= all.size());
    has_inner_ends_ = has_inner_ends_ || found.size() < all.size();
    for (std::size_t i = 0; i < found.size(); ++i) {
      ENCAP_FUZZ_CHECK(found[i].layer == all[i].layer);
      ENCAP_FUZZ_CHECK(found[i].source == all[i].source && found[i].destination == all[i].destination);
      ENCAP_FUZZ_CHECK(found[i].source_port == all[i].source_port);
      ENCAP_FUZZ_CHECK(found[i].destination_port == all[i].destination_port);
      ENCAP_FUZZ_CHECK(found[i].stream == all[i].stream || has_inner_ends_);
    }
  }

  // Who knows lines of packets before writes what is written anew.
  void write_trees(const Dissection& dissection) {
    out_.clear();
    append_tree(out_, dissection);
    by_known_lines_.clear();
    tree_.packet(by_known_lines_, dissection);
    ENCAP_FUZZ_CHECK(by_known_lines_ == out_);
  }

  void read(const PacketRecord& record, Dissector& dissector, Dissection& dissection) {
    dissector.dissect(record, dissection);
    dissector.displayed();
    out_.clear();
    append_list_line(out_, dissection);
    touch(as_bytes(out_));
    if (dissection.detail == Detail::items) write_trees(dissection);
    for (const Item& item : dissection.items) {
      ENCAP_FUZZ_CHECK(item.source < dissection.sources.size() || item.source == 0);
      ENCAP_FUZZ_CHECK(item.data != nullptr || item.size == 0);
    }
  }

  TreeWriter tree_;
  std::string by_known_lines_;
  bool broken_ = false;  // a packet was: what is remembered of it may differ from then on
  SessionMemory in_full_session_;
  SessionMemory line_only_session_{SessionMemory::Depth::marks};
  SessionMemory fields_session_;
  Dissector fields_dissector_{&fields_session_};
  Dissection fields_{Detail::fields};
  Dissector in_full_dissector_{&in_full_session_};
  Dissector line_only_dissector_{&line_only_session_};
  Dissection in_full_{Detail::items};
  Dissection line_only_{Detail::columns};
  bool has_inner_ends_ = false;
  SessionMemory facts_session_;
  Dissector facts_dissector_{&facts_session_};
  Dissection facts_{Detail::facts};
  SessionMemory layers_session_{SessionMemory::Depth::marks};
  Dissector layers_dissector_{&layers_session_};
  Dissection layers_ = [] {
    Dissection layers{Detail::facts};
    layers.wants_ends = layers.wants_notes = false;
    return layers;
  }();
  SessionMemory ends_session_{SessionMemory::Depth::streams};
  Dissector ends_dissector_{&ends_session_};
  Dissection ends_ = [] {
    Dissection ends{Detail::facts};
    ends.wants_layers = false;
    return ends;
  }();
  std::string out_;
};

}  // namespace encap::test

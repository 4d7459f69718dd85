#include <array>
#include <fmt/format.h>
#include <utility>

#include "encap/dissect/field_table.h"
#include "statistics/ends.h"
#include "statistics/kind.h"

// Source: tshark's -z io,phs.

namespace encap {
namespace {

class ProtocolHierarchy final : public Statistic {
 public:
  ProtocolHierarchy(PacketFilter filter, bool tree_is_shown)
      : filter_{std::move(filter)}, tree_is_shown_{tree_is_shown} {}

  [[nodiscard]] Detail detail() const noexcept override {
    return filter_.matches || tree_is_shown_ ? Detail::fields : Detail::facts;
  }

  [[nodiscard]] FactsRead reads() const noexcept override { return {.layers = true}; }

  void frame_is_named() noexcept override { frame_ = find_field("frame")->field; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection) || dissection.facts.quote_is_cut) return;
    std::uint32_t at = 0;
    if (tree_is_shown_) {  // the frame's own is among them
      for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
        const Field* const field = dissection.at(id).field;
        if (field != nullptr) at = child(at, field, dissection.frame_number);
      }
    } else {
      const std::vector<const Field*>& layers = dissection.facts.layers;
      Way& way = ways_[layers.size() % ways_.size()];
      if (way.layers != layers) {
        way.layers = layers;
        way.innermost = innermost(layers, dissection.frame_number);
      }
      at = way.innermost;
    }
    ++nodes_[at].frames;
    nodes_[at].octets += length_of(dissection);
  }

  [[nodiscard]] bool may_share() const noexcept override { return !filter_.matches; }
  void absorb(Statistic& other) override { absorb(0, static_cast<ProtocolHierarchy&>(other).nodes_, 0); }

  void append_text(std::string& out, const RowAdded&) const override {
    const std::string line(67, '=');
    out += fmt::format("\n{}\nProtocol Hierarchy Statistics\nFilter: {}\n\n", line, filter_.text);
    walk([&out](const Node& node, std::size_t depth) {
      out += fmt::format("{:{}}{:<{}} frames:{} bytes:{}\n", "", 2 * depth, node.layer->name,
                         2 * depth < 40 ? 40 - 2 * depth : 0, node.frames, node.octets);
    });
    out += line + '\n';
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    return {"path", "protocol", "depth", "frames", "bytes"};
  }
  void each_row(const RowVisitor& visit) const override {
    std::vector<std::string> paths;
    walk([&](const Node& node, std::size_t depth) {
      paths.resize(depth);
      paths.push_back((depth == 0 ? "" : paths.back() + ':') + std::string{node.layer->name});
      const StatisticValue row[] = {paths.back(), std::string{node.layer->name}, std::uint64_t{depth}, node.frames,
                                    node.octets};
      visit(row);
    });
  }

 private:
  // Places in `nodes_`; 0, the root's, stands for none. A parent comes before its children.
  struct Node {
    const Field* layer = nullptr;
    std::uint64_t first_frame = 0;
    std::uint64_t frames = 0;  // whose innermost layer it is
    std::uint64_t octets = 0;  // of these
    std::uint32_t parent = 0;
    std::uint32_t first_child = 0;
    std::uint32_t next = 0;
  };

  // A child of `parent`, made where there is none yet: it was first seen in that frame. Children are in the order in
  // which they were.
  [[nodiscard]] std::uint32_t child(std::uint32_t parent, const Field* layer, std::uint64_t frame) {
    std::uint32_t before = 0;
    std::uint32_t at = nodes_[parent].first_child;
    while (at != 0 && nodes_[at].layer != layer) {
      if (nodes_[at].first_frame <= frame) before = at;
      at = nodes_[at].next;
    }
    if (at != 0) return at;
    at = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({.layer = layer, .first_frame = frame, .parent = parent});
    std::uint32_t& link = before == 0 ? nodes_[parent].first_child : nodes_[before].next;
    nodes_[at].next = std::exchange(link, at);
    return at;
  }

  [[nodiscard]] std::uint32_t innermost(const std::vector<const Field*>& layers, std::uint64_t frame) {
    std::uint32_t at = frame_ == nullptr ? 0 : child(0, frame_, frame);
    for (const Field* const layer : layers) at = child(at, layer, frame);
    return at;
  }

  // Adds the children of `theirs` to those of `ours`, and theirs to theirs. As deep as layers go at most.
  void absorb(std::uint32_t ours, const std::vector<Node>& nodes, std::uint32_t theirs) {
    for (std::uint32_t from = nodes[theirs].first_child; from != 0; from = nodes[from].next) {
      const std::uint32_t at = child(ours, nodes[from].layer, nodes[from].first_frame);
      nodes_[at].frames += nodes[from].frames;
      nodes_[at].octets += nodes[from].octets;
      move_to(at, nodes[from].first_frame);
      absorb(at, nodes, from);
    }
  }

  // Says that a node was seen in an earlier frame, if it was.
  void move_to(std::uint32_t at, std::uint64_t frame) {
    if (frame >= nodes_[at].first_frame) return;
    nodes_[at].first_frame = frame;
    std::uint32_t* link = &nodes_[nodes_[at].parent].first_child;
    while (*link != at) link = &nodes_[*link].next;
    *link = nodes_[at].next;
    link = &nodes_[nodes_[at].parent].first_child;
    while (*link != 0 && nodes_[*link].first_frame <= frame) link = &nodes_[*link].next;
    nodes_[at].next = std::exchange(*link, at);
  }

  // Visits all, each with the frames and octets of those in it.
  template <class Visit>
  void walk(Visit visit) const {
    std::vector<Node> sums = nodes_;
    for (std::size_t at = sums.size() - 1; at != 0; --at) {
      sums[sums[at].parent].frames += sums[at].frames;
      sums[sums[at].parent].octets += sums[at].octets;
    }
    std::size_t depth = 0;
    for (std::uint32_t at = nodes_[0].first_child; at != 0;) {
      visit(sums[at], depth);
      if (nodes_[at].first_child != 0) {
        at = nodes_[at].first_child;
        ++depth;
        continue;
      }
      while (at != 0 && nodes_[at].next == 0) {
        at = nodes_[at].parent;
        --depth;
      }
      at = nodes_[at].next;
    }
  }

  PacketFilter filter_;
  bool tree_is_shown_;
  const Field* frame_ = nullptr;  // null: it is no layer
  std::vector<Node> nodes_{Node{}};
  // Most packets have the layers of one before: the last of those with so many, or 8 more or less.
  struct Way {
    std::vector<const Field*> layers{nullptr};  // as no packet has them
    std::uint32_t innermost = 0;
  };
  std::array<Way, 8> ways_;
};

MadeStatistic make(const StatisticArguments& arguments) {
  auto filter = arguments.filter();
  if (!filter) return unexpected(std::move(filter.error()));
  return std::make_unique<ProtocolHierarchy>(std::move(*filter), arguments.options.tree_is_shown);
}

constexpr StatisticKind kinds[] = {{"io,phs", "[,FILTER]", "which protocols there are, one within the other", make}};

}  // namespace

extern const std::span<const StatisticKind> protocol_hierarchy_statistics{kinds};

}  // namespace encap

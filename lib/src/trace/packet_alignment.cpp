#include "trace/packet_alignment.h"

#include <algorithm>
#include <functional>
#include <span>
#include <tuple>

namespace encap::trace {
namespace {

/// A packet that looks for its partner. Those of one group may become partners, of equal keys at first.
struct Seeker {
  unsigned group = 0;
  std::uint64_t key = 0;
  std::uint32_t place = 0;  // in its conversation
  std::uint32_t packet = 0;
};

std::uint64_t key_of(const KeptPacket& packet) noexcept {
  switch (packet.kind) {
    case PacketKind::data:
      return packet.sequence_number;
    case PacketKind::ack:
      return packet.acknowledgment_number;
    case PacketKind::datagram:
      return std::hash<std::string_view>{}(as_text(packet.payload)) ^ packet.length;
    default:
      return 0;
  }
}

/// By group and key, those that are alike in their order.
std::vector<Seeker> seekers(const KeptCapture& capture, const KeptConversation& conversation) {
  std::vector<Seeker> all;
  all.reserve(conversation.packets.size());
  for (const std::uint32_t index : conversation.packets) {
    const KeptPacket& packet = capture.packets()[index];
    const unsigned group = static_cast<unsigned>(packet.kind) * 2 + (packet.from_client ? 0 : 1);
    all.push_back({group, key_of(packet), static_cast<std::uint32_t>(all.size()), index});
  }
  std::stable_sort(all.begin(), all.end(), [](const Seeker& a, const Seeker& b) {
    return std::tie(a.group, a.key) < std::tie(b.group, b.key);
  });
  return all;
}

bool is_of_group(const Seeker& seeker, PacketKind kind) noexcept {
  return seeker.group / 2 == static_cast<unsigned>(kind);
}

class Alignment {
 public:
  Alignment(const KeptCapture& left, const KeptConversation& left_conversation, const KeptCapture& right,
            const KeptConversation& right_conversation)
      : captures_{&left, &right},
        conversations_{&left_conversation, &right_conversation},
        partner_of_left_(left_conversation.packets.size(), no_place),
        right_has_partner_(right_conversation.packets.size(), false) {}

  std::vector<AlignedPackets> align() {
    join_alike(seekers(*captures_[0], *conversations_[0]), seekers(*captures_[1], *conversations_[1]));
    join_left_over();
    return in_order();
  }

 private:
  static constexpr std::uint32_t no_place = UINT32_MAX;

  void join(const Seeker& left, const Seeker& right) {
    partner_of_left_[left.place] = right.place;
    right_has_partner_[right.place] = true;
  }

  void join_alike(const std::vector<Seeker>& left, const std::vector<Seeker>& right) {
    std::size_t l = 0;
    std::size_t r = 0;
    while (l < left.size() && r < right.size()) {
      const auto a = std::tie(left[l].group, left[l].key);
      const auto b = std::tie(right[r].group, right[r].key);
      if (a == b) {
        join(left[l++], right[r++]);
      } else if (a < b) {
        left_over_[0].push_back(left[l++]);
      } else {
        left_over_[1].push_back(right[r++]);
      }
    }
    left_over_[0].insert(left_over_[0].end(), left.begin() + static_cast<std::ptrdiff_t>(l), left.end());
    left_over_[1].insert(left_over_[1].end(), right.begin() + static_cast<std::ptrdiff_t>(r), right.end());
  }

  void join_left_over() {
    const std::span<Seeker> left{left_over_[0]};
    const std::span<Seeker> right{left_over_[1]};
    const auto end_of_group = [](std::span<Seeker> all, std::size_t at) {
      std::size_t end = at;
      while (end < all.size() && all[end].group == all[at].group) ++end;
      return end;
    };
    std::size_t l = 0;
    std::size_t r = 0;
    while (l < left.size() && r < right.size()) {
      if (left[l].group == right[r].group) {
        const std::size_t left_end = end_of_group(left, l);
        const std::size_t right_end = end_of_group(right, r);
        join_group(left.subspan(l, left_end - l), right.subspan(r, right_end - r));
        l = left_end;
        r = right_end;
      } else if (left[l].group < right[r].group) {
        ++l;
      } else {
        ++r;
      }
    }
  }

  void join_group(std::span<Seeker> left, std::span<Seeker> right) {
    if (is_of_group(left.front(), PacketKind::data) && left.size() != right.size()) {
      join_overlapping(left, right);
      return;
    }
    if (left.size() != right.size() && !is_of_group(left.front(), PacketKind::datagram)) return;
    const auto by_place = [](const Seeker& a, const Seeker& b) { return a.place < b.place; };
    std::sort(left.begin(), left.end(), by_place);
    std::sort(right.begin(), right.end(), by_place);
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) join(left[i], right[i]);
  }

  /// Both are in the order of the stream.
  void join_overlapping(std::span<const Seeker> left, std::span<const Seeker> right) {
    const auto end_of = [](const KeptCapture& capture, const Seeker& seeker) {
      return seeker.key + capture.packets()[seeker.packet].length;
    };
    std::size_t l = 0;
    std::size_t r = 0;
    while (l < left.size() && r < right.size()) {
      if (end_of(*captures_[0], left[l]) <= right[r].key) {
        ++l;
      } else if (end_of(*captures_[1], right[r]) <= left[l].key) {
        ++r;
      } else {
        join(left[l++], right[r++]);
      }
    }
  }

  /// Partners may have changed places: the left side's order goes.
  [[nodiscard]] std::vector<AlignedPackets> in_order() const {
    const std::vector<std::uint32_t>& left = conversations_[0]->packets;
    const std::vector<std::uint32_t>& right = conversations_[1]->packets;
    std::vector<AlignedPackets> all;
    all.reserve(std::max(left.size(), right.size()));
    std::size_t told = 0;  // of the right side
    const auto tell_lonely_before = [&](std::size_t end) {
      for (; told < end; ++told) {
        if (!right_has_partner_[told]) all.push_back({{AlignedPackets::none, right[told]}});
      }
    };
    for (std::size_t l = 0; l < left.size(); ++l) {
      const std::uint32_t r = partner_of_left_[l];
      if (r == no_place) {
        all.push_back({{left[l], AlignedPackets::none}});
        continue;
      }
      tell_lonely_before(r);
      all.push_back({{left[l], right[r]}});
    }
    tell_lonely_before(right.size());
    return all;
  }

  BothSides<const KeptCapture*> captures_;
  BothSides<const KeptConversation*> conversations_;
  std::vector<std::uint32_t> partner_of_left_;
  std::vector<bool> right_has_partner_;
  BothSides<std::vector<Seeker>> left_over_;
};

}  // namespace

std::vector<AlignedPackets> align(const KeptCapture& left, const KeptConversation& left_conversation,
                                  const KeptCapture& right, const KeptConversation& right_conversation) {
  return Alignment{left, left_conversation, right, right_conversation}.align();
}

}  // namespace encap::trace

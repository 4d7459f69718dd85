#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <vector>

#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding incomplete{
    "ip.fragment-missing", Severity::warning, "datagrams in fragments never become whole",
    "A datagram larger than the MTU travels in fragments, and all of them must arrive. Here some are missing, so the "
    "receiver throws the others away, and nothing of the datagram is shown above IP. Firewalls often drop fragments, "
    "since only the first one has ports; for the same reason a capture filter on a port (port 53) keeps only the "
    "first ones.",
    "Capture without a filter on ports, or with \"or (ip[6:2] & 0x3fff != 0)\" behind it. Where fragments are really "
    "lost, send datagrams that fit: at most 1472 octets of UDP payload over Ethernet and IPv4."};

// Bounded: 1024 datagrams at once, beyond which the oldest is taken for lost; 64 pieces of each.
class FragmentFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    if (p.version == 0 || !p.is_fragment || p.copy_of != 0) return;
    auto at = std::find_if(open_.begin(), open_.end(), [&](const Datagram& d) {
      return d.identification == p.identification && d.protocol == protocol_of(p) && d.source == p.source &&
             d.destination == p.destination;
    });
    if (at == open_.end()) {
      open_.push_back({p.source, p.destination, p.identification, protocol_of(p)});
      at = open_.end() - 1;
    }
    at->frames.add(p.frame);
    const std::uint32_t end = p.fragment_offset + p.body_length;
    if (!p.more_fragments) at->length = end;
    at->add(p.fragment_offset, end);
    if (at->is_whole()) {
      open_.erase(at);
    } else if (open_.size() > most_open) {
      tell(open_.front());
      open_.pop_front();
    }
  }

  void report(const Capture&, Report& report) const override {
    for (const Case& lost : lost_) report.add(lost);
    for (const Datagram& datagram : open_) report.add(case_of(datagram));
    if (lost_beyond_ != 0) report.add_uncounted(incomplete, lost_beyond_);
  }

 private:
  static constexpr std::size_t most_open = 1024;
  static constexpr std::size_t most_pieces = 64;
  struct Piece {
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Datagram {
    Address source;
    Address destination;
    std::uint32_t identification = 0;
    Protocol protocol{};
    Frames frames{};
    std::uint32_t length = 0;     // 0: the last fragment has not come
    std::vector<Piece> pieces{};  // in order, without overlap or neighbours that touch

    void add(std::uint32_t begin, std::uint32_t end) {
      Piece fresh{begin, end};
      std::vector<Piece> merged;
      for (const Piece& piece : pieces) {
        if (piece.end < fresh.begin || piece.begin > fresh.end) {
          merged.push_back(piece);
        } else {
          fresh = {std::min(piece.begin, fresh.begin), std::max(piece.end, fresh.end)};
        }
      }
      if (merged.size() < most_pieces) merged.push_back(fresh);
      std::sort(merged.begin(), merged.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
      pieces = std::move(merged);
    }
    [[nodiscard]] bool is_whole() const noexcept {
      return length != 0 && pieces.size() == 1 && pieces[0].begin == 0 && pieces[0].end >= length;
    }
  };
  // In IPv6 fragments of one datagram may name different next headers: RFC 8200 §4.5.
  static Protocol protocol_of(const SeenPacket& p) noexcept { return p.version == 4 ? p.protocol : Protocol::fragment; }

  static std::string missing(const Datagram& datagram) {
    std::vector<std::string> parts;
    std::uint32_t at = 0;
    for (const Piece& piece : datagram.pieces) {
      if (piece.begin > at) parts.push_back(fmt::format("{} to {}", at, piece.begin - 1));
      at = piece.end;
    }
    if (datagram.length == 0) {
      parts.push_back(fmt::format("all from {} on", at));
    } else if (at < datagram.length) {
      parts.push_back(fmt::format("{} to {}", at, datagram.length - 1));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  static Case case_of(const Datagram& datagram) {
    std::string where;
    append_text(where, datagram.source);
    where += " to ";
    append_text(where, datagram.destination);
    const bool ipv6 = datagram.source.kind == Address::Kind::ipv6;
    return {&incomplete,
            std::move(where),
            {},
            datagram.frames,
            fmt::format("identification {:#x}: {} came, octets {} are missing: {}.", datagram.identification,
                        count_text(datagram.frames.count(), "fragment"), missing(datagram), datagram.frames.text()),
            ipv6 ? fmt::format("ipv6.fraghdr.ident == {:#x}", datagram.identification)
                 : fmt::format("ip.id == {:#x}", datagram.identification)};
  }
  void tell(const Datagram& datagram) {
    if (lost_.size() < Report::most_cases) {
      lost_.push_back(case_of(datagram));
    } else {
      ++lost_beyond_;
    }
  }

  std::deque<Datagram> open_;
  std::vector<Case> lost_;
  std::uint64_t lost_beyond_ = 0;
};

}  // namespace

MadeFamily make_fragment_family() { return std::make_unique<FragmentFamily>(); }

}  // namespace encap::advice

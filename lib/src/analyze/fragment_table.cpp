#include "encap/analyze/fragment_table.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <string_view>
#include <tsl/robin_map.h>
#include <vector>

namespace encap {
namespace {

struct SameKey {
  bool operator()(const FragmentKey& a, const FragmentKey& b) const noexcept {
    return a.identification == b.identification && a.protocol == b.protocol && a.source == b.source &&
           a.destination == b.destination;
  }
};

struct HashKey {
  std::size_t operator()(const FragmentKey& key) const noexcept {
    const auto hash = [](const Address& address) {
      return std::hash<std::string_view>{}(
          {reinterpret_cast<const char*>(address.octets.data()), address.octets.size()});
    };
    return hash(key.source) * 31 + hash(key.destination) * 17 +
           (std::size_t{key.identification} << 32 | key.protocol) * 0x9e3779b97f4a7c15u;
  }
};

// A fragment, and where its octets are kept.
struct Kept {
  Reassembly::Piece piece;
  std::size_t at;
};

struct Datagram {
  FragmentKey key;
  std::vector<Kept> pieces;       // by offset, those with the same one as they came
  std::vector<std::byte> octets;  // of all pieces, as they came
  std::uint32_t size = 0;         // of the datagram, once its end was seen
  bool has_end = false;

  [[nodiscard]] Bytes octets_of(const Kept& kept) const noexcept {
    return Bytes{octets}.subspan(kept.at, kept.piece.length);
  }
  // Whether no octet is missing.
  [[nodiscard]] bool complete() const noexcept {
    if (!has_end) return false;
    std::uint64_t reached = 0;
    for (const Kept& kept : pieces) {
      if (kept.piece.offset > reached) break;
      reached = std::max(reached, std::uint64_t{kept.piece.offset} + kept.piece.length);
    }
    return reached >= size;
  }
};

}  // namespace

struct FragmentTable::State {
  using Order = std::list<Datagram>;  // who waited longest for a fragment comes first
  Order waiting;
  Order spare;  // whose memory is used again
  tsl::robin_map<FragmentKey, Order::iterator, HashKey, SameKey> known;
  std::size_t octets = 0;

  std::vector<std::byte> whole;  // the datagram completed last
  std::vector<Reassembly::Piece> pieces;

  void forget(Order::iterator datagram) {
    octets -= datagram->octets.size();
    known.erase(datagram->key);
    constexpr std::size_t kept_for_reuse = 16;
    if (spare.size() < kept_for_reuse && datagram->octets.capacity() <= std::size_t{2} * 65536) {
      spare.splice(spare.end(), waiting, datagram);
    } else {
      waiting.erase(datagram);
    }
  }

  Order::iterator start(const FragmentKey& key) {
    if (waiting.size() >= maximum_datagrams) forget(waiting.begin());
    if (spare.empty()) spare.emplace_back();
    waiting.splice(waiting.end(), spare, spare.begin());
    const auto datagram = std::prev(waiting.end());
    datagram->key = key;
    datagram->pieces.clear();
    datagram->octets.clear();
    datagram->size = 0;
    datagram->has_end = false;
    known.emplace(key, datagram);
    return datagram;
  }

  Reassembly assemble(Datagram& datagram) {
    whole.resize(datagram.size);
    pieces.clear();
    std::uint32_t filled = 0;
    for (Kept& kept : datagram.pieces) {
      Reassembly::Piece& piece = kept.piece;
      const Bytes from = datagram.octets_of(kept);
      if (piece.offset >= datagram.size) {
        piece.too_long = true;
      } else {
        std::uint32_t length = piece.length;
        if (length > datagram.size - piece.offset) {
          piece.too_long = true;
          length = datagram.size - piece.offset;
        }
        // `filled` is not behind the piece, otherwise the datagram would not be complete.
        const std::uint32_t overlap = filled - piece.offset;
        if (overlap != 0) {
          piece.overlap = true;
          const std::uint32_t both = std::min(overlap, length);
          piece.conflict = both != 0 && std::memcmp(whole.data() + piece.offset, from.data(), both) != 0;
        }
        if (length > overlap) {
          std::memcpy(whole.data() + filled, from.data() + overlap, length - overlap);
          filled += length - overlap;
        }
      }
      pieces.push_back(piece);
    }
    Reassembly result;
    result.state = Reassembly::State::complete;
    result.bytes = whole;
    result.pieces = pieces;
    return result;
  }
};

FragmentTable::FragmentTable() : state_{std::make_unique<State>()} {}
FragmentTable::FragmentTable(FragmentTable&&) noexcept = default;
FragmentTable& FragmentTable::operator=(FragmentTable&&) noexcept = default;
FragmentTable::~FragmentTable() = default;

std::size_t FragmentTable::waiting() const noexcept { return state_->waiting.size(); }

Reassembly FragmentTable::add(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                              Bytes bytes) {
  State& state = *state_;
  const auto found = state.known.find(key);
  const auto datagram = found != state.known.end() ? found->second : state.start(key);
  state.waiting.splice(state.waiting.end(), state.waiting, datagram);
  while (state.octets + bytes.size() > maximum_octets && state.waiting.begin() != datagram) {
    state.forget(state.waiting.begin());
  }
  if (state.octets + bytes.size() > maximum_octets || datagram->pieces.size() >= maximum_pieces ||
      offset > maximum_octets) {
    state.forget(datagram);
    Reassembly result;
    result.state = Reassembly::State::too_large;
    return result;
  }

  const auto length = static_cast<std::uint32_t>(bytes.size());
  Kept kept{{frame_number, offset, length}, datagram->octets.size()};
  if (!more) {
    if (!datagram->has_end) {
      datagram->has_end = true;
      datagram->size = offset + length;
    } else if (datagram->size != offset + length) {
      kept.piece.multiple_tails = true;
    }
  }
  datagram->octets.insert(datagram->octets.end(), bytes.begin(), bytes.end());
  state.octets += length;
  const auto behind =
      std::upper_bound(datagram->pieces.begin(), datagram->pieces.end(), offset,
                       [](std::uint32_t wanted, const Kept& other) { return wanted < other.piece.offset; });
  datagram->pieces.insert(behind, kept);
  if (!datagram->complete()) return {};
  const Reassembly result = state.assemble(*datagram);
  state.forget(datagram);
  return result;
}

}  // namespace encap

#include "analyze/tcp_pdu_store.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace encap {

using State = TcpPduEntry::State;

void TcpPduStore::open(TcpPduEntry& entry) {
  if (spare_.empty()) {
    entry.buffer = std::make_unique<TcpPduBuffer>();
  } else {
    entry.buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  held_ += cost(*entry.buffer);
  entry.state = State::waiting;
  entry.has_length = false;
  entry.complete_in = 0;
}

void TcpPduStore::close(TcpPduEntry& entry) noexcept {
  if (entry.buffer == nullptr) return;
  held_ -= cost(*entry.buffer);
  if (std::erase(completed_, &entry) != 0) lent_.push_back(std::move(entry.buffer->octets));
  if (spare_.size() < spare_buffers && entry.buffer->octets.capacity() <= largest_spare) {
    entry.buffer->octets.clear();
    entry.buffer->pieces.clear();
    entry.buffer->unbroken = 0;
    if (spare_.capacity() == 0) spare_.reserve(spare_buffers);
    spare_.push_back(std::move(entry.buffer));
  }
  entry.buffer.reset();
}

bool TcpPduStore::charge(std::size_t octets) noexcept {
  if (held_ + octets > limit) return false;
  held_ += octets;
  return true;
}

bool TcpPduStore::make_room(TcpPduEntry& entry, std::size_t end) {
  TcpPduBuffer& buffer = *entry.buffer;
  if (buffer.pieces.size() >= maximum_pieces) return false;
  const std::size_t before = cost(buffer);
  const std::size_t after = before + piece_cost + (end > buffer.octets.size() ? end - buffer.octets.size() : 0);
  if (after > limit_per_pdu || held_ - before + after > limit) return false;
  if (end > buffer.octets.capacity() && std::ranges::find(completed_, &entry) != completed_.end()) {
    std::vector<std::byte> larger;
    larger.reserve(2 * end);
    larger.assign(buffer.octets.begin(), buffer.octets.end());
    lent_.push_back(std::exchange(buffer.octets, std::move(larger)));
  }
  if (end > buffer.octets.size()) buffer.octets.resize(end);
  held_ += after - before;
  return true;
}

// What the packet before this one was still read of.
void TcpPduStore::let_go() noexcept {
  while (!completed_.empty()) {
    TcpPduEntry& entry = *completed_.back();
    completed_.pop_back();
    if (entry.state == State::complete) close(entry);
  }
  lent_.clear();
}

TcpPdus::Pdu* TcpPduList::find(std::uint32_t sequence) noexcept {
  if (entries_ == nullptr) return nullptr;
  for (TcpPduEntry& entry : *entries_) {
    if (entry.state != State::unused && entry.sequence == sequence) return &entry;
  }
  return nullptr;
}

TcpPdus::Pdu* TcpPduList::find_before(std::uint32_t sequence) noexcept {
  if (entries_ == nullptr) return nullptr;
  TcpPduEntry* nearest = nullptr;
  for (TcpPduEntry& entry : *entries_) {
    if (entry.state != State::unused && entry.sequence < sequence &&
        (nearest == nullptr || entry.sequence > nearest->sequence)) {
      nearest = &entry;
    }
  }
  return nearest;
}

TcpPdus::Pdu* TcpPduList::begin(std::uint32_t sequence, std::uint32_t next, std::uint64_t frame_number) {
  if (entries_ == nullptr) {
    if (!store_.charge(sizeof(Entries))) return nullptr;
    entries_ = std::make_unique<Entries>();
  }
  Pdu* known = find(sequence);  // a later PDU that starts alike takes the place of an earlier one
  TcpPduEntry& entry = known != nullptr ? static_cast<TcpPduEntry&>(*known) : (*entries_)[next_];
  if (known == nullptr) next_ = (next_ + 1) % entries_->size();
  store_.close(entry);
  static_cast<Pdu&>(entry) = {sequence, next, frame_number, frame_number, false};
  store_.open(entry);
  any = true;
  return &entry;
}

Reassembly TcpPduList::add(Pdu& pdu, std::uint64_t frame_number, std::uint32_t offset, Bytes bytes, bool more) {
  auto& entry = static_cast<TcpPduEntry&>(pdu);
  if (entry.state == State::complete) return {Reassembly::State::complete, {}, {}, entry.complete_in};
  if (entry.state != State::waiting) return {Reassembly::State::too_large};
  const std::size_t end = std::size_t{offset} + bytes.size();
  const std::size_t reached = entry.buffer->octets.size();  // where the piece ends that goes farthest
  if (!store_.make_room(entry, end)) {
    store_.close(entry);
    entry.state = State::given_up;
    return {Reassembly::State::too_large};
  }

  TcpPduBuffer& buffer = *entry.buffer;
  auto& pieces = buffer.pieces;
  std::size_t place = pieces.size();
  while (place > 0 && pieces[place - 1].offset > offset) --place;
  Reassembly::Piece piece{frame_number, offset, static_cast<std::uint32_t>(bytes.size())};

  // Of two pieces that overlap, the octets of the one that starts first count.
  std::size_t had = offset;  // octets up to here are those of pieces before
  if (place == pieces.size()) {
    had = std::max(had, reached);
  } else {
    for (std::size_t i = 0; i < place; ++i) had = std::max<std::size_t>(had, pieces[i].offset + pieces[i].length);
  }
  had = std::min(had, end);
  if (had > offset) {
    piece.overlap = true;
    piece.conflict = std::memcmp(buffer.octets.data() + offset, bytes.data(), had - offset) != 0;
  }
  for (std::size_t i = place; i < pieces.size() && pieces[i].offset < end; ++i) {
    const std::size_t common = std::min<std::size_t>(end, pieces[i].offset + pieces[i].length) - pieces[i].offset;
    pieces[i].overlap = true;
    if (std::memcmp(buffer.octets.data() + pieces[i].offset, bytes.data() + (pieces[i].offset - offset), common) != 0) {
      pieces[i].conflict = true;
    }
  }
  if (end > had) std::memcpy(buffer.octets.data() + had, bytes.data() + (had - offset), end - had);
  pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(place), piece);
  for (std::size_t i = place; i < pieces.size() && pieces[i].offset <= buffer.unbroken; ++i) {
    buffer.unbroken = std::max(buffer.unbroken, pieces[i].offset + pieces[i].length);
  }

  if (!more && !entry.has_length) {
    entry.has_length = true;
    entry.length = static_cast<std::uint32_t>(end);
  }
  if (!entry.has_length || buffer.unbroken < entry.length) return {};
  entry.state = State::complete;
  entry.complete_in = frame_number;
  store_.completed(entry);
  return {Reassembly::State::complete, Bytes{buffer.octets}.first(entry.length), buffer.pieces, frame_number};
}

void TcpPduList::reopen(Pdu& pdu) noexcept {
  auto& entry = static_cast<TcpPduEntry&>(pdu);
  if (entry.state != State::complete || entry.buffer == nullptr) return;
  entry.state = State::waiting;
  entry.has_length = false;
  entry.complete_in = 0;
}

void TcpPduList::clear() noexcept {
  if (entries_ != nullptr) {
    for (TcpPduEntry& entry : *entries_) store_.close(entry);
    entries_.reset();
    store_.release(sizeof(Entries));
  }
  next_ = 0;
  any = false;
  until_fin = false;
  fin_frame = 0;
}

}  // namespace encap

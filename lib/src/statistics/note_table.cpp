#include "statistics/note_table.h"

#include <new>
#include <utility>

#include "base/prefetch.h"
#include "base/utf8.h"

namespace encap {

std::uint32_t NoteRows::add(std::uint16_t kind, std::uint64_t seen_at, std::string_view text) {
  const std::size_t size = std::size_t{units(text.size())} * unit;
  if (pieces_.empty() || pieces_.back().capacity() - pieces_.back().size() < size) {
    pieces_.emplace_back().reserve(piece_size);
  }
  Piece& piece = pieces_.back();
  const std::size_t at = piece.size();
  piece.resize(at + size);
  char* const there = piece.data() + at + sizeof(NoteRow);
  const bool is_plain = copy_plain(there, text) == text.size();
  if (!is_plain) text.copy(there, text.size());
  constexpr std::uint64_t latest = (std::uint64_t{1} << 48) - 1;
  new (piece.data() + at) NoteRow{0, kind, seen_at & latest, text.size() & longest_text, is_plain};
  return static_cast<std::uint32_t>((pieces_.size() - 1) * units_in_piece + at / unit);
}

void NoteTable::absorb(NoteTable& other) {
  for (Part& theirs : other.parts_) {
    for (std::uint16_t& kind : theirs.kinds) kind = number_of(other.kinds_[kind]);
    for (Part& ours : parts_) count_once(ours, theirs);
    parts_.push_back(std::move(theirs));
  }
  other = NoteTable{};
}

NoteRow& NoteTable::row_of(const Waiting& note) {
  for (Part& part : parts_) {
    const std::uint32_t place = part.index.find(note.hash, [&](std::uint32_t likely) {
      const NoteRow& row = part.rows[likely];
      return part.kinds[row.kind] == note.kind && row.text() == note.text && row.count != 0;
    });
    if (place != HashIndex::none) return part.rows[place];
  }
  // There will be more where there are many: in small steps an index would take pages in vain.
  constexpr std::size_t many = std::size_t{1} << 11;
  constexpr std::size_t very_many = std::size_t{1} << 15;
  if (own().index.size() == many) own().index.reserve(very_many);
  if (own().index.size() == very_many) own().index.reserve(8 * very_many);
  const std::uint32_t place = own().rows.add(note.kind, note.seen_at, note.text);
  own().index.insert(note.hash, place);
  return own().rows[place];
}

// As far as its hash says where it is.
void NoteTable::fetch_row(std::uint32_t hash) const noexcept {
  const Part& part = parts_.front();
  const std::uint32_t place = part.index.find(hash, [](std::uint32_t) { return true; });
  if (place == HashIndex::none) return;
  constexpr std::size_t cache_line = 64;
  const char* const row = reinterpret_cast<const char*>(&part.rows[place]);
  prefetch(row);
  prefetch(row + cache_line);
}

// Counts what both have in the row that came first. The slots of both are gone through in nearly the same order, which
// is that of the hashes.
void NoteTable::count_once(Part& one, Part& another) {
  Part& less = one.index.size() < another.index.size() ? one : another;
  Part& more = &less == &one ? another : one;
  less.index.each([&](std::uint32_t hash, std::uint32_t place) {
    NoteRow* row = nullptr;  // which is looked at only where there is another one of its hash
    const std::uint32_t found = more.index.find(hash, [&](std::uint32_t likely) {
      const NoteRow& other = more.rows[likely];
      row = &less.rows[place];
      return more.kinds[other.kind] == less.kinds[row->kind] && other.text() == row->text() && other.count != 0 &&
             row->count != 0;
    });
    if (found == HashIndex::none) return;
    NoteRow& other = more.rows[found];
    NoteRow& first = row->first_seen_at < other.first_seen_at ? *row : other;
    NoteRow& later = &first == row ? other : *row;
    first.count += later.count;
    later.count = 0;
  });
}

// Kinds are a few dozen; the one of the note before is likely that of the next.
std::uint16_t NoteTable::number_of(const NoteKind& kind) {
  if (latest_kind_ < kinds_.size() && kinds_[latest_kind_] == kind) return latest_kind_;
  const auto known = std::find(kinds_.begin(), kinds_.end(), kind);
  latest_kind_ = static_cast<std::uint16_t>(known - kinds_.begin());
  if (known == kinds_.end()) {
    kinds_.push_back(kind);
    kind_hashes_.push_back(short_hash(kind.group) * 31 + short_hash(kind.protocol) +
                           static_cast<unsigned>(kind.severity));
    own().kinds.push_back(latest_kind_);
  }
  return latest_kind_;
}

}  // namespace encap

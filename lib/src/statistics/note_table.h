#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_index.h"
#include "base/hash_words.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// What many notes have in common. The names live as long as the program.
struct NoteKind {
  Severity severity;
  std::string_view group;
  std::string_view protocol;

  friend bool operator==(const NoteKind& a, const NoteKind& b) noexcept {
    return a.severity == b.severity && are_same(a.group, b.group) && are_same(a.protocol, b.protocol);
  }

 private:
  // Mostly the same name in the same place.
  [[nodiscard]] static bool are_same(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && (a.data() == b.data() || a == b);
  }
};

/// A note, however many packets have it. Its text lies behind it.
struct NoteRow {
  std::uint64_t count : 48;          ///< packets that have it; 0: they were added to those of the same note elsewhere
  std::uint64_t kind : 16;           ///< its number among those of the part it lies in
  std::uint64_t first_seen_at : 48;  ///< see `first_seen`
  std::uint64_t size : 15;           ///< octets of its text
  std::uint64_t is_plain : 1;        ///< all of the text is printable ASCII

  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(this + 1), size}; }
};
static_assert(sizeof(NoteRow) == 16);

/// Rows one behind the other in the order in which they came, where they stay as long as they are kept.
class NoteRows {
 public:
  static constexpr std::size_t longest_text = 0x7fff;  ///< octets; far more than any note has

  /// Adds a note that no packet has yet. Returns its place. Precondition: the text is not longer than `longest_text`.
  std::uint32_t add(std::uint16_t kind, std::uint64_t seen_at, std::string_view text);

  [[nodiscard]] NoteRow& operator[](std::uint32_t place) noexcept { return *row_at(place); }
  [[nodiscard]] const NoteRow& operator[](std::uint32_t place) const noexcept { return *row_at(place); }

  /// The place of the first row that `is(row)`, from that place on, which is a row's or behind one; `end()` where there
  /// is none.
  template <class Is>
  [[nodiscard]] std::uint32_t next(std::uint32_t place, Is is) const {
    for (;; place += units(row_at(place)->size)) {
      if (place / units_in_piece >= pieces_.size()) return end();
      // Behind the last row of a piece the next piece begins.
      if (std::size_t{place % units_in_piece} * unit >= pieces_[place / units_in_piece].size()) {
        place += units_in_piece - place % units_in_piece;
        if (place / units_in_piece >= pieces_.size()) return end();
      }
      if (is(*row_at(place))) return place;
    }
  }
  /// Behind the row at that place.
  [[nodiscard]] std::uint32_t behind(std::uint32_t place) const noexcept { return place + units(row_at(place)->size); }
  [[nodiscard]] static constexpr std::uint32_t end() noexcept { return 0xffffffff; }

 private:
  using Piece = std::vector<char>;
  static constexpr std::uint32_t unit = alignof(NoteRow);  // of places
  static constexpr std::size_t piece_size = std::size_t{256} << 10;
  static constexpr std::uint32_t units_in_piece = piece_size / unit;
  static_assert(piece_size > sizeof(NoteRow) + longest_text);

  // From a row to the next one whose text has so many octets.
  [[nodiscard]] static constexpr std::uint32_t units(std::size_t text_size) noexcept {
    return static_cast<std::uint32_t>((sizeof(NoteRow) + text_size + unit - 1) / unit);
  }
  [[nodiscard]] NoteRow* row_at(std::uint32_t place) const noexcept {
    const char* const at = pieces_[place / units_in_piece].data() + std::size_t{place % units_in_piece} * unit;
    return reinterpret_cast<NoteRow*>(const_cast<char*>(at));
  }

  std::vector<Piece> pieces_;
};

/// The notes that were told, each once.
///
/// A capture may have a million of them, and where one is found is nowhere near: its slot and its row are each waited
/// for. So what is told waits while more is, and they are fetched meanwhile.
class NoteTable {
 public:
  /// Counts a note of that kind, in time. Calls `visit(row, frame)` for those that have their rows now.
  template <class Visit>
  void add(const NoteKind& kind, std::string_view text, std::uint64_t seen_at, std::uint64_t frame, Visit visit) {
    Waiting& latest = waiting(0);
    if (told_ - settled_ == waiting_.size()) count(latest, visit);
    latest.text = text.substr(0, NoteRows::longest_text);
    latest.kind = number_of(kind);
    latest.hash = short_hash(latest.text) ^ kind_hashes_[latest.kind];
    latest.seen_at = seen_at;
    latest.frame = frame;
    own().index.fetch_early(latest.hash);
    ++told_;
    fetch_row(waiting(2).hash);
  }
  /// Counts those that wait.
  template <class Visit>
  void settle(Visit visit) {
    while (settled_ < told_) count(waiting_[settled_ % waiting_.size()], visit);
  }

  /// Adds those of `other`, of which nothing is left. Precondition: nothing waits in either.
  void absorb(NoteTable& other);

  [[nodiscard]] std::span<const NoteKind> kinds() const noexcept { return kinds_; }
  /// Calls `visit(row, number)` for those of that severity in the order in which they were seen first, with the number
  /// of their kind in `kinds()`.
  template <class Visit>
  void each_of(Severity severity, Visit visit) const {
    struct Reader {
      const Part* part;
      std::uint32_t at;
    };
    const auto next = [&](const Part& part, std::uint32_t from) {
      return part.rows.next(from, [&](const NoteRow& row) {
        return row.count != 0 && kinds_[part.kinds[row.kind]].severity == severity;
      });
    };
    std::vector<Reader> readers;
    for (const Part& part : parts_) readers.push_back({&part, next(part, 0)});
    for (;;) {
      std::erase_if(readers, [](const Reader& reader) { return reader.at == NoteRows::end(); });
      if (readers.empty()) return;
      const auto first_seen_at = [](const Reader& reader) { return reader.part->rows[reader.at].first_seen_at; };
      const auto earliest = std::min_element(
          readers.begin(), readers.end(),
          [&](const Reader& one, const Reader& another) { return first_seen_at(one) < first_seen_at(another); });
      const Part& part = *earliest->part;
      const NoteRow& row = part.rows[earliest->at];
      visit(row, part.kinds[row.kind]);
      earliest->at = next(part, part.rows.behind(earliest->at));
    }
  }

 private:
  // Rows that came in order, and where they are found.
  struct Part {
    NoteRows rows;
    HashIndex index;
    std::vector<std::uint16_t> kinds;  // by the numbers its rows have: those of the table
  };
  // A note that was told and has no row yet.
  struct Waiting {
    std::string text;
    std::uint64_t seen_at = 0;
    std::uint64_t frame = 0;
    std::uint32_t hash = 0;
    std::uint16_t kind = 0;
  };

  [[nodiscard]] Part& own() noexcept { return parts_.front(); }
  // The one that was told so many ago.
  [[nodiscard]] Waiting& waiting(std::size_t ago) noexcept { return waiting_[(told_ - ago) % waiting_.size()]; }
  template <class Visit>
  void count(const Waiting& note, Visit visit) {
    NoteRow& row = row_of(note);
    ++row.count;
    visit(row, note.frame);
    ++settled_;
  }
  [[nodiscard]] NoteRow& row_of(const Waiting& note);
  void fetch_row(std::uint32_t hash) const noexcept;
  static void count_once(Part& one, Part& another);
  [[nodiscard]] std::uint16_t number_of(const NoteKind& kind);

  std::vector<NoteKind> kinds_;
  std::vector<std::uint32_t> kind_hashes_;  // the same for equal kinds of every table
  std::uint16_t latest_kind_ = 0;
  std::vector<Part> parts_ = std::vector<Part>(1);  // one's own, then those of each that was absorbed
  std::array<Waiting, 4> waiting_;
  std::uint64_t told_ = 0;
  std::uint64_t settled_ = 0;
};

}  // namespace encap

#include "statistics/note_table.h"

#include <gtest/gtest.h>
#include <string>
#include <tuple>

namespace encap::test {
namespace {

constexpr NoteKind syn{Severity::chat, "Sequence", "TCP"};
constexpr NoteKind get{Severity::chat, "Sequence", "HTTP"};
constexpr NoteKind lost{Severity::warning, "Sequence", "TCP"};

const auto unseen = [](const NoteRow&, std::uint64_t) {};

// What is told of a severity, a line for each note.
std::string told(const NoteTable& notes, Severity severity) {
  std::string lines;
  notes.each_of(severity, [&](const NoteRow& row, std::uint16_t kind) {
    lines += std::string{notes.kinds()[kind].protocol} + ' ' + std::string{row.text()} + ' ' +
             std::to_string(std::uint64_t{row.count}) + '\n';
  });
  return lines;
}

TEST(NoteTable, counts_each_note_once_for_every_packet_in_order) {
  NoteTable notes;
  const std::tuple<NoteKind, const char*> in_order[] = {{syn, "a"}, {get, "a"}, {syn, "b"}, {lost, "a"},
                                                        {syn, "a"}, {get, "a"}, {syn, "a"}, {syn, ""}};
  std::uint64_t frame = 0;
  for (const auto& [kind, text] : in_order) {
    ++frame;
    notes.add(kind, text, frame << 8, frame, unseen);
  }
  notes.settle(unseen);
  EXPECT_EQ(told(notes, Severity::chat), "TCP a 3\nHTTP a 2\nTCP b 1\nTCP  1\n");
  EXPECT_EQ(told(notes, Severity::warning), "TCP a 1\n");
  EXPECT_EQ(told(notes, Severity::note), "");
}

TEST(NoteTable, tells_of_each_note_with_its_row_and_its_frame) {
  NoteTable notes;
  std::string seen;
  const auto see = [&seen](const NoteRow& row, std::uint64_t frame) {
    seen += std::string{row.text()} + std::to_string(std::uint64_t{row.count}) + '@' + std::to_string(frame) + ' ';
  };
  for (std::uint64_t frame = 1; frame <= 7; ++frame) notes.add(syn, frame % 2 == 0 ? "b" : "a", frame, frame, see);
  notes.settle(see);
  EXPECT_EQ(seen, "a1@1 b1@2 a2@3 b2@4 a3@5 b3@6 a4@7 ");
}

TEST(NoteTable, cuts_texts_that_are_longer_than_any_note_and_says_which_are_plain) {
  NoteTable notes;
  notes.add(syn, std::string(NoteRows::longest_text + 1, 'x'), 1, 1, unseen);
  notes.add(syn, std::string(NoteRows::longest_text, 'x'), 2, 2, unseen);
  notes.add(syn, "caf\xc3\xa9", 3, 3, unseen);
  notes.settle(unseen);
  int rows = 0;
  notes.each_of(Severity::chat, [&](const NoteRow& row, std::uint16_t) {
    ++rows;
    EXPECT_EQ(row.count, rows == 1 ? 2u : 1u);
    EXPECT_EQ(row.text().size(), rows == 1 ? NoteRows::longest_text : 5);
    EXPECT_EQ(row.is_plain, rows == 1 ? 1u : 0u);
  });
  EXPECT_EQ(rows, 2);
}

// Whichever of them knows more, in whatever order they met the kinds.
TEST(NoteTable, puts_together_what_several_were_told_where_it_came_first) {
  for (const bool more_in_first : {false, true}) {
    NoteTable together;
    NoteTable first;
    NoteTable second;
    together.add(get, "start", 0, 0, unseen);
    first.add(syn, "both", 5, 5, unseen);
    first.add(get, "both", 6, 6, unseen);
    second.add(get, "both", 2, 2, unseen);
    second.add(lost, "both", 3, 3, unseen);
    second.add(syn, "both", 7, 7, unseen);
    second.add(get, "start", 8, 8, unseen);
    for (int i = 0; i < 100; ++i) {
      (more_in_first ? first : second).add(lost, std::to_string(i), 100u + static_cast<unsigned>(i), 9, unseen);
    }
    for (NoteTable* notes : {&together, &first, &second}) notes->settle(unseen);
    together.absorb(first);
    together.absorb(second);
    EXPECT_EQ(told(together, Severity::chat), "HTTP start 2\nHTTP both 2\nTCP both 2\n");
    EXPECT_EQ(told(together, Severity::warning).substr(0, 20), "TCP both 1\nTCP 0 1\nT");
    // What comes later is found in whichever it lies.
    together.add(syn, "both", 300, 300, unseen);
    together.add(get, "both", 300, 300, unseen);
    together.add(lost, "99", 301, 301, unseen);
    together.add(lost, "new", 302, 302, unseen);
    together.settle(unseen);
    EXPECT_EQ(told(together, Severity::chat), "HTTP start 2\nHTTP both 3\nTCP both 3\n");
    EXPECT_TRUE(told(together, Severity::warning).ends_with("TCP 98 1\nTCP 99 2\nTCP new 1\n"));
  }
}

}  // namespace
}  // namespace encap::test

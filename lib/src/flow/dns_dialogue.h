#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "encap/flow/dns_text.h"
#include "flow/conversation_table.h"
#include "flow/recent.h"

namespace encap {

/// Makes DNS messages of texts, and remembers what was asked so that answers belong to it.
///
/// An answer is that to the question whose identification it says, else to the last open one of its conversation for
/// the name it says, else to the last open one for the type of its records, else to the last open one; to one that was
/// answered before when none is open. Where its conversation has asked nothing, the questions between the two addresses
/// count: there are tables with another port in every row. Memory: the last 8 questions, of 253 octets at most, of each
/// of the 4096 conversations and pairs of addresses that were last begun.
class DnsDialogue {
 public:
  explicit DnsDialogue(std::uint64_t seed)
      : next_id_{static_cast<std::uint16_t>(Mixer{seed}.add(0x646e73).next())}, talks_{most_talks} {}

  /// Turns `text` into the message it says; with its length in front over TCP. False when it says none: then it stays.
  /// `out` is used on the way.
  [[nodiscard]] bool complete(const Route& route, Transport transport, std::optional<bool> from_server,
                              std::string& text, std::string& out);

 private:
  static constexpr std::size_t most_talks = 4096;
  static constexpr std::size_t most_questions = 8;

  struct Question {
    std::string name;
    DnsType type = DnsType::a;
    std::uint16_t id = 0;
    bool open = false;
  };
  struct Talk {
    std::array<Question, most_questions> questions{};
    std::size_t asked = 0;  // the last one is at asked - 1, modulo how many are kept

    Question& add() noexcept { return questions[asked++ % questions.size()]; }
    /// The question asked last of which `holds` is true, one that is open before one that is not.
    template <class Holds>
    Question* last(Holds holds) noexcept {
      for (const bool open : {true, false}) {
        for (std::size_t back = 1; back <= std::min(asked, questions.size()); ++back) {
          Question& question = questions[(asked - back) % questions.size()];
          if (question.open == open && holds(question)) return &question;
        }
      }
      return nullptr;
    }
  };

  /// No two of 65536 messages get the same one.
  std::uint16_t draw_id() noexcept { return next_id_ = static_cast<std::uint16_t>(next_id_ + 0x9e3bu); }
  static Question* question_of(Talk* talk, const DnsText& answer) noexcept;
  static const Question* last_of(Talk* talk) noexcept;

  std::uint16_t next_id_;
  Recent<ConversationKey, Talk, FlowKeyHash> talks_;
};

}  // namespace encap

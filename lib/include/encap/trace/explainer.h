#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/trace/explanation.h"

namespace encap {

/// Which messages are wanted, by their `msg_id`: names and ranges of whole numbers, such as `3,req-7,10-12`.
class MessageSelection {
 public:
  static constexpr std::size_t most_parts = 1000;

  /// Errors: what is wrong with the text, as a sentence.
  [[nodiscard]] static Result<MessageSelection, std::string> parse(std::string_view text);

  /// Whether messages of that id are wanted; notes that there is one.
  [[nodiscard]] bool take(std::string_view id);
  /// The parts for which no message has come.
  [[nodiscard]] std::vector<std::string> unmatched() const;

 private:
  struct Part {
    std::string text;
    bool is_range = false;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool matched = false;
  };
  void add(std::string_view text);
  std::vector<Part> parts_;
  std::unordered_map<std::string, std::size_t> by_text_;
};

/// Takes the packets of a whole table, made with `CraftOptions::origins`, and explains those that carry the messages
/// wanted. What it says of headers is what a Dissector reads in them.
///
/// Memory: the messages explained (their rows, and of their packets the first, the second and the last in full, both
/// of segments and of fragments), `most_messages` of them at most; a few octets for each other packet of theirs; what a
/// session remembers; and a few octets for each open connection.
class Explainer final : public PacketSink {
 public:
  static constexpr std::size_t most_messages = 500;

  /// `next`: where the packets go as well; may be null. Lifetime: borrows it.
  explicit Explainer(MessageSelection wanted, PacketSink* next = nullptr);
  Explainer(Explainer&&) noexcept;
  Explainer& operator=(Explainer&&) noexcept;
  ~Explainer() override;

  /// Says that the table has a row of that id, whether or not it is sent.
  void note_row(std::string_view id);

  /// Errors: those of `next`.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  [[nodiscard]] Result<void, IoError> flush() override;

  /// What was found. Errors: parts of the selection that no message goes by, and which ids there are, as a sentence.
  [[nodiscard]] Result<Explanation, std::string> finish(std::string table);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap

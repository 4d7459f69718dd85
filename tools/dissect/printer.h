#pragma once

#include <optional>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/render/json.h"
#include "encap/render/tree.h"
#include "options.h"

/// Dissects packets and renders those that are shown, the way the options ask for. Each thread has one of its own.
class Printer {
 public:
  /// `statistics`: what counts the packets; may be null. Lifetime: borrows all three.
  Printer(const CommandOptions& options, const encap::Dissector& dissector, encap::Statistics* statistics);
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  /// Whether packets may be read at the same time: what is shown of one does not depend on which of those before are
  /// shown.
  [[nodiscard]] bool may_share() const;
  /// Whether all that is known of a packet is shown, which is many times its size.
  [[nodiscard]] bool shows_trees() const noexcept { return shown_detail_ == encap::Detail::items; }
  /// Whether it depends on how streams are numbered.
  [[nodiscard]] bool numbers_streams() const;

  /// How much is to be remembered of TCP for what the options ask for.
  [[nodiscard]] static encap::SessionMemory::Depth session_depth(const CommandOptions& options);

  void begin(std::string& out);
  /// In place of `begin`, where another printer has begun.
  void resume();
  /// Dissects a packet. Whether it is shown.
  [[nodiscard]] bool read(const encap::PacketRecord& record, const encap::FramePlace& place);
  /// The packet that was read last. Lifetime: until the next one is.
  [[nodiscard]] const encap::Dissection& dissection() const noexcept { return dissection_; }
  /// Adds what is shown of the packet that was read last.
  void print(std::string& out);
  void end(std::string& out);

 private:
  [[nodiscard]] bool is_looked_at_by_nobody() const;
  [[nodiscard]] bool is_read_by_others() const;
  [[nodiscard]] std::vector<std::string> fields_looked_at() const;
  void print_text(std::string& out);
  void print_line(std::string& out);

  const CommandOptions& options_;
  const encap::Dissector& dissector_;
  encap::Statistics* statistics_;
  std::optional<encap::Filter> filter_;
  std::optional<encap::FieldSelection> fields_;
  encap::JsonWriter json_;
  encap::TreeWriter tree_;
  encap::Interest interest_;
  encap::Detail shown_detail_;
  encap::Detail full_detail_;
  encap::Dissection dissection_;
  bool list_;
};

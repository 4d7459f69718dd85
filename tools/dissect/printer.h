#pragma once

#include <optional>
#include <string>
#include <vector>

#include "encap/dissect/dissector.h"
#include "encap/render/json.h"
#include "options.h"

/// Dissects packets and renders those that are shown, the way the options ask for. Each thread has one of its own.
class Printer {
 public:
  /// `statistics`: what counts the packets; may be null. Lifetime: borrows all three. Of `options`, the fields that are
  /// asked for are changed by `print`.
  Printer(CommandOptions& options, const encap::Dissector& dissector, encap::Statistics* statistics);
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  /// Whether packets may be read at the same time: what is shown of one does not depend on those before, and nothing
  /// depends on how streams are numbered.
  [[nodiscard]] bool may_share() const;

  void begin(std::string& out);
  /// Dissects a packet. Whether it is shown.
  [[nodiscard]] bool read(const encap::PacketRecord& record, const encap::FramePlace& place);
  /// Adds what is shown of the packet that was read last.
  void print(std::string& out);
  void end(std::string& out);

 private:
  [[nodiscard]] encap::Detail shown_detail() const;
  [[nodiscard]] encap::Detail full_detail() const;
  [[nodiscard]] bool is_looked_at_by_nobody() const;
  [[nodiscard]] std::vector<std::string> fields_looked_at() const;
  void print_text(std::string& out);
  void print_line(std::string& out);

  CommandOptions& options_;
  const encap::Dissector& dissector_;
  encap::Statistics* statistics_;
  std::optional<encap::Filter> filter_;
  encap::JsonWriter json_;
  encap::Interest interest_;
  encap::Detail shown_detail_;
  encap::Detail full_detail_;  // that tells whether a packet is shown as well
  encap::Dissection dissection_;
  bool list_;
};

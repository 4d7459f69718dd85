#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/result.h"
#include "encap/dissect/dissection.h"
#include "encap/render/list.h"

namespace encap {

/// Fields asked for by name, as by -e: those of the field table, `text` for lines without a field, and columns of the
/// list, such as `_ws.col.Info`.
class FieldSelection {
 public:
  /// A name that no field here has, but whose protocol is known, as of those fields of tshark's that nothing here
  /// fills, is never found; `unfilled` lists it. Errors: the other names that are no fields, in the order given.
  [[nodiscard]] static Result<FieldSelection, std::vector<std::string>> make(std::vector<std::string> names,
                                                                             TimeFormat time = TimeFormat::relative);
  FieldSelection(FieldSelection&&) noexcept;
  FieldSelection& operator=(FieldSelection&&) noexcept;
  ~FieldSelection();
  /// The same fields, for another thread to read.
  [[nodiscard]] FieldSelection clone() const;

  [[nodiscard]] const std::vector<std::string>& names() const noexcept;
  [[nodiscard]] const std::vector<std::string>& unfilled() const noexcept;
  /// How much of a packet the values are found in.
  [[nodiscard]] Detail detail() const noexcept;

  /// Finds the values in a packet, in the order of the tree, as `append_value` writes them.
  void read(const Dissection& dissection);
  /// Of the field with that place in `names`. Lifetime: until the next `read`.
  [[nodiscard]] std::size_t count(std::size_t name) const noexcept;
  [[nodiscard]] std::string_view value(std::size_t name, std::size_t index) const noexcept;

 private:
  struct State;
  explicit FieldSelection(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// How a line of `-T fields` is written: what -E says. Source: tshark's -E.
struct FieldsFormat {
  enum class Occurrence : std::uint8_t { all, first, last };
  char separator = '\t';  ///< between fields
  char aggregator = ',';  ///< between values of one field
  char quote = '\0';      ///< around each field; none
  Occurrence occurrence = Occurrence::all;
  bool escape = true;  ///< line feeds, carriage returns and tabs in values as \n, \r, \t
};

/// Appends the names of the fields as a line.
void append_fields_header(std::string& out, const FieldSelection& fields, const FieldsFormat& format);
/// Appends what `fields.read` found as a line.
void append_fields_line(std::string& out, const FieldSelection& fields, const FieldsFormat& format);

}  // namespace encap

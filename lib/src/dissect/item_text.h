#pragma once

#include <cstddef>

#include "base/text_writer.h"
#include "encap/dissect/dissection.h"

namespace encap {

inline constexpr std::size_t longest_line = 239;  ///< octets of a line as Wireshark keeps it

/// As `append_label`.
void write_label(TextWriter& out, const Item& item);
/// As `append_value`.
void write_value(TextWriter& out, const Item& item);

}  // namespace encap

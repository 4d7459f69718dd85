#pragma once

#include "base/text_writer.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// As `append_label`.
void write_label(TextWriter& out, const Item& item);
/// As `append_value`.
void write_value(TextWriter& out, const Item& item);

}  // namespace encap

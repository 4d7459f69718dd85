#pragma once

#include <string>

#include "encap/dissect/dissection.h"

namespace encap {

/// Appends `bytes` sixteen to a line: offset, hexadecimal, and the printable ones as text.
///
///     0000  48 65 6c 6c 6f 0a                                 Hello.
void append_hex_dump(std::string& out, Bytes bytes);

/// Appends the dumps of all of a packet's sources, as `-x` shows them: with a heading each, where there are several.
void append_hex(std::string& out, const Dissection& dissection);

}  // namespace encap

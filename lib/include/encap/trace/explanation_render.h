#pragma once

#include <string>

#include "encap/trace/explanation.h"

namespace encap {

/// Appends it as text for a terminal, lines of up to 120 characters. `colour`: layers are told apart by colours of the
/// terminal, else by brackets. Controls of the table's text never reach the terminal.
void append_explanation_text(std::string& out, const Explanation& explanation, bool colour);

/// Appends it as one JSON document; docs/explain.md says what is in it.
void append_explanation_json(std::string& out, const Explanation& explanation);

/// Appends it as one HTML page that needs nothing else: no network, no other file.
void append_explanation_html(std::string& out, const Explanation& explanation);

}  // namespace encap

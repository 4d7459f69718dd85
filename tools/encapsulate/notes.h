#pragma once

#include <string>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/input/message_reader.h"

/// What was bent in the table and how it was taken, a sentence for each kind.
[[nodiscard]] std::vector<std::string> table_notes(const encap::TableNotes& notes);

/// What crafting left out, and what a reader of the capture will not like.
[[nodiscard]] std::vector<std::string> craft_notes(const encap::CraftSummary& summary);

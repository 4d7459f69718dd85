#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/input/message_source.h"

/// `1 row`, `12,345 rows`, `2 bodies`
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

/// What was bent in the table and how it was taken, a sentence for each kind.
[[nodiscard]] std::vector<std::string> table_notes(const encap::TableNotes& notes);

/// What crafting left out, and what a reader of the capture will not like.
[[nodiscard]] std::vector<std::string> craft_notes(const encap::CraftSummary& summary);

#pragma once

#include "exit_code.h"
#include "options.h"

/// Reads the table, crafts its packets, writes the capture, and says on standard error how it went.
[[nodiscard]] ExitCode craft(const CommandOptions& options);

#pragma once

#include "exit_code.h"
#include "options.h"

/// Reads the capture and prints its packets on standard output, and on standard error what went wrong.
[[nodiscard]] ExitCode print(CommandOptions& options);

#pragma once

#include "options.h"

/// What --compare asks for: reads both captures and prints in which fields they differ.
[[nodiscard]] ExitCode print_comparison(CommandOptions& options);

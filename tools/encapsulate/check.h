#pragma once

#include "encap/trace/capture_check.h"
#include "exit_code.h"
#include "options.h"

/// Reads the capture, prints how it compares with what `check` expects, and says it with the exit code.
[[nodiscard]] ExitCode compare_with(const CommandOptions& options, encap::CaptureCheck& check);

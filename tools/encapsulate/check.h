#pragma once

#include <string>

#include "encap/trace/capture_check.h"
#include "exit_code.h"
#include "options.h"

/// Reads the capture, prints how it compares with what `check` expects, and says it with the exit code.
/// `with_times`: whether the table's times are those that were wanted.
[[nodiscard]] ExitCode compare_with(const CommandOptions& options, const std::string& capture,
                                    encap::CaptureCheck& check, bool with_times = true);

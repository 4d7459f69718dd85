#pragma once

#include <string>

#include "encap/base/io_error.h"
#include "exit_code.h"

// What ends a run early, said on standard error.

ExitCode report(const encap::IoError& error);
/// A pipe nobody reads any more ends the run as it ends other programs: without a word. `errno` says what it was.
ExitCode report_output();
/// What is wrong with a capture filter shows where it meets its first packet.
ExitCode refuse_filter(const std::string& reason);
/// Says nothing. Precondition: a signal came.
[[nodiscard]] ExitCode interrupted() noexcept;

#pragma once

#include <cstdint>
#include <variant>

#include "encap/capture/live_capture.h"
#include "exit_code.h"

/// Prints the interfaces of this machine with their numbers, as -D does.
[[nodiscard]] ExitCode print_interfaces();

/// Starts to listen; of the options, `interface` is a name or a number. Says on standard error that it listens, or why
/// not, and what would help.
[[nodiscard]] std::variant<encap::LiveCapture, ExitCode> open_live(encap::LiveCaptureOptions options);

/// Says on standard error how many packets came and how many did not.
void tell_captured(std::uint64_t packets, const encap::LiveCaptureCounts& counts);

#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "encap/capture/live_capture.h"
#include "exit_code.h"

/// Prints the interfaces of this machine with their numbers, as -D does.
[[nodiscard]] ExitCode print_interfaces();

/// Starts to listen; of the options, `interface` is a name or a number. Says on standard error that it listens, or why
/// not, and what would help. Privileges are dropped then; `made`: a file that is still to be made, or empty.
[[nodiscard]] std::variant<encap::LiveCapture, ExitCode> open_live(encap::LiveCaptureOptions options,
                                                                   const std::string& made);

/// Says on standard error how many packets came and how many did not.
void tell_captured(std::uint64_t packets, const encap::LiveCaptureCounts& counts);

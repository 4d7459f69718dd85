#pragma once

#include "encap/capture/live_capture.h"

/// Makes SIGINT and SIGTERM ask for an end instead of making one. A second signal, if it comes a quarter of a second
/// later, ends the process at once. `waits_for_input`: standard input then ends as well, so that a read that waits for
/// more comes back.
void install_signal_handlers(bool waits_for_input = false);

/// What these signals stop, and SIGHUP too, so that a wait for a packet ends; null: nothing any more.
void stop_on_interrupt(encap::LiveCapture* capture);

/// The signal that asked for an end; 0 while none has.
[[nodiscard]] int interrupted_by() noexcept;

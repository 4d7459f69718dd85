#pragma once

/// Makes SIGINT and SIGTERM ask for an end instead of making one, once: a second signal ends the process at once.
/// A closed pipe becomes an error of write(2).
void install_signal_handlers();

/// The signal that asked for an end; 0 while none has.
[[nodiscard]] int interrupted_by() noexcept;

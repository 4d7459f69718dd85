#pragma once

#include "exit_code.h"
#include "options.h"

/// Sends the packets of the table on an interface, keeps what passes there where a file is named, says on standard
/// error how it went, and compares the file with the table.
///
/// The table is gone through twice. The first time tells whether all of it can be sent, and what is expected of the
/// file; nothing leaves for a table with mistakes, and the second time has nothing to do but to send.
[[nodiscard]] ExitCode send_live(const CommandOptions& options);

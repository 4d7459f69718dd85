#pragma once

#include "exit_code.h"
#include "options.h"

/// Sends the packets of the table on an interface, keeps what passes there where a file is named, says on standard
/// error how it went, and compares the file with the table.
///
/// First the whole table is crafted: that tells whether all of it can be sent, and what is expected of the file.
/// Nothing leaves for a table with mistakes, and then there is nothing to do but to send. Where the packets are too
/// many to be kept, they are crafted once more while they are sent.
[[nodiscard]] ExitCode send_live(const CommandOptions& options);

#pragma once

#include <memory>
#include <string>

#include "encap/input/message_source.h"

namespace encap {

/// Reads a dialogue: lines behind `>` are the client's, those behind `<` the server's, as curl -v prints them.
///
/// A run of lines of one side is one message, its lines joined with LF; a blank line ends it too, and so does the start
/// line of another HTTP message. A line of a side with nothing on it is an empty line. Behind the empty line that ends
/// the head of an HTTP response, lines without a side are its body. `#` begins a comment; `@ client NAME ADDRESS:PORT`,
/// `@ server ...`, `@ protocol NAME` and `@ time SECONDS` say what the messages that follow are. Of what curl adds,
/// `* Connected to` names the server, and the rest is left out.
///
/// Memory: the longest message, up to 16 MiB, twice.
[[nodiscard]] Result<std::unique_ptr<MessageSource>, Failure> open_dialogue(std::string name,
                                                                            std::unique_ptr<ByteSource> source);

}  // namespace encap

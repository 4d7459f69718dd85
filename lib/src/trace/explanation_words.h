#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "encap/trace/explanation.h"

namespace encap {

// What text and page say in the same words. Text out of the table is as it is: whoever shows it escapes it.

/// "Message 17", or "Messages 1, 2" of rows that became one.
[[nodiscard]] std::string message_title(const ExplainedMessage& message);
/// "row 17, line 18 of messages.csv", or "rows 3-5 ...".
[[nodiscard]] std::string message_rows(const Explanation& explanation, const ExplainedMessage& message);
/// "from browser (127.0.0.1:5074) to server (127.0.0.1:12345) over TCP".
[[nodiscard]] std::string message_way(const ExplainedMessage& message);
/// What opened and closed the connection, a sentence each; none where nothing did.
[[nodiscard]] std::vector<std::string> connection_sentences(const ExplainedMessage& message);
/// "segment 2 of 7: bytes 1448-2895 of the message, frame 12".
[[nodiscard]] std::string segment_line(const ExplainedMessage& message, std::size_t index);
/// "fragment 1 of 3: bytes 0-1479 of the datagram, frame 5".
[[nodiscard]] std::string fragment_line(const ExplainedMessage& message, const ExplainedSegment& segment,
                                        std::size_t index);
/// The sizes with arrows between.
[[nodiscard]] std::string size_line(const ExplainedMessage& message, const ExplainedSegment& segment,
                                    const ExplainedPacket& packet, std::string_view arrow);
/// Frame numbers, in ranges where they are side by side: "1-3, 7".
[[nodiscard]] std::string frame_list(const std::vector<std::uint64_t>& frames);

/// What a word of a checksum is, with the part it belongs to.
[[nodiscard]] std::string word_text(const ChecksumWord& word);
/// "0x00024ab1: 0x0002 + 0x4ab1 = 0x4ab3".
[[nodiscard]] std::string fold_text(const ChecksumFold& fold);
/// "0xffff - 0x4ab1 = 0xb54e".
[[nodiscard]] std::string complement_text(const ChecksumSteps& steps);
/// What the field holds, and whether that is the result, as a sentence.
[[nodiscard]] std::string verdict_text(const ChecksumSteps& steps);
/// Whether the packet has another checksum than the right one.
[[nodiscard]] bool is_wrong(const ChecksumSteps& steps) noexcept;

/// Two hexadecimal digits for each octet and `between` between them.
void append_octets(std::string& out, Bytes octets, std::string_view between);

inline constexpr std::string_view pseudo_header_purpose =
    "Not sent: addresses, protocol and length are only added up, so that a packet that went astray does not pass.";

}  // namespace encap

#pragma once

#include <string_view>

namespace encap {

/// Whether a message is no message but the name of a TCP control segment: `SYN`, `SYN-ACK`, `FIN, ACK`,
/// `[SYN] Seq=0 Win=64240`, `54321 > 80 [ACK] Seq=1`. Tables copied from a packet list have such rows.
[[nodiscard]] bool is_tcp_control_text(std::string_view text) noexcept;

}  // namespace encap

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "encap/analyze/session_memory.h"
#include "encap/base/io_error.h"
#include "encap/capture/packet_source.h"
#include "encap/dissect/dissector.h"

namespace encap::trace {

/// Hands `take` the packets of a capture, dissected one after the other with their fields, until it returns false.
/// `passed_over` says how many frames without a packet were passed over so far; it may be empty. Returns where the
/// capture breaks off; nothing: it was read to its end, or as far as it was wanted.
template <class Take>
[[nodiscard]] std::optional<IoError> dissect_all(PacketSource& capture,
                                                 const std::function<std::uint64_t()>& passed_over, Take take) {
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields};
  for (std::uint64_t skipped = 0;;) {
    const auto record = capture.next();
    if (!record) return record.error();
    if (*record == nullptr) return std::nullopt;
    const std::uint64_t so_far = passed_over ? passed_over() : 0;
    dissector.skip_frames(so_far - skipped);
    skipped = so_far;
    dissector.dissect(**record, dissection);
    if (!take(dissection)) return std::nullopt;
  }
}

}  // namespace encap::trace

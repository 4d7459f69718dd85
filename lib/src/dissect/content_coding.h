#pragma once

#include <optional>
#include <string_view>

#include "dissect/packet.h"

namespace encap {

/// Whether a body under this content coding can be decoded here: gzip, deflate, x-gzip, x-deflate, br (RFC 9110
/// §8.4.1).
[[nodiscard]] bool knows_content_coding(std::string_view coding) noexcept;

/// What `body` was before `coding` was applied, so far as its octets go; nothing when they are not in that coding.
/// With `beginning` only as much as tells that. At most 64 MiB. Lifetime: the dissection.
[[nodiscard]] std::optional<Bytes> decode_content(Packet& p, std::string_view coding, Bytes body, bool beginning);

}  // namespace encap

#pragma once

#include <string_view>

#include "encap/dissect/dissector.h"
#include "support/hex.h"

namespace encap::test {

/// A packet that was dissected alone, with all it needs to be looked at.
class Dissected {
 public:
  explicit Dissected(std::string_view hex, PacketRecord record = {}, Detail detail = Detail::items)
      : octets_{hex_vector(hex)}, record_{record}, dissection_{detail} {
    if (record_.link_type == LinkType::raw) record_.link_type = LinkType::ethernet;
    record_.bytes = octets_;
    if (record_.original_length == 0) record_.original_length = static_cast<std::uint32_t>(octets_.size());
    dissector_.dissect(record_, dissection_);
  }
  Dissected(const Dissected&) = delete;
  Dissected& operator=(const Dissected&) = delete;

  [[nodiscard]] Dissection& operator*() noexcept { return dissection_; }
  [[nodiscard]] Dissection* operator->() noexcept { return &dissection_; }

 private:
  std::vector<std::byte> octets_;
  PacketRecord record_;
  Dissector dissector_;
  Dissection dissection_;
};

// Ethernet, with a type that is nobody's, and five octets.
inline constexpr std::string_view unknown_ethertype = "020000000002 020000000001 88b5 48656c6c6f";

}  // namespace encap::test

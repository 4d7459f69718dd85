#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "encap/base/bytes.h"

namespace encap::trace {

/// Octets that are kept until the store dies, in few blocks, up to a limit.
class OctetStore {
 public:
  explicit OctetStore(std::uint64_t most) : most_{most} {}

  /// A copy of `octets`; nothing when the store would hold more than it may. Lifetime: that of the store.
  [[nodiscard]] std::optional<Bytes> keep(Bytes octets) {
    if (octets.empty()) return Bytes{};
    if (octets.size() > most_ - held_) return std::nullopt;
    held_ += octets.size();
    if (octets.size() > room_) {
      const std::size_t size = std::max(block_size, octets.size());
      blocks_.push_back(std::make_unique<std::byte[]>(size));
      next_ = blocks_.back().get();
      room_ = size;
    }
    std::byte* const at = next_;
    std::memcpy(at, octets.data(), octets.size());
    next_ += octets.size();
    room_ -= octets.size();
    return Bytes{at, octets.size()};
  }

  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

 private:
  static constexpr std::size_t block_size = std::size_t{256} * 1024;

  std::uint64_t most_;
  std::uint64_t held_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace encap::trace

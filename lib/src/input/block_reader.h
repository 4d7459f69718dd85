#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "encap/input/byte_source.h"

namespace encap {

/// Reads a source in blocks of 256 KiB.
class BlockReader {
 public:
  explicit BlockReader(std::unique_ptr<ByteSource> source) : source_{std::move(source)} {}

  /// The next octets, whole blocks up to the last one; empty at the end and after a refusal.
  /// Lifetime: until the next call.
  [[nodiscard]] std::string_view next() {
    std::size_t filled = 0;
    while (filled < block_.size() && !ended_) {
      const auto got = source_->read({block_.data() + filled, block_.size() - filled});
      if (!got) refusal_ = got.error();
      ended_ = !got || *got == 0;
      if (got) filled += *got;
    }
    octets_.fetch_add(filled, std::memory_order_relaxed);
    return as_text({block_.data(), filled});
  }

  /// Why the octets ended where they did, when it is not the end of the file.
  [[nodiscard]] const std::optional<IoError>& refusal() const noexcept { return refusal_; }
  /// Octets read so far; may be asked from another thread.
  [[nodiscard]] std::uint64_t octets() const noexcept { return octets_.load(std::memory_order_relaxed); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> block_ = std::vector<std::byte>(std::size_t{256} << 10);
  std::optional<IoError> refusal_;
  std::atomic<std::uint64_t> octets_{0};
  bool ended_ = false;
};

}  // namespace encap

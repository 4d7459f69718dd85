#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "capture/octet_stream.h"

namespace encap {

/// A window that moves over a stream. Grows to the largest stretch asked for, and only as fast as octets for it come,
/// so that a length somebody made up costs nothing.
class StreamBuffer {
 public:
  explicit StreamBuffer(std::unique_ptr<OctetStream> stream);

  /// The octets from the present place on: `count` at least, or, at the end or a failure, all there are. Waits for
  /// `count` octets, not for more. Lifetime: until the next call of `want` or `skip`.
  [[nodiscard]] Bytes want(std::size_t count) {
    if (end_ - begin_ < count) fill(count);
    return {memory_.octets + begin_, end_ - begin_};
  }
  /// Moves the place on. Precondition: `count` octets are in the window.
  void consume(std::size_t count) noexcept { begin_ += count; }
  /// Moves the place on over octets nobody needs. Returns how many there were, at most `count`.
  [[nodiscard]] std::uint64_t skip(std::uint64_t count);

  /// The present place, in octets from where the stream began.
  [[nodiscard]] std::uint64_t offset() const noexcept { return before_ + begin_; }
  /// Keeps the octets of the window as they are for as long as it lives, wherever the place moves. Threads: holds are
  /// made, copied and let go by the thread that reads.
  [[nodiscard]] const std::shared_ptr<const void>& hold() const noexcept { return memory_.hold; }
  /// Why the stream gives no more, when that is not its end.
  [[nodiscard]] const std::optional<IoError>& failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& name() const noexcept { return stream_->name(); }

 private:
  // Octets, and who keeps them.
  struct Memory {
    std::byte* octets = nullptr;
    std::shared_ptr<const void> hold;

    [[nodiscard]] static Memory of(std::size_t capacity) {
      const auto made = std::make_shared_for_overwrite<std::byte[]>(capacity);
      return {made.get(), made};
    }
  };

  void fill(std::size_t count);
  void make_room(std::size_t count);
  [[nodiscard]] Memory take_used();
  void read();

  std::unique_ptr<OctetStream> stream_;
  Memory memory_;
  std::size_t capacity_;
  std::vector<Memory> used_;  // of the first capacity; those that nobody holds are used again
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t before_ = 0;  // octets of the stream in front of the window
  bool ended_ = false;
  std::optional<IoError> failure_;
};

}  // namespace encap

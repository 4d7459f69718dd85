#pragma once

#include <cassert>
#include <cstring>
#include <vector>

#include "encap/base/bytes.h"

namespace encap {

/// Octets in front of the payload that a stack of headers needs at most.
namespace headroom {
inline constexpr std::size_t link = 32;  ///< Ethernet with tags, or BSD loopback
inline constexpr std::size_t ip = 60;
inline constexpr std::size_t ipv4_tcp = link + ip + 60;
}  // namespace headroom

/// A packet under construction: the payload first, then each header in front of it, without moving what is there.
/// Allocates when it grows beyond what it held before, so a buffer that is used again does not allocate.
class PacketBuffer {
 public:
  explicit PacketBuffer(std::size_t headroom = headroom::ipv4_tcp)
      : storage_(headroom), begin_{headroom}, headroom_{headroom} {}

  /// Starts a new packet and keeps the memory.
  void clear() noexcept {
    begin_ = headroom_;
    end_ = headroom_;
  }

  /// Copies octets behind what is there.
  void append(Bytes octets) {
    if (octets.empty()) return;
    if (storage_.size() < end_ + octets.size()) storage_.resize(end_ + octets.size());
    std::memcpy(storage_.data() + end_, octets.data(), octets.size());
    end_ += octets.size();
  }

  /// Makes room for `count` octets in front of what is there. The octets hold whatever the buffer held before.
  /// Cost: linear in the packet when the headroom is used up. Lifetime: until the next call that changes the buffer.
  [[nodiscard]] MutableBytes prepend(std::size_t count) {
    if (count > begin_) {
      const std::size_t more = count - begin_;
      storage_.insert(storage_.begin(), more, std::byte{});
      begin_ += more;
      end_ += more;
      headroom_ += more;
    }
    begin_ -= count;
    return {storage_.data() + begin_, count};
  }

  /// The packet so far. Lifetime: until the next call that changes the buffer.
  [[nodiscard]] Bytes bytes() const noexcept { return {storage_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }

 private:
  std::vector<std::byte> storage_;
  std::size_t begin_;
  std::size_t end_ = begin_;
  std::size_t headroom_;
};

}  // namespace encap

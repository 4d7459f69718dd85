#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "encap/capture/packet_source.h"

namespace encap {

/// How an interface is listened to.
struct LiveCaptureOptions {
  std::string interface;                  ///< its name
  std::string filter{};                   ///< of libpcap; empty: every packet
  std::uint32_t snap_length = 262'144;    ///< octets kept of a packet, 1..262144
  std::size_t buffer_octets = 64u << 20;  ///< the kernel's, for packets that nobody has read yet
  bool promiscuous = false;
  bool immediate = true;  ///< packets come within some 10 ms, not when a part of the buffer is full
};

/// What an interface has seen since it was opened.
struct LiveCaptureCounts {
  std::uint64_t received = 0;  ///< packets that passed the filter, the dropped ones among them
  std::uint64_t dropped = 0;   ///< by the kernel, as the buffer was full
  std::uint64_t dropped_by_interface = 0;
};

/// Packets as they pass an interface. It listens from the moment it is open: what is sent afterwards is seen.
/// `next()` waits for a packet; it is null once `stop()` was called. One thread reads; any thread, or a signal handler,
/// may stop.
class LiveCapture final : public PacketSource {
 public:
  static constexpr const char* filter_refused = "filter";  ///< the operation of errors that are about the filter

  /// Errors: no such interface, a filter that libpcap refuses, or a missing privilege (`code` is EPERM or EACCES).
  [[nodiscard]] static Result<LiveCapture, IoError> open(const LiveCaptureOptions& options);

  LiveCapture(LiveCapture&&) noexcept;
  LiveCapture& operator=(LiveCapture&&) noexcept;
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;
  ~LiveCapture() override;

  /// Lifetime: the record and its octets live until the next call. Times are nanoseconds where the system gives them.
  /// `interface` of the records names the interface.
  [[nodiscard]] Result<const PacketRecord*, IoError> next() override;
  /// The same, but waits no longer than `longest`: null then, too.
  [[nodiscard]] Result<const PacketRecord*, IoError> next_within(std::chrono::milliseconds longest);

  /// Makes `next` return null, now or when it is called, within 50 ms; what the kernel still holds is not read.
  void stop() noexcept;
  [[nodiscard]] bool stopped() const noexcept;

  [[nodiscard]] LinkType link_type() const noexcept;
  /// For the thread that reads, and for others when that one does not.
  [[nodiscard]] LiveCaptureCounts counts() const noexcept;

 private:
  class Impl;
  explicit LiveCapture(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap

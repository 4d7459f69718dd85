#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/capture/packet_source.h"

namespace encap {

/// What is kept of the packets that pass, and until when.
struct LiveRecorderOptions {
  bool everything = false;  ///< packets of others too, from the first `expect` on
  /// The answers are in when no packet of the table has come for so long; four times as long where some that were sent
  /// have not come yet.
  std::chrono::milliseconds quiet{250};
  std::chrono::milliseconds longest{5000};  ///< that `finish` waits
};

/// What was heard so far.
struct LiveRecorderCounts {
  std::uint64_t heard = 0;   ///< packets of the conversations that were told, answers among them
  std::uint64_t others = 0;  ///< of others
};

/// Keeps the packets that pass an interface while others are sent there, on a thread of its own: those of the
/// conversations it was told of, both ways, ICMP errors that quote them, and fragments between their hosts where their
/// datagrams are fragmented. Packets of others are counted. Conversations are known by their ends: the outermost
/// addresses and ports.
///
///     auto capture = LiveCapture::open({.interface = "lo"});   // listens from here on
///     LiveRecorder recorder{*capture, [&] { capture->stop(); }, *file};
///     ... recorder.expect(record); sender->write(record); ...
///     recorder.finish(sender->counts().packets);
///
/// Memory: 80 octets or so, twice, for each of 262,144 conversations; with more of them, packets of others are kept
/// too. No packet of a conversation that was heard before takes a lock.
class LiveRecorder final {
 public:
  static constexpr std::size_t most_conversations = 262'144;

  /// Starts to listen. Lifetime: borrows `source` and `sink`, which nobody else may use until `finish`. `stop` makes
  /// `source.next()` return null soon; it is called from the thread that finishes.
  LiveRecorder(PacketSource& source, std::function<void()> stop, PacketSink& sink, LiveRecorderOptions options = {});
  LiveRecorder(const LiveRecorder&) = delete;
  LiveRecorder& operator=(const LiveRecorder&) = delete;
  /// Stops at once, where it was not finished.
  ~LiveRecorder();

  /// Tells of a packet before it is sent. By one thread. Errors: those of the sink and of the source, once they are
  /// known: what is sent from then on would not be kept.
  [[nodiscard]] Result<void, IoError> expect(const PacketRecord& record);

  /// After the last packet was sent: waits for the answers, and stops. `sent`: how many packets were sent of those that
  /// come as they were told; 0 where others make them. `is_cancelled` may be null; where it says so, this waits for
  /// what was sent 60 ms at most, and for no answers. Errors: those of the source and of the sink, which is flushed.
  [[nodiscard]] Result<void, IoError> finish(std::uint64_t sent, bool (*is_cancelled)() = nullptr);

  [[nodiscard]] LiveRecorderCounts counts() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap

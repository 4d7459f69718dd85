#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/capture/network_interface.h"
#include "encap/live/live_recorder.h"
#include "encap/live/live_sender.h"
#include "encap/live/pacer.h"
#include "encap/wire/ip_address.h"

namespace encap {

/// How packets are sent, some of them more than once.
struct LiveRunOptions {
  Via via = Via::ip;
  Pace pace{};
  std::uint64_t rounds = 1;          ///< times that all of them are sent
  std::uint64_t count = 0;           ///< packets, after which the run ends; 0: as many as there are
  bool (*is_cancelled)() = nullptr;  ///< may be null; once it says so, no further packet is sent
};

/// Makes the packets of one round and hands them to the sink, always the same ones. Ends with the sink's error where
/// that refuses one.
using LiveRound = std::function<Result<void, IoError>(PacketSink&)>;

/// What came of looking at the packets before one is sent.
struct LivePlan {
  struct Ends {
    IpAddress source;
    IpAddress destination;
  };
  Result<void, IoError> made{};     ///< how the round ended; no error where the run was to end before it does
  std::optional<Ends> elsewhere{};  ///< of the first packet that would not stay on the interface; nothing behind it
  bool ends_early = false;          ///< the run does, before its first round
};

/// Goes through one round without sending. Of ways where the kernel takes the packets in (`ip`, `sockets`), each packet
/// on a loopback interface must come from and go to an address of this machine. `packets` gets each packet as it is;
/// `timed`, which may be null, with the time at which it leaves at the pace asked for, counted from the first one's
/// own. Errors: those of the round and of both sinks.
[[nodiscard]] LivePlan plan_live_run(const NetworkInterface& interface, const LiveRunOptions& options,
                                     const LiveRound& round, PacketSink& packets, PacketSink* timed);

/// What came of a run.
struct LiveOutcome {
  Result<void, IoError> sent{};  ///< no error where the run was to end before its packets do
  Result<void, IoError> kept{};  ///< of the recorder
  bool ended_early = false;      ///< before the packets did, whatever for
  double seconds = 0;            ///< from the first packet until the last one was handed to the system
};

/// Sends the rounds, one right behind the other, and waits until what was sent has gone. `recorder`, which may be null,
/// is told of each packet before it leaves, and finished. `sender` was opened for `options.via`.
[[nodiscard]] LiveOutcome send_live_run(const LiveRunOptions& options, const LiveRound& round, LiveSender& sender,
                                        LiveRecorder* recorder);

}  // namespace encap

#pragma once

#include <memory>
#include <span>

#include "statistics/advice/report.h"
#include "statistics/advice/seen_packet.h"

namespace encap::advice {

/// The whole of what was read.
struct Capture {
  std::uint64_t packets = 0;
  Timestamp first{};
  Timestamp last{};
};

/// Findings that look at the same things. Each file beside this one that makes a family has its findings, with their
/// words, at its top: adding a finding is adding one there, adding a family a file and a line in `families`.
/// Bounded: each says how much it remembers, and what goes beyond that is told.
class Family {
 public:
  Family() = default;
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  virtual ~Family() = default;

  /// The next packet.
  virtual void take(const SeenPacket& packet) = 0;
  /// Adds what was found so far.
  virtual void report(const Capture& capture, Report& report) const = 0;
};

using MadeFamily = std::unique_ptr<Family>;
[[nodiscard]] MadeFamily make_capture_family();        ///< the clock, packets that were cut
[[nodiscard]] MadeFamily make_checksum_family();       ///< left to the card, or wrong
[[nodiscard]] MadeFamily make_connection_family();     ///< TCP, and HTTP over it
[[nodiscard]] MadeFamily make_fragment_family();       ///< datagrams in pieces
[[nodiscard]] MadeFamily make_icmp_family();           ///< what routers and hosts report
[[nodiscard]] MadeFamily make_name_family();           ///< DNS
[[nodiscard]] MadeFamily make_other_program_family();  ///< who else speaks

inline constexpr MadeFamily (*families[])() = {make_capture_family,      make_checksum_family, make_connection_family,
                                               make_fragment_family,     make_icmp_family,     make_name_family,
                                               make_other_program_family};

}  // namespace encap::advice

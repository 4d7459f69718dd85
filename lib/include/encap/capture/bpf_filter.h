#pragma once

#include <memory>
#include <string>
#include <vector>

#include "encap/base/packet_record.h"
#include "encap/base/result.h"

namespace encap {

/// A capture filter (`tcp port 80 and host 10.0.0.1`), as tcpdump takes it, for packets of one link type. Names of
/// hosts, ports and protocols are looked up as the system does: a host's name may be asked of the network. Source:
/// pcap-filter(7).
///
///     auto filter = BpfFilter::compile("tcp port 80", LinkType::ethernet);
///     if (!filter) return unexpected(filter.error());
///     if (filter->matches(record)) count(record);
///
/// Threads may match with one filter at the same time.
class BpfFilter {
 public:
  /// Errors: libpcap's, with the filter: `"tcp prt 80": can't parse filter expression: syntax error`.
  [[nodiscard]] static Result<BpfFilter, std::string> compile(const std::string& text, LinkType link_type);

  BpfFilter(BpfFilter&&) noexcept;
  BpfFilter& operator=(BpfFilter&&) noexcept;
  BpfFilter(const BpfFilter&) = delete;
  BpfFilter& operator=(const BpfFilter&) = delete;
  ~BpfFilter();

  /// Whether a packet passes. What looks beyond the captured octets is false, as in tcpdump. BSD loopback packets are
  /// taken in the byte order each of them has. Precondition: the record is of `link_type()`.
  [[nodiscard]] bool matches(const PacketRecord& record) const noexcept;

  [[nodiscard]] LinkType link_type() const noexcept { return link_type_; }

 private:
  struct Programs;

  BpfFilter(LinkType link_type, std::unique_ptr<const Programs> programs) noexcept;

  LinkType link_type_;
  std::unique_ptr<const Programs> programs_;
};

/// A capture filter for files whose packets are of several link types: compiled for each of them when its first packet
/// comes. For one thread.
class CaptureFilter {
 public:
  explicit CaptureFilter(std::string text) noexcept : text_{std::move(text)} {}

  /// Whether a packet passes. Errors: as `BpfFilter::compile`, for each packet of a link type the filter is wrong for.
  [[nodiscard]] Result<bool, std::string> matches(const PacketRecord& record);

 private:
  std::string text_;
  std::vector<BpfFilter> filters_;  // the one used last is the first
};

}  // namespace encap

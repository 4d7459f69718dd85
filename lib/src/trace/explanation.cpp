#include "encap/trace/explanation.h"

#include <algorithm>
#include <fmt/format.h>

namespace encap {

std::string_view unit_name(Transport transport) noexcept {
  return transport == Transport::tcp ? "segment" : "datagram";
}

std::vector<SizeStep> size_steps(const ExplainedMessage& message, const ExplainedSegment& segment,
                                 const ExplainedPacket& packet) {
  std::vector<SizeStep> steps;
  const auto step = [&steps](std::uint64_t size, std::string_view what) {
    steps.push_back({size, fmt::format("{} B {}", size, what)});
  };
  const std::size_t whole = message.octets.size();
  const std::uint32_t payload =
      segment.size -
      std::min<std::uint32_t>(segment.size, segment.header.octets.empty()
                                                ? segment.message_at
                                                : static_cast<std::uint32_t>(segment.header.octets.size()));
  if (segment.message_size == whole) {
    step(whole, "message");
  } else {
    step(segment.message_size, fmt::format("of the {} B message", whole));
  }
  if (payload > segment.message_size) step(payload, "with the rows beside it");
  step(segment.size, unit_name(message.transport));
  if (packet.is_fragment) step(packet.segment_size, "of it in this fragment");
  step(packet.packet_size, "packet");
  if (packet.size != packet.packet_size) step(packet.size, "frame");
  return steps;
}

std::vector<FrameRegion> regions(const ExplainedSegment& segment, const ExplainedPacket& packet) {
  using Kind = FrameRegion::Kind;
  std::vector<FrameRegion> found;
  std::uint32_t at = 0;
  const auto size = static_cast<std::uint32_t>(packet.octets.size());
  const auto add = [&](Kind kind, std::string_view name, std::uint32_t end) {
    end = std::min(end, size);
    if (end <= at) return;
    found.push_back({kind, name, at, end - at});
    at = end;
  };
  for (const ExplainedLayer& layer : packet.layers) {
    add(Kind::other, "other", layer.offset);
    add(layer.kind == ExplainedLayer::Kind::network ? Kind::network : Kind::link, layer.protocol,
        layer.offset + static_cast<std::uint32_t>(layer.octets.size()));
  }
  add(Kind::other, "other", packet.segment_at);
  // Places of the segment, as far as this packet has them.
  const auto in_frame = [&packet](std::uint64_t in_segment) {
    const std::uint64_t from = packet.segment_offset;
    const std::uint64_t part = std::clamp<std::uint64_t>(in_segment, from, from + packet.segment_size) - from;
    return static_cast<std::uint32_t>(packet.segment_at + part);
  };
  add(Kind::transport, segment.header.protocol, in_frame(segment.header.octets.size()));
  add(Kind::other, "other rows", in_frame(segment.message_at));
  add(Kind::message, "message", in_frame(std::uint64_t{segment.message_at} + segment.message_size));
  add(Kind::other, "other rows", in_frame(segment.size));
  add(Kind::other, "padding", size);
  return found;
}

}  // namespace encap

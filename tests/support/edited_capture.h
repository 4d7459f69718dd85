#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/base/packet_record.h"
#include "encap/capture/packet_source.h"

namespace encap::test {

/// Packets in memory, to be changed before they are read. Frames are counted from 1.
class EditedCapture {
 public:
  struct Packet {
    Timestamp time{};
    LinkType link_type = LinkType::raw;
    std::uint32_t original_length = 0;
    std::vector<std::byte> octets{};
  };

  void add(const PacketRecord& record) {
    packets_.push_back({record.timestamp,
                        record.link_type,
                        static_cast<std::uint32_t>(record.bytes.size()),
                        {record.bytes.begin(), record.bytes.end()}});
  }

  [[nodiscard]] bool has(std::size_t frame) const noexcept { return frame >= 1 && frame <= packets_.size(); }
  [[nodiscard]] Packet& at(std::size_t frame) { return packets_[frame - 1]; }
  [[nodiscard]] std::vector<Packet>& packets() noexcept { return packets_; }

  // Preconditions: the capture has the frames.
  /// Another last octet; the checksums stay as they are.
  void change(std::size_t frame) {
    if (!at(frame).octets.empty()) at(frame).octets.back() ^= std::byte{0x20};
  }
  void remove(std::size_t frame) { packets_.erase(packets_.begin() + static_cast<std::ptrdiff_t>(frame) - 1); }
  /// The packets change places, the times stay where they are.
  void swap(std::size_t frame, std::size_t other) {
    std::swap(at(frame), at(other));
    std::swap(at(frame).time, at(other).time);
  }
  void twice(std::size_t frame) {
    const Packet copy = at(frame);
    packets_.insert(packets_.begin() + static_cast<std::ptrdiff_t>(frame), copy);
  }

 private:
  std::vector<Packet> packets_;
};

/// Reads such a capture. Lifetime: borrows it.
class EditedSource final : public PacketSource {
 public:
  explicit EditedSource(EditedCapture& capture) : capture_{&capture} {}
  [[nodiscard]] Result<const PacketRecord*, IoError> next() override {
    if (!capture_->has(++frame_)) return nullptr;
    const EditedCapture::Packet& packet = capture_->at(frame_);
    record_ = {};
    record_.timestamp = packet.time;
    record_.link_type = packet.link_type;
    record_.original_length = packet.original_length;
    record_.bytes = packet.octets;
    return &record_;
  }

 private:
  EditedCapture* capture_;
  std::size_t frame_ = 0;
  PacketRecord record_;
};

}  // namespace encap::test

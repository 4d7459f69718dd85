#include <fmt/format.h>

#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding clock_backwards{
    "capture.clock-backwards", Severity::note, "packets have earlier times than those before them",
    "The file holds packets out of the order of their times. Captures of several interfaces or processors, and files "
    "put one behind the other, are a little out of order; a large step back means that the clock was set while the "
    "capture ran. Times between packets, round trips and graphs over time are wrong around these frames.",
    "Sort the packets: reordercap in.pcap out.pcap (it comes with Wireshark). Keep the clock of a capturing host "
    "steady, and merge files with mergecap, which goes by the times."};

constexpr Finding snapped{
    "capture.snapped", Severity::warning, "packets were cut short by the capture",
    "The capture kept only the first octets of these packets. What was behind is lost: messages are not put together, "
    "checksums cannot be verified, and layers end early.",
    "Capture again with a larger snap length: tcpdump -s 0, tshark and Wireshark without a limit on packet size."};

// Keeps counts and the largest values only.
class CaptureFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    const PacketRecord& record = *p.dissection.record;
    if (p.is_cut) {
      cut_.add(p.frame);
      longest_kept_ = std::max<std::uint64_t>(longest_kept_, record.bytes.size());
      if (record.original_length > longest_) {
        longest_ = record.original_length;
        longest_frame_ = p.frame;
        longest_frame_kept_ = record.bytes.size();
      }
    }
    if (!record.has_timestamp) return;
    if (has_previous_ && p.time < previous_) {
      backwards_.add(p.frame);
      const Duration step = previous_ - p.time;
      if (step > largest_step_) {
        largest_step_ = step;
        largest_step_frame_ = p.frame;
      }
    }
    previous_ = p.time;
    has_previous_ = true;
  }

  void report(const Capture& capture, Report& report) const override {
    if (!backwards_.empty()) {
      report.add({&clock_backwards,
                  "",
                  {},
                  backwards_,
                  fmt::format("{} than the frame before; the largest step back is {}, at frame {}. Earlier: {}.",
                              backwards_.count() == 1 ? "1 frame is earlier"
                                                      : fmt::format("{} frames are earlier", backwards_.count()),
                              duration_text(largest_step_), largest_step_frame_, backwards_.text()),
                  "frame.time_delta < 0"});
    }
    if (!cut_.empty()) {
      report.add({&snapped,
                  "",
                  {},
                  cut_,
                  fmt::format("{} of {} packets are cut, and none of them has more than {} octets; frame {} had {}, of "
                              "which {} are there. Cut: {}.",
                              cut_.count(), capture.packets, longest_kept_, longest_frame_, longest_,
                              longest_frame_kept_, cut_.text()),
                  "frame.cap_len < frame.len"});
    }
  }

 private:
  Frames cut_;
  std::uint64_t longest_kept_ = 0;
  std::uint64_t longest_ = 0;
  std::uint64_t longest_frame_ = 0;
  std::uint64_t longest_frame_kept_ = 0;
  Frames backwards_;
  Timestamp previous_{};
  bool has_previous_ = false;
  Duration largest_step_{};
  std::uint64_t largest_step_frame_ = 0;
};

}  // namespace

MadeFamily make_capture_family() { return std::make_unique<CaptureFamily>(); }

}  // namespace encap::advice

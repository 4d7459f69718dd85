#pragma once

#include <cstdint>
#include <string>

namespace encap {

/// Numbers of frames, those that follow one another as a range: `1-3, 7`. Takes a few octets for each range.
class FrameRanges {
 public:
  /// Ranges that all of a statistic's rows keep together; where they are used up, the frames behind are not kept.
  static constexpr std::uint64_t most_ranges = 4'000'000;

  /// Adds a frame, which is the last one's or a later one. `ranges` counts those of all rows.
  void add(std::uint64_t frame, std::uint64_t& ranges);
  /// `1-3, 7`, and `, ...` where there was no room for more.
  void append_text(std::string& out) const;

 private:
  void put(std::uint64_t number);

  std::string closed_;       // the ranges before the last one: how far from the one before, and how long
  std::uint64_t ended_ = 0;  // where those end
  std::uint64_t first_ = 0;  // the last range; 0: there is none
  std::uint64_t last_ = 0;
  bool cut_ = false;
};

}  // namespace encap

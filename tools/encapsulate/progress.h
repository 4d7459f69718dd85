#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// A line on standard error that says how far work is, once it has taken a second. On a terminal it is drawn over
/// itself; elsewhere, where it was asked for, a line is added every second.
class Progress {
 public:
  struct Options {
    std::string path;  ///< whose size is the whole; `-` has none
    bool quiet = false;
    bool forced = false;
  };
  explicit Progress(const Options& options);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Call it often, and `draw` when it says so; it is true only now and then.
  [[nodiscard]] bool due() noexcept { return shown_ && ++calls_ % 1024 == 0; }
  /// Draws the line where it is time for it.
  void draw(std::uint64_t octets, std::uint64_t rows);
  /// Takes the line away, so that something else can be printed.
  void clear();

  [[nodiscard]] double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_ + std::chrono::seconds{1};
  std::uint64_t whole_ = 0;  // octets; 0 when not known
  std::uint64_t calls_ = 0;
  bool terminal_;
  bool colour_;
  bool shown_;
  bool drawn_ = false;
};

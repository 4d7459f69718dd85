#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "encap/capture/live_capture.h"
#include "kept_capture.h"

namespace chat {

/// Keeps what an interface sees, on a thread of its own, in memory: 100,000 packets at most.
class Recording {
 public:
  explicit Recording(encap::LiveCapture capture);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording();

  /// Ends once nothing has passed for a quarter of a second, and gives what was kept. Errors: the interface fails, or
  /// packets were dropped.
  [[nodiscard]] encap::Result<KeptCapture, encap::IoError> finish();

 private:
  void run();

  encap::LiveCapture capture_;
  KeptCapture kept_;
  std::optional<encap::IoError> error_;
  std::atomic<bool> finishing_{false};
  std::thread thread_;
};

/// Writes a capture as pcapng, with the comment for each packet that has one. Errors: the file cannot be written.
[[nodiscard]] encap::Result<void, encap::IoError> write_capture(const std::string& path, const KeptCapture& capture,
                                                                std::span<const std::string> comments);

}  // namespace chat

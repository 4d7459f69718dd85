#pragma once

#include <memory>
#include <optional>

#include "encap/trace/annotated_capture.h"
#include "encap/trace/capture_map.h"
#include "options.h"

/// What a run writes: the capture, and the map of it where one is asked for.
class CaptureOutput {
 public:
  /// Opens the files that the options name. Errors: one of them cannot be written.
  [[nodiscard]] static encap::Result<CaptureOutput, encap::IoError> open(const CommandOptions& options);

  /// Where the packets go. Lifetime: as long as this.
  [[nodiscard]] encap::PacketSink& sink() noexcept { return *sink_; }
  /// Whether the packets must tell what they were made of.
  [[nodiscard]] bool wants_origins() const noexcept { return sink_ != capture_.get(); }

  /// Publishes the capture, then the map. Errors: one of them cannot be written; the map is not published then.
  [[nodiscard]] encap::Result<void, encap::IoError> commit();
  /// Publishes the whole packets that are there after a failure, and no map.
  void salvage();

 private:
  std::unique_ptr<encap::CaptureFileWriter> capture_;
  std::unique_ptr<encap::AnnotatedCapture> annotated_;
  std::unique_ptr<encap::CaptureMap> map_;
  encap::PacketSink* sink_ = nullptr;
};

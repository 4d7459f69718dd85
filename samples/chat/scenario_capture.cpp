#include "scenario_capture.h"

#include <utility>

#include "encap/capture/pcapng_file_writer.h"

namespace chat {
namespace {

constexpr std::size_t most_packets = 100'000;
constexpr std::chrono::milliseconds quiet{250};

}  // namespace

Recording::Recording(encap::LiveCapture capture) : capture_{std::move(capture)} {
  kept_.link_type = capture_.link_type();
  thread_ = std::thread{[this] { run(); }};
}

Recording::~Recording() {
  capture_.stop();
  if (thread_.joinable()) thread_.join();
}

void Recording::run() {
  while (!capture_.stopped()) {
    const auto record = capture_.next_within(quiet);
    if (!record) {
      error_ = record.error();
      return;
    }
    const encap::PacketRecord* const packet = *record;
    if (packet == nullptr) {
      if (finishing_) return;
      continue;
    }
    if (packet->interface != nullptr && kept_.packets.empty()) kept_.interface = *packet->interface;
    if (kept_.packets.size() >= most_packets) {
      error_ = encap::IoError{"capture", kept_.interface.name, 0, "more packets than are kept"};
      return;
    }
    kept_.packets.push_back({packet->timestamp, packet->original_length, {packet->bytes.begin(), packet->bytes.end()}});
  }
}

encap::Result<KeptCapture, encap::IoError> Recording::finish() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
  if (error_) return encap::unexpected(*error_);
  if (const std::uint64_t dropped = capture_.counts().dropped; dropped != 0) {
    return encap::unexpected(encap::IoError{"capture", kept_.interface.name, 0,
                                            std::to_string(dropped) + " packets were dropped by the kernel"});
  }
  return std::move(kept_);
}

encap::Result<void, encap::IoError> write_capture(const std::string& path, const KeptCapture& capture,
                                                  std::span<const std::string> comments) {
  auto file = encap::PcapngFileWriter::open(
      path,
      {.application = "encap chat-scenario", .comment = "a chat between five clients and chat-server, on loopback"});
  if (!file) return encap::unexpected(file.error());
  for (std::size_t i = 0; i < capture.packets.size(); ++i) {
    encap::PacketRecord record = capture.record(i);
    const std::string_view comment = comments[i];
    if (!comment.empty()) record.comments = {&comment, 1};
    if (auto written = file->write(record); !written) return written;
  }
  return file->commit();
}

}  // namespace chat

#include "encap/capture/capture_file_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "capture/file_unit.h"
#include "capture/output_file.h"
#include "capture/packer.h"

namespace encap {
namespace {

// Whether `path` ends in `end`, which is in lower case. Only ASCII letters have two cases here, whatever the locale.
bool ends_in(std::string_view path, std::string_view end) noexcept {
  if (path.size() < end.size()) return false;
  return std::equal(end.begin(), end.end(), path.end() - static_cast<std::ptrdiff_t>(end.size()),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b); });
}

struct FormatEnd {
  std::string_view end;
  CaptureFormat format;
};

constexpr std::array format_ends{
    FormatEnd{".pcap", CaptureFormat::pcap},   FormatEnd{".cap", CaptureFormat::pcap},
    FormatEnd{".dmp", CaptureFormat::pcap},    FormatEnd{".pcapng", CaptureFormat::pcapng},
    FormatEnd{".ntar", CaptureFormat::pcapng},
};

struct CompressionEnd {
  std::string_view end;
  Compression compression;
};

constexpr std::array compression_ends{CompressionEnd{".gz", Compression::gzip},
                                      CompressionEnd{".zst", Compression::zstd}};

const CompressionEnd* find_compression(std::string_view path) noexcept {
  const auto* const found = std::find_if(compression_ends.begin(), compression_ends.end(),
                                         [path](const CompressionEnd& known) { return ends_in(path, known.end); });
  return found == compression_ends.end() ? nullptr : found;
}

std::string seconds_text(Timestamp timestamp) {
  // Digits of the magnitude: the most negative number has none of its own sign.
  const bool negative = timestamp.nanoseconds < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(timestamp.nanoseconds)
                                           : static_cast<std::uint64_t>(timestamp.nanoseconds);
  const std::string fraction = std::to_string(magnitude % 1'000'000'000);
  return (negative ? "-" : "") + std::to_string(magnitude / 1'000'000'000) + "." +
         std::string(9 - fraction.size(), '0') + fraction;
}

}  // namespace

std::optional<CaptureFormat> capture_format_of(std::string_view path) noexcept {
  if (const CompressionEnd* const packed = find_compression(path)) path.remove_suffix(packed->end.size());
  const auto* const found = std::find_if(format_ends.begin(), format_ends.end(),
                                         [path](const FormatEnd& known) { return ends_in(path, known.end); });
  return found == format_ends.end() ? std::nullopt : std::optional{found->format};
}

Compression compression_of(std::string_view path) noexcept {
  const CompressionEnd* const packed = find_compression(path);
  return packed == nullptr ? Compression::none : packed->compression;
}

CaptureFileWriter::CaptureFileWriter(NextUnit next_unit) noexcept : next_unit_{next_unit} {}
CaptureFileWriter::CaptureFileWriter(CaptureFileWriter&&) noexcept = default;
CaptureFileWriter& CaptureFileWriter::operator=(CaptureFileWriter&&) noexcept = default;
CaptureFileWriter::~CaptureFileWriter() = default;

Result<void, IoError> CaptureFileWriter::open_file(const std::string& path, std::uint32_t snap_length, Delivery when,
                                                   std::optional<Compression> compression) {
  if (snap_length < 1 || snap_length > maximum_snap_length) {
    return unexpected(IoError{"open", path, 0,
                              "snap length " + std::to_string(snap_length) + ", a capture file takes 1 to " +
                                  std::to_string(maximum_snap_length)});
  }
  const Compression chosen = compression.value_or(compression_of(path));
  if (chosen != Compression::none) {
    packer_ = chosen == Compression::gzip ? make_gzip_packer(batch_capacity) : make_zstd_packer(batch_capacity);
    if (packer_ == nullptr) return unexpected(IoError{"open", path, ENOMEM, {}});
  }
  auto file = packer_ == nullptr ? OutputFile::open(path, when, next_unit_, {})
                                 : OutputFile::open(path, when, packer_->next_unit(), packer_->end());
  if (!file) return unexpected(std::move(file.error()));
  file_ = std::move(*file);
  name_ = path == "-" ? "standard output" : path;
  batch_ = std::make_unique_for_overwrite<std::byte[]>(batch_capacity);
  return {};
}

IoError CaptureFileWriter::why_closed() const { return failure_ ? *failure_ : IoError{"write", name_, EBADF, {}}; }

Result<void, IoError> CaptureFileWriter::flush() {
  if (failure_) return unexpected(*failure_);
  if (used_ == 0) return {};
  const Bytes batch{batch_.get(), used_};
  used_ = 0;
  Result<void, IoError> appended;
  std::size_t kept = 0;  // nothing of the batch, or whole units up to a border between two
  if (packer_ == nullptr) {
    appended = file_->append(batch);
    kept = static_cast<std::size_t>(file_->size() - flushed_);
  } else if (const auto packed = packer_->pack(batch); !packed) {
    appended = unexpected(IoError{"write", name_, 0, packed.error()});
  } else {
    appended = file_->append(*packed);
    kept = appended ? batch.size() : 0;
  }
  flushed_ += kept;
  if (appended) return {};
  failure_ = appended.error();
  walk_units(next_unit_, flushed_, batch.subspan(kept),
             [this](const FileUnit& lost) { packets_ -= lost.is_packet ? 1 : 0; });
  return appended;
}

Result<void, IoError> CaptureFileWriter::commit() {
  if (file_ == nullptr) return {};
  if (!failure_) {
    if (auto flushed = flush(); !flushed) return flushed;
  } else if (flushed_ == 0) {
    discard();
    return unexpected(*failure_);
  }
  auto published = file_->commit();
  file_.reset();
  if (!published) failure_ = published.error();
  return published;
}

void CaptureFileWriter::discard() noexcept {
  used_ = 0;
  file_.reset();
}

IoError CaptureFileWriter::refusal(std::string reason) const {
  return {"write", name_, 0, "packet " + std::to_string(packets_ + 1) + ": " + std::move(reason)};
}

IoError CaptureFileWriter::refusal(Timestamp timestamp, std::string_view counted) const {
  return refusal("its timestamp is " + seconds_text(timestamp) + " s, " + std::string{counted});
}

}  // namespace encap

#include <vector>
#include <zstd.h>

#include "capture/octet_stream.h"

namespace encap {
namespace {

struct FreeDecoder {
  void operator()(ZSTD_DStream* decoder) const noexcept { ZSTD_freeDStream(decoder); }
};

// A frame names the size of its window, and with it the memory it takes; the library's own limit, 128 MiB, is kept.
class ZstdStream final : public OctetStream {
 public:
  explicit ZstdStream(std::unique_ptr<OctetStream> compressed)
      : compressed_{std::move(compressed)}, decoder_{ZSTD_createDStream()}, octets_(ZSTD_DStreamInSize()) {}

  [[nodiscard]] bool open() const noexcept { return decoder_ != nullptr; }
  [[nodiscard]] Result<std::size_t, IoError> read(MutableBytes out) override;
  [[nodiscard]] const std::string& name() const noexcept override { return compressed_->name(); }

 private:
  [[nodiscard]] auto error(std::string reason) const {
    return unexpected(IoError{"read", name(), 0, std::move(reason)});
  }

  std::unique_ptr<OctetStream> compressed_;
  std::unique_ptr<ZSTD_DStream, FreeDecoder> decoder_;
  std::vector<std::byte> octets_;
  ZSTD_inBuffer in_{};
  bool between_frames_ = true;
  std::size_t failure_ = 0;  // what zstd answered last, when that was an error
};

Result<std::size_t, IoError> ZstdStream::read(MutableBytes out) {
  for (;;) {
    // zstd may hold back decoded octets, so it is asked before more input is.
    if (failure_ == 0 && (in_.pos < in_.size || !between_frames_)) {
      ZSTD_outBuffer made{out.data(), out.size(), 0};
      const std::size_t before = in_.pos;
      const std::size_t outcome = ZSTD_decompressStream(decoder_.get(), &made, &in_);
      if (ZSTD_isError(outcome) != 0) {
        failure_ = outcome;
      } else if (made.pos > 0 || in_.pos > before) {
        between_frames_ = outcome == 0;
      }
      if (made.pos > 0) return made.pos;
      if (failure_ == 0 && in_.pos < in_.size) continue;
    }
    if (failure_ != 0) return error(std::string{"the zstd data is damaged: "} + ZSTD_getErrorName(failure_));
    const auto got = compressed_->read(octets_);
    if (!got) return unexpected(got.error());
    if (*got == 0) {
      if (!between_frames_) return error("the zstd data ends early");
      return std::size_t{0};
    }
    in_ = {octets_.data(), *got, 0};
  }
}

}  // namespace

bool is_zstd(Bytes start) noexcept {
  if (start.size() < 4) return false;
  const std::string_view magic = as_text(start.first(4));
  const bool skippable = (static_cast<unsigned char>(magic[0]) & 0xf0u) == 0x50 && magic.substr(1) == "\x2a\x4d\x18";
  return skippable || magic == "\x28\xb5\x2f\xfd";
}

Result<std::unique_ptr<OctetStream>, IoError> open_zstd(std::unique_ptr<OctetStream> compressed) {
  auto stream = std::make_unique<ZstdStream>(std::move(compressed));
  if (!stream->open()) return unexpected(IoError{"read", stream->name(), 0, "zstd cannot start"});
  return stream;
}

}  // namespace encap

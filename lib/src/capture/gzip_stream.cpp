#include <array>
#include <limits>
#include <zlib.h>

#include "capture/octet_stream.h"

namespace encap {
namespace {

class GzipStream final : public OctetStream {
 public:
  explicit GzipStream(std::unique_ptr<OctetStream> compressed) noexcept : compressed_{std::move(compressed)} {}
  ~GzipStream() override {
    if (open_) ::inflateEnd(&state_);
  }

  [[nodiscard]] bool open() noexcept {
    constexpr int gzip_only = 16;  // added to the window bits: no bare zlib stream
    open_ = ::inflateInit2(&state_, MAX_WBITS + gzip_only) == Z_OK;
    return open_;
  }
  [[nodiscard]] Result<std::size_t, IoError> read(MutableBytes out) override;
  [[nodiscard]] const std::string& name() const noexcept override { return compressed_->name(); }

 private:
  enum class At { member_start, inside, padding };

  [[nodiscard]] auto error(std::string reason) const {
    return unexpected(IoError{"read", name(), 0, std::move(reason)});
  }

  std::unique_ptr<OctetStream> compressed_;
  z_stream state_{};
  bool open_ = false;
  bool first_ = true;
  At at_ = At::member_start;
  std::array<std::byte, 65'536> in_;
};

Result<std::size_t, IoError> GzipStream::read(MutableBytes out) {
  out = out.first(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
  state_.next_out = reinterpret_cast<Bytef*>(out.data());
  state_.avail_out = static_cast<uInt>(out.size());
  for (;;) {
    if (state_.avail_in == 0) {
      const auto got = compressed_->read(in_);
      if (!got) return unexpected(got.error());
      if (*got == 0) {
        if (at_ == At::inside) return error("the gzip data ends early");
        return std::size_t{0};
      }
      state_.next_in = reinterpret_cast<Bytef*>(in_.data());
      state_.avail_in = static_cast<uInt>(*got);
    }
    if (at_ != At::inside) {
      // Zeros behind a member fill the last block of a tape or device; nothing but more of them may follow.
      if (!first_ && *state_.next_in == 0) {
        at_ = At::padding;
        ++state_.next_in;
        --state_.avail_in;
        continue;
      }
      if (at_ == At::padding || (!first_ && *state_.next_in != 0x1f)) {
        return error("what follows the gzip data is none");
      }
      at_ = At::inside;
      first_ = false;
    }
    const int outcome = ::inflate(&state_, Z_NO_FLUSH);
    const std::size_t made = out.size() - state_.avail_out;
    if (outcome == Z_STREAM_END) {
      ::inflateReset(&state_);
      at_ = At::member_start;
    }
    if (made > 0) return made;  // an error, if there is one, comes again at the next call
    if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
      return error(std::string{"the gzip data is damaged: "} + (state_.msg != nullptr ? state_.msg : "no message"));
    }
  }
}

}  // namespace

bool is_gzip(Bytes start) noexcept { return as_text(start).starts_with("\x1f\x8b"); }

Result<std::unique_ptr<OctetStream>, IoError> open_gzip(std::unique_ptr<OctetStream> compressed) {
  auto stream = std::make_unique<GzipStream>(std::move(compressed));
  if (!stream->open()) return unexpected(IoError{"read", stream->name(), 0, "zlib cannot start"});
  return stream;
}

}  // namespace encap

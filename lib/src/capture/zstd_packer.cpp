#include <array>
#include <zstd.h>

#include "capture/packer.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

constexpr int level = 1;

// One frame, as Wireshark 4.0 reads no further than the first. Each stretch ends with an empty raw block, which shows
// where it does; an empty last block ends the frame wherever a stretch did. A checksum of all of it has no place then.
// Source: RFC 8878 §3.1.1.
constexpr std::size_t frame_header_length = 6;  // magic, descriptor, window
constexpr std::size_t block_header_length = 3;
constexpr std::array<std::byte, block_header_length> end_of_stretch{};
constexpr std::array end_of_frame{std::byte{1}, std::byte{0}, std::byte{0}};

FileUnit next_stretch(std::uint64_t offset, Bytes octets) noexcept {
  std::size_t at = offset == 0 ? frame_header_length : 0;
  while (at + block_header_length <= octets.size()) {
    const std::size_t header = load_u8(octets, at) + (std::size_t{load_u8(octets, at + 1)} << 8) +
                               (std::size_t{load_u8(octets, at + 2)} << 16);
    const std::size_t type = header >> 1 & 3u;
    const std::size_t size = header >> 3;
    constexpr std::size_t raw = 0;
    constexpr std::size_t repeated = 1;  // one octet stands for `size` of them
    at += block_header_length + (type == repeated ? 1 : size);
    if (type == raw && size == 0) return {at};
  }
  return {};
}

struct FreeEncoder {
  void operator()(ZSTD_CCtx* encoder) const noexcept { ZSTD_freeCCtx(encoder); }
};

class ZstdPacker final : public Packer {
 public:
  explicit ZstdPacker(std::size_t most)
      : encoder_{ZSTD_createCCtx()},
        capacity_{frame_header_length + ZSTD_compressBound(most) + end_of_stretch.size()},
        packed_{std::make_unique_for_overwrite<std::byte[]>(capacity_)} {}

  [[nodiscard]] bool open() noexcept {
    return encoder_ != nullptr &&
           ZSTD_isError(ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_compressionLevel, level)) == 0 &&
           ZSTD_isError(ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_checksumFlag, 0)) == 0;
  }

  [[nodiscard]] Result<Bytes, std::string> pack(Bytes octets) override {
    ZSTD_inBuffer in{octets.data(), octets.size(), 0};
    ZSTD_outBuffer out{packed_.get(), capacity_ - end_of_stretch.size(), 0};
    const std::size_t left = ZSTD_compressStream2(encoder_.get(), &out, &in, ZSTD_e_flush);
    if (ZSTD_isError(left) != 0) return unexpected(std::string{"zstd: "} + ZSTD_getErrorName(left));
    if (left != 0) return unexpected(std::string{"zstd needs more room than it said"});
    std::copy(end_of_stretch.begin(), end_of_stretch.end(), packed_.get() + out.pos);
    return Bytes{packed_.get(), out.pos + end_of_stretch.size()};
  }
  [[nodiscard]] NextUnit next_unit() const noexcept override { return next_stretch; }
  [[nodiscard]] Bytes end() const noexcept override { return end_of_frame; }

 private:
  std::unique_ptr<ZSTD_CCtx, FreeEncoder> encoder_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> packed_;
};

}  // namespace

std::unique_ptr<Packer> make_zstd_packer(std::size_t most) {
  auto packer = std::make_unique<ZstdPacker>(most);
  if (!packer->open()) return nullptr;
  return packer;
}

}  // namespace encap

#include <zstd.h>

#include "capture/packer.h"

namespace encap {
namespace {

constexpr int level = 1;

FileUnit next_frame(std::uint64_t, Bytes octets) noexcept {
  const std::size_t length = ZSTD_findFrameCompressedSize(octets.data(), octets.size());
  return {ZSTD_isError(length) != 0 ? 0 : length};
}

struct FreeEncoder {
  void operator()(ZSTD_CCtx* encoder) const noexcept { ZSTD_freeCCtx(encoder); }
};

class ZstdPacker final : public Packer {
 public:
  explicit ZstdPacker(std::size_t most)
      : encoder_{ZSTD_createCCtx()},
        capacity_{ZSTD_compressBound(most)},
        packed_{std::make_unique_for_overwrite<std::byte[]>(capacity_)} {}

  [[nodiscard]] bool open() noexcept {
    return encoder_ != nullptr &&
           ZSTD_isError(ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_compressionLevel, level)) == 0 &&
           ZSTD_isError(ZSTD_CCtx_setParameter(encoder_.get(), ZSTD_c_checksumFlag, 1)) == 0;
  }

  [[nodiscard]] Result<Bytes, std::string> pack(Bytes octets) override {
    const std::size_t size = ZSTD_compress2(encoder_.get(), packed_.get(), capacity_, octets.data(), octets.size());
    if (ZSTD_isError(size) != 0) return unexpected(std::string{"zstd: "} + ZSTD_getErrorName(size));
    return Bytes{packed_.get(), size};
  }
  [[nodiscard]] NextUnit next_unit() const noexcept override { return next_frame; }

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

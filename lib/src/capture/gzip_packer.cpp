#include <array>
#include <zlib.h>

#include "capture/packer.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

constexpr int level = 1;

// Each stretch is a member. A gzip member does not tell how long it is, so an extra field of its header does, as in the
// BGZF of genome files. Source: RFC 1952 §2.3.1.1.
struct Extra {
  static constexpr std::size_t at = 12;  // in the member: the fixed header, and the length of all extra fields
  static constexpr std::size_t length_at = at + 4, end = at + 8;
  static constexpr std::array<Bytef, 8> field{'E', 'C', 4, 0,
                                              0,   0,   0, 0};  // name, length of what follows, member length
};

FileUnit next_member(std::uint64_t, Bytes octets) noexcept {
  if (octets.size() < Extra::end) return {};
  return {load_le32(octets, Extra::length_at)};
}

class GzipPacker final : public Packer {
 public:
  ~GzipPacker() override {
    if (open_) ::deflateEnd(&state_);
  }

  [[nodiscard]] bool open(std::size_t most) {
    constexpr int gzip = 16;  // added to the window bits
    constexpr int default_memory = 8;
    open_ = ::deflateInit2(&state_, level, Z_DEFLATED, MAX_WBITS + gzip, default_memory, Z_DEFAULT_STRATEGY) == Z_OK;
    if (!open_) return false;
    capacity_ = ::deflateBound(&state_, most) + Extra::end;
    packed_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
    header_.os = 255;  // unknown, on every system the same; the time stays 0
    header_.extra = extra_.data();
    header_.extra_len = static_cast<uInt>(extra_.size());
    return true;
  }

  [[nodiscard]] Result<Bytes, std::string> pack(Bytes octets) override;
  [[nodiscard]] NextUnit next_unit() const noexcept override { return next_member; }
  [[nodiscard]] Bytes end() const noexcept override { return {}; }

 private:
  z_stream state_{};
  gz_header header_{};
  std::array<Bytef, Extra::field.size()> extra_ = Extra::field;
  bool open_ = false;
  std::unique_ptr<std::byte[]> packed_;
  std::size_t capacity_ = 0;
};

Result<Bytes, std::string> GzipPacker::pack(Bytes octets) {
  state_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(octets.data()));  // zlib only reads it
  state_.avail_in = static_cast<uInt>(octets.size());
  state_.next_out = reinterpret_cast<Bytef*>(packed_.get());
  state_.avail_out = static_cast<uInt>(capacity_);
  if (::deflateReset(&state_) != Z_OK || ::deflateSetHeader(&state_, &header_) != Z_OK ||
      ::deflate(&state_, Z_FINISH) != Z_STREAM_END) {
    return unexpected(std::string{"zlib cannot pack it"});
  }
  const MutableBytes member{packed_.get(), capacity_ - state_.avail_out};
  store_le32(member, Extra::length_at, static_cast<std::uint32_t>(member.size()));
  return member;
}

}  // namespace

std::unique_ptr<Packer> make_gzip_packer(std::size_t most) {
  auto packer = std::make_unique<GzipPacker>();
  if (!packer->open(most)) return nullptr;
  return packer;
}

}  // namespace encap

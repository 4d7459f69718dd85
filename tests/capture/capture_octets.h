#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>
#include <zlib.h>
#include <zstd.h>

#include "encap/base/byte_order.h"

// Capture files made in memory, right and wrong ones.

namespace encap::test {

using Octets = std::vector<std::byte>;

inline Octets octets_of(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

inline Octets joined(std::initializer_list<Bytes> parts) {
  Octets all;
  for (const Bytes part : parts) std::copy(part.begin(), part.end(), std::back_inserter(all));
  return all;
}

/// Puts numbers one after the other, in one byte order.
class OctetWriter {
 public:
  explicit OctetWriter(std::endian order) : order_{order} {}

  OctetWriter& u8(std::uint8_t value) { return put<1>(value); }
  OctetWriter& u16(std::uint16_t value) { return put<2>(value); }
  OctetWriter& u32(std::uint32_t value) { return put<4>(value); }
  OctetWriter& u64(std::uint64_t value) { return put<8>(value); }
  OctetWriter& add(Bytes octets) {
    std::copy(octets.begin(), octets.end(), std::back_inserter(octets_));
    return *this;
  }
  OctetWriter& pad() {
    octets_.resize((octets_.size() + 3) / 4 * 4);
    return *this;
  }
  [[nodiscard]] const Octets& octets() const { return octets_; }

 private:
  template <std::size_t Count>
  OctetWriter& put(std::uint64_t value) {
    std::byte octets[Count];
    store_be<Count>(octets, 0, value);
    if (order_ == std::endian::little) std::reverse(std::begin(octets), std::end(octets));
    return add(octets);
  }

  std::endian order_;
  Octets octets_;
};

/// The blocks of a pcapng file in one byte order.
struct Pcapng {
  std::endian order = std::endian::little;

  [[nodiscard]] OctetWriter writer() const { return OctetWriter{order}; }

  [[nodiscard]] Octets block(std::uint32_t type, Bytes body) const {
    const Octets padded = writer().add(body).pad().octets();
    const auto length = static_cast<std::uint32_t>(padded.size() + 12);
    return writer().u32(type).u32(length).add(padded).u32(length).octets();
  }
  [[nodiscard]] Octets option(std::uint16_t code, Bytes value) const {
    return writer().u16(code).u16(static_cast<std::uint16_t>(value.size())).add(value).pad().octets();
  }
  [[nodiscard]] Octets option(std::uint16_t code, std::string_view value) const {
    return option(code, as_bytes(value));
  }
  [[nodiscard]] Octets end_of_options() const { return Octets(4); }

  [[nodiscard]] Octets section(std::uint16_t major_version = 1, std::uint16_t minor_version = 0) const {
    return block(0x0a0d0d0a,
                 writer().u32(0x1a2b3c4d).u16(major_version).u16(minor_version).u64(~std::uint64_t{0}).octets());
  }
  [[nodiscard]] Octets interface(std::uint16_t link_type = 101, std::uint32_t snap_length = 262'144,
                                 Bytes options = {}) const {
    return block(1, writer().u16(link_type).u16(0).u32(snap_length).add(options).octets());
  }
  [[nodiscard]] Octets enhanced(std::uint64_t time, std::string_view packet, Bytes options = {}, std::uint32_t id = 0,
                                std::uint32_t original_length = 0) const {
    return block(6, timed(writer().u32(id), time, packet, options, original_length).octets());
  }
  [[nodiscard]] Octets obsolete(std::uint64_t time, std::string_view packet, Bytes options = {}, std::uint16_t id = 0,
                                std::uint16_t drops = 0xffff) const {
    return block(2, timed(writer().u16(id).u16(drops), time, packet, options, 0).octets());
  }
  [[nodiscard]] Octets simple(std::string_view packet, std::uint32_t original_length) const {
    return block(3, writer().u32(original_length).add(as_bytes(packet)).octets());
  }

 private:
  static OctetWriter timed(OctetWriter body, std::uint64_t time, std::string_view packet, Bytes options,
                           std::uint32_t original_length) {
    const auto length = static_cast<std::uint32_t>(packet.size());
    body.u32(static_cast<std::uint32_t>(time >> 32)).u32(static_cast<std::uint32_t>(time)).u32(length);
    return body.u32(original_length == 0 ? length : original_length).add(as_bytes(packet)).pad().add(options);
  }
};

/// The header and the records of a pcap file in one byte order.
struct Pcap {
  std::endian order = std::endian::little;

  [[nodiscard]] Octets header(std::uint32_t link_type = 101, std::uint32_t magic = 0xa1b2c3d4,
                              std::uint16_t major_version = 2, std::uint16_t minor_version = 4) const {
    OctetWriter out{order};
    return out.u32(magic).u16(major_version).u16(minor_version).u64(0).u32(262'144).u32(link_type).octets();
  }
  [[nodiscard]] Octets record(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t captured_length,
                              std::uint32_t original_length, Bytes behind) const {
    OctetWriter out{order};
    return out.u32(seconds).u32(fraction).u32(captured_length).u32(original_length).add(behind).octets();
  }
  [[nodiscard]] Octets record(std::uint32_t seconds, std::string_view packet) const {
    const auto length = static_cast<std::uint32_t>(packet.size());
    return record(seconds, 0, length, length, as_bytes(packet));
  }
};

/// One gzip member.
inline Octets gzip(Bytes octets, int flush = Z_FINISH) {
  z_stream state{};
  if (::deflateInit2(&state, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"deflateInit2"};
  Octets out(octets.size() + 1024);
  Octets in{octets.begin(), octets.end()};
  state.next_in = reinterpret_cast<Bytef*>(in.data());
  state.avail_in = static_cast<uInt>(in.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  static_cast<void>(::deflate(&state, flush));
  out.resize(out.size() - state.avail_out);
  ::deflateEnd(&state);
  return out;
}

/// One zstd frame.
inline Octets zstd(Bytes octets) {
  Octets out(ZSTD_compressBound(octets.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), octets.data(), octets.size(), 3);
  if (ZSTD_isError(size) != 0) throw std::runtime_error{"ZSTD_compress"};
  out.resize(size);
  return out;
}

}  // namespace encap::test

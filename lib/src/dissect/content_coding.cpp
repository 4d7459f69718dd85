#include "dissect/content_coding.h"

#include <algorithm>
#include <brotli/decode.h>
#include <memory>
#include <string>
#include <zlib.h>

#include "dissect/text.h"

namespace encap {
namespace {

constexpr std::size_t most_decoded = std::size_t{64} << 20;  // octets; a bomb of a few kilobytes would fill gigabytes
constexpr std::size_t least_block = std::size_t{32} * 1024;
constexpr std::size_t most_block = std::size_t{10} * 1024 * 1024;

// One inflater for all bodies, so that its windows are allocated once.
class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  /// False when zlib has no memory.
  bool start(Bytes in, int window_bits) {
    if (!ready_) {
      ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
    } else if (inflateReset2(&stream_, window_bits) != Z_OK) {
      return false;
    }
    // zlib reads through a pointer to non-const, and does not write.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    return ready_;
  }
  /// Appends at most `length` octets. The result is inflate's.
  int more(std::string& out, std::size_t length) {
    const std::size_t before = out.size();
    out.resize(before + length);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = static_cast<uInt>(length);
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    return result;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// Octets of the gzip header (RFC 1952 §2.3), or nothing when `in` does not start with a whole one.
std::optional<std::size_t> gzip_header_length(Bytes in) noexcept {
  const auto at = [in](std::size_t i) { return i < in.size() ? std::to_integer<unsigned>(in[i]) : 0u; };
  if (in.size() < 10 || at(0) != 0x1f || at(1) != 0x8b || at(2) != 8) return std::nullopt;
  const unsigned flags = at(3);
  std::size_t length = 10;
  if ((flags & 4) != 0) length += 2 + at(length) + at(length + 1) * 256;
  for (const unsigned named : {8u, 16u}) {  // the file's name, a comment: each up to a NUL
    if ((flags & named) == 0) continue;
    while (length < in.size() && at(length) != 0) ++length;
    ++length;
  }
  if ((flags & 2) != 0) length += 2;
  return length <= in.size() ? std::optional{length} : std::nullopt;
}

// Tries the forms that "deflate" and "gzip" have in the wild: gzip, zlib, deflate alone.
bool inflate_all(Bytes in, bool beginning, std::string& out) {
  thread_local Inflater inflater;
  const std::size_t block = std::clamp(in.size() * 2, least_block, most_block);
  const std::optional<std::size_t> header = gzip_header_length(in);
  struct Form {
    std::size_t skip;
    int window_bits;
  };
  const Form gzip[] = {{header.value_or(0), -MAX_WBITS}};
  static constexpr Form others[] = {{0, MAX_WBITS}, {0, -MAX_WBITS}};
  for (const Form& form : header ? std::span<const Form>{gzip} : std::span<const Form>{others}) {
    if (!inflater.start(in.subspan(form.skip), form.window_bits)) return false;
    out.clear();
    for (;;) {
      const std::size_t before = out.size();
      const int result = inflater.more(out, block);
      if (result == Z_STREAM_END || result == Z_BUF_ERROR) return true;
      if (result != Z_OK) {
        out.resize(before);  // what a failing step gave is not trusted
        if (before != 0) return true;
        break;
      }
      if (out.size() == before || beginning || out.size() + block > most_decoded) return true;
    }
  }
  return false;
}

bool decode_brotli(Bytes in, bool beginning, std::string& out) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> decoder{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance};
  if (decoder == nullptr) return false;
  const std::size_t block = std::clamp(in.size() * 2, least_block, most_block);
  std::size_t left = in.size();
  const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + block);
    auto* to = reinterpret_cast<std::uint8_t*>(out.data() + before);
    std::size_t room = block;
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(decoder.get(), &left, &from, &room, &to, nullptr);
    out.resize(out.size() - room);
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return true;
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return false;  // Wireshark gives none of a cut body
    if (beginning || out.size() + block > most_decoded) return true;
  }
}

}  // namespace

bool knows_content_coding(std::string_view coding) noexcept {
  for (const std::string_view known : {"gzip", "deflate", "x-gzip", "x-deflate", "br"}) {
    if (equals_ignoring_case(coding, known)) return true;
  }
  return false;
}

std::optional<Bytes> decode_content(Packet& p, std::string_view coding, Bytes body, bool beginning) {
  if (!knows_content_coding(coding) || body.empty()) return std::nullopt;
  thread_local std::string decoded;
  decoded.clear();
  if (!(equals_ignoring_case(coding, "br") ? decode_brotli(body, beginning, decoded)
                                           : inflate_all(body, beginning, decoded))) {
    return std::nullopt;
  }
  const std::string_view kept = p.out.arena.copy(decoded);
  if (decoded.capacity() > most_block) std::string{}.swap(decoded);
  return std::as_bytes(std::span{kept.data(), kept.size()});
}

}  // namespace encap

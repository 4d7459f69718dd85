#include "encap/capture/capture_file_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "capture/pcap_format.h"
#include "capture/pcapng_format.h"

namespace encap {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t magic_length = 4;  // of pcap and pcapng, octets

struct Signature {
  std::string_view octets;
  std::string_view kind;
};

// What people hand over instead of a capture, and captures of other programs.
constexpr std::array signatures{
    Signature{"PK\x03\x04"sv, "a zip archive (xlsx, docx)"},
    Signature{"PK\x05\x06"sv, "an empty zip archive"},
    Signature{"\xd0\xcf\x11\xe0"sv, "an old Office document (xls, doc)"},
    Signature{"%PDF"sv, "a PDF document"},
    Signature{"{\\rtf"sv, "a rich text document"},
    Signature{"\x89PNG"sv, "a PNG image"},
    Signature{"\xff\xd8\xff"sv, "a JPEG image"},
    Signature{"GIF8"sv, "a GIF image"},
    Signature{"\x7f"sv
              "ELF"sv,
              "an ELF program"},
    Signature{"MZ"sv, "a Windows program"},
    Signature{"\x1f\x8b"sv, "gzip data"},
    Signature{"\x28\xb5\x2f\xfd"sv, "zstd data"},
    Signature{"BZh"sv, "a bzip2 archive"},
    Signature{"\xfd"sv
              "7zXZ"sv,
              "an xz archive"},
    Signature{"\x04\x22\x4d\x18"sv, "lz4 data"},
    Signature{"7z\xbc\xaf"sv, "a 7z archive"},
    Signature{"Rar!"sv, "a rar archive"},
    Signature{"SQLite format 3"sv, "an SQLite database"},
    Signature{"snoop\0"sv, "a snoop capture"},
    Signature{"RTSS"sv, "a Network Monitor 1 capture"},
    Signature{"GMBU"sv, "a Network Monitor 2 capture"},
    Signature{"TRSNIFF"sv, "a Sniffer capture"},
    Signature{"version https://git-lfs"sv, "a Git LFS pointer, not the file it stands for,"},
    Signature{"<!DOCTYPE"sv, "a web page"},
    Signature{"<html"sv, "a web page"},
    Signature{"<?xml"sv, "an XML document"},
    Signature{"\xff\xfe"sv, "text"},  // UTF-16
    Signature{"\xfe\xff"sv, "text"},
};

bool is_text(std::string_view octets) noexcept {
  return std::all_of(octets.begin(), octets.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet >= 0x20 && octet != 0x7f) || (octet >= '\t' && octet <= '\r');  // any octet of UTF-8
  });
}

std::string_view kind_of(std::string_view octets) noexcept {
  const auto* const found = std::find_if(signatures.begin(), signatures.end(), [octets](const Signature& signature) {
    return octets.starts_with(signature.octets);
  });
  if (found != signatures.end()) return found->kind;
  return is_text(octets) ? "text" : "nothing that is known";
}

IoError no_capture(StreamBuffer& buffer) {
  constexpr std::size_t enough_to_tell = 32;
  const Bytes start = buffer.want(enough_to_tell);
  if (buffer.failure()) return *buffer.failure();
  IoError error{"read", buffer.name(), 0, {}};
  if (start.empty()) {
    error.reason = "the file is empty";
  } else if (start.size() < magic_length) {
    error.reason = "the file has " + std::to_string(start.size()) + " octets, too few for a capture";
  } else {
    error.reason = "not a capture file: it begins as ";
    error.reason += kind_of(as_text(start));
    error.reason += " does; pcap and pcapng, gzip or zstd of them, can be read";
  }
  return error;
}

}  // namespace

Result<CaptureFileReader, IoError> CaptureFileReader::open(const std::string& path) {
  if (path == "-") {
    const int input = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (input < 0) return unexpected(IoError{"open", "standard input", errno, {}});
    return open_descriptor(input, "standard input");
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return unexpected(IoError{"open", path, errno, {}});
  return open_descriptor(file, path);
}

Result<CaptureFileReader, IoError> CaptureFileReader::open_descriptor(int descriptor, const std::string& name) {
  auto stream = open_octets(FileDescriptor{descriptor}, name);
  if (!stream) return unexpected(stream.error());
  StreamBuffer buffer{std::move(*stream)};
  const Bytes start = buffer.want(magic_length);
  if (PcapFormat::starts(start)) {
    auto file = PcapFormat::open(std::move(buffer));
    if (!file) return unexpected(file.error());
    const PcapFormat* const pcap = file->get();
    CaptureFileReader reader{std::move(*file)};
    reader.pcap_ = pcap;
    return reader;
  }
  if (PcapngFormat::starts(start)) {
    auto file = PcapngFormat::open(std::move(buffer));
    if (!file) return unexpected(file.error());
    const PcapngFormat* const pcapng = file->get();
    CaptureFileReader reader{std::move(*file)};
    reader.pcapng_ = pcapng;
    return reader;
  }
  return unexpected(no_capture(buffer));
}

const std::shared_ptr<const void>& CaptureFileReader::hold() const noexcept {
  return pcapng_ == nullptr ? pcap_->hold() : pcapng_->hold();
}

std::uint64_t CaptureFileReader::frames_without_packet() const noexcept {
  return pcapng_ == nullptr ? 0 : pcapng_->frames_without_packet();
}

std::optional<std::uint8_t> CaptureFileReader::fcs_length() const noexcept {
  return pcap_ == nullptr ? std::nullopt : pcap_->fcs_length();
}

}  // namespace encap

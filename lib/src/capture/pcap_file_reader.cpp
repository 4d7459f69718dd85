#include "encap/capture/pcap_file_reader.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <limits>
#include <optional>
#include <pcap/pcap.h>
#include <string_view>
#include <unistd.h>

#include "capture/file_descriptor.h"

namespace encap {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
struct ClosePcap {
  void operator()(pcap_t* file) const noexcept { pcap_close(file); }
};

// libpcap turns the numbers of files into those of the system's own DLT_ constants, which differ for the oldest types.
// Source: the LINKTYPE_ registry.
std::uint16_t file_link_type(int datalink) noexcept {
  switch (datalink) {
    case DLT_ATM_RFC1483:
      return 100;
    case DLT_RAW:
      return 101;
    case DLT_SLIP_BSDOS:
      return 102;
    case DLT_PPP_BSDOS:
      return 103;
    case DLT_ATM_CLIP:
      return 106;
    case DLT_LOOP:
      return 108;
    case DLT_ENC:
      return 109;
    case DLT_PFSYNC:
      return 246;
    default:
      return static_cast<std::uint16_t>(datalink);
  }
}

// A damaged file may hold any number of seconds; beyond what a Timestamp counts it stays at the last moment there is.
Timestamp moment(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() / second - 5;
  if (seconds > last) return {std::numeric_limits<std::int64_t>::max()};
  if (seconds < -last) return {std::numeric_limits<std::int64_t>::min()};
  return {seconds * second + nanoseconds};
}

}  // namespace

struct PcapFileReader::Handle {
  std::string name;
  std::unique_ptr<pcap_t, ClosePcap> file;
  PacketRecord record;
  std::uint64_t packets = 0;
  bool unsigned_seconds = false;
  std::optional<IoError> failure;
};

Result<PcapFileReader, IoError> PcapFileReader::open(const std::string& path) {
  if (path == "-") {
    const int input = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (input < 0) return unexpected(IoError{"open", "standard input", errno, {}});
    return open_descriptor(input, "standard input");
  }
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return unexpected(IoError{"open", path, errno, {}});
  return open_descriptor(file, path);
}

Result<PcapFileReader, IoError> PcapFileReader::open_descriptor(int descriptor, const std::string& name) {
  FileDescriptor owned{descriptor};
  std::unique_ptr<std::FILE, CloseFile> stream{::fdopen(owned.get(), "rb")};
  if (stream == nullptr) return unexpected(IoError{"open", name, errno, {}});
  static_cast<void>(owned.release());

  const int first = std::fgetc(stream.get());
  if (first == EOF) {
    if (std::ferror(stream.get()) != 0) return unexpected(IoError{"read", name, errno, {}});
    return unexpected(IoError{"read", name, 0, "the file is empty"});
  }
  std::ungetc(first, stream.get());

  std::array<char, PCAP_ERRBUF_SIZE> text{};
  auto handle = std::make_unique<Handle>();
  handle->file.reset(pcap_fopen_offline_with_tstamp_precision(stream.get(), PCAP_TSTAMP_PRECISION_NANO, text.data()));
  if (handle->file == nullptr) {
    const std::string_view reason{text.data()};
    return unexpected(
        IoError{"read", name, 0, reason == "unknown file format" ? "not a pcap or pcapng file" : std::string{reason}});
  }
  static_cast<void>(stream.release());  // closed by pcap_close
  handle->name = name;
  handle->record.link_type = static_cast<LinkType>(file_link_type(pcap_datalink(handle->file.get())));
  // Seconds of a classic file are unsigned (they reach the year 2106), but libpcap 1.10 sign-extends them. Its pcapng
  // reader, which shows itself as version 1, has whole 64-bit numbers.
  handle->unsigned_seconds = pcap_major_version(handle->file.get()) == 2;
  return PcapFileReader{std::move(handle)};
}

PcapFileReader::PcapFileReader(std::unique_ptr<Handle> handle) noexcept : handle_{std::move(handle)} {}
PcapFileReader::PcapFileReader(PcapFileReader&&) noexcept = default;
PcapFileReader& PcapFileReader::operator=(PcapFileReader&&) noexcept = default;
PcapFileReader::~PcapFileReader() = default;

Result<const PacketRecord*, IoError> PcapFileReader::next() {
  if (handle_->failure) return unexpected(*handle_->failure);
  pcap_pkthdr* header = nullptr;
  const u_char* octets = nullptr;
  const int outcome = pcap_next_ex(handle_->file.get(), &header, &octets);
  if (outcome == PCAP_ERROR_BREAK) return nullptr;
  if (outcome != 1) {
    // Behind a damaged record the borders between packets are lost, so nothing after it is a packet.
    handle_->failure =
        IoError{"read", handle_->name, 0,
                "packet " + std::to_string(handle_->packets + 1) + ": " + pcap_geterr(handle_->file.get())};
    return unexpected(*handle_->failure);
  }
  ++handle_->packets;
  const std::int64_t seconds =
      handle_->unsigned_seconds ? static_cast<std::uint32_t>(header->ts.tv_sec) : std::int64_t{header->ts.tv_sec};
  handle_->record.timestamp = moment(seconds, header->ts.tv_usec);
  handle_->record.original_length = header->len;
  handle_->record.bytes = {reinterpret_cast<const std::byte*>(octets), header->caplen};
  return &handle_->record;
}

LinkType PcapFileReader::link_type() const noexcept { return handle_->record.link_type; }

std::uint32_t PcapFileReader::snap_length() const noexcept {
  return static_cast<std::uint32_t>(pcap_snapshot(handle_->file.get()));
}

}  // namespace encap

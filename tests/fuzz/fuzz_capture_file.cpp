#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>

#include "encap/capture/capture_file_reader.h"
#include "encap/capture/pcapng_file_writer.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// A descriptor of a nameless file with these octets, at its start.
int descriptor_of(Bytes octets) {
  const std::unique_ptr<std::FILE, CloseFile> file{std::tmpfile()};
  ENCAP_FUZZ_CHECK(file != nullptr);
  ENCAP_FUZZ_CHECK(std::fwrite(octets.data(), 1, octets.size(), file.get()) == octets.size());
  ENCAP_FUZZ_CHECK(std::fflush(file.get()) == 0);
  const int descriptor = ::dup(::fileno(file.get()));
  ENCAP_FUZZ_CHECK(::lseek(descriptor, 0, SEEK_SET) == 0);
  return descriptor;
}

bool is_compressed(Bytes in) {
  const std::string_view text = as_text(in);
  return text.starts_with("\x1f\x8b") || text.substr(0, 4).ends_with("\x2a\x4d\x18") ||
         text.starts_with("\x28\xb5\x2f\xfd");
}

/// A pcapng file of the packets that were read, which is read again at the end.
class WrittenBack {
 public:
  WrittenBack() : path_{"/tmp/encap_fuzz." + std::to_string(::getpid()) + ".pcapng"} {
    auto file = PcapngFileWriter::open(path_, {});
    ENCAP_FUZZ_CHECK(file.has_value());
    file_ = std::make_unique<PcapngFileWriter>(std::move(*file));
  }
  void write(const PacketRecord& packet) {
    const std::uint64_t before = file_->packets();
    const auto written = file_->write(packet);
    ENCAP_FUZZ_CHECK(file_->packets() == before + (written ? 1 : 0));
    ENCAP_FUZZ_CHECK(written || packet.timestamp.nanoseconds < 0 || !packet.comments.empty());
  }
  void read_again() {
    ENCAP_FUZZ_CHECK(file_->commit().has_value());
    auto file = CaptureFileReader::open(path_);
    ::unlink(path_.c_str());
    ENCAP_FUZZ_CHECK(file.has_value());
    for (std::uint64_t left = file_->packets(); left > 0; --left) {
      const auto record = file->next();
      ENCAP_FUZZ_CHECK(record.has_value() && *record != nullptr);
    }
    ENCAP_FUZZ_CHECK(file->next().value() == nullptr);
  }

 private:
  std::string path_;
  std::unique_ptr<PcapngFileWriter> file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  auto file = CaptureFileReader::open_descriptor(descriptor_of(in), "input");
  if (!file) {
    touch_value(to_string(file.error()).size());
    return 0;
  }
  touch_value(file->fcs_length());
  const bool compressed = is_compressed(in);
  WrittenBack copy;
  constexpr std::size_t smallest_packet = 16;    // octets, a pcap record or a simple packet block
  constexpr std::size_t enough_packets = 2'000;  // of compressed files, which may hold very many
  for (std::size_t packets = 1;; ++packets) {
    const auto record = file->next();
    if (!record) {
      const std::string error = to_string(record.error());
      ENCAP_FUZZ_CHECK(error.starts_with("read input: "));
      const auto again = file->next();
      ENCAP_FUZZ_CHECK(!again.has_value() && to_string(again.error()) == error);
      copy.read_again();
      return 0;
    }
    if (*record == nullptr) {
      ENCAP_FUZZ_CHECK(file->next().value() == nullptr);
      copy.read_again();
      return 0;
    }
    const PacketRecord& packet = **record;
    copy.write(packet);
    touch(packet.bytes);
    touch_value(packet.timestamp);
    ENCAP_FUZZ_CHECK(packet.decimals <= 9);
    for (const std::string_view comment : packet.comments) touch(as_bytes(comment));
    if (packet.interface != nullptr) {
      ENCAP_FUZZ_CHECK(packet.interface->link_type == packet.link_type);
      touch(as_bytes(packet.interface->name));
      touch(as_bytes(packet.interface->description));
    }
    if (compressed && packets == enough_packets) return 0;
    if (!compressed) ENCAP_FUZZ_CHECK(packet.bytes.size() + packets * smallest_packet <= size);
  }
}

#include <cstdio>
#include <memory>
#include <unistd.h>

#include "encap/capture/pcap_file_reader.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  auto file = PcapFileReader::open_descriptor(descriptor_of(in), "input");
  if (!file) {
    touch_value(to_string(file.error()).size());
    return 0;
  }
  touch_value(file->snap_length());
  constexpr std::size_t smallest_packet = 12;  // octets, a pcapng block; a pcap record has 16
  std::size_t packets = 0;
  for (;;) {
    const auto record = file->next();
    if (!record) {
      ENCAP_FUZZ_CHECK(!file->next().has_value());
      touch_value(to_string(record.error()).size());
      return 0;
    }
    if (*record == nullptr) return 0;
    ENCAP_FUZZ_CHECK((*record)->link_type == file->link_type());
    ENCAP_FUZZ_CHECK((*record)->bytes.size() <= size);
    touch((*record)->bytes);
    ++packets;
    ENCAP_FUZZ_CHECK(packets * smallest_packet <= size);
  }
}

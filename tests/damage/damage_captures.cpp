// damage_captures SEED TIMES CAPTURE...: cuts each capture at TIMES random places and, apart from that, changes a
// random octet of it TIMES times (at every place, where it has fewer); reads what is left. A crash, a sanitizer's
// report or a packet that cannot be there ends it.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "encap/capture/capture_file_reader.h"
#include "support/fuzz.h"
#include "support/read_through.h"

namespace {

using namespace encap;

// Packets read.
std::size_t read_all(const std::vector<char>& octets, std::size_t size) {
  const int descriptor = ::memfd_create("capture", MFD_CLOEXEC);
  ENCAP_FUZZ_CHECK(descriptor >= 0);
  for (std::size_t done = 0; done < size;) {
    const ::ssize_t n = ::write(descriptor, octets.data() + done, size - done);
    ENCAP_FUZZ_CHECK(n > 0);
    done += static_cast<std::size_t>(n);
  }
  ENCAP_FUZZ_CHECK(::lseek(descriptor, 0, SEEK_SET) == 0);
  auto file = CaptureFileReader::open_descriptor(descriptor, "damaged");
  if (!file) return 0;
  test::ReadThrough reader;
  for (std::size_t packets = 0;; ++packets) {
    const auto record = file->next();
    if (!record || *record == nullptr) return packets;
    reader.read(**record);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: damage_captures SEED TIMES CAPTURE...\n");
    return 2;
  }
  std::mt19937_64 random{std::strtoull(argv[1], nullptr, 10)};
  const std::size_t times = std::strtoull(argv[2], nullptr, 10);
  for (int i = 3; i < argc; ++i) {
    std::ifstream in{argv[i], std::ios::binary};
    std::vector<char> octets{std::istreambuf_iterator<char>{in}, {}};
    if (octets.empty()) continue;
    const std::size_t whole = read_all(octets, octets.size());
    std::printf("%s: %zu packets\n", argv[i], whole);
    std::fflush(stdout);  // a crash leaves the name of its file behind
    const bool every_place = octets.size() <= times;
    for (std::size_t n = 0; n < (every_place ? octets.size() : times); ++n) {
      const std::size_t place = every_place ? n : random() % octets.size();
      ENCAP_FUZZ_CHECK(read_all(octets, place) <= whole);
    }
    for (std::size_t n = 0; n < times; ++n) {
      char& octet = octets[random() % octets.size()];
      const char before = octet;
      octet = static_cast<char>(random());
      read_all(octets, octets.size());
      octet = before;
    }
  }
}

// Runs a fuzz target without libFuzzer: over every file of the folders given, and over every prefix of each file, since
// a packet that ends early is the commonest broken packet. Each input is a heap block of exactly its size, so that the
// address sanitizer sees a read behind its end.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "support/fuzz.h"

namespace {

void run_exactly(const std::vector<char>& octets, std::size_t size) {
  const auto block = std::make_unique<std::uint8_t[]>(size);
  std::copy_n(octets.begin(), size, block.get());
  LLVMFuzzerTestOneInput(block.get(), size);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      std::printf("%s\n", path.filename().c_str());
      std::fflush(stdout);  // a crash leaves the name of its file behind
      std::ifstream file{path, std::ios::binary};
      const std::vector<char> octets{std::istreambuf_iterator<char>{file}, {}};
      for (std::size_t size = 0; size <= octets.size(); ++size, ++inputs) run_exactly(octets, size);
      ++files;
    }
  }
  std::printf("%zu files, %zu inputs\n", files, inputs);
  return files == 0 ? 1 : 0;
}

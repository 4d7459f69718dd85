// The Internet checksum of inputs from one IPv4 header to 64 MiB: ours, each of its kernels, plain C, and libtins'.

#include <benchmark/benchmark.h>
#include <cstdint>
#include <string>
#include <tins/utils/checksum_utils.h>
#include <vector>

#include "encap/wire/checksum.h"
#include "wire/checksum_kernels.h"

namespace {

std::vector<std::byte> octets(std::size_t count) {
  std::vector<std::byte> result(count);
  std::uint32_t state = 1;
  for (std::byte& octet : result) {
    state = state * 1664525 + 1013904223;
    octet = static_cast<std::byte>(state >> 24);
  }
  return result;
}

template <class Sum>
void run(benchmark::State& state, Sum sum) {
  const std::vector<std::byte> in = octets(static_cast<std::size_t>(state.range(0)));
  for ([[maybe_unused]] const auto iteration : state) {
    const std::byte* at = in.data();
    benchmark::DoNotOptimize(at);
    benchmark::DoNotOptimize(sum(encap::Bytes{at, in.size()}));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void encap_sum_words(benchmark::State& state) {
  run(state, [](encap::Bytes in) { return encap::sum_words(in); });
}
// As it stands in textbooks.
[[gnu::noinline]] std::uint16_t plain_c_sum(const std::uint8_t* at, std::size_t left) {
  std::uint32_t sum = 0;
  for (; left > 1; at += 2, left -= 2) sum += static_cast<std::uint32_t>(at[0] << 8 | at[1]);
  if (left > 0) sum += static_cast<std::uint32_t>(*at << 8);
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}
void plain_c(benchmark::State& state) {
  run(state, [](encap::Bytes in) { return plain_c_sum(reinterpret_cast<const std::uint8_t*>(in.data()), in.size()); });
}
void libtins_sum_range(benchmark::State& state) {
  run(state, [](encap::Bytes in) {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(in.data());
    return Tins::Utils::sum_range(first, first + in.size());
  });
}
void libtins_do_checksum(benchmark::State& state) {
  run(state, [](encap::Bytes in) {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(in.data());
    return Tins::Utils::do_checksum(first, first + in.size());
  });
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t size : {20, 40, 64, 128, 256, 1500, 65536, 64 << 20}) bench->Arg(size);
}

BENCHMARK(encap_sum_words)->Apply(sizes);
BENCHMARK(plain_c)->Apply(sizes);
BENCHMARK(libtins_sum_range)->Apply(sizes);
BENCHMARK(libtins_do_checksum)->Apply(sizes);

const bool kernels_are_known = [] {
  for (const encap::NamedSumKernel& kernel : encap::sum_kernels()) {
    if (!kernel.runs_here()) continue;
    benchmark::RegisterBenchmark(("encap_" + std::string{kernel.name}).c_str(), [&kernel](benchmark::State& state) {
      run(state, [&kernel](encap::Bytes in) {
        return kernel.sum(reinterpret_cast<const std::uint8_t*>(in.data()), in.size());
      });
    })->Apply([](benchmark::internal::Benchmark* bench) {
      for (const std::int64_t size : {64, 128, 256, 1500, 65536, 64 << 20}) bench->Arg(size);
    });
  }
  return true;
}();

}  // namespace

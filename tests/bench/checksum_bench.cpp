// The Internet checksum of inputs from one IPv4 header to 64 MiB: ours, the plain reference, and libtins'.

#include <benchmark/benchmark.h>
#include <cstdint>
#include <tins/utils/checksum_utils.h>
#include <vector>

#include "encap/wire/checksum.h"

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
void plain_reference(benchmark::State& state) {
  run(state, [](encap::Bytes in) { return encap::fold_carries(encap::sum_words_reference(in)); });
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
BENCHMARK(plain_reference)->Apply(sizes);
BENCHMARK(libtins_sum_range)->Apply(sizes);
BENCHMARK(libtins_do_checksum)->Apply(sizes);

}  // namespace

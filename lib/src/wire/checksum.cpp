#include "encap/wire/checksum.h"

#include <atomic>
#include <cstdlib>

#include "wire/checksum_kernels.h"

namespace encap {
namespace {

std::uint16_t sum_by_chosen(const std::uint8_t* in, std::size_t size) noexcept;

// Chosen by the first call, not by a constructor: programs start without it, and constructors of others may call.
std::atomic<SumKernel> kernel{sum_by_chosen};

std::uint16_t sum_by_chosen(const std::uint8_t* in, std::size_t size) noexcept {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets the environment
  const SumKernel chosen = choose_sum_kernel(std::getenv("ENCAP_CHECKSUM")).sum;
  kernel.store(chosen, std::memory_order_relaxed);
  return chosen(in, size);
}

}  // namespace

std::uint16_t sum_words(Bytes in) noexcept {
  const auto* const at = reinterpret_cast<const std::uint8_t*>(in.data());
  if (in.size() < sum_kernel_threshold) return folded_in_network_order(sum_by_words(at, in.size()));
  return kernel.load(std::memory_order_relaxed)(at, in.size());
}

std::uint64_t PseudoHeader::sum() const noexcept {
  std::uint64_t total = std::uint64_t{length >> 16} + (length & 0xffffu) + static_cast<std::uint8_t>(protocol);
  if (source.is_ipv4()) {
    for (const std::uint32_t address : {source.ipv4().value, destination.ipv4().value}) {
      total += (address >> 16) + (address & 0xffffu);
    }
    return total;
  }
  return total + sum_words_reference(source.octets()) + sum_words_reference(destination.octets());
}

}  // namespace encap

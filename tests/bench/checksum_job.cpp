// checksum_job ROUNDS: sums packets of four lengths so many times, for the counts of instructions.

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "encap/wire/checksum.h"

int main(int count, char** arguments) {
  std::uint64_t rounds = 0;
  if (count != 2 || std::from_chars(arguments[1], arguments[1] + std::strlen(arguments[1]), rounds).ec != std::errc{}) {
    std::fputs("usage: checksum_job ROUNDS\n", stderr);
    return 2;
  }
  const std::vector<std::byte> octets(1500, std::byte{0x5a});
  std::uint64_t sums = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (const std::size_t length : {20, 64, 101, 1500}) sums += encap::sum_words(encap::Bytes{octets}.first(length));
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sums));
}

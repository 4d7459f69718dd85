// Writing a capture file: our writer beside libpcap's and libtins', 100,000 packets of 110 octets into a new file.
#include <array>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <pcap/pcap.h>
#include <string>
#include <tins/tins.h>
#include <unistd.h>

#include "encap/capture/pcap_file_writer.h"

namespace {

constexpr int packets = 100'000;
constexpr std::size_t packet_length = 110;

/// A name nobody has written to yet: overwriting waits for the old octets to reach the disk.
std::string new_file() {
  static int made = 0;
  return "/tmp/encap_write_bench_" + std::to_string(getpid()) + "_" + std::to_string(made++);
}

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * packets);
  state.SetBytesProcessed(state.iterations() * packets * static_cast<std::int64_t>(packet_length + 16));
}

void encap_writer(benchmark::State& state) {
  const std::array<std::byte, packet_length> octets{};
  for (auto _ : state) {
    const std::string name = new_file();
    auto file = encap::PcapFileWriter::open(name, {});
    for (int i = 0; i < packets; ++i) {
      if (!file->write({encap::Timestamp{i}, encap::LinkType::raw, packet_length, octets})) std::abort();
    }
    if (!file->commit()) std::abort();
    std::remove(name.c_str());
  }
  report(state);
}
BENCHMARK(encap_writer)->Unit(benchmark::kMillisecond);

void libpcap_dump(benchmark::State& state) {
  const std::array<u_char, packet_length> octets{};
  for (auto _ : state) {
    const std::string name = new_file();
    pcap_t* const handle = pcap_open_dead(DLT_RAW, 262144);
    pcap_dumper_t* const dumper = pcap_dump_open(handle, name.c_str());
    pcap_pkthdr header{};
    header.caplen = header.len = packet_length;
    for (int i = 0; i < packets; ++i) pcap_dump(reinterpret_cast<u_char*>(dumper), &header, octets.data());
    pcap_dump_close(dumper);
    pcap_close(handle);
    std::remove(name.c_str());
  }
  report(state);
}
BENCHMARK(libpcap_dump)->Unit(benchmark::kMillisecond);

void libtins_writer(benchmark::State& state) {
  const std::array<std::uint8_t, packet_length> octets{};
  Tins::RawPDU packet{octets.data(), packet_length};
  for (auto _ : state) {
    const std::string name = new_file();
    {
      Tins::PacketWriter writer{name, Tins::PacketWriter::LinkType(DLT_RAW)};
      for (int i = 0; i < packets; ++i) writer.write(packet);
    }
    std::remove(name.c_str());
  }
  report(state);
}
BENCHMARK(libtins_writer)->Unit(benchmark::kMillisecond);

}  // namespace

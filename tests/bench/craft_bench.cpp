// Crafting: messages to packets without writing them, in packets per second; the same packets made with libtins.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <string>
#include <tins/tins.h>

#include "encap/flow/crafter.h"

namespace {

using Mode = encap::CraftOptions::Mode;

constexpr int messages = 100'000;
constexpr std::size_t message_length = 100;

/// Takes packets and looks at no octet.
class NullSink final : public encap::PacketSink {
 public:
  [[nodiscard]] encap::Result<void, encap::IoError> write(const encap::PacketRecord& record) override {
    benchmark::DoNotOptimize(record.bytes.data());
    return {};
  }
  [[nodiscard]] encap::Result<void, encap::IoError> flush() override { return {}; }
};

void craft(benchmark::State& state, Mode mode, int conversations) {
  const std::string text(message_length, 'm');
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
  for (auto _ : state) {
    encap::CraftOptions options;
    options.mode = mode;
    options.payload = encap::CraftOptions::Payload::verbatim;
    options.link_type = encap::LinkType::raw;
    NullSink sink;
    encap::Crafter crafter{options, sink};
    for (int i = 0; i < messages; ++i) {
      const auto client = static_cast<std::uint16_t>(20000 + i % conversations);
      encap::Party browser{"", encap::Ipv4Address{0x0a000001}, encap::Port{client}};
      encap::Party server{"", encap::Ipv4Address{0x0a000002}, encap::Port{80}};
      encap::Message message;
      message.protocol = "TCP";
      const bool answer = i / conversations % 2 != 0;
      message.source = answer ? server : browser;
      message.destination = answer ? browser : server;
      message.timestamp = encap::year_2000 + encap::Duration{std::int64_t{i} * 10'000};
      message.payload = encap::as_bytes(text);
      if (!crafter.push(message)) std::abort();
    }
    if (!crafter.finish()) std::abort();
    packets += crafter.summary().packets;
    octets += crafter.summary().octets;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(static_cast<std::int64_t>(octets));
}

void encap_segments(benchmark::State& state) { craft(state, Mode::segments, 100); }
BENCHMARK(encap_segments)->Unit(benchmark::kMillisecond);

void encap_session_100_conversations(benchmark::State& state) { craft(state, Mode::session, 100); }
BENCHMARK(encap_session_100_conversations)->Unit(benchmark::kMillisecond);

void encap_session_20000_conversations(benchmark::State& state) { craft(state, Mode::session, 20'000); }
BENCHMARK(encap_session_20000_conversations)->Unit(benchmark::kMillisecond);

/// One segment for each message, with its payload: what `encap_segments` makes.
void libtins_segments(benchmark::State& state) {
  const std::string text(message_length, 'm');
  std::int64_t octets = 0;
  for (auto _ : state) {
    for (int i = 0; i < messages; ++i) {
      Tins::IP packet = Tins::IP("10.0.0.2", "10.0.0.1") / Tins::TCP(80, static_cast<std::uint16_t>(20000 + i % 100)) /
                        Tins::RawPDU(text);
      packet.ttl(64);
      packet.id(1);
      packet.rfind_pdu<Tins::TCP>().flags(Tins::TCP::PSH | Tins::TCP::ACK);
      const Tins::PDU::serialization_type made = packet.serialize();
      benchmark::DoNotOptimize(made.data());
      octets += static_cast<std::int64_t>(made.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * messages);
  state.SetBytesProcessed(octets);
}
BENCHMARK(libtins_segments)->Unit(benchmark::kMillisecond);

/// The same from one stack of headers that is kept, with the fields that change set for each message.
void libtins_kept_stack(benchmark::State& state) {
  const std::string text(message_length, 'm');
  Tins::IP packet = Tins::IP("10.0.0.2", "10.0.0.1") / Tins::TCP(80, 20000) / Tins::RawPDU(text);
  packet.ttl(64);
  packet.id(1);
  auto& tcp = packet.rfind_pdu<Tins::TCP>();
  tcp.flags(Tins::TCP::PSH | Tins::TCP::ACK);
  auto& payload = packet.rfind_pdu<Tins::RawPDU>();
  std::int64_t octets = 0;
  for (auto _ : state) {
    for (int i = 0; i < messages; ++i) {
      tcp.sport(static_cast<std::uint16_t>(20000 + i % 100));
      payload.payload(text.begin(), text.end());
      const Tins::PDU::serialization_type made = packet.serialize();
      benchmark::DoNotOptimize(made.data());
      octets += static_cast<std::int64_t>(made.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * messages);
  state.SetBytesProcessed(octets);
}
BENCHMARK(libtins_kept_stack)->Unit(benchmark::kMillisecond);

}  // namespace

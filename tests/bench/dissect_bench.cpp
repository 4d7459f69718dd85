// Dissecting crafted sessions in memory: to the list, the tree and JSON, in packets per second; the same packets parsed
// with libtins, which makes no text.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <deque>
#include <string>
#include <tins/tins.h>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/flow/crafter.h"
#include "encap/render/json.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"

namespace {

/// Keeps what is written.
class Packets final : public encap::PacketSink {
 public:
  [[nodiscard]] encap::Result<void, encap::IoError> write(const encap::PacketRecord& record) override {
    octets_.emplace_back(record.bytes.begin(), record.bytes.end());
    records.push_back(record);
    records.back().bytes = octets_.back();
    return {};
  }
  [[nodiscard]] encap::Result<void, encap::IoError> flush() override { return {}; }

  std::vector<encap::PacketRecord> records;

 private:
  std::deque<std::vector<std::byte>> octets_;
};

// HTTP requests of 100 browsers, with handshakes and acknowledgements.
const std::vector<encap::PacketRecord>& packets() {
  static const Packets kept = [] {
    Packets sink;
    encap::CraftOptions options;
    options.link_type = encap::LinkType::ethernet;
    encap::Crafter crafter{options, sink};
    const std::string text = "GET /items/28655?q=26fe HTTP/1.1\r\nHost: example.com\r\n\r\n";
    for (int i = 0; i < 20'000; ++i) {
      encap::Message message;
      message.protocol = "HTTP";
      message.source = {"", encap::Ipv4Address{0x0a000001}, encap::Port{static_cast<std::uint16_t>(20000 + i % 100)}};
      message.destination = {"", encap::Ipv4Address{0x0a000002}, encap::Port{80}};
      message.timestamp = encap::year_2000 + encap::Duration{std::int64_t{i} * 10'000};
      message.payload = encap::as_bytes(text);
      if (!crafter.push(message)) std::abort();
    }
    if (!crafter.finish()) std::abort();
    return sink;
  }();
  return kept.records;
}

template <class Render>
void dissect(benchmark::State& state, encap::Detail detail, Render render) {
  std::string out;
  std::uint64_t count = 0;
  for (auto _ : state) {
    encap::SessionMemory session;
    encap::Dissector dissector{&session};
    encap::Dissection dissection{detail};
    for (const encap::PacketRecord& record : packets()) {
      dissector.dissect(record, dissection);
      out.clear();
      render(out, dissection);
      benchmark::DoNotOptimize(out.data());
    }
    count += packets().size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
}

void encap_list(benchmark::State& state) {
  dissect(state, encap::Detail::columns, [](std::string& out, const encap::Dissection& dissection) {
    append_list_line(out, dissection, encap::TimeFormat::relative, ' ');
  });
}
BENCHMARK(encap_list)->Unit(benchmark::kMillisecond);

void encap_tree(benchmark::State& state) {
  encap::TreeWriter tree;
  dissect(state, encap::Detail::items,
          [&tree](std::string& out, const encap::Dissection& dissection) { tree.packet(out, dissection); });
}
BENCHMARK(encap_tree)->Unit(benchmark::kMillisecond);

void encap_json(benchmark::State& state) {
  encap::JsonWriter json{{}};
  dissect(state, encap::Detail::items,
          [&json](std::string& out, const encap::Dissection& dissection) { json.packet(out, dissection); });
}
BENCHMARK(encap_json)->Unit(benchmark::kMillisecond);

void libtins_parse(benchmark::State& state) {
  std::uint64_t count = 0;
  for (auto _ : state) {
    for (const encap::PacketRecord& record : packets()) {
      const Tins::EthernetII frame{reinterpret_cast<const std::uint8_t*>(record.bytes.data()),
                                   static_cast<std::uint32_t>(record.bytes.size())};
      benchmark::DoNotOptimize(frame.find_pdu<Tins::TCP>());
    }
    count += packets().size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
}
BENCHMARK(libtins_parse)->Unit(benchmark::kMillisecond);

}  // namespace

// Reading a message table: ours, from octets to messages, beside a bare loop over csv.h that only cuts the cells and
// reads the two ports. Rows per second are items per second.

#include <benchmark/benchmark.h>
#include <cstdint>
#include <memory>
#include <string>

#include "encap/input/message_read_ahead.h"
#include "encap/input/message_reader.h"

// csv.h cuts file names on purpose, which g++ reports where its functions are inlined.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#endif
#include ENCAP_FCCP_HEADER

namespace {

constexpr int rows = 100'000;

const std::string& table() {
  static const std::string text = [] {
    std::string made = "msg_id,app_protocol,src_app,dst_app,src_port,dst_port,message,timestamp\n";
    for (int row = 1; row <= rows; ++row) {
      const std::string number = std::to_string(row);
      made += number + ",HTTP,client_browser,web_server," + std::to_string(20000 + row % 40000) + ",80,GET /" + number +
              " HTTP/1.1,1700000000." + std::string(6 - number.size(), '0') + number + "\n";
    }
    return made;
  }();
  return text;
}

void finish(benchmark::State& state, std::uint64_t read) {
  if (read != static_cast<std::uint64_t>(state.iterations()) * rows) state.SkipWithError("rows are missing");
  state.SetItemsProcessed(state.iterations() * rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(table().size()));
}

template <class Reader>
std::uint64_t count(Reader& reader) {
  std::uint64_t read = 0;
  for (;;) {
    const auto message = reader.next();
    if (!message || *message == nullptr) return read;
    benchmark::DoNotOptimize((*message)->payload.data());
    ++read;
  }
}

encap::MessageReader open_table() {
  auto source = encap::memory_source(encap::as_bytes(table()));
  return std::move(encap::MessageReader::open("bench.csv", std::move(source), {}).value());
}

void encap_message_reader(benchmark::State& state) {
  std::uint64_t read = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    encap::MessageReader reader = open_table();
    read += count(reader);
  }
  finish(state, read);
}

void encap_message_read_ahead(benchmark::State& state) {
  std::uint64_t read = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    encap::MessageReadAhead reader{std::make_unique<encap::MessageReader>(open_table())};
    read += count(reader);
  }
  finish(state, read);
}

void bare_csv_h(benchmark::State& state) {
  using Table = io::CSVReader<8, io::trim_chars<' ', '\t'>, io::double_quote_escape<',', '"'>>;
  std::uint64_t read = 0;
  for ([[maybe_unused]] const auto iteration : state) {
    Table in{"bench.csv", table().data(), table().data() + table().size()};
    in.read_header(io::ignore_extra_column, "msg_id", "app_protocol", "src_app", "dst_app", "src_port", "dst_port",
                   "message", "timestamp");
    char *id, *protocol, *source, *destination, *message, *timestamp;
    int source_port, destination_port;
    while (in.read_row(id, protocol, source, destination, source_port, destination_port, message, timestamp)) {
      benchmark::DoNotOptimize(message);
      ++read;
    }
  }
  finish(state, read);
}

BENCHMARK(encap_message_reader)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(encap_message_read_ahead)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(bare_csv_h)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

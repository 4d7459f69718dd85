// csv_parse TABLE: fast-cpp-csv-parser alone, over the eight columns of a table by message_table: what parsing takes.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <libfccp/csv.h>

namespace {

std::uint64_t parse(const char* table) {
  io::CSVReader<8, io::trim_chars<>, io::double_quote_escape<',', '"'>> rows{table};
  rows.read_header(io::ignore_extra_column, "msg_id", "app_protocol", "src_app", "dst_app", "src_port", "dst_port",
                   "message", "timestamp");
  std::uint32_t id = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  char* texts[5] = {};
  std::uint64_t octets = 0;
  while (rows.read_row(id, texts[0], texts[1], texts[2], source_port, destination_port, texts[3], texts[4])) {
    octets += std::strlen(texts[3]) + source_port;
  }
  return octets;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: csv_parse TABLE\n", stderr);
    return 2;
  }
  try {
    std::printf("%llu\n", static_cast<unsigned long long>(parse(arguments[1])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "csv_parse: %s\n", error.what());
    return 1;
  }
}

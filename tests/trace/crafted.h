#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"

namespace encap::test {

/// A row that owns its texts. Rows are numbered from 1 in a table, 1 s apart.
struct Row {
  std::string source;  ///< the application
  std::string destination;
  std::string protocol;
  std::string text;
  std::string id;  ///< default: the row's number
};

/// Crafts a table into a sink, with origins.
inline CraftSummary craft(CraftOptions options, const std::vector<Row>& rows, PacketSink& sink) {
  options.origins = true;
  Crafter crafter{options, sink};
  std::uint64_t number = 0;
  for (const Row& row : rows) {
    ++number;
    const std::string id = row.id.empty() ? std::to_string(number) : row.id;
    Message message;
    message.file = "table.csv";
    message.row = number;
    message.line = number + 1;
    message.id = id;
    message.protocol = row.protocol;
    message.source.name = row.source;
    message.destination.name = row.destination;
    message.timestamp = year_2000 + std::chrono::seconds{number};
    message.payload = as_bytes(row.text);
    const auto pushed = crafter.push(message);
    EXPECT_TRUE(pushed.has_value()) << to_string(pushed.error());
  }
  const auto finished = crafter.finish();
  EXPECT_TRUE(finished.has_value()) << to_string(finished.error());
  return crafter.summary();
}

inline CraftOptions with_hosts(const std::vector<std::string>& hosts, CraftOptions options = {}) {
  for (const std::string& host : hosts) options.addresses.hosts.push_back(Host::parse(host).value());
  return options;
}

}  // namespace encap::test

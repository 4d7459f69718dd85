#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/input/message_reader.h"
#include "encap/trace/explainer.h"

namespace encap::test {

/// Crafts a table and explains the messages asked for.
inline Result<Explanation, std::string> try_explain(std::unique_ptr<ByteSource> table, std::string_view ids,
                                                    CraftOptions options = {}, PacketSink* next = nullptr,
                                                    bool escapes = false) {
  auto reader = MessageReader::open("table.csv", std::move(table), {.escapes = escapes});
  EXPECT_TRUE(reader.has_value());
  auto wanted = MessageSelection::parse(ids);
  EXPECT_TRUE(wanted.has_value());
  Explainer explainer{*wanted, next};
  options.origins = true;
  Crafter crafter{options, explainer};
  for (;;) {
    const auto message = reader->next();
    EXPECT_TRUE(message.has_value());
    if (!message || *message == nullptr) break;
    explainer.note_row((*message)->id);
    EXPECT_TRUE(crafter.push(**message).has_value());
  }
  EXPECT_TRUE(crafter.finish().has_value());
  return explainer.finish("table.csv");
}

inline Explanation explain(std::string_view table, std::string_view ids, CraftOptions options = {},
                           bool escapes = false) {
  auto explanation = try_explain(memory_source(as_bytes(table)), ids, options, nullptr, escapes);
  EXPECT_TRUE(explanation.has_value()) << (explanation ? "" : explanation.error());
  return explanation ? std::move(*explanation) : Explanation{};
}

/// The packet of 127.0.0.1:5074 -> 127.0.0.1:12345 that a raw-socket exercise sends.
inline constexpr std::string_view golden_table =
    "msg_id,src_app,dst_app,src_ip,dst_ip,src_port,dst_port,message\n"
    "17,client,server,127.0.0.1,127.0.0.1,5074,12345,GET /blog HTTP/1.1\n";
inline CraftOptions golden_options() {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  options.payload = CraftOptions::Payload::verbatim;
  return options;
}

}  // namespace encap::test

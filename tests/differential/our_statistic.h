// Statistics of a capture as `dissect -q -z` prints it.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/statistics.h"

namespace encap::test {

inline std::string counted_in_one_pass(const std::string& capture, const std::vector<std::string>& names) {
  Statistics statistics{[](std::string_view) { return unexpected(std::string{"no filters here"}); }};
  for (const std::string& name : names) EXPECT_TRUE(statistics.add(name).has_value()) << name;
  auto file = CaptureFileReader::open(capture);
  EXPECT_TRUE(file.has_value());
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{statistics.detail(), true};
  statistics.ask(dissection);
  while (file) {
    const auto record = file->next();
    if (!record || *record == nullptr) break;
    dissector.dissect(**record, dissection);
    statistics.take(dissection);
  }
  std::string out;
  statistics.append(out, StatisticsFormat::text);
  return out;
}

}  // namespace encap::test

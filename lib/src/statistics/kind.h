#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "encap/base/result.h"
#include "encap/statistics/statistics.h"

namespace encap {

/// What follows a statistic's name, and who makes filters of it.
struct StatisticArguments {
  std::string_view text;  ///< behind the name and a comma; empty: nothing is there
  const FilterCompiler& compile;
  StatisticsOptions options{};

  /// All of the text as a filter; one for all packets where it is empty.
  [[nodiscard]] Result<PacketFilter, std::string> filter() const { return filter(text); }
  [[nodiscard]] Result<PacketFilter, std::string> filter(std::string_view part) const {
    return part.empty() ? PacketFilter{} : compile(part);
  }
};

using MadeStatistic = Result<std::unique_ptr<Statistic>, std::string>;

/// One statistic: its name and how it is made. Each file of kinds/ defines one or a few, `<file>_statistics`, and is
/// found by that name: adding a statistic is adding one file.
struct StatisticKind {
  std::string_view name;
  std::string_view arguments;
  std::string_view help;
  MadeStatistic (*make)(const StatisticArguments& arguments);
};

/// Those of each file, in order of the files' names.
[[nodiscard]] std::span<const std::span<const StatisticKind>> statistic_kinds() noexcept;

/// The usual way: a statistic whose only argument is a filter.
template <class Made, auto... with>
MadeStatistic make_filtered(const StatisticArguments& arguments) {
  auto filter = arguments.filter();
  if (!filter) return unexpected(std::move(filter.error()));
  return std::make_unique<Made>(std::move(*filter), with...);
}

}  // namespace encap

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// A body that HTTP carried. Lifetime: that of the dissection.
struct HttpObject {
  std::uint64_t frame = 0;  ///< that completed it
  std::string name;         ///< as the sender has it: any octets, and no path to be trusted
  Bytes octets{};           ///< without chunks and content codings
};

/// Finds the bodies of HTTP messages in the packets of a capture, as tshark's --export-objects http does.
///
/// Memory: names of `most_connections` connections, at most `longest_name` octets each; of more, those are forgotten
/// that began first.
class HttpObjects {
 public:
  static constexpr std::size_t most_connections = 65'536;
  static constexpr std::size_t longest_name = 1024;

  /// The next packet. Calls `visit` for every body that it completes. Precondition: dissected with Detail::fields or
  /// more, and with facts.
  void take(const Dissection& dissection, const std::function<void(const HttpObject&)>& visit);

 private:
  std::map<std::uint32_t, std::string> names_;  // of the latest request of a connection
};

/// A name for a file that holds an object called `name`: without '/', NUL and what other systems do not let names have,
/// and of 255 octets at most. `again` says how many files of that name there were before: `a.txt`, `a(1).txt`. It may
/// be `.` or `..`. Source: tshark's --export-objects.
[[nodiscard]] std::string object_file_name(std::string_view name, std::uint64_t again);

}  // namespace encap

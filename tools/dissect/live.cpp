#include "live.h"

#include <cerrno>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "encap/capture/network_interface.h"
#include "encap/live/privileges.h"
#include "report.h"

namespace {

using encap::IoError;
using encap::LiveCapture;

ExitCode refuse(const IoError& error) {
  if (error.operation == LiveCapture::filter_refused) return refuse_filter(error.reason);
  const ExitCode code = report(error);
  if (error.code != EPERM && error.code != EACCES) return code;
  fmt::print(stderr, "dissect: this lets it listen: {}\n", encap::how_to_get_privileges());
  return ExitCode::privilege;
}

const char* plural(std::uint64_t count) noexcept { return count == 1 ? "" : "s"; }

}  // namespace

ExitCode print_interfaces() {
  const auto interfaces = encap::network_interfaces();
  if (!interfaces) return report(interfaces.error());
  std::size_t number = 0;
  for (const encap::NetworkInterface& interface : *interfaces) {
    const std::string about = interface.has_loopback_flag ? "Loopback" : interface.description;
    fmt::print("{}. {}{}{}{}\n", ++number, interface.name, about.empty() ? "" : " (" + about + ")",
               interface.addresses.empty() ? "" : " ", fmt::join(interface.addresses, ", "));
  }
  return ExitCode::done;
}

std::variant<LiveCapture, ExitCode> open_live(encap::LiveCaptureOptions options, const std::string& made) {
  const auto interface = encap::find_network_interface(options.interface);
  if (!interface) return report(interface.error());
  options.interface = interface->name;
  auto capture = LiveCapture::open(options);
  if (!capture) return refuse(capture.error());
  if (const auto dropped = encap::drop_privileges({.file = made}); !dropped) return report(dropped.error());
  fmt::print(stderr, "Capturing on '{}'\n", options.interface);
  return std::move(*capture);
}

void tell_captured(std::uint64_t packets, const encap::LiveCaptureCounts& counts) {
  fmt::print(stderr, "{} packet{} captured\n", packets, plural(packets));
  fmt::print(stderr, "{} packet{} dropped by kernel\n", counts.dropped, plural(counts.dropped));
  if (counts.dropped_by_interface == 0) return;
  fmt::print(stderr, "{} packet{} dropped by interface\n", counts.dropped_by_interface,
             plural(counts.dropped_by_interface));
}

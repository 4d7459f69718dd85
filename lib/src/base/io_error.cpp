#include "encap/base/io_error.h"

#include <system_error>

namespace encap {

std::string to_string(const IoError& error) {
  const std::string reason = error.reason.empty() ? std::generic_category().message(error.code) : error.reason;
  return error.operation + " " + error.path + ": " + reason;
}

}  // namespace encap

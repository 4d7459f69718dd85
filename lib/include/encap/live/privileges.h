#pragma once

#include <string>

#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// What a process may keep when it drops the rest.
struct KeptPrivileges {
  bool ports_below_1024 = false;  ///< CAP_NET_BIND_SERVICE
};

/// Gives up every capability but those, for good: they leave the permitted, effective, inheritable, ambient and
/// bounding sets of every thread, and no program that is started gets new ones (no_new_privs). To be called before
/// threads start. Does nothing on systems without capabilities. Errors: the system refuses.
[[nodiscard]] Result<void, IoError> drop_privileges(KeptPrivileges kept);

/// The command that gives the program that runs what it lacks: `sudo setcap cap_net_raw=ep /usr/bin/encapsulate`.
[[nodiscard]] std::string how_to_get_privileges();

}  // namespace encap

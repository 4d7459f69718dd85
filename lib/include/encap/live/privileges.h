#pragma once

#include <string>

#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// What a process may keep when it drops the rest.
struct KeptPrivileges {
  bool ports_below_1024 = false;  ///< CAP_NET_BIND_SERVICE
  /// A file that is still to be made; empty or `-`: none. Root without capabilities may do no more in the folders of
  /// others than others may: so root becomes the owner of the file's folder.
  std::string file{};
};

/// Gives up every capability but those, for good: they leave the permitted, effective, inheritable, ambient and
/// bounding sets, and no program that is started gets new ones (no_new_privs). To be called before threads start: those
/// that run keep theirs. Without CAP_SETPCAP, as under file capabilities, Linux leaves the bounding set as it is, out
/// of which nothing comes any more. Does nothing on systems without capabilities. Errors: the system refuses.
[[nodiscard]] Result<void, IoError> drop_privileges(const KeptPrivileges& kept);

/// The command that gives the program that runs what it lacks: `sudo setcap cap_net_raw=ep /usr/bin/encapsulate`; with
/// ports below 1024 also cap_net_bind_service. On other systems what a person does instead, in words.
[[nodiscard]] std::string how_to_get_privileges(const KeptPrivileges& needed = {});

}  // namespace encap

#include "encap/live/privileges.h"

#include <filesystem>
#include <system_error>

#ifdef __linux__
#include <cap-ng.h>
#include <cerrno>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace encap {
namespace {

#ifdef __linux__
// As a word of a shell's command line.
std::string quoted(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// Of root makes the owner of the file's folder, for good. The permitted capabilities stay.
Result<void, IoError> become_owner_of_folder(const std::string& file) {
  if (file.empty() || file == "-" || ::geteuid() != 0) return {};
  std::filesystem::path folder = std::filesystem::path{file}.parent_path();
  if (folder.empty()) folder = ".";
  struct stat owned {};
  if (::stat(folder.c_str(), &owned) != 0 || owned.st_uid == 0) return {};
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && ::setgroups(1, &owned.st_gid) == 0 &&
      ::setresgid(owned.st_gid, owned.st_gid, owned.st_gid) == 0 &&
      ::setresuid(owned.st_uid, owned.st_uid, owned.st_uid) == 0) {
    return {};
  }
  return unexpected(IoError{"become the owner of", folder.string(), errno, {}});
}
#endif

}  // namespace

#ifdef __linux__

Result<void, IoError> drop_privileges(const KeptPrivileges& kept) {
  const auto refused = [](std::string what) { return unexpected(IoError{"drop", "privileges", 0, std::move(what)}); };
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return unexpected(IoError{"set", "no_new_privs", errno, {}});
  }
  if (::capng_get_caps_process() != 0) return refused("the system does not say which ones there are");
  const bool keeps_ports = kept.ports_below_1024 && ::capng_have_capability(CAPNG_PERMITTED, CAP_NET_BIND_SERVICE) != 0;
  // Taking from the bounding set needs a privilege that a program with file capabilities does not have; nothing gets
  // out of that set any more, as no program that is started gains any.
  const bool may_take_bounds = ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  ::capng_clear(CAPNG_SELECT_ALL);
  constexpr auto in_use = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
  if (keeps_ports && ::capng_update(CAPNG_ADD, in_use, CAP_NET_BIND_SERVICE) != 0) {
    return refused("CAP_NET_BIND_SERVICE cannot be kept");
  }
  if (may_take_bounds && ::capng_apply(CAPNG_SELECT_BOUNDS) != 0) return refused("the bounding set stays");
  if (auto become = become_owner_of_folder(kept.file); !become) return become;
  if (::capng_apply(CAPNG_SELECT_AMBIENT) != 0) return refused("the ambient set stays");
  if (::capng_apply(CAPNG_SELECT_CAPS) != 0) return refused("capabilities stay");
  return {};
}

std::string how_to_get_privileges(const KeptPrivileges& needed) {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) program = "PROGRAM";
  return std::string{"sudo setcap cap_net_raw"} + (needed.ports_below_1024 ? ",cap_net_bind_service" : "") + "=ep " +
         quoted(program.string());
}

#else

Result<void, IoError> drop_privileges(const KeptPrivileges&) { return {}; }

std::string how_to_get_privileges(const KeptPrivileges&) {
#ifdef _WIN32
  return "start it as administrator, with Npcap installed";
#else
  return "start it with sudo";
#endif
}

#endif

}  // namespace encap

#include "object_folder.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encap/statistics/http_objects.h"

using encap::IoError;
using encap::Result;
using encap::unexpected;

ObjectFolder::~ObjectFolder() {
  if (folder_ >= 0) ::close(folder_);
}

Result<void, IoError> ObjectFolder::open(const std::string& path) {
  path_ = path;
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) return unexpected(IoError{"create", path, errno, {}});
  folder_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) return unexpected(IoError{"open", path, errno, {}});
  return {};
}

Result<void, IoError> ObjectFolder::write(std::string_view name, encap::Bytes octets) {
  if (next_.size() >= most_names) next_.clear();
  std::uint64_t& again = next_[std::string{name}];
  int file = -1;
  std::string file_name;
  for (;; ++again) {
    file_name = encap::object_file_name(name, again);
    if (file_name.empty() || file_name == "." || file_name == "..") continue;
    file = ::openat(folder_, file_name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file >= 0) break;
    if (errno != EEXIST && errno != EINTR) return unexpected(IoError{"create", path_ + '/' + file_name, errno, {}});
  }
  ++again;
  int code = 0;
  for (encap::Bytes rest = octets; !rest.empty() && code == 0;) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    if (written >= 0) {
      rest = rest.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      code = errno;
    }
  }
  if (::close(file) != 0 && code == 0 && errno != EINTR) code = errno;
  if (code == 0) return {};
  ::unlinkat(folder_, file_name.c_str(), 0);
  return unexpected(IoError{"write", path_ + '/' + file_name, code, {}});
}

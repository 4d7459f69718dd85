#include "capture/output_file.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <random>
#include <sys/stat.h>
#include <vector>

namespace encap {
namespace {

constexpr const char* standard_output_name = "standard output";
constexpr mode_t permission_bits = 07777;

struct Written {
  std::size_t octets = 0;
  int code = 0;  // errno of the write that ended it; 0 when all octets are written
};

// Signals interrupt writes, pipes take what fits, and a pipe somebody made non-blocking may take nothing for a while.
Written write_all(int file, Bytes octets) noexcept {
  Written done;
  while (done.octets < octets.size()) {
    const ssize_t count = ::write(file, octets.data() + done.octets, octets.size() - done.octets);
    if (count > 0) {
      done.octets += static_cast<std::size_t>(count);
    } else if (count == 0) {
      done.code = EIO;
      return done;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{file, POLLOUT, 0};
      if (::poll(&ready, 1, -1) < 0 && errno != EINTR) {
        done.code = errno;
        return done;
      }
    } else if (errno != EINTR) {
      done.code = errno;
      return done;
    }
  }
  return done;
}

// Takes the last octets written off a file again. Does nothing where that cannot be done (a pipe), and nothing when
// others have written behind us.
void cut_back(int file, std::size_t octets) noexcept {
  if (octets == 0) return;
  const off_t here = ::lseek(file, 0, SEEK_CUR);
  struct stat about {};
  if (here < 0 || ::fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size != here) return;
  const off_t end = here - static_cast<off_t>(octets);
  if (::ftruncate(file, end) == 0) static_cast<void>(::lseek(file, end, SEEK_SET));
}

// Some file systems (NFS, quotas) report what they could not store only when the file is closed.
int deferred_error(int file) noexcept {
  const int copy = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return errno;
  return ::close(copy) != 0 && errno != EINTR ? errno : 0;
}

struct Place {
  std::string folder;  // with the slash at its end; empty for the working folder
  std::string name;
};

Place split(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

// The file a chain of symbolic links ends at, whether or not it exists; realpath() wants it to exist.
std::string follow_links(std::string path) {
  constexpr int longest_chain = 40;  // as the kernel
  for (int i = 0; i < longest_chain; ++i) {
    std::vector<char> text(PATH_MAX);
    const ssize_t length = ::readlink(path.c_str(), text.data(), text.size());
    if (length < 0) break;
    std::string link{text.data(), static_cast<std::size_t>(length)};
    if (!link.starts_with('/')) link.insert(0, split(path).folder);
    path = std::move(link);
  }
  return path;
}

std::string random_letters(std::size_t count) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> pick{0, letters.size() - 1};
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += letters[pick(random)];
  return text;
}

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Result<std::unique_ptr<OutputFile>, IoError> OutputFile::open(const std::string& path, Delivery when,
                                                              NextUnit next_unit, Bytes end) {
  std::unique_ptr<OutputFile> file{new OutputFile{path, next_unit, end}};
  struct stat about {};
  Result<void, IoError> opened;
  if (path == "-") {
    file->path_ = standard_output_name;
    opened = file->open_standard_output(when);
  } else if (::stat(path.c_str(), &about) != 0) {
    opened = errno == ENOENT ? file->open_regular(false) : unexpected(file->error("open", errno));
  } else if (S_ISREG(about.st_mode)) {
    opened = file->open_regular(true);
  } else if (S_ISDIR(about.st_mode)) {
    opened = unexpected(file->error("open", EISDIR));
  } else {
    opened = file->open_special(when);
  }
  if (!opened) return unexpected(opened.error());
  return file;
}

Result<void, IoError> OutputFile::open_standard_output(Delivery when) {
  FileDescriptor output{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)};
  struct stat about {};
  if (!output || ::fstat(output.get(), &about) != 0) return unexpected(error("open", errno));
  if (when == Delivery::streamed || S_ISCHR(about.st_mode)) {
    file_ = std::move(output);
    return {};
  }
  target_ = std::move(output);
  return open_spool();
}

Result<void, IoError> OutputFile::open_special(Delivery when) {
  FileDescriptor special{::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
  struct stat about {};
  if (!special || ::fstat(special.get(), &about) != 0) return unexpected(error("open", errno));
  if (when == Delivery::streamed || S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode)) {
    file_ = std::move(special);
    return {};
  }
  target_ = std::move(special);
  return open_spool();
}

Result<void, IoError> OutputFile::open_regular(bool exists) {
  final_path_ = follow_links(path_);
  struct stat old {};
  if (exists) {
    // A file its owner made read-only is not ours to replace, though the folder would let us.
    if (::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) != 0) return unexpected(error("open", errno));
    struct stat followed {};
    if (::stat(path_.c_str(), &old) != 0) return unexpected(error("open", errno));
    // A link such as /dev/stdout may lead to a file that no longer has the name it shows.
    const bool reached = ::stat(final_path_.c_str(), &followed) == 0 && same_file(old, followed);
    if (!reached) final_path_.clear();
  }
  const Place place = split(final_path_);
  if (!exists && (place.name.empty() || place.name == "." || place.name == "..")) {
    return unexpected(error("open", place.name.empty() && !path_.empty() ? EISDIR : ENOENT));
  }
  if (!final_path_.empty()) {
    // Room for the dot and the letters within the 255 octets a name may have.
    constexpr std::size_t longest_name = 240;
    const std::string stem = place.folder + "." + place.name.substr(0, longest_name) + ".";
    const mode_t mode = exists ? (old.st_mode & 0777) : 0666;
    int code = EEXIST;
    for (int i = 0; i < 100 && code == EEXIST; ++i) {
      temporary_path_ = stem + random_letters(6);
      file_ = FileDescriptor{::open(temporary_path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
      code = file_ ? 0 : errno;
    }
    if (file_) {
      if (exists) {
        // Whose it is and who may read it outlive the content; only root can give a file away, others keep it.
        static_cast<void>(::fchown(file_.get(), old.st_uid, old.st_gid) == 0);
        static_cast<void>(::fchmod(file_.get(), old.st_mode & permission_bits) == 0);
      }
      return {};
    }
    temporary_path_.clear();
    if (!exists) return unexpected(error("open", code));
  }
  target_ = FileDescriptor{::open(path_.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!target_) return unexpected(error("open", errno));
  overwrites_ = true;
  return open_spool();
}

Result<void, IoError> OutputFile::open_spool() {
  const char* const folder = std::getenv("TMPDIR");
  std::string name = std::string{folder != nullptr && *folder != '\0' ? folder : "/tmp"} + "/encap.XXXXXX";
  file_ = FileDescriptor{::mkstemp(name.data())};
  if (!file_) return unexpected(IoError{"open", name, errno, {}});
  static_cast<void>(::fcntl(file_.get(), F_SETFD, FD_CLOEXEC));
  ::unlink(name.c_str());
  return {};
}

Result<void, IoError> OutputFile::append(Bytes units) {
  assert(file_);
  if (!end_.empty() && is_private()) return append_with_end(units);
  const Written done = write_all(file_.get(), units);
  if (done.code == 0) {
    size_ += units.size();
    return {};
  }
  const std::size_t whole = whole_units(size_, units.first(done.octets));
  cut_back(file_.get(), done.octets - whole);
  size_ += whole;
  if (size_ != 0) static_cast<void>(write_all(file_.get(), end_));
  ended_ = true;
  return unexpected(error("write", done.code));
}

// The end follows each unit at once and the next unit is written over it: so it has its place on a disk that fills up.
Result<void, IoError> OutputFile::append_with_end(Bytes unit) {
  int code = write_all(file_.get(), unit).code;
  if (code == 0) code = write_all(file_.get(), end_).code;
  const auto move_to = [this](std::uint64_t offset) {
    static_cast<void>(::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET));
  };
  if (code == 0) {
    size_ += unit.size();
  } else {
    move_to(size_);
    if (size_ != 0) static_cast<void>(write_all(file_.get(), end_));
    static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(size_with_end())));
  }
  move_to(size_);
  return code == 0 ? Result<void, IoError>{} : unexpected(error("write", code));
}

Result<void, IoError> OutputFile::commit() {
  if (!file_) return {};
  Result<void, IoError> published;
  if (!is_private() && !ended_ && size_ != 0) {
    if (const int code = write_all(file_.get(), end_).code; code != 0) published = unexpected(error("write", code));
  }
  if (!published) {
    // What has left is all there will be.
  } else if (target_) {
    published = copy_to_target(overwrites_);
  } else if (const int code = deferred_error(file_.get()); code != 0) {
    published = unexpected(error("write", code));
  } else if (!temporary_path_.empty()) {
    published = take_name();
  }
  discard();
  return published;
}

Result<void, IoError> OutputFile::take_name() {
  if (::rename(temporary_path_.c_str(), final_path_.c_str()) == 0) {
    temporary_path_.clear();
    return {};
  }
  const int code = errno;
  // A mount point and another's file in a sticky folder keep their place, but can be written to.
  if (code == EBUSY || code == EPERM || code == EACCES || code == EXDEV) {
    target_ = FileDescriptor{::open(final_path_.c_str(), O_WRONLY | O_CLOEXEC)};
    if (target_) return copy_to_target(true);
  }
  return unexpected(error("rename", code));
}

Result<void, IoError> OutputFile::copy_to_target(bool replace) {
  if (replace && ::ftruncate(target_.get(), 0) != 0) return unexpected(error("write", errno));
  std::vector<std::byte> chunk(maximum_unit_length);
  std::uint64_t copied = 0;
  while (copied < size_with_end()) {
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), size_with_end() - copied));
    const ssize_t count = ::pread(file_.get(), chunk.data(), wanted, static_cast<off_t>(copied));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unexpected(error("read back", errno));
    const Bytes octets = Bytes{chunk}.first(whole_units(copied, Bytes{chunk}.first(static_cast<std::size_t>(count))));
    if (octets.empty()) return unexpected(error("read back", EIO));
    const Written done = write_all(target_.get(), octets);
    if (done.code != 0) {
      const std::size_t whole = whole_units(copied, octets.first(done.octets));
      cut_back(target_.get(), done.octets - whole);
      if (copied + whole != 0) static_cast<void>(write_all(target_.get(), end_));
      return unexpected(error("write", done.code));
    }
    copied += octets.size();
  }
  if (const int code = deferred_error(target_.get()); code != 0) return unexpected(error("write", code));
  return {};
}

void OutputFile::discard() noexcept {
  if (!temporary_path_.empty()) {
    ::unlink(temporary_path_.c_str());
    temporary_path_.clear();
  }
  file_.reset();
  target_.reset();
}

}  // namespace encap

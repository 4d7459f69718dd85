#include "statistics/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace encap {
namespace {

IoError error(const char* operation) { return {operation, "temporary file", errno == 0 ? EIO : errno, {}}; }

}  // namespace

Result<void, IoError> Spool::append(Bytes octets) {
  if (failed_) return {};
  const std::size_t fits = file_ == nullptr ? std::min(octets.size(), held - memory_.size()) : 0;
  memory_.insert(memory_.end(), octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(fits));
  const Bytes rest = octets.subspan(fits);
  if (rest.empty()) return {};
  errno = 0;
  if (file_ == nullptr) file_.reset(std::tmpfile());
  // A file that was read is written again at its end.
  if (file_ == nullptr || std::fseek(file_.get(), 0, SEEK_END) != 0) {
    failed_ = true;
    return unexpected(error("open"));
  }
  if (std::fwrite(rest.data(), 1, rest.size(), file_.get()) != rest.size()) {
    failed_ = true;
    return unexpected(error("write"));
  }
  in_file_ += rest.size();
  return {};
}

Spool::Reader::Reader(const Spool& spool) noexcept : spool_{spool} {
  if (spool_.file_ != nullptr) std::rewind(spool_.file_.get());
}

Result<void, IoError> Spool::Reader::read(MutableBytes into) {
  const std::size_t left = at_ < spool_.memory_.size() ? spool_.memory_.size() - static_cast<std::size_t>(at_) : 0;
  const std::size_t from_memory = std::min(into.size(), left);
  if (from_memory != 0) std::memcpy(into.data(), spool_.memory_.data() + at_, from_memory);
  at_ += from_memory;
  const MutableBytes rest = into.subspan(from_memory);
  if (rest.empty()) return {};
  errno = 0;
  if (std::fread(rest.data(), 1, rest.size(), spool_.file_.get()) != rest.size()) return unexpected(error("read"));
  at_ += rest.size();
  return {};
}

}  // namespace encap

#pragma once

#include <memory>

#include "capture/file_unit.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/capture/capture_file_writer.h"

namespace encap {

/// Packs stretches of a file, so that the file can be unpacked up to the end of any of them. What it makes of a stretch
/// is one unit of the file.
class Packer {
 public:
  Packer() = default;
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  virtual ~Packer() = default;

  /// Calls no operator new. Lifetime of the packed octets: until the next call. Precondition: no more octets than were
  /// told when the packer was made. Errors: the library's, as text; the packer is of no use then.
  [[nodiscard]] virtual Result<Bytes, std::string> pack(Bytes octets) = 0;
  /// How to find the units in what was packed.
  [[nodiscard]] virtual NextUnit next_unit() const noexcept = 0;
  /// What completes the file behind any of the units; may be nothing. Lifetime: of the program.
  [[nodiscard]] virtual Bytes end() const noexcept = 0;
};

/// Packers of stretches of up to `most` octets. Null when the library cannot start.
[[nodiscard]] std::unique_ptr<Packer> make_gzip_packer(std::size_t most);
[[nodiscard]] std::unique_ptr<Packer> make_zstd_packer(std::size_t most);

}  // namespace encap

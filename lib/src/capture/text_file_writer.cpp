#include "encap/capture/text_file_writer.h"

#include "capture/output_file.h"
#include "encap/base/bytes.h"

namespace encap {
namespace {

/// Text has no units: any octets of it do.
FileUnit all_of_it(std::uint64_t, Bytes octets) noexcept { return {octets.size()}; }

}  // namespace

Result<TextFileWriter, IoError> TextFileWriter::open(const std::string& path) {
  auto file = OutputFile::open(path, Delivery::committed, all_of_it, {});
  if (!file) return unexpected(std::move(file.error()));
  return TextFileWriter{std::move(*file)};
}

TextFileWriter::TextFileWriter(std::unique_ptr<OutputFile> file) noexcept : file_{std::move(file)} {}
TextFileWriter::TextFileWriter(TextFileWriter&&) noexcept = default;
TextFileWriter& TextFileWriter::operator=(TextFileWriter&&) noexcept = default;
TextFileWriter::~TextFileWriter() = default;

Result<void, IoError> TextFileWriter::write(std::string_view text) {
  if (failure_) return unexpected(*failure_);
  auto written = file_->append(as_bytes(text));
  if (!written) {
    failure_ = written.error();
    file_->discard();
  }
  return written;
}

Result<void, IoError> TextFileWriter::commit() {
  return failure_ ? Result<void, IoError>{unexpected(*failure_)} : file_->commit();
}

}  // namespace encap

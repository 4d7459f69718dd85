#include "encap/trace/annotated_capture.h"

#include <array>
#include <vector>

#include "encap/flow/packet_origin.h"
#include "render/text.h"
#include "trace/address_names.h"
#include "trace/shortened.h"

namespace encap {
namespace {

constexpr std::size_t most_rows_told = 32;   // of a packet, in its comments
constexpr std::size_t most_id_octets = 100;  // of a `msg_id`
constexpr std::uint8_t decimals_of_nanoseconds = 9;

std::string one_line(std::string_view text) {
  std::string shown;
  append_shown(shown, text);
  return shown;
}

void append_row(std::string& out, const RowPart& part) {
  const TableRow& row = *part.row;
  if (!row.id.empty()) out.append("msg_id ").append(shortened(row.id, most_id_octets)).append(", ");
  out += "row ";
  append_decimal(out, row.number);
  if (part.length == 0 || part.length == row.message.size()) return;
  out += ", octets ";
  append_decimal(out, part.message_offset);
  out += '-';
  append_decimal(out, part.message_offset + part.length - 1);
  out += " of ";
  append_decimal(out, row.message.size());
}

}  // namespace

class AnnotatedCapture::Impl {
 public:
  Impl(PcapngFileWriter& file, const About& about) : file_{&file} {
    interface_.name = one_line(about.interface_name);
    interface_.description = one_line(about.description);
    interface_.decimals = decimals_of_nanoseconds;
    interface_.snap_length = CaptureFileWriter::maximum_snap_length;
  }

  Result<void, IoError> write(const PacketRecord& record) {
    PacketRecord annotated = record;
    if (record.interface == nullptr) {
      interface_.link_type = record.link_type;
      annotated.interface = &interface_;
    }
    if (record.origin != nullptr) {
      if (auto named = name_ends(*record.origin->conversation); !named) return named;
      annotated.comments = comments_of(record);
    }
    return file_->write(annotated);
  }
  Result<void, IoError> flush() { return file_->flush(); }

 private:
  Result<void, IoError> name_ends(const ConversationOrigin& conversation) {
    if (conversation.number >= named_.size()) named_.resize(conversation.number + 1);
    if (named_[conversation.number]) return {};
    named_[conversation.number] = true;
    const IpAddress& client = conversation.route.source.address;
    const IpAddress& server = conversation.route.destination.address;
    const bool client_is_new = names_.add(client, conversation.client);
    const bool server_is_new = names_.add(server, conversation.server);
    std::array<AddressName, 2> named;
    std::size_t count = 0;
    if (server_is_new || (client_is_new && client == server)) named[count++] = {server.octets(), names_.name(server)};
    if (client_is_new && client != server) named[count++] = {client.octets(), names_.name(client)};
    return count == 0 ? Result<void, IoError>{} : file_->write_names(std::span{named}.first(count));
  }

  std::span<const std::string_view> comments_of(const PacketRecord& record) {
    const std::span<const RowPart> parts = record.origin->parts;
    if (parts.empty()) return record.comments;
    const std::size_t told = parts.size() > most_rows_told ? most_rows_told - 1 : parts.size();
    text_.clear();
    ends_.clear();
    for (const RowPart& part : parts.first(told)) {
      append_row(text_, part);
      ends_.push_back(text_.size());
    }
    if (told < parts.size()) {
      text_ += "octets of ";
      append_decimal(text_, parts.size() - told);
      text_ += " more rows";
      ends_.push_back(text_.size());
    }
    comments_.assign(record.comments.begin(), record.comments.end());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      comments_.push_back(std::string_view{text_}.substr(begin, end - begin));
      begin = end;
    }
    return comments_;
  }

  PcapngFileWriter* file_;
  CaptureInterface interface_;
  AddressNames names_;
  std::vector<bool> named_;  // conversations, by number
  std::string text_;         // of the comments of one packet, side by side
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> comments_;
};

AnnotatedCapture::AnnotatedCapture(PcapngFileWriter& file, const About& about)
    : impl_{std::make_unique<Impl>(file, about)} {}
AnnotatedCapture::AnnotatedCapture(AnnotatedCapture&&) noexcept = default;
AnnotatedCapture& AnnotatedCapture::operator=(AnnotatedCapture&&) noexcept = default;
AnnotatedCapture::~AnnotatedCapture() = default;

Result<void, IoError> AnnotatedCapture::write(const PacketRecord& record) { return impl_->write(record); }
Result<void, IoError> AnnotatedCapture::flush() { return impl_->flush(); }

}  // namespace encap

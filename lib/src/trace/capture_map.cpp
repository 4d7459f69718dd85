#include "encap/trace/capture_map.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <rapidjson/writer.h>
#include <tsl/robin_map.h>
#include <vector>

#include "encap/capture/text_file_writer.h"
#include "encap/flow/packet_origin.h"
#include "render/text.h"
#include "trace/report_words.h"

namespace encap {
namespace {

constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t none = most;
constexpr std::size_t batch_octets = std::size_t{1} << 16;

/// Where RapidJSON puts its characters.
struct TextStream {
  using Ch = char;
  std::string* out;
  void Put(char c) { out->push_back(c); }
  void Flush() {}
};
using Json = rapidjson::Writer<TextStream>;

// Indexed by the enumerators.
constexpr std::array<std::string_view, 2> format_names{"pcap", "pcapng"};
constexpr std::array<std::string_view, 3> compression_names{"none", "gzip", "zstd"};

template <std::size_t count, class Enumeration>
std::string_view name_of(const std::array<std::string_view, count>& names, Enumeration value) noexcept {
  return names[static_cast<std::size_t>(value)];
}

struct Piece {
  std::uint64_t file_offset = 0;
  std::uint64_t stream_offset = 0;
  std::uint32_t frame = 0;
  std::uint32_t message_offset = 0;
  std::uint32_t length = 0;
  std::uint32_t next = none;  // of the same row
};

struct Row {
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::uint64_t length = 0;
  std::uint64_t conversation = 0;
  std::uint32_t first_piece = none;
  std::uint32_t last_piece = none;
  std::string id;  // empty where it is the number
  bool from_client = true;
};

struct Talk {
  Transport transport = Transport::tcp;
  Route route{};
  std::string client;
  std::string server;
  bool is_known = false;  // a packet of it has come
};

}  // namespace

class CaptureMap::Impl {
 public:
  Impl(TextFileWriter text, const About& about, const CaptureFileWriter& file, PacketSink& next)
      : text_file_{std::move(text)}, file_{&file}, next_{&next} {
    put_head(about);
  }

  Result<void, IoError> write(const PacketRecord& record);
  Result<void, IoError> flush() { return next_->flush(); }
  Result<void, IoError> finish();
  Result<void, IoError> publish() { return text_file_.commit(); }

 private:
  void put_head(const About& about);
  void put_frame(const PacketOrigin& origin);
  void put_row(const Row& row);
  void put_conversation(std::uint64_t number, const Talk& talk);
  void put_end(std::string_view name, const Endpoint& endpoint, std::string_view application);

  [[nodiscard]] static const char* refusal(const PacketRecord& record) noexcept;
  void note(const ConversationOrigin& conversation);
  void note(const PacketOrigin& origin, const RowPart& part);

  // The writer is used for one element after the other; the lines between them are ours.
  void next_element() {
    text_ += is_first_ ? "\n" : ",\n";
    is_first_ = false;
    stream_.out = &text_;
    json_.Reset(stream_);
    json_.StartObject();
  }
  void start_array(std::string_view name) {
    text_.append(",\n\"").append(name).append("\":[");
    is_first_ = true;
  }
  void end_array() { text_ += is_first_ ? "]" : "\n]"; }
  Json& key(std::string_view name) {
    json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    return json_;
  }
  void put(std::string_view name, std::uint64_t value) { key(name).Uint64(value); }
  void put(std::string_view name, std::string_view value) {
    utf8_.clear();
    append_utf8(utf8_, value);
    key(name).String(utf8_.data(), static_cast<rapidjson::SizeType>(utf8_.size()));
  }
  void put_direction(bool from_client) { put("from", from_client ? "client" : "server"); }
  Result<void, IoError> write_batch(std::size_t least) {
    if (text_.size() < least) return {};
    auto written = text_file_.write(text_);
    text_.clear();
    return written;
  }

  TextFileWriter text_file_;
  const CaptureFileWriter* file_;
  PacketSink* next_;
  std::string text_;  // what has not been written yet
  std::string utf8_;
  TextStream stream_{nullptr};
  Json json_{stream_};
  bool is_first_ = true;
  std::uint32_t frames_ = 0;
  std::deque<Piece> pieces_;
  std::deque<Row> rows_;                                 // in the order of their first pieces
  tsl::robin_map<std::uint64_t, std::uint32_t> places_;  // of rows in rows_, by number
  std::deque<Talk> talks_;                               // by number
};

void CaptureMap::Impl::put_head(const About& about) {
  text_ = "{\"schema\":\"encap-map\",\"version\":";
  append_decimal(text_, schema_version);
  for (const auto& [name, value] : {std::pair{"generator", &about.generator}, std::pair{"table", &about.table}}) {
    text_.append(",\n\"").append(name).append("\":");
    utf8_.clear();
    append_utf8(utf8_, *value);
    stream_.out = &text_;
    json_.Reset(stream_);
    json_.String(utf8_.data(), static_cast<rapidjson::SizeType>(utf8_.size()));
  }
  text_ += ",\n\"capture\":";
  json_.Reset(stream_);
  json_.StartObject();
  put("file", about.capture);
  put("format", name_of(format_names, about.format));
  put("compression", name_of(compression_names, about.compression));
  json_.EndObject();
  start_array("frames");
}

/// Why a packet cannot be in a map; null where it can.
const char* CaptureMap::Impl::refusal(const PacketRecord& record) noexcept {
  if (record.origin == nullptr) return "a packet does not tell what it was made of";
  for (const RowPart& part : record.origin->parts) {
    if (part.message_offset > most - part.length) return "a map counts 4294967295 octets of a row at most";
  }
  return nullptr;
}

Result<void, IoError> CaptureMap::Impl::write(const PacketRecord& record) {
  const char* refused = refusal(record);
  if (frames_ == most || pieces_.size() + (refused == nullptr ? record.origin->parts.size() : 0) >= none)
    refused = "a map counts 4294967295 frames and pieces of rows at most";
  if (refused != nullptr) return unexpected(IoError{"map", "frame " + std::to_string(frames_ + 1ull), 0, refused});
  if (auto written = next_->write(record); !written) return written;
  ++frames_;
  const PacketOrigin& origin = *record.origin;
  note(*origin.conversation);
  for (const RowPart& part : origin.parts) note(origin, part);
  put_frame(origin);
  return write_batch(batch_octets);
}

void CaptureMap::Impl::note(const ConversationOrigin& conversation) {
  if (conversation.number >= talks_.size()) talks_.resize(conversation.number + 1);
  Talk& talk = talks_[conversation.number];
  if (talk.is_known) return;
  talk = {conversation.transport, conversation.route, std::string{conversation.client},
          std::string{conversation.server}, true};
}

void CaptureMap::Impl::note(const PacketOrigin& origin, const RowPart& part) {
  const TableRow& row = *part.row;
  const auto [place, is_new] = places_.emplace(row.number, static_cast<std::uint32_t>(rows_.size()));
  if (is_new) {
    rows_.push_back({row.number, row.line, row.message.size(), origin.conversation->number, none, none,
                     row.id == std::to_string(row.number) ? std::string{} : std::string{row.id}, origin.from_client});
  }
  Row& known = rows_[place->second];
  // A file that cuts its packets may hold less of the piece, or nothing.
  const FileRange packet = file_->last_packet();
  const std::uint64_t begin =
      std::min<std::uint64_t>(std::uint64_t{origin.payload_offset} + part.offset, packet.length);
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  pieces_.push_back({packet.offset + begin, origin.stream_offset + part.offset, frames_,
                     static_cast<std::uint32_t>(part.message_offset),
                     static_cast<std::uint32_t>(std::min<std::uint64_t>(part.length, packet.length - begin)), none});
  (known.first_piece == none ? known.first_piece : pieces_[known.last_piece].next) = piece;
  known.last_piece = piece;
}

void CaptureMap::Impl::put_frame(const PacketOrigin& origin) {
  const FileRange packet = file_->last_packet();
  next_element();
  put("frame", frames_);
  put("conversation", origin.conversation->number);
  put_direction(origin.from_client);
  put("file_offset", packet.offset);
  put("length", packet.length);
  key("rows").StartArray();
  for (const RowPart& part : origin.parts) json_.Uint64(part.row->number);
  json_.EndArray();
  json_.EndObject();
}

void CaptureMap::Impl::put_row(const Row& row) {
  next_element();
  put("row", row.number);
  put("line", row.line);
  put("msg_id", row.id.empty() ? std::to_string(row.number) : row.id);
  put("conversation", row.conversation);
  put_direction(row.from_client);
  put("length", row.length);
  key("pieces").StartArray();
  for (std::uint32_t at = row.first_piece; at != none; at = pieces_[at].next) {
    const Piece& piece = pieces_[at];
    json_.StartObject();
    put("frame", piece.frame);
    put("file_offset", piece.file_offset);
    put("stream_offset", piece.stream_offset);
    put("message_offset", piece.message_offset);
    put("length", piece.length);
    json_.EndObject();
  }
  json_.EndArray();
  json_.EndObject();
}

void CaptureMap::Impl::put_end(std::string_view name, const Endpoint& endpoint, std::string_view application) {
  key(name).StartObject();
  if (!application.empty()) put("application", application);
  put("address", to_string(endpoint.address));
  put("port", endpoint.port.value);
  json_.EndObject();
}

void CaptureMap::Impl::put_conversation(std::uint64_t number, const Talk& talk) {
  next_element();
  put("conversation", number);
  put("transport", trace::name_of(talk.transport));
  put_end("client", talk.route.source, talk.client);
  put_end("server", talk.route.destination, talk.server);
  json_.EndObject();
}

Result<void, IoError> CaptureMap::Impl::finish() {
  end_array();
  start_array("rows");
  std::vector<std::uint32_t> order(rows_.size());
  for (std::uint32_t at = 0; at < order.size(); ++at) order[at] = at;
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return rows_[a].number < rows_[b].number; });
  for (const std::uint32_t at : order) {
    put_row(rows_[at]);
    if (auto written = write_batch(batch_octets); !written) return written;
  }
  end_array();
  start_array("conversations");
  for (std::uint64_t number = 0; number < talks_.size(); ++number) {
    if (talks_[number].is_known) put_conversation(number, talks_[number]);
    if (auto written = write_batch(batch_octets); !written) return written;
  }
  end_array();
  text_ += "}\n";
  return write_batch(0);
}

Result<CaptureMap, IoError> CaptureMap::open(const std::string& path, const About& about, const CaptureFileWriter& file,
                                             PacketSink& next) {
  auto text = TextFileWriter::open(path);
  if (!text) return unexpected(std::move(text.error()));
  return CaptureMap{std::make_unique<Impl>(std::move(*text), about, file, next)};
}

CaptureMap::CaptureMap(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}
CaptureMap::CaptureMap(CaptureMap&&) noexcept = default;
CaptureMap& CaptureMap::operator=(CaptureMap&&) noexcept = default;
CaptureMap::~CaptureMap() = default;

Result<void, IoError> CaptureMap::write(const PacketRecord& record) { return impl_->write(record); }
Result<void, IoError> CaptureMap::flush() { return impl_->flush(); }
Result<void, IoError> CaptureMap::finish() { return impl_->finish(); }
Result<void, IoError> CaptureMap::publish() { return impl_->publish(); }

}  // namespace encap

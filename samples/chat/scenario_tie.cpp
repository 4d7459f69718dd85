// Finds the lines of the chat in the capture, by what encap's dissector says of each segment.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/wire/tcp.h"
#include "scenario_report.h"

namespace chat {
namespace {

using encap::Dissection;
using encap::Item;
using encap::ItemId;
using encap::TcpFlags;

/// A TCP segment as its fields tell it. Sequence numbers are relative.
struct Segment {
  std::uint64_t frame = 0;
  encap::Timestamp time{};
  std::uint32_t octets = 0;  // of the frame
  std::uint32_t stream = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence_number = 0;
  std::uint32_t acknowledgment_number = 0;
  std::uint32_t window = 0;
  TcpFlags flags{};
  std::string payload{};
};

/// Fields of one layer by their names, as `-e` takes them.
std::optional<Segment> segment_of(const Dissection& dissection) {
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Item& layer = dissection.at(id);
    if (layer.field == nullptr || layer.field->name != "tcp") continue;
    Segment segment;
    segment.frame = dissection.frame_number;
    segment.time = dissection.record->timestamp;
    segment.octets = dissection.record->original_length;
    for (ItemId child = layer.first_child; child != ItemId::none; child = dissection.at(child).next) {
      const Item& item = dissection.at(child);
      if (item.field == nullptr) continue;
      const std::string_view name = item.field->name;
      if (name == "tcp.stream") segment.stream = static_cast<std::uint32_t>(item.number);
      if (name == "tcp.srcport") segment.source_port = static_cast<std::uint16_t>(item.number);
      if (name == "tcp.dstport") segment.destination_port = static_cast<std::uint16_t>(item.number);
      if (name == "tcp.seq") segment.sequence_number = static_cast<std::uint32_t>(item.number);
      if (name == "tcp.ack") segment.acknowledgment_number = static_cast<std::uint32_t>(item.number);
      if (name == "tcp.flags") segment.flags = {static_cast<std::uint8_t>(item.number)};
      if (name == "tcp.window_size") segment.window = static_cast<std::uint32_t>(item.number);
      if (name == "tcp.payload") segment.payload = item.string();
    }
    return segment;
  }
  return std::nullopt;
}

/// One direction of a connection: its octets, and which frame brought each of them.
class Direction {
 public:
  struct Piece {
    std::size_t begin = 0;  // of the stream, from 0
    std::size_t end = 0;
    std::uint64_t frame = 0;
    encap::Timestamp time{};
    bool pushed = false;
  };

  void take(const Segment& segment) {
    if (segment.payload.empty()) return;
    if (segment.sequence_number > next()) {  // something is missing before it: it waits
      waiting_.emplace(segment.sequence_number, segment);
      return;
    }
    add(segment);
    while (!waiting_.empty() && waiting_.begin()->first <= next()) {
      add(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
    }
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool has_gap() const noexcept { return !waiting_.empty(); }
  [[nodiscard]] const std::vector<Piece>& pieces() const noexcept { return pieces_; }
  [[nodiscard]] const std::vector<Piece>& repeated() const noexcept { return repeated_; }

 private:
  static constexpr std::uint32_t first = 1;  // the relative number of the octet behind the SYN

  [[nodiscard]] std::uint32_t next() const noexcept { return first + static_cast<std::uint32_t>(text_.size()); }

  void add(const Segment& segment) {
    if (segment.sequence_number < first) return;  // a SYN's, or a probe of the octet before
    const std::size_t begin = segment.sequence_number - first;
    const std::size_t end = begin + segment.payload.size();
    const bool pushed = segment.flags.has(TcpFlags::psh);
    const std::size_t known = std::min(end, text_.size());
    if (begin < known) repeated_.push_back({begin, known, segment.frame, segment.time, pushed});
    if (end <= text_.size()) return;
    pieces_.push_back({text_.size(), end, segment.frame, segment.time, pushed});
    text_ += std::string_view{segment.payload}.substr(text_.size() - begin);
  }

  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<Piece> repeated_;
  std::multimap<std::uint32_t, Segment> waiting_;
};

/// A connection while the capture is read.
struct Followed {
  std::vector<Segment> segments;  // without their payload
  Direction to_server;
  Direction to_client;
};

class Tie {
 public:
  Tie(const KeptCapture& capture, unsigned short server_port, const std::vector<PlayedClient>& clients)
      : capture_{capture}, server_port_{server_port}, clients_{clients} {}

  Report operator()() {
    report_.server = fmt::format("127.0.0.1:{}", server_port_);
    report_.frames = capture_.packets.size();
    read();
    for (const auto& [stream, followed] : streams_) add_connection(stream, followed);
    std::ranges::stable_sort(report_.lines, [](const ReportedLine& left, const ReportedLine& right) {
      return std::pair{left.time, left.frames.front()} < std::pair{right.time, right.frames.front()};
    });
    for (const PlayedClient& client : clients_) {
      report_.said += client.said.size();
      report_.heard += client.heard.size();
      if (std::ranges::none_of(report_.connections, [&](const auto& seen) { return seen.client == client.name; })) {
        problem("{}: the capture has no connection from port {}", client.name, client.port);
      }
    }
    return std::move(report_);
  }

 private:
  template <class... Values>
  void problem(fmt::format_string<Values...> format, Values&&... values) {
    report_.problems.push_back(fmt::format(format, std::forward<Values>(values)...));
  }

  void read() {
    encap::SessionMemory session;
    encap::Dissector dissector{&session};
    Dissection dissection{encap::Detail::fields};
    for (std::size_t i = 0; i < capture_.packets.size(); ++i) {
      const encap::PacketRecord record = capture_.record(i);
      dissector.dissect(record, dissection);
      auto segment = segment_of(dissection);
      if (!segment) {
        problem("frame {} is no TCP segment", dissection.frame_number);
        continue;
      }
      Followed& followed = streams_[segment->stream];
      (segment->destination_port == server_port_ ? followed.to_server : followed.to_client).take(*segment);
      segment->payload.clear();
      followed.segments.push_back(std::move(*segment));
    }
  }

  /// The first frame of the other side that acknowledges `number`, from `frame` on; 0: none.
  [[nodiscard]] std::uint64_t acknowledged(const Followed& followed, bool from_client, std::uint64_t frame,
                                           std::uint32_t number) const {
    for (const Segment& segment : followed.segments) {
      const bool is_answer = (segment.destination_port == server_port_) != from_client;
      if (segment.frame > frame && is_answer && segment.flags.has(TcpFlags::ack) &&
          segment.acknowledgment_number >= number) {
        return segment.frame;
      }
    }
    return 0;
  }

  void add_connection(std::uint32_t stream, const Followed& followed) {
    const Segment& first = followed.segments.front();
    ReportedConnection connection;
    connection.stream = stream;
    const bool starts_at_client = first.destination_port == server_port_;
    const unsigned short client_port = starts_at_client ? first.source_port : first.destination_port;
    connection.address = fmt::format("127.0.0.1:{}", client_port);
    connection.server = report_.server;
    const auto client =
        std::ranges::find_if(clients_, [&](const PlayedClient& played) { return played.port == client_port; });
    if (client == clients_.end()) {
      problem("stream {}: {} is nobody of the script", stream, connection.address);
      return;
    }
    connection.client = client->name;
    connection.start = first.time - capture_.packets.front().time;
    connection.duration = followed.segments.back().time - first.time;
    connection.least_window = UINT32_MAX;
    for (const Segment& segment : followed.segments) add_segment(connection, followed, segment);
    if (std::ranges::count(connection.handshake, 0u) != 0) problem("{}: the handshake is not whole", client->name);
    if (connection.fins.empty() && connection.resets.empty()) problem("{}: neither FIN nor RST", client->name);
    const std::size_t index = report_.connections.size();
    report_.connections.push_back(std::move(connection));
    add_lines(index, true, followed, client->said);
    add_lines(index, false, followed, client->heard);
  }

  void add_segment(ReportedConnection& connection, const Followed& followed, const Segment& segment) {
    const bool from_client = segment.destination_port == server_port_;
    auto& way = from_client ? connection.to_server : connection.to_client;
    ++way.frames;
    way.octets += segment.octets;
    const bool syn = segment.flags.has(TcpFlags::syn);
    const bool reset = segment.flags.has(TcpFlags::rst);
    const bool ack = segment.flags.has(TcpFlags::ack);
    auto& [syn_frame, syn_ack_frame, ack_frame] = connection.handshake;
    if (syn && !ack && syn_frame == 0) syn_frame = segment.frame;
    if (syn && ack && !from_client && syn_ack_frame == 0) syn_ack_frame = segment.frame;
    if (!syn && ack && from_client && syn_ack_frame != 0 && ack_frame == 0) ack_frame = segment.frame;
    if (segment.flags.has(TcpFlags::fin)) {
      const std::uint32_t behind = segment.sequence_number + 1;
      connection.fins.push_back(
          {segment.frame, from_client, acknowledged(followed, from_client, segment.frame, behind)});
    }
    if (reset) connection.resets.push_back({segment.frame, from_client, 0});
    if (from_client && !reset) connection.least_window = std::min(connection.least_window, segment.window);
  }

  /// The lines of one direction, which have to be those that the client knows of, one by one.
  void add_lines(std::size_t index, bool from_client, const Followed& followed, const std::vector<std::string>& known) {
    const Direction& direction = from_client ? followed.to_server : followed.to_client;
    const std::string& client = report_.connections[index].client;
    const std::string_view way = from_client ? "sent by" : "sent to";
    if (direction.has_gap()) problem("octets {} {} are not in the capture", way, client);
    std::size_t count = 0;
    std::size_t begin = 0;
    const std::string& text = direction.text();
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++count) {
      ReportedLine line = line_at(direction, begin, end + 1);
      line.connection = index;
      line.from_client = from_client;
      line.acknowledged_by =
          acknowledged(followed, from_client, line.frames.back(), static_cast<std::uint32_t>(end + 2));
      const std::string expected = count < known.size() ? known[count] : std::string{};
      if (count >= known.size()) {
        problem("{} {}: \"{}\" is in the capture, and the client knows nothing of it", way, client, line.text);
      } else if (line.text != expected) {
        problem("{} {}, line {}: the capture has \"{}\", the client \"{}\"", way, client, count + 1, line.text,
                expected);
      } else if (line.acknowledged_by == 0) {
        problem("{} {}, line {}: \"{}\" is not acknowledged", way, client, count + 1, line.text);
      }
      report_.lines.push_back(std::move(line));
    }
    for (; count < known.size(); ++count) {
      problem("{} {}, line {}: \"{}\" is not in the capture", way, client, count + 1, known[count]);
    }
    if (begin != text.size()) problem("{} octets {} {} are no whole line", text.size() - begin, way, client);
  }

  static ReportedLine line_at(const Direction& direction, std::size_t begin, std::size_t end) {
    ReportedLine line;
    line.text = direction.text().substr(begin, end - 1 - begin);
    if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
    const auto overlaps = [begin, end](const Direction::Piece& piece) {
      return piece.begin < end && piece.end > begin;
    };
    line.has_own_frames = true;
    for (const Direction::Piece& piece : direction.pieces()) {
      if (!overlaps(piece)) continue;
      if (line.frames.empty()) line.time = piece.time;
      line.frames.push_back(piece.frame);
      line.pushed = piece.pushed;
      line.has_own_frames = line.has_own_frames && piece.begin >= begin && piece.end <= end;
    }
    for (const Direction::Piece& piece : direction.repeated()) {
      if (overlaps(piece)) line.again.push_back(piece.frame);
    }
    return line;
  }

  const KeptCapture& capture_;
  unsigned short server_port_;
  const std::vector<PlayedClient>& clients_;
  std::map<std::uint32_t, Followed> streams_;
  Report report_;
};

}  // namespace

Report tie_lines(const KeptCapture& capture, unsigned short server_port, const std::vector<PlayedClient>& clients) {
  return Tie{capture, server_port, clients}();
}

}  // namespace chat

#include "input/har_reader.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>

#include "encap/input/timestamp_text.h"
#include "input/har_parser.h"

namespace encap {
namespace {

using namespace std::chrono_literals;

/// A time of `timings`, which is in milliseconds; what does not apply (-1) takes none.
Duration part_of(double milliseconds) noexcept {
  constexpr double a_day = 86'400'000;
  return milliseconds > 0 ? Duration{static_cast<std::int64_t>(std::min(milliseconds, a_day) * 1e6)} : Duration{0};
}

/// One connection of HTTP/1.1: a request waits for the answer to the one before it.
struct Lane {
  Port port;
  Timestamp free_at;
};

/// The client's ports, so that no request leaves before the answer to the one before it on its connection.
class Lanes {
 public:
  /// The connection for a request that is sent at `at`, which is moved to where its connection is free when that is
  /// next to nothing later. Lifetime: until the next call.
  Lane& find(const std::string& connection, Timestamp& at, TableNotes& notes) {
    if (count_ >= most) {
      lanes_.clear();
      count_ = 0;
    }
    std::vector<Lane>& lanes = lanes_[connection];
    auto lane =
        std::find_if(lanes.begin(), lanes.end(), [at](const Lane& known) { return known.free_at <= at + rounding; });
    if (lane == lanes.end()) {
      if (!lanes.empty()) ++notes.own_connections;
      if (lanes.size() < most_of_one) {
        constexpr std::uint16_t first_dynamic_port = 49152;  // RFC 6335 §6
        constexpr std::uint32_t dynamic_ports = 65536 - first_dynamic_port;
        lane = lanes.insert(lanes.end(),
                            {Port{static_cast<std::uint16_t>(first_dynamic_port + opened_++ % dynamic_ports)}, at});
        ++count_;
      } else {
        lane = std::min_element(lanes.begin(), lanes.end(),
                                [](const Lane& a, const Lane& b) { return a.free_at < b.free_at; });
      }
    }
    if (lane->free_at <= at + rounding) at = std::max(at, lane->free_at);
    return *lane;
  }

 private:
  static constexpr Duration rounding = 2ms;  // files give times in milliseconds
  static constexpr std::size_t most = 65536;
  static constexpr std::size_t most_of_one = 256;

  std::unordered_map<std::string, std::vector<Lane>> lanes_;
  std::size_t count_ = 0;
  std::uint32_t opened_ = 0;
};

class HarReader final : public MessageSource {
 public:
  HarReader(std::string name, std::unique_ptr<ByteSource> source)
      : name_{std::move(name)}, blocks_{std::move(source)}, parser_{name_, blocks_} {}

  Result<void, Failure> read_head() { return parser_.read_head(); }

  [[nodiscard]] Result<const Message*, Failure> next() override {
    if (answered_) {
      answered_ = false;
      ++rows_;
      return &response_;
    }
    for (;;) {
      const auto entry = parser_.next();
      if (!entry) {
        if (std::holds_alternative<InputError>(entry.error())) ++rows_;
        return unexpected(entry.error());
      }
      if (*entry == nullptr) return nullptr;
      const auto made = make_messages(**entry);
      if (!made) {
        ++rows_;
        InputError error = made.error();
        error.where = parser_.where();
        error.name = "entry " + std::to_string(parser_.number()) + (error.name.empty() ? "" : ": " + error.name);
        return unexpected(Failure{std::move(error)});
      }
      if (!*made) continue;
      ++rows_;
      return &request_;
    }
  }
  [[nodiscard]] const TableNotes& notes() const noexcept override { return notes_; }
  [[nodiscard]] std::uint64_t rows() const noexcept override { return rows_; }
  [[nodiscard]] std::uint64_t octets() const noexcept override { return blocks_.octets(); }

 private:
  Result<bool, InputError> make_messages(const HarEntry& entry);
  Party server_of(const HarEntry& entry, const HttpUrl& url);

  std::string name_;
  BlockReader blocks_;
  HarParser parser_;
  Lanes lanes_;
  TableNotes notes_;
  std::unordered_map<std::string, IpAddress> addresses_;  // of hosts, as entries before said
  std::string request_text_;
  std::string response_text_;
  std::string request_id_;
  std::string response_id_;
  std::string host_;
  Message request_;
  Message response_;
  bool answered_ = false;  // the response is next
  std::uint64_t rows_ = 0;
};

/// The server's name and address. Requests answered from the browser's memory name no address; their host's is known
/// from others.
Party HarReader::server_of(const HarEntry& entry, const HttpUrl& url) {
  constexpr std::size_t most_hosts = 4096;
  host_.assign(url.host);
  Party server{.name = host_, .address = {}, .port = url.port};
  std::string_view text = entry.address;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  server.address = IpAddress::parse(text);
  if (!server.address) server.address = IpAddress::parse(url.host);
  if (server.address) {
    if (addresses_.size() >= most_hosts) addresses_.clear();
    addresses_.insert_or_assign(host_, *server.address);
  } else if (const auto known = addresses_.find(host_); known != addresses_.end()) {
    server.address = known->second;
  }
  return server;
}

/// The request and the response of an entry; false when it was not on the network.
Result<bool, InputError> HarReader::make_messages(const HarEntry& entry) {
  if (entry.too_long) {
    return unexpected(InputError{
        {}, {}, {}, "a text of more than 16 MiB, or 32 MiB of text: too long for a message; take its body out"});
  }
  const auto url = read_http_url(entry.url);
  if (!url) return unexpected(url.error());
  if (!*url) {
    ++notes_.entries_off_network;
    return false;
  }
  const auto started = parse_timestamp(entry.started);
  if (!started || started->kind != TimestampText::Kind::iso_8601) {
    return unexpected(InputError{
        {}, "startedDateTime", entry.started.substr(0, 256), "write an ISO 8601 time, as in 2026-01-20T21:10:00.125Z"});
  }
  Timestamp asked_at =
      Timestamp{started->nanoseconds} + part_of(entry.blocked) + part_of(entry.dns) + part_of(entry.connect);
  const bool timed = entry.send >= 0 || entry.wait >= 0 || entry.receive >= 0;
  const Duration waited = timed ? part_of(entry.send) + part_of(entry.wait) : part_of(entry.time);
  if (asked_at.seconds() < 0 || (asked_at + waited + part_of(entry.receive)).seconds() > UINT32_MAX) {
    return unexpected(InputError{{},
                                 "startedDateTime",
                                 entry.started.substr(0, 256),
                                 "write a time between 1970 and 2106, which a capture file can hold"});
  }

  const bool answered = entry.status != 0;
  TableNotes notes = notes_;  // kept when all of the entry is
  if (auto written = write_request(entry, **url, request_text_, notes); !written) return unexpected(written.error());
  if (answered) {
    if (auto written = write_response(entry, response_text_, notes); !written) return unexpected(written.error());
  } else {
    ++notes.unanswered_requests;
  }
  if ((*url)->secure) notes.https_messages += answered ? 2 : 1;
  notes.web_socket_messages += entry.web_socket_messages;

  const Party server = server_of(entry, **url);
  std::string connection = host_ + ':' + std::to_string(server.port->value) + '\0' + entry.connection;
  Lane& lane = lanes_.find(connection, asked_at, notes);
  lane.free_at = answered ? asked_at + waited + part_of(entry.receive) : Timestamp{INT64_MAX};
  const Party client{.name = parser_.browser(), .address = {}, .port = lane.port};

  const std::string number = std::to_string(parser_.number());
  request_id_ = number + " request";
  request_ = Message{.file = name_,
                     .line = parser_.where().line,
                     .id = request_id_,
                     .protocol = "HTTP",
                     .source = client,
                     .destination = server,
                     .transport = Transport::tcp,
                     .source_serves = false,
                     .timestamp = asked_at,
                     .payload = as_bytes(request_text_)};
  response_ = request_;
  response_id_ = number + " response";
  response_.id = response_id_;
  std::swap(response_.source, response_.destination);
  response_.source_serves = true;
  response_.timestamp = asked_at + waited;
  response_.payload = as_bytes(response_text_);
  answered_ = answered;
  notes_ = std::move(notes);
  return true;
}

}  // namespace

Result<std::unique_ptr<MessageSource>, Failure> open_har(std::string name, std::unique_ptr<ByteSource> source) {
  auto reader = std::make_unique<HarReader>(std::move(name), std::move(source));
  if (auto read = reader->read_head(); !read) return unexpected(std::move(read.error()));
  return reader;
}

}  // namespace encap

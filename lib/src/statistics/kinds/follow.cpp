#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <unordered_set>

#include "base/base64.h"
#include "encap/dissect/field_table.h"
#include "encap/wire/ip_address.h"
#include "statistics/ends.h"
#include "statistics/http_parts.h"
#include "statistics/kind.h"
#include "statistics/spool.h"
#include "statistics/tcp_follower.h"
#include "statistics/tcp_items.h"

// Source: tshark's -z follow. What follows `sent` is ours.

namespace encap {
namespace {

enum class Subject : std::uint8_t { tcp, udp, http };
constexpr std::string_view subject_names[] = {"tcp", "udp", "http"};

enum class Mode : std::uint8_t { ascii, hex, raw, yaml };
constexpr std::string_view mode_names[] = {"ascii", "hex", "raw", "yaml"};

struct Asked {
  Subject subject{};
  Mode mode{};
  bool sent = false;  // as it was sent, not as it was received
  std::uint64_t first = 1;
  std::uint64_t last = UINT64_MAX;
  bool by_stream = false;
  std::uint32_t stream = 0;
  PacketFilter filter;  // its text is shown in any case
};

// One payload as it lies in the spool, its octets behind it.
struct Chunk {
  std::uint64_t frame = 0;
  std::int64_t time = 0;  // nanoseconds since 1970
  std::uint32_t size = 0;
  // Of what was sent:
  std::uint32_t sequence = 0;  // relative
  TcpFollower::Taken taken{};
  bool back = false;  // from node 1
};

std::string number_text(std::int64_t nanoseconds) {
  const Timestamp time{nanoseconds};
  return fmt::format("{:.9f}", static_cast<double>(time.seconds()) + static_cast<double>(time.subsecond()) / 1e9);
}

// --- what is printed -------------------------------------------------------------------------------------------------

struct Place {
  bool back;
  std::uint64_t offset;  // octets of this direction before
};

constexpr char small_digits[] = "0123456789abcdef";

constexpr bool is_printable(char c) noexcept { return c >= ' ' && c <= '~'; }

void append_ascii(std::string& out, Bytes octets, Place /*unused*/) {
  const std::string_view text = as_text(octets);
  const std::size_t at = out.size();
  out.resize(at + text.size());
  std::transform(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at),
                 [](char c) { return is_printable(c) || c == '\r' || c == '\n' ? c : '.'; });
  out += '\n';
}

void append_hex(std::string& out, Bytes octets, Place place) {
  constexpr std::size_t line_octets = 16;
  constexpr std::size_t group = 8;
  constexpr std::size_t text_at = 3 * line_octets + 2;
  for (std::size_t at = 0; at < octets.size(); at += line_octets) {
    const Bytes line = octets.subspan(at, std::min(line_octets, octets.size() - at));
    if (place.back) out += '\t';
    fmt::format_to(std::back_inserter(out), "{:08X}  ", place.offset + at);
    char shown[text_at + line_octets + 1];
    std::fill(std::begin(shown), std::end(shown), ' ');
    char* hex = shown;
    char* text = shown + text_at;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto octet = std::to_integer<unsigned char>(line[i]);
      hex[0] = small_digits[octet >> 4];
      hex[1] = small_digits[octet & 15];
      hex += i + 1 == group ? 4 : 3;
      *text++ = is_printable(static_cast<char>(octet)) ? static_cast<char>(octet) : '.';
      if (i + 1 == group) *text++ = ' ';
    }
    if (text[-1] == ' ') --text;  // one of them, as tshark
    out.append(shown, text);
    out += '\n';
  }
}

void append_raw(std::string& out, Bytes octets, Place place) {
  if (place.back) out += '\t';
  for (const std::byte octet : octets) {
    out += small_digits[std::to_integer<unsigned>(octet) >> 4];
    out += small_digits[std::to_integer<unsigned>(octet) & 15];
  }
  out += '\n';
}

void append_yaml_data(std::string& out, Bytes octets) {
  constexpr std::size_t line_octets = 57;  // 76 characters
  for (std::size_t at = 0; at < octets.size(); at += line_octets) {
    out += "      ";
    append_base64(out, octets.subspan(at, std::min(line_octets, octets.size() - at)));
    out += '\n';
  }
}

constexpr std::string_view line = "===================================================================\n";

// --- the statistic ---------------------------------------------------------------------------------------------------

/// Memory: that of the spool, of the follower, of the largest payload, and `hidden_limit` frame numbers.
class Follow final : public Statistic {
 public:
  explicit Follow(Asked asked)
      : asked_{std::move(asked)},
        transport_{find_field(asked_.subject == Subject::udp ? "udp" : "tcp")->field},
        follower_{[this](bool back, const TcpFollower::Chunk& chunk) {
                    if (!asked_.sent) keep(back, chunk.frame, chunk.missing ? Timestamp{} : chunk.time, chunk.octets);
                  },
                  [this](std::uint64_t frame) {
                    if (asked_.sent && hidden_.size() < hidden_limit) hidden_.insert(frame);
                  }} {}

  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }

  void take(const Dissection& dissection) override {
    const LayerEnds* ends = nullptr;
    for (const LayerEnds& candidate : dissection.facts.ends) {
      if (candidate.layer == transport_) ends = &candidate;
    }
    if (ends == nullptr || !is_wanted(dissection, *ends)) return;
    if (asked_.subject == Subject::tcp) {
      take_segment(dissection, *ends);
    } else if (asked_.subject == Subject::udp) {
      take_datagram(dissection, *ends);
    } else {
      for_each_http_parts(dissection, [&](const HttpParts& parts) {
        keep(is_back(*ends), dissection.frame_number, dissection.record->timestamp, parts.head);
        if (parts.has_body) keep(is_back(*ends), dissection.frame_number, dissection.record->timestamp, parts.body);
      });
    }
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    append_start(out);
    const Marks marks{*this};
    for_each_chunk([&](const Chunk& chunk, Bytes octets, Place place) {
      append_chunk(out, chunk, octets, place, marks);
      if (row_added) row_added();
    });
    if (asked_.mode != Mode::yaml) out += line;
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    std::vector<std::string> names{"frame", "node", "time", "offset", "length", "data"};
    if (asked_.sent) names.insert(names.end() - 1, {"sequence", "mark"});
    return names;
  }
  void each_row(const RowVisitor& visit) const override {
    const Marks marks{*this};
    std::vector<StatisticValue> row;
    for_each_chunk([&](const Chunk& chunk, Bytes octets, Place place) {
      row.assign(
          {chunk.frame, std::uint64_t{chunk.back}, time_text(chunk.time), place.offset, std::uint64_t{octets.size()}});
      if (asked_.sent) {
        row.emplace_back(std::uint64_t{chunk.sequence});
        row.emplace_back(marks.text(chunk));
      }
      std::string data;
      append_base64(data, octets);
      row.emplace_back(std::move(data));
      visit(row);
    });
  }
  [[nodiscard]] std::optional<IoError> failure() const override { return error_; }

 private:
  static constexpr std::size_t hidden_limit = std::size_t{1} << 20;

  // Says of what was sent how much of it was not followed.
  class Marks {
   public:
    explicit Marks(const Follow& follow) : hidden_{follow.hidden_} {
      follow.follower_.for_each_waiting([this](std::uint64_t frame) { waiting_.insert(frame); });
    }
    [[nodiscard]] std::string text(const Chunk& chunk) const {
      using Fate = TcpFollower::Fate;
      switch (chunk.taken.fate) {
        case Fate::in_order:
          return {};
        case Fate::partly:
          return fmt::format("sequence numbers of {} of {} bytes used before", chunk.taken.repeated, chunk.size);
        case Fate::repeated:
          return "sequence numbers used before: not in the stream";
        case Fate::waits:
          if (waiting_.contains(chunk.frame)) return "behind a gap: not in the stream";
          return hidden_.contains(chunk.frame) ? "out of order, sequence numbers used before: not in the stream"
                                               : "out of order";
      }
      return {};
    }

   private:
    const std::unordered_set<std::uint64_t>& hidden_;
    std::unordered_set<std::uint64_t> waiting_;
  };

  static std::string time_text(std::int64_t nanoseconds) {
    const Timestamp time{nanoseconds};
    return fmt::format("{}.{:09}", time.seconds(), time.subsecond());
  }

  [[nodiscard]] bool is_wanted(const Dissection& dissection, const LayerEnds& ends) const {
    if (!asked_.by_stream) return asked_.filter(dissection);
    if (asked_.subject != Subject::udp) return ends.stream == asked_.stream;
    const auto found = std::find_if(dissection.items.begin(), dissection.items.end(), [](const Item& item) {
      return item.field != nullptr && item.field->name == "udp.stream";
    });
    return found != dissection.items.end() && found->number == asked_.stream;
  }

  // Whether the packet comes from node 1. The first one's ends are the nodes.
  [[nodiscard]] bool is_back(const LayerEnds& ends) {
    if (ends_.source_port == 0) ends_ = ends;  // as tshark tells that it has none yet
    return ends.source != ends_.source || ends.source_port != ends_.source_port;
  }

  void keep(bool back, std::uint64_t frame, Timestamp time, Bytes octets) {
    keep({.frame = frame, .time = time.nanoseconds, .back = back}, octets);
  }
  void keep(Chunk chunk, Bytes octets) {
    chunk.size = static_cast<std::uint32_t>(octets.size());
    std::array<std::byte, sizeof chunk> words;
    std::memcpy(words.data(), &chunk, sizeof chunk);
    for (const Bytes part : {Bytes{words}, octets}) {
      if (auto kept = spool_.append(part); !kept) error_ = std::move(kept.error());
    }
  }

  void take_segment(const Dissection& dissection, const LayerEnds& ends) {
    const std::optional<TcpItems> tcp = tcp_items(dissection);
    if (!tcp || !tcp->has_length) return;  // a fragment alone
    FollowedSegment segment;
    segment.frame = dissection.frame_number;
    segment.time = dissection.record->timestamp;
    segment.sequence_number = tcp->sequence_number;
    segment.acknowledgment_number = tcp->acknowledgment_number;
    segment.syn = (tcp->flags & 0x002) != 0;
    segment.length = tcp->length;
    segment.octets = tcp->payload;
    const bool back = is_back(ends);
    const TcpFollower::Taken taken = follower_.take(back, segment);
    if (!asked_.sent || segment.octets.empty()) return;
    keep({.frame = segment.frame,
          .time = segment.time.nanoseconds,
          .sequence = segment.sequence_number,
          .taken = taken,
          .back = back},
         segment.octets);
  }

  void take_datagram(const Dissection& dissection, const LayerEnds& ends) {
    for_each_layer(dissection, "udp", [&](ItemId layer) {
      std::uint64_t length = 0;
      for (ItemId id = dissection.at(layer).first_child; id != ItemId::none; id = dissection.at(id).next) {
        const Item& item = dissection.at(id);
        if (item.field == nullptr) continue;
        if (item.field->name == "udp.length") length = item.number;
        if (item.field->name != "udp.payload") continue;
        constexpr std::uint64_t header = 8;
        Bytes octets = item.octets();
        if (length >= header) octets = octets.first(std::min<std::size_t>(octets.size(), length - header));
        if (!octets.empty()) keep(is_back(ends), dissection.frame_number, dissection.record->timestamp, octets);
      }
    });
  }

  // Calls `visit(chunk, octets, place)` for those that are in the range.
  template <class Visit>
  void for_each_chunk(Visit visit) const {
    Spool::Reader reader{spool_};
    std::vector<std::byte> octets;
    std::array<std::uint64_t, 2> offsets{};
    const auto read = [&](MutableBytes into) {
      auto done = reader.read(into);
      if (!done) error_ = std::move(done.error());
      return done.has_value();
    };
    for (std::uint64_t number = 1; number <= asked_.last && !reader.at_end(); ++number) {
      Chunk chunk;
      std::array<std::byte, sizeof chunk> words;
      if (!read(words)) return;
      std::memcpy(&chunk, words.data(), sizeof chunk);
      octets.resize(chunk.size);
      if (!read(octets)) return;
      std::uint64_t& offset = offsets[chunk.back ? 1 : 0];
      const Place place{chunk.back, offset};
      offset += octets.size();
      if (number >= asked_.first) visit(chunk, Bytes{octets}, place);
    }
  }

  void append_start(std::string& out) const {
    const auto host = [this](const Address& address) {
      return address.kind == Address::Kind::ipv6 && asked_.mode != Mode::yaml ? '[' + address_text(address) + ']'
                                                                              : address_text(address);
    };
    if (asked_.mode == Mode::yaml) {
      out += fmt::format("peers:\n  - peer: 0\n    host: {}\n    port: {}\n  - peer: 1\n    host: {}\n    port: {}\n",
                         host(ends_.source), ends_.source_port, host(ends_.destination), ends_.destination_port);
      out += "packets:\n";
      return;
    }
    out +=
        fmt::format("\n{}Follow: {},{}{}\nFilter: {}\n", line, subject_names[static_cast<std::size_t>(asked_.subject)],
                    mode_names[static_cast<std::size_t>(asked_.mode)], asked_.sent ? ",sent" : "", asked_.filter.text);
    out += fmt::format("Node 0: {}:{}\nNode 1: {}:{}\n", host(ends_.source), ends_.source_port, host(ends_.destination),
                       ends_.destination_port);
  }

  void append_chunk(std::string& out, const Chunk& chunk, Bytes octets, Place place, const Marks& marks) const {
    const std::string mark = asked_.sent ? marks.text(chunk) : std::string{};
    if (asked_.mode == Mode::yaml) {
      out += fmt::format("  - packet: {}\n    peer: {}\n    timestamp: {}\n", chunk.frame, chunk.back ? 1 : 0,
                         number_text(chunk.time));
      if (asked_.sent) out += fmt::format("    sequence: {}\n    mark: \"{}\"\n", chunk.sequence, mark);
      out += "    data: !!binary |\n";
      append_yaml_data(out, octets);
      return;
    }
    if (asked_.mode == Mode::ascii || asked_.sent) {
      out += fmt::format("{}{}", place.back ? "\t" : "", octets.size());
      if (asked_.sent) out += fmt::format("  frame {}, seq {}", chunk.frame, chunk.sequence);
      if (!mark.empty()) out += fmt::format("  [{}]", mark);
      out += '\n';
    }
    using Append = void (*)(std::string&, Bytes, Place);
    static constexpr Append append[] = {append_ascii, append_hex, append_raw};
    append[static_cast<std::size_t>(asked_.mode)](out, octets, place);
  }

  Asked asked_;
  const Field* transport_;
  LayerEnds ends_;  // of the first packet
  Spool spool_;
  mutable std::optional<IoError> error_;      // of the spool
  std::unordered_set<std::uint64_t> hidden_;  // frames, once more out of order, so that it came out late
  TcpFollower follower_;
};

// --- the arguments ---------------------------------------------------------------------------------------------------

std::string_view next_part(std::string_view& text) noexcept {
  const std::string_view part = text.substr(0, text.find(','));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

template <class Number>
std::optional<Number> read_number(std::string_view text) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

struct End {
  IpAddress address;
  std::uint16_t port;
};

// `192.0.2.1:80` or `[2001:db8::1]:80`.
std::optional<End> read_end(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = read_number<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  if (!address || !port || bracketed != (address->family() == IpAddress::Family::ipv6)) return std::nullopt;
  return End{*address, *port};
}

// Packets between the two, either way.
std::string filter_text(const End& a, const End& b, Subject subject) {
  const std::string_view ip = a.address.family() == IpAddress::Family::ipv6 ? "ipv6" : "ip";
  const std::string_view transport = subject == Subject::udp ? "udp" : "tcp";
  const auto one_way = [&](const End& from, const End& to) {
    return fmt::format("(({0}.src eq {2} and {1}.srcport eq {3}) and ({0}.dst eq {4} and {1}.dstport eq {5}))", ip,
                       transport, to_string(from.address), from.port, to_string(to.address), to.port);
  };
  return one_way(a, b) + " or " + one_way(b, a);
}

std::optional<std::string> read_range(std::string_view text, Asked& asked) {
  const std::size_t dash = text.find('-');
  const auto first = read_number<std::uint64_t>(text.substr(0, dash));
  const auto last = dash == text.npos ? first : read_number<std::uint64_t>(text.substr(dash + 1));
  if (!first || !last || *first == 0 || *last < *first) return "write a range as in 2-5, or one number from 1";
  asked.first = *first;
  asked.last = *last;
  return std::nullopt;
}

MadeStatistic make(const StatisticArguments& arguments, Subject subject) {
  std::string_view text = arguments.text;
  Asked asked;
  asked.subject = subject;
  const auto* const mode = std::find(std::begin(mode_names), std::end(mode_names), next_part(text));
  if (mode == std::end(mode_names)) {
    return unexpected(fmt::format("write one of {} behind {}", fmt::join(mode_names, ", "),
                                  subject_names[static_cast<std::size_t>(subject)]));
  }
  asked.mode = static_cast<Mode>(mode - std::begin(mode_names));

  const std::string_view which = next_part(text);
  if (const auto stream = read_number<std::uint32_t>(which)) {
    asked.by_stream = true;
    asked.stream = *stream;
    asked.filter.text = fmt::format("{}.stream eq {}", subject == Subject::udp ? "udp" : "tcp", *stream);
  } else {
    const auto from = read_end(which);
    const auto to = read_end(next_part(text));
    if (!from || !to || from->address.family() != to->address.family()) {
      return unexpected(
          std::string{"write the number of a stream, or its ends, as in 192.0.2.1:80,192.0.2.2:1234 or "
                      "[2001:db8::1]:80,[2001:db8::2]:1234"});
    }
    auto filter = arguments.compile(filter_text(*from, *to, subject));
    if (!filter) return unexpected(std::move(filter.error()));
    asked.filter = std::move(*filter);
  }
  while (!text.empty()) {
    const std::string_view part = next_part(text);
    if (part == "sent" && subject == Subject::tcp) {
      asked.sent = true;
    } else if (auto wrong = read_range(part, asked)) {
      return unexpected(std::move(*wrong));
    }
  }
  return std::make_unique<Follow>(std::move(asked));
}

template <Subject subject>
MadeStatistic make_follow(const StatisticArguments& arguments) {
  return make(arguments, subject);
}

constexpr StatisticKind kinds[] = {
    {"follow,http", ",ascii|hex|raw|yaml,STREAM[,RANGE]", "messages of HTTP in one connection, bodies decoded",
     make_follow<Subject::http>},
    {"follow,tcp", ",ascii|hex|raw|yaml,STREAM[,RANGE][,sent]",
     "what one connection carried, each byte once; sent: every payload as it was sent", make_follow<Subject::tcp>},
    {"follow,udp", ",ascii|hex|raw|yaml,STREAM[,RANGE]", "what the datagrams between two ports carried",
     make_follow<Subject::udp>}};

}  // namespace

extern const std::span<const StatisticKind> follow_statistics{kinds};

}  // namespace encap

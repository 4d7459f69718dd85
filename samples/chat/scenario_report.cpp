#include "scenario_report.h"

#include <fmt/format.h>
#include <iterator>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <string_view>

#include "visible_text.h"

namespace chat {
namespace {

using Json = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

std::string frame_list(const std::vector<std::uint64_t>& frames) { return fmt::format("{}", fmt::join(frames, ",")); }

constexpr std::uint32_t small_window = 1024;  // octets; worth a word

/// `ACK 12`, or what it means that there is none.
std::string frame_or_nothing(std::uint64_t frame) {
  return frame == 0 ? "not acknowledged" : fmt::format("ACK {}", frame);
}

/// The first characters of a line, for a table.
std::string shortened(std::string_view text, std::size_t most) {
  std::string shown;
  std::size_t characters = 0;
  for (const char c : visible_text(text)) {
    const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (begins && ++characters > most) return shown + "...";
    shown += c;
  }
  return shown;
}

void append_ends(std::string& out, std::string_view what, const std::vector<ReportedEnd>& ends) {
  for (const ReportedEnd& end : ends) {
    fmt::format_to(std::back_inserter(out), "; {} {} from {}", what, end.frame, end.by_client ? "client" : "server");
    if (what == "FIN") out += " (" + frame_or_nothing(end.acknowledged_by) + ")";
  }
}

void string(Json& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void member(Json& json, std::string_view name, std::string_view text) {
  string(json, name);
  string(json, text);
}
void member(Json& json, std::string_view name, std::uint64_t number) {
  string(json, name);
  json.Uint64(number);
}
void member(Json& json, std::string_view name, bool value) {
  string(json, name);
  json.Bool(value);
}
void member(Json& json, std::string_view name, encap::Duration time) {
  string(json, name);
  json.Double(std::chrono::duration<double>(time).count());
}
/// A frame, or null.
void frame_member(Json& json, std::string_view name, std::uint64_t frame) {
  string(json, name);
  frame == 0 ? json.Null() : json.Uint64(frame);
}
template <class Frames>
void frames_member(Json& json, std::string_view name, const Frames& frames) {
  string(json, name);
  json.StartArray();
  for (const std::uint64_t frame : frames) json.Uint64(frame);
  json.EndArray();
}

void ends_member(Json& json, std::string_view name, const std::vector<ReportedEnd>& ends, bool are_acknowledged) {
  string(json, name);
  json.StartArray();
  for (const ReportedEnd& end : ends) {
    json.StartObject();
    member(json, "frame", end.frame);
    member(json, "from", std::string_view{end.by_client ? "client" : "server"});
    if (are_acknowledged) frame_member(json, "acknowledged_by", end.acknowledged_by);
    json.EndObject();
  }
  json.EndArray();
}

void way_member(Json& json, std::string_view name, const ReportedConnection::Way& way) {
  string(json, name);
  json.StartObject();
  member(json, "frames", way.frames);
  member(json, "octets", way.octets);
  json.EndObject();
}

void append_connection(Json& json, const ReportedConnection& connection) {
  json.StartObject();
  member(json, "client", connection.client);
  member(json, "address", connection.address);
  member(json, "server", connection.server);
  member(json, "stream", std::uint64_t{connection.stream});
  string(json, "handshake");
  json.StartObject();
  frame_member(json, "syn", connection.handshake[0]);
  frame_member(json, "syn_ack", connection.handshake[1]);
  frame_member(json, "ack", connection.handshake[2]);
  json.EndObject();
  ends_member(json, "fins", connection.fins, true);
  ends_member(json, "resets", connection.resets, false);
  way_member(json, "to_server", connection.to_server);
  way_member(json, "to_client", connection.to_client);
  member(json, "least_window", std::uint64_t{connection.least_window});
  member(json, "start", connection.start);
  member(json, "duration", connection.duration);
  json.EndObject();
}

/// A cell of RFC 4180.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string port_of(std::string_view address) { return std::string{address.substr(address.rfind(':') + 1)}; }

}  // namespace

std::vector<std::string> frame_comments(const Report& report, std::size_t packets) {
  std::vector<std::string> comments(packets);
  const auto add = [&comments](std::uint64_t frame, const std::string& text) {
    if (frame == 0 || frame > comments.size()) return;
    std::string& comment = comments[frame - 1];
    comment += (comment.empty() ? "" : "; ") + text;
  };
  for (const ReportedConnection& connection : report.connections) {
    constexpr std::array<std::string_view, 3> names{"SYN", "SYN-ACK", "ACK"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      add(connection.handshake[i], fmt::format("handshake of {}: {}", connection.client, names[i]));
    }
    for (const ReportedEnd& end : connection.fins) {
      add(end.frame,
          fmt::format("{} of {}'s connection ends it", end.by_client ? "client" : "server", connection.client));
    }
    for (const ReportedEnd& end : connection.resets) {
      add(end.frame,
          fmt::format("{} of {}'s connection resets it", end.by_client ? "client" : "server", connection.client));
    }
  }
  for (std::size_t i = 0; i < report.lines.size(); ++i) {
    const ReportedLine& line = report.lines[i];
    const std::string& client = report.connections[line.connection].client;
    for (const std::uint64_t frame : line.again) add(frame, fmt::format("line {} again", i + 1));
    for (const std::uint64_t frame : line.frames) {
      add(frame,
          fmt::format("line {}, {} {}: {}", i + 1, line.from_client ? "from" : "to", client, shortened(line.text, 60)));
    }
  }
  return comments;
}

void append_text(std::string& out, const Report& report) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{} frames in {} connections with the server, {}\n\n", report.frames, report.connections.size(),
                 report.server);
  for (const ReportedConnection& connection : report.connections) {
    const auto& [syn, syn_ack, ack] = connection.handshake;
    fmt::format_to(to, "{}: {}, tcp.stream {}\n", connection.client, connection.address, connection.stream);
    fmt::format_to(to, "  SYN {}, SYN-ACK {}, ACK {}", syn, syn_ack, ack);
    append_ends(out, "FIN", connection.fins);
    append_ends(out, "RST", connection.resets);
    fmt::format_to(to, "\n  {} frames of {} octets to the server, {} of {} to the client\n",
                   connection.to_server.frames, connection.to_server.octets, connection.to_client.frames,
                   connection.to_client.octets);
    if (connection.least_window < small_window) {
      fmt::format_to(to, "  the client's window shrinks to {} octets: it does not read\n", connection.least_window);
    }
  }
  fmt::format_to(to, "\n{:>4}  {:<14} {:<4} {:>6}  {}\n", "Line", "Data in frame", "PSH", "ACK in",
                 "Between, and what was said");
  for (std::size_t i = 0; i < report.lines.size(); ++i) {
    const ReportedLine& line = report.lines[i];
    const std::string& client = report.connections[line.connection].client;
    std::string frames = frame_list(line.frames);
    if (!line.has_own_frames) frames += " *";
    if (!line.again.empty()) frames += " again " + frame_list(line.again);
    fmt::format_to(to, "{:>4}  {:<14} {:<4} {:>6}  {} {} server: {}\n", i + 1, frames, line.pushed ? "yes" : "no",
                   line.acknowledged_by == 0 ? "none" : std::to_string(line.acknowledged_by), client,
                   line.from_client ? "->" : "<-", shortened(line.text, 72));
  }
  out += "\n*: a segment with octets of several lines\n";
  for (const std::string& problem : report.problems) fmt::format_to(to, "not tied: {}\n", visible_text(problem));
  fmt::format_to(to, "{}: {} lines were sent, {} received, {} found in the capture\n",
                 report.problems.empty() ? "every line is tied to its frames" : "not every line is tied to its frames",
                 report.said, report.heard, report.lines.size());
}

void append_json(std::string& out, const Report& report) {
  rapidjson::StringBuffer buffer;
  Json json{buffer};
  json.SetIndent(' ', 1);
  json.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  json.StartObject();
  member(json, "tied", report.problems.empty());
  string(json, "problems");
  json.StartArray();
  for (const std::string& problem : report.problems) string(json, problem);
  json.EndArray();
  member(json, "server", report.server);
  member(json, "frames", report.frames);
  string(json, "connections");
  json.StartArray();
  for (const ReportedConnection& connection : report.connections) append_connection(json, connection);
  json.EndArray();
  string(json, "lines");
  json.StartArray();
  for (std::size_t i = 0; i < report.lines.size(); ++i) {
    const ReportedLine& line = report.lines[i];
    json.StartObject();
    member(json, "line", std::uint64_t{i + 1});
    member(json, "client", report.connections[line.connection].client);
    member(json, "stream", std::uint64_t{report.connections[line.connection].stream});
    member(json, "from", std::string_view{line.from_client ? "client" : "server"});
    member(json, "text", line.text);
    frames_member(json, "frames", line.frames);
    frames_member(json, "again", line.again);
    member(json, "psh", line.pushed);
    frame_member(json, "acknowledged_by", line.acknowledged_by);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

void append_table(std::string& out, const Report& report) {
  std::vector<std::size_t> last(report.connections.size(), report.lines.size());
  for (std::size_t i = 0; i < report.lines.size(); ++i) last[report.lines[i].connection] = i;
  out += "msg_id,app_protocol,src_app,dst_app,src_ip,dst_ip,src_port,dst_port,timestamp,fault,message\n";
  for (std::size_t i = 0; i < report.lines.size(); ++i) {
    const ReportedLine& line = report.lines[i];
    const ReportedConnection& connection = report.connections[line.connection];
    const bool resets = last[line.connection] == i && !connection.resets.empty();
    const std::string client_port = port_of(connection.address);
    const std::string server_port = port_of(connection.server);
    const bool from_client = line.from_client;
    fmt::format_to(std::back_inserter(out), "{},CHAT,{},{},127.0.0.1,127.0.0.1,{},{},{}.{:06},{},", i + 1,
                   from_client ? connection.client : "server", from_client ? "server" : connection.client,
                   from_client ? client_port : server_port, from_client ? server_port : client_port,
                   line.time.seconds(), line.time.subsecond() / 1000, resets ? "rst" : "");
    append_quoted(out, line.text + '\n');
    out += '\n';
  }
}

}  // namespace chat

#include <algorithm>
#include <fmt/format.h>

#include "statistics/advice/connection.h"
#include "statistics/advice/taken_ports.h"

namespace encap::advice {
namespace {

// --- why a connection is reset -------------------------------------------------------------------------------------

constexpr Finding nobody_listens{
    "rst.nobody-listens", Severity::warning, "a connection was refused: nobody listens on the port",
    "The SYN is answered by RST, ACK. The host is there, but no program has that port open. (A firewall that rejects "
    "connections answers in the same way.) The program that connects is told \"connection refused\".",
    "Start the server before the client, and check address and port: ss -tlnp (Linux) or netstat -ano (Windows) lists "
    "who listens. A server bound to 127.0.0.1 does not hear other hosts."};

constexpr Finding no_connection{
    "rst.no-connection", Severity::warning, "segments are answered by RST: the host knows no such connection",
    "Segments came to the port without a handshake (SYN, SYN-ACK, ACK) before them. Nobody listens on the port, or a "
    "program listens and has no connection with this sender; either way the kernel of the receiving host answers each "
    "segment with RST, and no program ever gets the message. This is what happens when a raw socket (scapy, a "
    "notebook) sends crafted segments: the kernel does not know of them.",
    "The messages are in the capture all the same: read them in the sender's segments. To have no RSTs, send to an "
    "address where no host answers, drop them (iptables -A OUTPUT -p tcp --tcp-flags RST RST -j DROP), or use a real "
    "socket, whose kernel makes the handshake. encapsulate --mode session writes the capture that real sockets would "
    "have made."};

constexpr Finding own_kernel{
    "rst.own-kernel", Severity::warning, "a host resets the connection that it just asked for",
    "The SYN is answered by SYN-ACK, and at once the first host sends RST: its kernel knows of no such connection. The "
    "SYN came from a raw socket (scapy, a port scanner), of which the kernel was not told; or the program closed its "
    "socket before the answer came.",
    "With a raw socket keep the kernel from answering: iptables -A OUTPUT -p tcp --tcp-flags RST RST --dport PORT -j "
    "DROP, or use an address that is not the host's own. Else use an ordinary socket and connect()."};

constexpr Finding aborted{
    "rst.aborted", Severity::chat, "a connection ended with RST, not with FIN",
    "One side dropped the connection at once: its program closed the socket while data was unread or still coming, "
    "asked for it (SO_LINGER 0), or died; some clients and servers close in this way to be quick, and firewalls do it "
    "to idle connections. Data that was on its way may be lost.",
    "Where data is missing, read until the other side closes (recv returns 0) before closing. Where nothing is "
    "missing, there is nothing to do."};

// --- why messages do not show --------------------------------------------------------------------------------------

constexpr Finding same_sequence{
    "tcp.same-sequence-number", Severity::error, "messages are hidden: segments start at the same sequence number",
    "A sequence number says where in the stream of octets a segment belongs. Each of these segments says the same "
    "place, with another message in it. So Wireshark takes all but the first for retransmissions of it, and Follow TCP "
    "Stream shows the first message, and of the others at most the ends by which they are longer. A receiver would do "
    "the same: it would take the first message and drop the others.",
    "Count sequence numbers on: the next segment starts at the last one's number plus the octets it carried. "
    "encapsulate --mode session does that for you. To see what is in this capture, look at each segment's own "
    "payload: dissect -q -z follow,tcp,ascii,N,sent, or the column tcp.payload in Wireshark."};

constexpr Finding overlap{
    "tcp.overlap-differs", Severity::warning, "segments overlap and say different things",
    "These segments start within the octets of the segment before, and have other octets there. The sequence numbers "
    "count too little (by one a message, say), or somebody sends two versions of the same place on purpose, to get "
    "past a firewall. Which version counts, each receiver decides for itself; Wireshark shows the first.",
    "Count sequence numbers on by the octets of payload that were sent, and by one for SYN and FIN. encapsulate --mode "
    "session does that for you."};

constexpr Finding no_empty_line{
    "http.no-empty-line", Severity::warning, "no HTTP shows: the empty line is missing",
    "These segments start like HTTP messages, but no empty line (CR LF CR LF) ever ends their header. By RFC 9112 a "
    "message is whole only with it, even one without field lines, so Wireshark waits for more, shows TCP segments, and "
    "says nothing of HTTP. (Where the capture ended "
    "at that moment, the line may have come later.)",
    "End each line with \\r\\n, and the header with one more \\r\\n: \"GET / HTTP/1.1\\r\\nHost: "
    "example.com\\r\\n\\r\\n\". "
    "encapsulate does that for you with --payload complete, which is its default."};

constexpr Finding no_version{
    "http.no-version", Severity::warning, "no HTTP shows: the start line has no version",
    "These requests have their empty line, but the start line ends behind the target, as in HTTP/0.9 of 1991. On a "
    "port that is not one of HTTP's, Wireshark knows HTTP by the version at the end of the line, so it shows data.",
    "Write the version: \"GET / HTTP/1.1\". encapsulate does that for you with --payload complete, which is its "
    "default."};

constexpr Finding short_body{
    "http.content-length", Severity::warning, "no HTTP shows: the body is shorter than Content-Length says",
    "The header promises more octets of body than the sender sent before it closed the connection or began another "
    "message. A reader waits for the rest, and so does Wireshark: it shows TCP segments of a message that never "
    "becomes "
    "whole. Either the number was counted wrongly (characters for octets, line ends of one octet), or the sender gave "
    "up in the middle.",
    "Count the octets behind the empty line, as they are sent: in UTF-8 a letter may take several. encapsulate "
    "corrects "
    "the number with --payload complete, which is its default."};

constexpr Finding unusual_port{
    "http.unusual-port", Severity::note, "HTTP on a port that Wireshark gives to another protocol",
    "The payload is whole HTTP, but the port belongs to another protocol, by whose rules Wireshark reads it first. So "
    "it shows that protocol, malformed often, or nothing above TCP. (dissect may show HTTP where it does not know the "
    "other protocol.)",
    "In Wireshark: Analyze, Decode As..., and HTTP for this port; tshark -d tcp.port==PORT,http. Or serve HTTP on 80, "
    "8080 or any port that nobody else has, such as 8000 or 12345."};

// --- what the capture does not hold ----------------------------------------------------------------------------------

constexpr Finding one_direction{
    "tcp.one-direction", Severity::warning, "half of the conversation is missing",
    "Only one side's packets are in the capture, though that side acknowledges what the other one sends. The way back "
    "takes another route, or passes another interface, or the capture filter keeps one direction (src host ..., dst "
    "port ...). Wireshark can tell neither round trips nor what was lost.",
    "Capture where both directions pass, on the host itself at best, with a filter without src and dst: \"host ... and "
    "port ...\"."};

constexpr Finding mid_stream{
    "tcp.mid-stream", Severity::note, "the capture starts in the middle of connections",
    "No SYN of these connections is in the capture: they were open before it began, or their segments were crafted "
    "without a handshake. The handshake says where sequence numbers start and how windows are scaled, so relative "
    "numbers count from the first packet seen, and window sizes are shown too small.",
    "Start the capture first, then the program. For a connection that stays open, restart one of the programs."};

constexpr Finding unanswered{
    "tcp.syn-unanswered", Severity::warning, "a connection attempt was never answered",
    "SYNs went out, and neither SYN-ACK nor RST came back. A firewall drops them without a word, the host is down or "
    "does not exist, or the answers take another way than the capture. The program that connects waits for a minute "
    "or two and is told \"timed out\".",
    "Check whether the host is there (ping, arp -n), and the firewalls on it and on the way for this port."};

constexpr Finding missed{
    "capture.missed-packets", Severity::note, "the capture missed packets",
    "A host acknowledged octets that are not in the capture: the packets arrived, so the network did not lose them, "
    "the capture did. The capturing computer was too slow, or the packets took another interface. (Crafted segments "
    "with acknowledgment numbers that were made up look the same.)",
    "Capture to a file with a filter and a larger buffer (tcpdump -B 65536 -w FILE), and read it afterwards. tcpdump "
    "says at its end how many packets the kernel dropped."};

// --- what is slow ----------------------------------------------------------------------------------------------------

constexpr Finding lost{
    "tcp.retransmissions", Severity::note, "segments were sent again",
    "Octets come again with sequence numbers that were sent before: the sender got no acknowledgment in time. Where "
    "the capture has the first copy, it was lost between here and the receiver, or its acknowledgment was, or that "
    "came late. Where the first copy is missing, it was lost before it came here. Copies made by the capture itself "
    "are not among these: they are duplicate.capture.",
    "A few are part of TCP. Many: look for the link that drops (wireless, a full link, a duplex mismatch), by "
    "capturing "
    "at both ends."};

constexpr Finding zero_window{
    "tcp.zero-window", Severity::warning, "a receiver is too slow: its window closed",
    "A host advertised a window of 0: its receive buffer is full, since its program reads more slowly than data comes. "
    "The sender has to wait. The network is not at fault.",
    "Look at the program on the host that closed its window: what keeps it from reading (a slow disk, a debugger, a "
    "lock, one thread for everything)? A larger receive buffer only helps against short pauses."};

// --- the rules -------------------------------------------------------------------------------------------------------

struct Place {
  const Connection& connection;
  const Capture& capture;
  const Finding& finding;
  Report& report;

  void add(unsigned from, const Frames& frames, std::string proof, std::string_view filter = {}) const {
    std::string shown = fmt::format("tcp.stream == {}", connection.stream);
    if (!filter.empty()) shown += fmt::format(" && {}", filter);
    report.add({&finding, connection.text(from), connection.stream, frames, std::move(proof), std::move(shown)});
  }
};

bool crafted(const Connection& c) {
  return !c.strange.empty() || !c.sides[0].all_hidden().frames.empty() || !c.sides[1].all_hidden().frames.empty();
}

void find_nobody_listens(const Place& at) {
  const Connection& c = at.connection;
  if (c.refused.empty()) return;
  const ConnectionSide& client = c.sides[1 - c.answering];
  at.add(1 - c.answering, c.refused,
         fmt::format("SYN with sequence number {} in {}, answered by RST, ACK with acknowledgment number {} in {}.",
                     client.syn_sequence, client.syns.text(), client.syn_sequence + 1, c.refused.text()));
}

void find_no_connection(const Place& at) {
  const Connection& c = at.connection;
  const ConnectionSide& sender = c.sides[1 - c.answering];
  if (c.strange.empty() || c.sides[c.answering].packets != c.sides[c.answering].resets || sender.data_segments == 0)
    return;
  at.add(
      1 - c.answering, c.strange,
      fmt::format("no SYN in the capture; port {} sent nothing but {}, {} of them with the very number that the "
                  "segment before acknowledges; {} with data went to it. The first is frame {}, answered by frame "
                  "{}. RST in {}.",
                  c.sides[c.answering].port, count_text(c.sides[c.answering].resets, "RST"), c.strange.count(),
                  count_text(sender.data_segments, "segment"), c.strange_answered, c.strange.front(), c.strange.text()),
      "tcp.flags.reset == 1");
}

void find_own_kernel(const Place& at) {
  const Connection& c = at.connection;
  if (c.own_kernel.empty()) return;
  const ConnectionSide& client = c.sides[c.answering];
  at.add(c.answering, c.own_kernel,
         fmt::format("SYN in {}, SYN-ACK from port {} in frame {}, RST from the side of the SYN in {}.",
                     client.syns.text(), c.sides[1 - c.answering].port, c.sides[1 - c.answering].last_frame,
                     c.own_kernel.text()));
}

void find_aborted(const Place& at) {
  const Connection& c = at.connection;
  if (c.aborted.empty() || crafted(c) || !c.refused.empty() || !c.own_kernel.empty()) return;
  at.add(c.answering, c.aborted,
         fmt::format("{} ended it with RST in {}, without a FIN of its own.",
                     end_text(c.sides[c.answering].address, c.sides[c.answering].port), c.aborted.text()));
}

void find_same_sequence(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = at.connection.sides[from];
    const ConnectionSide::Hidden hidden = side.all_hidden();
    if (hidden.frames.empty()) continue;
    const std::uint64_t count = hidden.frames.count();
    at.add(from, hidden.frames,
           fmt::format("{} of the {} with data {} hidden: {} where an earlier one with other octets starts, the "
                       "first at sequence number {} (raw), where frame {} does. Hidden: {}.",
                       count, count_text(side.data_segments, "segment"), count == 1 ? "is" : "are",
                       count == 1 ? "it starts" : "they start", hidden.sequence, hidden.behind_frame,
                       hidden.frames.text()),
           fmt::format("tcp.srcport == {} && tcp.len > 0", side.port));
  }
}

void find_overlap(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = at.connection.sides[from];
    if (side.conflicting.empty()) continue;
    at.add(
        from, side.conflicting,
        fmt::format("frame {} starts at sequence number {} (raw), inside frame {}, which starts at {}, and has other "
                    "octets there. Such are {}.",
                    side.conflicting.front(), side.conflict_sequence, side.conflict_frame, side.conflict_other_sequence,
                    side.conflicting.text()));
  }
}

void find_no_empty_line(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = at.connection.sides[from];
    const Frames frames = side.http.unfinished(true);
    if (frames.empty()) continue;
    at.add(from, frames,
           fmt::format("{} like HTTP and never {} the empty line, the first one with \"{}\": {}.",
                       frames.count() == 1 ? "1 message starts" : fmt::format("{} messages start", frames.count()),
                       frames.count() == 1 ? "gets to" : "get to", side.http.unfinished_line(), frames.text()),
           "tcp.len > 0");
  }
}

void find_no_version(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const HttpText& http = at.connection.sides[from].http;
    if (http.without_version().empty()) continue;
    at.add(from, http.without_version(),
           fmt::format("start line \"{}\": {}.", http.without_version_line(), http.without_version().text()));
  }
}

void find_short_body(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const HttpText& http = at.connection.sides[from].http;
    if (http.short_bodies().empty()) continue;
    at.add(from, http.short_bodies(),
           fmt::format("Content-Length says {}, and {} of body came: {}.", http.promised_length(),
                       count_text(http.short_length(), "octet"), http.short_bodies().text()),
           "tcp.len > 0");
  }
}

constexpr std::uint16_t http_ports[] = {80, 631, 1900, 2710, 2869, 3128, 3132, 3689, 5985, 8080, 8088, 11371};

void find_unusual_port(const Place& at) {
  const Connection& c = at.connection;
  Frames frames = c.sides[0].http.whole();
  frames.add(c.sides[1].http.whole());
  if (frames.empty()) return;
  // The lower port is asked first.
  const auto [low, high] = std::minmax(c.sides[0].port, c.sides[1].port);
  for (const std::uint16_t port : {low, high}) {
    if (std::find(std::begin(http_ports), std::end(http_ports), port) != std::end(http_ports)) return;
    const TakenPorts* const taken = find_taken_port(port);
    if (taken == nullptr) continue;
    at.add(0, frames,
           fmt::format("{} with HTTP between ports {} and {}, and port {} is {}: {}.",
                       count_text(frames.count(), "message"), c.sides[0].port, c.sides[1].port, port,
                       taken->protocol.empty() ? "another protocol's" : fmt::format("read as {}", taken->protocol),
                       frames.text()));
    return;
  }
}

void find_one_direction(const Place& at) {
  const Connection& c = at.connection;
  if (crafted(c)) return;
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = c.sides[from];
    if (c.sides[1 - from].packets != 0 || side.packets < 3) continue;
    // It acknowledged a SYN-ACK, or more than it did at first.
    const bool heard_something = side.ack_moved || (!side.syns.empty() && side.has_ack) || side.sent_syn_ack;
    if (!heard_something) continue;
    Frames frames;
    frames.add(c.first_frame);
    if (c.last_frame != c.first_frame) frames.add(c.last_frame);
    at.add(from, frames,
           fmt::format("{} one way and none the other, from frame {} to frame {}; {}.",
                       count_text(side.packets, "packet"), c.first_frame, c.last_frame,
                       side.sent_syn_ack ? "the SYN-ACK answers a SYN that is not there"
                       : side.ack_moved  ? "the acknowledgment numbers grow, so the other side sent something"
                                         : "the handshake went on, so a SYN-ACK came"));
  }
}

void find_mid_stream(const Place& at) {
  const Connection& c = at.connection;
  if (c.opened() || c.may_be_older || crafted(c) || c.packets < 3 || c.sides[0].packets == 0 || c.sides[1].packets == 0)
    return;
  if (c.sides[0].packets == c.sides[0].resets || c.sides[1].packets == c.sides[1].resets) return;
  Frames frames;
  frames.add(c.first_frame);
  at.add(0, frames,
         fmt::format("{} from frame {} on, and no SYN among them.", count_text(c.packets, "packet"), c.first_frame));
}

void find_unanswered(const Place& at) {
  const Connection& c = at.connection;
  const ConnectionSide& client = c.sides[0];
  if (c.sides[1].packets != 0 || client.syns.empty() || client.packets != client.syns.count()) return;
  constexpr Duration patience = std::chrono::seconds{3};
  const Duration waited = at.capture.last - client.first_syn;
  const bool tried_again = client.last_syn - client.first_syn >= std::chrono::milliseconds{900};
  if (!tried_again && waited < patience) return;
  at.add(
      0, client.syns,
      fmt::format("{}, and nothing from port {} until the end of the capture {} later: {}.",
                  count_text(client.syns.count(), "SYN"), c.sides[1].port, duration_text(waited), client.syns.text()));
}

void find_missed(const Place& at) {
  const Connection& c = at.connection;
  if (crafted(c)) return;
  for (unsigned from : {0u, 1u}) {
    const Frames& frames = c.sides[from].missed;
    if (frames.empty()) continue;
    at.add(from, frames,
           fmt::format("{} acknowledged that the capture does not have, by {}.",
                       frames.count() == 1 ? "octets were once" : fmt::format("octets were {} times", frames.count()),
                       frames.text()),
           "tcp.analysis.ack_lost_segment");
  }
}

void find_lost(const Place& at) {
  const Connection& c = at.connection;
  if (crafted(c)) return;
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = c.sides[from];
    Frames all = side.resent_seen;
    all.add(side.resent_unseen);
    if (all.empty()) continue;
    std::string proof =
        fmt::format("{} of {} with data are sent again", all.count(), count_text(side.data_segments, "segment"));
    if (!side.resent_seen.empty())
      proof +=
          fmt::format("; {} with the first copy in the capture: {}", side.resent_seen.count(), side.resent_seen.text());
    if (!side.resent_unseen.empty())
      proof += fmt::format("; {} without it: {}", side.resent_unseen.count(), side.resent_unseen.text());
    at.add(from, all, proof + '.', "tcp.analysis.retransmission");
  }
}

void find_zero_window(const Place& at) {
  for (unsigned from : {0u, 1u}) {
    const ConnectionSide& side = at.connection.sides[from];
    if (side.zero_windows.empty()) continue;
    std::string proof = fmt::format("{} closed its window {}, in {}", end_text(side.address, side.port),
                                    count_text(side.zero_windows.count(), "time"), side.zero_windows.text());
    if (side.longest_to != 0) {
      proof += fmt::format("; the longest time until it opened again is {} (frame {} to frame {}), {} in all",
                           duration_text(side.longest_closed), side.longest_from, side.longest_to,
                           duration_text(side.closed_in_all));
    }
    if (side.is_closed) proof += fmt::format("; closed in frame {}, it does not open again", side.closed_frame);
    at.add(from, side.zero_windows, proof + '.', "tcp.analysis.flags");
  }
}

struct Rule {
  const Finding* finding;
  void (*find)(const Place& at);
};
constexpr Rule rules[] = {{&nobody_listens, find_nobody_listens},
                          {&no_connection, find_no_connection},
                          {&own_kernel, find_own_kernel},
                          {&aborted, find_aborted},
                          {&same_sequence, find_same_sequence},
                          {&overlap, find_overlap},
                          {&no_empty_line, find_no_empty_line},
                          {&no_version, find_no_version},
                          {&short_body, find_short_body},
                          {&unusual_port, find_unusual_port},
                          {&one_direction, find_one_direction},
                          {&mid_stream, find_mid_stream},
                          {&unanswered, find_unanswered},
                          {&missed, find_missed},
                          {&lost, find_lost},
                          {&zero_window, find_zero_window}};

}  // namespace

void report_connection(const Connection& connection, const Capture& capture, Report& report) {
  for (const Rule& rule : rules) rule.find({connection, capture, *rule.finding, report});
}

}  // namespace encap::advice

#include "encap/wire/tcp.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "dissect/packet.h"
#include "dissect/protocols/tcp.h"
#include "dissect/protocols/tcp_flag_words.h"
#include "dissect/protocols/tcp_options.h"

namespace encap {
namespace {

// The header's field under the words of Wireshark's reference, where these differ.
constexpr Field named(const HeaderField& header, std::string_view label, FieldType type, FieldLook look = {}) noexcept {
  Field field{header, type, look};
  field.label = label;
  return field;
}
constexpr Field flag(const HeaderField& header, std::string_view label) noexcept {
  return named(
      header, label, FieldType::boolean,
      {.names = set_or_not, .drawn_bits = 12, .drawn_before = static_cast<std::uint8_t>(header.bit_offset - 100)});
}

constexpr ValueName checksum_states[] = {
    {0, 0, "Bad"}, {1, 1, "Good"}, {2, 2, "Unverified"}, {3, 3, "Not present"}, {4, 4, "Illegal"}};
constexpr std::uint64_t unverified = 2;

constexpr Field source_port{TcpField::source_port, FieldType::uint16};
constexpr Field destination_port{TcpField::destination_port, FieldType::uint16};
constexpr Field port{"tcp.port", "Source or Destination Port", FieldType::uint16};
constexpr Field stream{"tcp.stream", "Stream index", FieldType::uint32};
constexpr Field completeness{"tcp.completeness", "Conversation completeness", FieldType::uint8};
constexpr Field segment_length{"tcp.len", "TCP Segment Len", FieldType::uint32};
constexpr Field seq{"tcp.seq", "Sequence Number", FieldType::uint32};
constexpr Field seq_raw = named(TcpField::sequence_number, "Sequence Number (raw)", FieldType::uint32);
constexpr Field next_seq{"tcp.nxtseq", "Next Sequence Number", FieldType::uint32};
constexpr Field acknowledgment{"tcp.ack", "Acknowledgment Number", FieldType::uint32};
constexpr Field ack_raw = named(TcpField::acknowledgment_number, "Acknowledgment number (raw)", FieldType::uint32);
constexpr Field header_length{TcpField::data_offset, FieldType::uint8};
constexpr Field flags{{"tcp.flags", "Flags", 100, 12}, FieldType::uint16, {.show = Show::hex}};
constexpr Field flags_res = flag({"tcp.flags.res", "Reserved", 100, 3}, "Reserved");
constexpr Field flags_ae = flag({"tcp.flags.ae", "Accurate ECN", 103, 1}, "Accurate ECN");
constexpr Field flags_ace{{"tcp.flags.ace", "ACE", 103, 3}, FieldType::uint8, {.drawn_bits = 12, .drawn_before = 3}};
constexpr Field flags_cwr = flag(TcpField::cwr, "Congestion Window Reduced");
constexpr Field flags_ece = flag(TcpField::ece, "ECN-Echo");
constexpr Field flags_urg = flag(TcpField::urg, "Urgent");
constexpr Field flags_ack = flag(TcpField::ack, "Acknowledgment");
constexpr Field flags_push = flag(TcpField::psh, "Push");
constexpr Field flags_reset = flag(TcpField::rst, "Reset");
constexpr Field flags_syn = flag(TcpField::syn, "Syn");
constexpr Field flags_fin = flag(TcpField::fin, "Fin");
constexpr Field flags_str{"tcp.flags.str", "TCP Flags", FieldType::string};
constexpr Field window{TcpField::window, FieldType::uint16};
constexpr Field window_size{"tcp.window_size", "Calculated window size", FieldType::uint32};
constexpr Field window_factor{"tcp.window_size_scalefactor", "Window size scaling factor", FieldType::int32};
constexpr Field checksum{TcpField::checksum, FieldType::uint16, {.show = Show::hex}};
constexpr Field checksum_status{
    "tcp.checksum.status", "Checksum Status", FieldType::uint8, {.names = checksum_states, .names_only = true}};
constexpr Field urgent_pointer{TcpField::urgent_pointer, FieldType::uint16};
constexpr Field time_relative{"tcp.time_relative", "Time since first frame in this TCP stream",
                              FieldType::relative_time};
constexpr Field time_delta{"tcp.time_delta", "Time since previous frame in this TCP stream", FieldType::relative_time};
constexpr Field analysis_tree{"tcp.analysis", "SEQ/ACK analysis", FieldType::none};
constexpr Field analysis_flags{"tcp.analysis.flags", "TCP Analysis Flags", FieldType::none};
constexpr Field acks_frame{"tcp.analysis.acks_frame", "This is an ACK to the segment in frame",
                           FieldType::frame_number};
constexpr Field ack_rtt{"tcp.analysis.ack_rtt", "The RTT to ACK the segment was", FieldType::relative_time};
constexpr Field initial_rtt{"tcp.analysis.initial_rtt", "iRTT", FieldType::relative_time};
constexpr Field bytes_in_flight{"tcp.analysis.bytes_in_flight", "Bytes in flight", FieldType::uint32};
constexpr Field push_bytes_sent{"tcp.analysis.push_bytes_sent", "Bytes sent since last PSH flag", FieldType::uint32};
constexpr Field rto{"tcp.analysis.rto", "The RTO for this segment was", FieldType::relative_time};
constexpr Field rto_frame{"tcp.analysis.rto_frame", "RTO based on delta from frame", FieldType::frame_number};
constexpr Field duplicate_ack{"tcp.analysis.duplicate_ack", "Duplicate ACK", FieldType::none};
constexpr Field duplicate_ack_num{"tcp.analysis.duplicate_ack_num", "Duplicate ACK #", FieldType::uint32};
constexpr Field duplicate_ack_frame{"tcp.analysis.duplicate_ack_frame", "Duplicate to the ACK in frame",
                                    FieldType::frame_number};
constexpr Field payload_bytes{"tcp.payload", "TCP payload", FieldType::bytes};
constexpr Field segment_data{"tcp.segment_data", "TCP segment data", FieldType::bytes};
constexpr Field reset_cause{"tcp.reset_cause", "Reset cause", FieldType::string};
constexpr Field fin_retransmission{"tcp.fin_retransmission", "Retransmission of FIN from frame",
                                   FieldType::frame_number};
constexpr Field segments{"tcp.segments", "Reassembled TCP Segments", FieldType::none};
constexpr Field segment{"tcp.segment", "TCP Segment", FieldType::frame_number};
constexpr Field segment_overlap{"tcp.segment.overlap", "Segment overlap", FieldType::boolean};
constexpr Field segment_conflict{"tcp.segment.overlap.conflict", "Conflicting data in segment overlap",
                                 FieldType::boolean};
constexpr Field segment_count{"tcp.segment.count", "Segment count", FieldType::uint32};
constexpr Field reassembled_length{"tcp.reassembled.length", "Reassembled TCP length", FieldType::uint32};
constexpr Field reassembled_data{"tcp.reassembled.data", "Reassembled TCP Data", FieldType::bytes};

constexpr Note note(std::string_view name, std::string_view label, Severity severity,
                    std::string_view group = "Sequence") noexcept {
  return {{name, label, FieldType::none}, severity, group};
}
constexpr Note bogus_header_length{
    {"tcp.bogus_header_length", "Bogus TCP Header length", FieldType::none}, Severity::error, "Protocol", true};
constexpr Note short_segment = note("tcp.short_segment",
                                    "Short segment. Segment/fragment does not contain a full TCP header (might be NMAP "
                                    "or someone else deliberately sending unusual packets)",
                                    Severity::warning, "Malformed");
constexpr Note ack_nonzero =
    note("tcp.ack.nonzero", "The acknowledgment number field is nonzero while the ACK flag is not set", Severity::note,
         "Protocol");
constexpr Note urgent_nonzero =
    note("tcp.urgent_pointer.non_zero", "The urgent pointer field is nonzero while the URG flag is not set",
         Severity::note, "Protocol");
constexpr Note connection_rst = note("tcp.connection.rst", "Connection reset (RST)", Severity::warning);
constexpr Note connection_syn = note("tcp.connection.syn", "Connection establish request (SYN)", Severity::chat);
constexpr Note connection_synack =
    note("tcp.connection.synack", "Connection establish acknowledge (SYN+ACK)", Severity::chat);
constexpr Note connection_fin = note("tcp.connection.fin", "Connection finish (FIN)", Severity::chat);
constexpr Note fin_active =
    note("tcp.connection.fin_active", "This frame initiates the connection closing", Severity::note);
constexpr Note fin_passive =
    note("tcp.connection.fin_passive", "This frame undergoes the connection closing", Severity::note);
constexpr Note fast_open_ack = note("tcp.analysis.tfo_ack", "TCP SYN-ACK accepting TFO data", Severity::note);
constexpr Note fast_open_ignored = note("tcp.analysis.tfo_ignored", "TCP SYN-ACK ignoring TFO data", Severity::note);
constexpr Note duplicate_ack_note = note("tcp.analysis.duplicate_ack", "Duplicate ACK", Severity::note);

constexpr Note retransmission_note =
    note("tcp.analysis.retransmission", "This frame is a (suspected) retransmission", Severity::note);

// What a mark says in Info and as a note, in the order in which the marks are told.
struct MarkWords {
  std::uint32_t mark;
  std::string_view info;
  Note note;
};
constexpr MarkWords mark_words[] = {
    {TcpMark::reused_ports, "[TCP Port numbers reused] ",
     note("tcp.analysis.reused_ports",
          "A new tcp session is started with the same ports as an earlier session in this trace", Severity::note)},
    {TcpMark::retransmission, "[TCP Retransmission] ", retransmission_note},
    {TcpMark::fast_retransmission, "[TCP Fast Retransmission] ",
     note("tcp.analysis.fast_retransmission", "This frame is a (suspected) fast retransmission", Severity::note)},
    {TcpMark::spurious_retransmission, "[TCP Spurious Retransmission] ",
     note("tcp.analysis.spurious_retransmission", "This frame is a (suspected) spurious retransmission",
          Severity::note)},
    {TcpMark::out_of_order, "[TCP Out-Of-Order] ",
     note("tcp.analysis.out_of_order", "This frame is a (suspected) out-of-order segment", Severity::warning)},
    {TcpMark::lost_segment, "[TCP Previous segment not captured] ",
     note("tcp.analysis.lost_segment", "Previous segment(s) not captured (common at capture start)",
          Severity::warning)},
    {TcpMark::ack_lost_segment, "[TCP ACKed unseen segment] ",
     note("tcp.analysis.ack_lost_segment", "ACKed segment that wasn't captured (common at capture start)",
          Severity::warning)},
    {TcpMark::window_update, "[TCP Window Update] ",
     note("tcp.analysis.window_update", "TCP window update", Severity::chat)},
    {TcpMark::window_full, "[TCP Window Full] ",
     note("tcp.analysis.window_full", "TCP window specified by the receiver is now completely full",
          Severity::warning)},
    {TcpMark::keep_alive, "[TCP Keep-Alive] ",
     note("tcp.analysis.keep_alive", "TCP keep-alive segment", Severity::note)},
    {TcpMark::keep_alive_ack, "[TCP Keep-Alive ACK] ",
     note("tcp.analysis.keep_alive_ack", "ACK to a TCP keep-alive segment", Severity::note)},
    {TcpMark::duplicate_ack, {}, duplicate_ack_note},
    {TcpMark::zero_window_probe, "[TCP ZeroWindowProbe] ",
     note("tcp.analysis.zero_window_probe", "TCP Zero Window Probe", Severity::note)},
    {TcpMark::zero_window, "[TCP ZeroWindow] ",
     note("tcp.analysis.zero_window", "TCP Zero Window segment", Severity::warning)},
    {TcpMark::zero_window_probe_ack, "[TCP ZeroWindowProbeAck] ",
     note("tcp.analysis.zero_window_probe_ack", "ACK to a TCP Zero Window Probe", Severity::note)},
};

constexpr const Field* values[] = {&source_port,
                                   &destination_port,
                                   &port,
                                   &stream,
                                   &completeness,
                                   &segment_length,
                                   &seq,
                                   &seq_raw,
                                   &next_seq,
                                   &acknowledgment,
                                   &ack_raw,
                                   &header_length,
                                   &flags,
                                   &flags_res,
                                   &flags_ae,
                                   &flags_ace,
                                   &flags_cwr,
                                   &flags_ece,
                                   &flags_urg,
                                   &flags_ack,
                                   &flags_push,
                                   &flags_reset,
                                   &flags_syn,
                                   &flags_fin,
                                   &flags_str,
                                   &window,
                                   &window_size,
                                   &window_factor,
                                   &checksum,
                                   &checksum_status,
                                   &urgent_pointer,
                                   &time_relative,
                                   &time_delta,
                                   &analysis_tree,
                                   &analysis_flags,
                                   &acks_frame,
                                   &ack_rtt,
                                   &initial_rtt,
                                   &bytes_in_flight,
                                   &push_bytes_sent,
                                   &rto,
                                   &rto_frame,
                                   &duplicate_ack,
                                   &duplicate_ack_num,
                                   &duplicate_ack_frame,
                                   &payload_bytes,
                                   &segment_data,
                                   &reset_cause,
                                   &fin_retransmission,
                                   &segments,
                                   &segment,
                                   &segment_overlap,
                                   &segment_conflict,
                                   &segment_count,
                                   &reassembled_length,
                                   &reassembled_data};
constexpr const Note* notes[] = {&bogus_header_length, &short_segment,      &ack_nonzero,       &urgent_nonzero,
                                 &connection_rst,      &connection_syn,     &connection_synack, &connection_fin,
                                 &fin_active,          &fin_passive,        &fast_open_ack,     &fast_open_ignored,
                                 &duplicate_ack_note,  &retransmission_note};

constexpr auto fields = [] {
  std::array<const Field*, std::size(values) + std::size(notes) + std::size(mark_words)> all{};
  auto* next = std::copy(std::begin(values), std::end(values), all.begin());
  for (const Note* one : notes) *next++ = &one->field;
  for (const MarkWords& words : mark_words) *next++ = &words.note.field;
  return all;
}();

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ip_protocol, 6}};

constexpr std::uint16_t fin = 0x001;
constexpr std::uint16_t syn = 0x002;
constexpr std::uint16_t rst = 0x004;
constexpr std::uint16_t ack = 0x010;
constexpr std::uint16_t urg = 0x020;
constexpr std::uint32_t minimum_header_length = TcpView::minimum_header_length;

}  // namespace

extern const ProtocolInfo tcp_protocol{
    {"tcp", "Transmission Control Protocol", FieldType::protocol}, "TCP", dissect, bindings, fields};

namespace {

// Each flag by its first letter, dots for those that are not set.
std::string_view flag_letters(std::uint16_t value, bool ace, std::array<char, 24>& out) {
  static constexpr std::string_view letters = "RRRACEUAPRSF";
  static constexpr std::string_view dot = "·";
  std::size_t size = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (ace && i >= 3 && i < 6) {
      out[size++] = i == 4 ? static_cast<char>('0' + ace_of(value)) : '-';
    } else if ((value >> (letters.size() - 1 - i) & 1) != 0) {
      out[size++] = letters[i];
    } else {
      size += dot.copy(out.data() + size, dot.size());
    }
  }
  return {out.data(), size};
}

std::string_view completeness_words(std::uint8_t seen) noexcept {
  constexpr std::uint8_t handshake = TcpSeen::syn | TcpSeen::syn_ack | TcpSeen::ack;
  if ((seen & handshake) == handshake) {
    const bool data = (seen & TcpSeen::data) != 0;
    if ((seen & (TcpSeen::fin | TcpSeen::rst)) != 0) return data ? "Complete, WITH_DATA" : "Complete, NO_DATA";
    return data ? "Incomplete, DATA" : "Incomplete, ESTABLISHED";
  }
  if (seen == TcpSeen::syn) return "Incomplete, SYN_SENT";
  if (seen == (TcpSeen::syn | TcpSeen::syn_ack)) return "Incomplete, CLIENT_ESTABLISHED";
  return "Incomplete";
}

// A segment on its way through the dissection.
struct Segment {
  Packet& p;
  const Octets& in;
  const TcpSegmentFacts& facts;
  const TcpAnalysis* analysis;
  Octets payload{};  // once the header was read
  ItemId layer = ItemId::none;
  std::uint32_t header_octets = 0;
  // Of Info.
  std::string_view flag_words{};
  std::uint32_t relative_sequence = 0;
  std::uint32_t relative_acknowledgment = 0;
  std::uint32_t window = 0;  // calculated
};

std::uint64_t nanoseconds(Duration duration) noexcept { return static_cast<std::uint64_t>(duration.count()); }

// Returns the item of the marks.
ItemId add_marks(Segment& s, ItemId tree) {
  Packet& p = s.p;
  const TcpAnalysis& a = *s.analysis;
  if (a.marks == 0) return ItemId::none;
  const ItemId item = p.generated(p.add(tree, analysis_flags, s.in, 0, 0, 0));
  for (const MarkWords& words : mark_words) {
    if ((a.marks & words.mark) == 0) continue;
    if (words.mark == TcpMark::duplicate_ack) {
      if (p.columns()) {
        Column<64> text;
        text.reset();
        text.append("[TCP Dup ACK ");
        text.append_number(a.duplicate_ack_frame);
        text.append('#');
        text.append_number(a.duplicate_ack_number);
        text.append("] ");
        p.out.columns.info.prepend_kept(text.text());
      }
      continue;
    }
    if (p.columns()) p.out.columns.info.prepend_kept(words.info);
    p.note(item, words.note);
    if ((words.mark & (TcpMark::fast_retransmission | TcpMark::spurious_retransmission)) != 0) {
      p.note(item, retransmission_note);
    }
    if (words.mark == TcpMark::retransmission && a.rto.count() != 0) {
      p.generated(p.add(item, rto, s.in, 0, 0, nanoseconds(a.rto)));
      p.generated(p.add(item, rto_frame, s.in, 0, 0, a.rto_frame));
    }
  }
  return item;
}

void add_analysis(Segment& s) {
  Packet& p = s.p;
  const TcpAnalysis& a = *s.analysis;
  if (a.marks == 0 && a.acked_frame == 0 && a.bytes_in_flight == 0) return;
  const ItemId tree = p.generated(p.add(s.layer, analysis_tree, s.in, 0, 0, 0));
  if (a.acked_frame != 0) {
    p.generated(p.add(tree, acks_frame, s.in, 0, 0, a.acked_frame));
    p.generated(p.add(tree, ack_rtt, s.in, 0, 0, nanoseconds(a.ack_rtt)));
  }
  if (a.has_initial_rtt) p.generated(p.add(tree, initial_rtt, s.in, 0, 0, nanoseconds(a.initial_rtt)));
  if (a.bytes_in_flight != 0) {
    p.generated(p.add(tree, bytes_in_flight, s.in, 0, 0, a.bytes_in_flight));
    p.generated(p.add(tree, push_bytes_sent, s.in, 0, 0, a.push_bytes_sent));
  }
  const ItemId marks = add_marks(s, tree);
  if ((a.marks & TcpMark::duplicate_ack) != 0 && p.wants_notes()) {
    const ItemId mark = p.generated(p.add(marks, duplicate_ack, s.in, 0, 0, 0));
    p.set_text(mark, "This is a TCP duplicate ack");
    p.generated(p.add(tree, duplicate_ack_num, s.in, 0, 0, a.duplicate_ack_number));
    const ItemId of = p.generated(p.add(tree, duplicate_ack_frame, s.in, 0, 0, a.duplicate_ack_frame));
    p.note(of, duplicate_ack_note, p.value("Duplicate ACK (#{})", a.duplicate_ack_number));
  }
}

// The items of a header that notes go below; none where items are not taken.
struct HeaderItems {
  ItemId header_length = ItemId::none;
  ItemId acknowledgment = ItemId::none;
  ItemId reset = ItemId::none;
  ItemId synchronize = ItemId::none;
  ItemId finish = ItemId::none;
  ItemId drawn_flags = ItemId::none;
};

// What is worth a word in a header that is whole, its Urgent Pointer apart.
void note_header(Segment& s, const HeaderItems& items) {
  Packet& p = s.p;
  const TcpAnalysis& a = *s.analysis;
  const std::uint16_t value = s.facts.flags;
  const bool has_ack = (value & ack) != 0;
  if (!has_ack) {
    if (s.facts.acknowledgment_number != 0) p.note(items.acknowledgment, ack_nonzero);
  } else if ((value & syn) != 0) {
    if (a.relative_acknowledgment > 1) {  // of more than the SYN: RFC 7413 §4.2
      p.note(items.acknowledgment, fast_open_ack);
    } else if (a.relative_acknowledgment == 1 && a.fast_open_data) {
      p.note(items.acknowledgment, fast_open_ignored);
    }
  }
  if ((value & (rst | syn | fin)) != 0) {
    if ((value & rst) != 0) p.note(items.reset, connection_rst);
    if ((value & syn) != 0) {
      const Note& kind = has_ack ? connection_synack : connection_syn;
      p.note(items.synchronize, kind,
             p.value("{}: server port {}", kind.field.label, has_ack ? p.source_port : p.destination_port));
    }
    if ((value & fin) != 0) p.note(items.finish, connection_fin);
  }
  if (a.fin_active) p.note(items.drawn_flags, fin_active);
  if (a.fin_passive) p.note(items.drawn_flags, fin_passive);
}

void add_flags(Segment& s, std::string_view names, HeaderItems& items) {
  Packet& p = s.p;
  const std::uint16_t value = s.facts.flags;
  const ItemId item = p.add(s.layer, flags, s.in);
  p.set_text(item, p.text("Flags: 0x{:03x} ({})", value, names));
  p.add(item, flags_res, s.in);
  if (s.analysis->accurate_ecn) {
    p.add(item, flags_ace, s.in);
  } else {
    p.add(item, {&flags_ae, &flags_cwr, &flags_ece}, s.in);
  }
  p.add(item, {&flags_urg, &flags_ack, &flags_push}, s.in);
  items.reset = p.add(item, flags_reset, s.in);
  items.synchronize = p.add(item, flags_syn, s.in);
  items.finish = p.add(item, flags_fin, s.in);
  std::array<char, 24> letters;
  items.drawn_flags =
      p.generated(p.add_string(item, flags_str, s.in, 12, 2, flag_letters(value, s.analysis->accurate_ecn, letters)));
}

void add_window(Segment& s, std::uint32_t scaled) {
  Packet& p = s.p;
  p.add(s.layer, window, s.in);
  p.generated(p.add(s.layer, window_size, s.in, 14, 2, scaled));
  if ((s.facts.flags & syn) != 0) return;
  const int shift = s.analysis->window_scale;
  const std::int64_t factor = shift < 0 ? shift : std::int64_t{1} << shift;
  const ItemId item = p.generated(p.add(s.layer, window_factor, s.in, 14, 2, static_cast<std::uint64_t>(factor)));
  if (shift == -1) p.append_text(item, " (unknown)");
  if (shift == -2) p.append_text(item, " (no window scaling used)");
}

ItemId add_header_length(Segment& s) {
  const ItemId item = s.p.add(s.layer, header_length, s.in, 12, 1, s.header_octets);
  const std::uint32_t words = s.header_octets / 4;
  s.p.set_text(item, s.p.text("{:04b} .... = Header Length: {} bytes ({})", words, s.header_octets, words));
  return item;
}

// --- the payload
// -------------------------------------------------------------------------------------------------------

// Asks in turn: whom the flow knows already, who listens on the server's port, on the lower, on the higher one, who
// recognises it.
void call_payload(Segment& s, const Octets& payload) {
  Packet& p = s.p;
  const std::uint32_t marks = s.analysis->marks;
  if ((marks & TcpMark::keep_alive) != 0) {
    p.call_data(payload);
    return;
  }
  // Octets out of their order would confuse those who put their PDUs together.
  if ((marks & (TcpMark::retransmission | TcpMark::out_of_order)) != 0) return;
  if (p.flow != nullptr && p.flow->application != nullptr && p.call(*p.flow->application, payload) != 0) return;
  const std::uint16_t low = std::min(p.source_port, p.destination_port);
  const std::uint16_t high = std::max(p.source_port, p.destination_port);
  for (const std::uint16_t candidate : {s.analysis->server_port, low, high}) {
    if (p.stopped()) return;
    if (candidate == 0) continue;
    const ProtocolInfo* protocol = find_protocol(Table::tcp_port, candidate);
    if (protocol != nullptr && p.call(*protocol, payload) != 0) return;
  }
  for (const ProtocolInfo* protocol : tcp_heuristics()) {
    if (p.stopped() || p.call(*protocol, payload) != 0) return;
  }
  if (!p.stopped()) p.call_data(payload);
}

void add_segment_data(Segment& s, const Octets& octets, std::uint32_t shown, std::string_view before = {}) {
  Packet& p = s.p;
  if (!p.wants_items()) return;
  const ItemId item = p.add(s.layer, segment_data, octets, 0, std::min(shown, octets.captured));
  p.set_text(item, p.text("{}TCP segment data ({} byte{})", before, shown, plural(shown)));
}

// Which segments a PDU was made of, above what was found in it.
void add_pieces(Segment& s, const Reassembly& whole, const Octets& in) {
  Packet& p = s.p;
  if (!p.stopped()) p.add_layer_fact(segments);
  if (!p.wants_items()) return;
  const std::size_t count = whole.pieces.size();
  const ItemId tree = p.generated(p.add(p.top, segments, in, 0, in.captured, 0));
  std::string line;
  fmt::format_to(std::back_inserter(line), "{} Reassembled TCP Segment{} ({} byte{}): ", count, plural(count),
                 whole.bytes.size(), plural(whole.bytes.size()));
  for (const Reassembly::Piece& piece : whole.pieces) {
    fmt::format_to(std::back_inserter(line), "{}#{}({})", &piece == whole.pieces.data() ? "" : ", ", piece.frame,
                   piece.length);
    if (line.size() > 240) break;  // as long as a line is shown
  }
  p.set_text(tree, p.out.arena.copy(line));
  for (const Reassembly::Piece& piece : whole.pieces) {
    const std::uint32_t length = piece.offset < in.captured ? std::min(piece.length, in.captured - piece.offset) : 0;
    const ItemId item = p.generated(p.add(tree, segment, in, std::min(piece.offset, in.captured), length, piece.frame));
    p.set_text(item, piece.length == 0 ? p.text("Frame: {} (no data)", piece.frame)
                                       : p.text("Frame: {}, payload: {}-{} ({} byte{})", piece.frame, piece.offset,
                                                piece.offset + piece.length - 1, piece.length, plural(piece.length)));
    if (piece.overlap) p.generated(p.add(item, segment_overlap, in, 0, 0, 1));
    if (piece.conflict) p.generated(p.add(item, segment_conflict, in, 0, 0, 1));
  }
  p.generated(p.add(tree, segment_count, in, 0, 0, count));
  p.generated(p.add(tree, reassembled_length, in, 0, 0, whole.bytes.size()));
  p.generated(p.add(tree, reassembled_data, in, 0, in.captured));
  p.move_behind(tree, s.layer);
}

void say_segment_of_pdu(Packet& p) { p.append_info(" ", "[TCP segment of a reassembled PDU]"); }

// Octets that a PDU without a known end may still have: until its FIN, nothing behind it starts another one.
constexpr std::uint32_t until_fin_length = 0x40000000;

// Once a PDU was read the packet is called after it: what follows may be half of another one, and TCP again.
class KeptProtocol {
 public:
  explicit KeptProtocol(Packet& packet) noexcept : packet_{packet} {}
  KeptProtocol(const KeptProtocol&) = delete;
  KeptProtocol& operator=(const KeptProtocol&) = delete;
  ~KeptProtocol() {
    if (any_) packet_.out.columns.protocol.clear();  // what stands behind the fence
  }
  void set_fence() noexcept {
    if (!any_) packet_.out.columns.protocol.set_fence();
    any_ = true;
  }

 private:
  Packet& packet_;
  bool any_ = false;
};

// Reads the payload as the layer above wants it: PDUs that are spread over segments are put together first.
void desegment(Segment& s) {
  Packet& p = s.p;
  TcpPdus& pdus = *s.analysis->pdus;
  const std::uint64_t frame = s.facts.frame_number;
  std::uint32_t sequence = s.analysis->relative_sequence;
  const std::uint32_t next = sequence + s.payload.reported;
  std::uint32_t offset = 0;  // in the payload
  bool first_pdu = true;
  KeptProtocol kept{p};

  Octets later;
  while (!p.stopped()) {
    const Octets& octets = offset == 0 ? s.payload : later = s.payload.from(offset);
    p.can_desegment = true;
    p.desegment_offset = 0;
    p.desegment_length = 0;
    std::uint32_t unread = offset;  // where what nobody read begins, in the payload
    std::uint32_t following = 0;    // octets before the PDU that follows the one put together
    bool called = false;
    bool begins = false;  // a PDU that goes on in the next segment
    Reassembly whole;

    TcpPdus::Pdu* pdu = pdus.any ? pdus.find(sequence) : nullptr;
    if (pdu != nullptr && next <= pdu->next && pdu->last_frame != frame) {
      add_segment_data(s, octets, octets.reported, pdu->first_frame == frame ? "" : "Retransmitted ");
      return;
    }
    if ((s.analysis->marks & TcpMark::retransmission) != 0) {
      add_segment_data(s, octets, octets.reported, "Retransmitted ");
      return;
    }
    if (pdu == nullptr && pdus.any && sequence != 0) pdu = pdus.find_before(sequence);

    std::uint32_t taken = 0;  // by a PDU that goes on
    if (pdu != nullptr && pdu->sequence <= sequence && pdu->next > sequence) {
      pdu->last_frame = frame;
      taken = pdu->whole_segment ? octets.captured : std::min(next, pdu->next) - sequence;
      whole = pdus.add(*pdu, frame, sequence - pdu->sequence, octets.bytes().first(std::min(taken, octets.captured)),
                       next < pdu->next);
      if (whole.state == Reassembly::State::complete && whole.complete_in != frame) {
        p.stop(Stop::overlap);
        return;
      }
      if (pdu->whole_segment) {
        pdu->whole_segment = false;
        pdu->next = next;
      }
      if (pdu->next < next && pdu->next >= sequence && taken > 0) following = pdu->next - sequence;
    } else {
      call_payload(s, octets);
      called = true;
      if (p.stopped()) return;
      if (p.desegment_length != 0) {
        begins = true;
        unread = offset + p.desegment_offset;
      }
      pdu = nullptr;
    }

    if (whole.state == Reassembly::State::complete && whole.complete_in == frame) {
      const std::size_t sources = p.out.sources.size();
      const Octets put_together = p.add_source("Reassembled TCP", whole.bytes);
      call_payload(s, put_together);
      called = true;
      if (p.stopped()) return;
      const std::uint32_t before = put_together.reported - taken;
      if (p.desegment_length != 0 && p.desegment_offset <= before) {
        // Not whole after all.
        if (p.desegment_offset == 0) p.out.sources.resize(sources);
        pdus.reopen(*pdu);
        if (p.desegment_length == Packet::one_more_segment) {
          pdu->next = std::max(sequence + octets.reported, pdu->next) + 1;
          pdu->whole_segment = true;
        } else if (p.desegment_length == Packet::until_fin) {
          pdus.until_fin = true;
          pdu->next = next + until_fin_length;
        } else {
          pdu->next =
              sequence + taken >= pdu->next ? sequence + taken + p.desegment_length : pdu->next + p.desegment_length;
        }
        whole = {};
        following = 0;
        offset += taken;
        sequence += taken;
        unread = offset;
        if (s.payload.captured > offset) continue;
      } else {
        add_segment_data(s, octets, following > 0 ? following : octets.reported);
        add_pieces(s, whole, put_together);
        if (p.desegment_length != 0) {
          begins = true;
          unread = s.payload.reported - (put_together.reported - p.desegment_offset);
        }
      }
    }

    if (begins) {
      if (p.desegment_length == Packet::until_fin) pdus.until_fin = true;
      const std::uint32_t start = sequence + (unread - offset);
      if (next - start <= 1024 * 1024) {
        const bool one_more = p.desegment_length == Packet::one_more_segment;
        const std::uint32_t more = one_more                                  ? 1
                                   : p.desegment_length == Packet::until_fin ? until_fin_length
                                                                             : p.desegment_length;
        TcpPdus::Pdu* started = pdus.begin(start, next + more, frame);
        if (started != nullptr) {
          started->whole_segment = one_more;
          const Octets rest = s.payload.from(unread);
          static_cast<void>(pdus.add(*started, frame, 0, rest.bytes(), next < started->next));
        }
      }
    }

    if (!called || p.desegment_length != 0) {
      if (p.desegment_offset == 0) {
        p.set_protocol("TCP");
        if (first_pdu) say_segment_of_pdu(p);
      }
      const Octets rest = s.payload.from(unread);
      add_segment_data(s, rest, rest.reported);
    }
    p.can_desegment = false;
    p.desegment_offset = 0;
    p.desegment_length = 0;
    if (following == 0) return;
    p.out.columns.info.set_fence();
    kept.set_fence();
    first_pdu = false;
    offset += following;
    sequence += following;
  }
}

// A FIN ends the PDU that waits for it. Whether there was one.
bool end_at_fin(Segment& s) {
  Packet& p = s.p;
  TcpPdus& pdus = *s.analysis->pdus;
  const std::uint64_t frame = s.facts.frame_number;
  if (pdus.fin_frame != 0 && pdus.fin_frame != frame) {
    p.add(s.layer, fin_retransmission, s.in, 0, 0, pdus.fin_frame);
    return false;
  }
  pdus.fin_frame = frame;
  const std::uint32_t sequence = s.analysis->relative_sequence;
  TcpPdus::Pdu* pdu = sequence == 0 ? nullptr : pdus.find_before(sequence);
  if (pdu == nullptr) return false;
  const Reassembly whole = pdus.add(*pdu, frame, sequence - pdu->sequence, s.payload.bytes(), false);
  if (whole.state != Reassembly::State::complete || whole.complete_in != frame) return false;
  const Octets put_together = p.add_source("Reassembled TCP", whole.bytes);
  add_pieces(s, whole, put_together);
  p.can_desegment = false;
  call_payload(s, put_together);
  return true;
}

void dissect_payload(Segment& s) {
  Packet& p = s.p;
  const TcpAnalysis& a = *s.analysis;
  const bool whole = s.in.captured >= s.in.reported && !p.fragmented;
  p.end_of_stream = (s.facts.flags & fin) != 0;
  if ((s.facts.flags & fin) != 0 && a.pdus != nullptr && a.pdus->until_fin && whole && end_at_fin(s)) return;
  if (s.payload.captured == 0 || p.stopped()) return;
  if ((s.facts.flags & rst) != 0) {
    p.add(s.layer, reset_cause, s.payload, 0, s.payload.captured);
    return;
  }
  if ((a.marks & TcpMark::spurious_retransmission) != 0) return;
  if (whole && !p.in_error && a.pdus != nullptr) {
    desegment(s);
  } else {
    Octets payload = s.payload;
    payload.fragment = true;  // what is missing is in other segments, not malformed
    call_payload(s, payload);
  }
}

using Info = decltype(Columns::info);

// Makes what was deferred before the segment it is made of goes.
struct Settled {
  Info& info;
  explicit Settled(Info& column) noexcept : info{column} {}
  Settled(const Settled&) = delete;
  Settled& operator=(const Settled&) = delete;
  ~Settled() { info.settle(); }
};

void append_ports(const Packet& p, Info& info) {
  info.append_number(p.source_port);
  info.append(" → ");
  info.append_number(p.destination_port);
}

void append_numbers(const Segment& s, Info& info) {
  info.append(" [");
  info.append(s.flag_words);
  info.append("] Seq=");
  info.append_number(s.relative_sequence);
  if ((s.facts.flags & ack) != 0) {
    info.append(" Ack=");
    info.append_number(s.relative_acknowledgment);
  }
  info.append(" Win=");
  info.append_number(s.window);
}

// All of Info for a segment with a plain header.
void append_plain_info(const void* context, Info& info) {
  const auto& s = *static_cast<const Segment*>(context);
  append_ports(s.p, info);
  append_numbers(s, info);
  if (s.facts.has_length) {
    info.append(" Len=");
    info.append_number(s.facts.length);
  }
  if (s.header_octets != minimum_header_length) {
    info.append(" TSval=");
    info.append_number(load_be32(s.in.bytes(), minimum_header_length + 4));
    info.append(" TSecr=");
    info.append_number(load_be32(s.in.bytes(), minimum_header_length + 8));
  }
}

// How a segment is read. What a way rules out is not asked for again and again: most segments are plain.
enum class Way : std::uint8_t {
  with_items,
  without_items,
  plain  // without items, and the segment is whole, has a plain header and an Urgent Pointer of 0
};

template <Way way>
std::uint32_t dissect_segment(Packet& p, const Octets& in) {
  constexpr bool is_plain = way == Way::plain;
  const auto wants_items = [&p] { return way == Way::with_items && p.wants_items(); };
  const auto u16 = [&p, &in](std::uint32_t at) { return is_plain ? load_be16(in.bytes(), at) : p.u16(in, at); };
  const auto u32 = [&p, &in](std::uint32_t at) { return is_plain ? load_be32(in.bytes(), at) : p.u32(in, at); };
  const std::uint16_t from = u16(0);
  const std::uint16_t to = u16(2);
  if (p.stopped()) return in.reported;
  p.set_protocol("TCP");
  p.clear_info();
  p.source_port = from;
  p.destination_port = to;
  // Of a plain segment Info is written when it is known that nobody will replace it.
  const bool deferred = is_plain && p.columns();
  if (p.columns() && !deferred) append_ports(p, p.out.columns.info);
  static const TcpAnalysis nothing_known{};
  TcpSegmentFacts facts;
  Segment s{p, in, facts, &nothing_known};
  Column<128> flag_room;  // outlives what is made of it when `settled` goes
  const Settled settled{p.out.columns.info};
  std::string_view title;
  if (way != Way::with_items) {
    p.add_layer_fact(tcp_protocol.layer);
  } else if (wants_items()) {
    title = p.text("Transmission Control Protocol, Src Port: {}, Dst Port: {}", from, to);
    s.layer = p.add_layer(tcp_protocol, in, 0, std::min(in.captured, minimum_header_length), title);
    p.add(s.layer, {&source_port, &destination_port}, in);
    p.hidden(p.add(s.layer, port, in, 0, 2));
    p.hidden(p.add(s.layer, port, in, 2, 2));
  }
  p.transport = s.layer;

  facts.frame_number = p.frame_number();
  facts.time = p.time();
  facts.sequence_number = u32(4);
  if (p.in_error) p.add(s.layer, seq, in, 4, 4);
  facts.acknowledgment_number = u32(8);
  const std::uint16_t word = u16(12);
  facts.window = u16(14);
  if (p.stopped()) return in.reported;
  facts.flags = word & 0x0fff;
  s.header_octets = (word >> 12) * 4u;
  p.set_length(s.layer, std::min(in.captured, s.header_octets));
  facts.has_header = is_plain || s.header_octets >= minimum_header_length;
  // Neither a fragment nor what an ICMP error quotes tells how long the segment was.
  const bool may_be_whole = !p.fragmented && !p.in_error;
  facts.has_length = is_plain || (may_be_whole && in.reported >= s.header_octets);
  facts.length = facts.has_length ? in.reported - s.header_octets : 0;
  const std::uint32_t options_length =
      s.header_octets > minimum_header_length ? s.header_octets - minimum_header_length : 0;
  if (!is_plain && options_length != 0 && in.captured > minimum_header_length) {
    scan_tcp_options(
        in.bytes().subspan(minimum_header_length, std::min(in.captured - minimum_header_length, options_length)),
        facts);
  }
  if (p.session != nullptr) {
    const FlowKey key{FlowKey::Transport::tcp, p.network_source, p.network_destination, from, to};
    s.analysis = &p.session->tcp(key, facts);
    p.flow = s.analysis->flow;
  }
  const TcpAnalysis& a = *s.analysis;
  const bool has_ack = (facts.flags & ack) != 0;
  const bool is_syn = (facts.flags & syn) != 0;
  const std::uint32_t scaled =
      is_syn || a.window_scale < 0 ? facts.window : std::uint32_t{facts.window} << a.window_scale;

  if (way == Way::with_items || p.columns()) s.flag_words = flag_words(facts.flags, a.accurate_ecn, flag_room);
  s.relative_sequence = a.relative_sequence;
  s.relative_acknowledgment = a.relative_acknowledgment;
  s.window = scaled;
  if (deferred) {
    p.out.columns.info.defer(append_plain_info, &s);  // until `settled` goes
  } else if (p.columns()) {
    append_numbers(s, p.out.columns.info);
  }

  if (wants_items()) {
    title = p.text("{}, Seq: {}", title, a.relative_sequence);
    if (has_ack && s.header_octets >= minimum_header_length)
      title = p.text("{}, Ack: {}", title, a.relative_acknowledgment);
    if (facts.has_length && s.header_octets >= minimum_header_length)
      title = p.text("{}, Len: {}", title, facts.length);
    p.set_text(s.layer, title);
    if (p.flow != nullptr) {
      p.generated(p.add(s.layer, stream, in, 0, 0, p.flow->index));
      const ItemId item = p.generated(p.add(s.layer, completeness, in, 0, 0, a.seen));
      p.set_text(item, p.text("Conversation completeness: {} ({})", completeness_words(a.seen), a.seen));
    }
    if (facts.has_length) {
      p.generated(p.add(s.layer, segment_length, in, 12, 1, facts.length));
    } else if (may_be_whole) {
      p.note(p.add_text(s.layer, in, 12, 1, short_segment.field.label), short_segment);
    }
    if (!p.in_error) {
      p.set_text(p.add(s.layer, seq, in, 4, 4, a.relative_sequence),
                 p.text("Sequence Number: {}    (relative sequence number)", a.relative_sequence));
      p.add(s.layer, seq_raw, in);
    }
  } else if (!facts.has_length && may_be_whole) {
    p.note(ItemId::none, short_segment);
  }

  if (!facts.has_header) {
    if (p.columns()) {
      auto& info = p.out.columns.info;
      info.append(", bogus TCP header length (");
      info.append_number(s.header_octets);
      info.append(", must be at least 20)");
    }
    if (p.wants_notes()) {
      p.note(add_header_length(s), bogus_header_length,
             p.value("Bogus TCP header length ({}, must be at least {})", s.header_octets, minimum_header_length));
    }
    return in.reported;
  }

  const std::uint16_t urgent_octets = (facts.flags & urg) != 0 ? p.u16(in, 18) : std::uint16_t{0};
  if (p.columns() && !deferred) {
    auto& info = p.out.columns.info;
    if ((facts.flags & urg) != 0) {
      info.append(" Urg=");
      info.append_number(urgent_octets);
    }
    if (facts.has_length && in.captured >= minimum_header_length) {
      info.append(" Len=");
      info.append_number(facts.length);
    }
  }
  if (wants_items()) {
    if (facts.has_length) {
      const std::uint32_t following = a.relative_sequence + facts.length + ((facts.flags & (syn | fin)) != 0 ? 1 : 0);
      p.set_text(p.generated(p.add(s.layer, next_seq, in, 4, 0, following)),
                 p.text("Next Sequence Number: {}    (relative sequence number)", following));
    }
    HeaderItems items;
    items.acknowledgment = p.add(s.layer, acknowledgment, in, 8, 4, a.relative_acknowledgment);
    if (has_ack) {
      p.set_text(items.acknowledgment,
                 p.text("Acknowledgment Number: {}    (relative ack number)", a.relative_acknowledgment));
    }
    p.add(s.layer, ack_raw, in);
    add_header_length(s);
    add_flags(s, s.flag_words, items);
    note_header(s, items);
    add_window(s, scaled);
    const ItemId sum = p.add(s.layer, checksum, in);
    p.append_text(sum, " [unverified]");
    p.generated(p.add(s.layer, checksum_status, in, 16, 0, unverified));
    const ItemId urgent = p.add(s.layer, urgent_pointer, in);
    if ((facts.flags & urg) == 0 && p.u16(in, 18) != 0) p.note(urgent, urgent_nonzero);
  } else {
    if (p.wants_notes()) note_header(s, {});
    if (!is_plain) {
      p.need(in, 16, 2);
      if (p.u16(in, 18) != 0 && (facts.flags & urg) == 0) p.note(ItemId::none, urgent_nonzero);
    }
  }

  // Nothing is to be read in what nearly every segment has, unless its fields are wanted.
  const bool plain_options = is_plain || (!p.columns() && plain_tcp_header_length(in.bytes()) != 0);
  const InFull in_full{p, !is_plain && options_length != 0 && (!plain_options || is_syn)};
  const Octets options = in.from(minimum_header_length);
  const ItemId list = is_plain || options_length == 0
                          ? ItemId::none
                          : add_tcp_options(p, in_full.below(s.layer), options, options_length);
  if (wants_items() && p.flow != nullptr) {
    const ItemId times = p.generated(p.add_text(s.layer, in, 0, 0, "Timestamps"));
    p.generated(p.add(times, time_relative, in, 0, 0, nanoseconds(a.since_first)));
    p.generated(p.add(times, time_delta, in, 0, 0, nanoseconds(a.since_previous)));
  }
  if (!is_plain && options_length != 0 && (!plain_options || list != ItemId::none)) {
    dissect_tcp_options(
        p, list, options, options_length,
        {facts.flags, facts.acknowledgment_number, facts.acknowledgment_number - a.relative_acknowledgment});
  }
  if (p.stopped()) return in.reported;
  if (way == Way::with_items || a.marks != 0) add_analysis(s);
  p.add_ends(tcp_protocol);
  if (a.acked_frame != 0 && p.out.wants_ends && !p.in_error) add_round_trip(p.out.facts, a);

  if (in.reported < s.header_octets || !p.wants_payload()) return in.reported;
  s.payload = in.from(s.header_octets);
  if (wants_items() && s.payload.captured != 0 && (facts.flags & rst) == 0) {
    const ItemId item = p.add(s.layer, payload_bytes, s.payload, 0, s.payload.captured);
    const std::uint32_t length = s.payload.reported;
    p.set_text(item, p.text("TCP payload ({} byte{})", length, plural(length)));
  }
  dissect_payload(s);
  return in.reported;
}

bool is_plain_segment(const Packet& p, const Octets& in) noexcept {
  const Bytes bytes = in.bytes();
  const std::uint32_t header = plain_tcp_header_length(bytes);
  if (header == 0 || in.captured != in.reported || p.in_error || p.fragmented) return false;
  // The options of a SYN are read for what the analysis makes of them.
  const std::uint16_t flags_not_plain = header == minimum_header_length ? urg : urg | syn;
  return (load_be16(bytes, TcpField::data_offset.first_octet()) & flags_not_plain) == 0 &&
         load_field<TcpField::urgent_pointer>(bytes) == 0;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (p.takes_items()) return dissect_segment<Way::with_items>(p, in);
  return is_plain_segment(p, in) ? dissect_segment<Way::plain>(p, in) : dissect_segment<Way::without_items>(p, in);
}

}  // namespace

void dissect_tcp_payload(Packet& p, const Octets& in, std::uint32_t header_octets, const TcpSegmentFacts& facts,
                         const TcpAnalysis& analysis) {
  Segment s{p, in, facts, &analysis};
  s.payload = in.from(header_octets);
  dissect_payload(s);
}

}  // namespace encap

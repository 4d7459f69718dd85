#include "dissect/dns.h"

#include <algorithm>
#include <vector>

#include "dissect/dns_fields.h"
#include "dissect/dns_names.h"
#include "dissect/dns_records.h"

namespace encap::dns {
namespace {

constexpr std::uint32_t header_length = 12;  // octets
constexpr std::uint8_t opcode_update = 5;
constexpr std::uint8_t opcode_stateful = 6;

// --- requests and their answers --------------------------------------------------------------------------------------

struct Transaction {
  std::uint64_t request_frame = 0;
  std::uint64_t response_frame = 0;  // 0: not yet
  Timestamp request_time;
  std::uint16_t id = 0;
};

// The requests of one flow, the last one of each transaction ID.
class Transactions final : public FlowMemory {
 public:
  [[nodiscard]] Transaction* find(std::uint16_t id) noexcept {
    const auto at = place(id);
    return at != kept_.end() && at->id == id ? &*at : nullptr;
  }
  void remember(const Transaction& request) {
    const auto at = place(request.id);
    if (at != kept_.end() && at->id == request.id) {
      *at = request;
      return;
    }
    if (kept_.size() < most) {
      kept_.insert(at, request);
      return;
    }
    // The oldest makes room.
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const Transaction& a, const Transaction& b) {
      return a.request_frame < b.request_frame;
    }));
    kept_.insert(place(request.id), request);
  }

 private:
  static constexpr std::size_t most = 4096;

  [[nodiscard]] std::vector<Transaction>::iterator place(std::uint16_t id) noexcept {
    return std::lower_bound(kept_.begin(), kept_.end(), id,
                            [](const Transaction& row, std::uint16_t wanted) { return row.id < wanted; });
  }

  std::vector<Transaction> kept_;  // by ID
};

// What the messages before this one say about it.
struct Exchange {
  std::uint64_t request_frame = 0;  // 0: not known
  Duration since_request{};
  std::uint64_t sent_before = 0;  // the frame this one repeats; 0: none
};

Exchange follow(Packet& p, std::uint16_t id, bool response) {
  // What is sent again within this time is the same question.
  constexpr Duration patience = std::chrono::seconds{5};
  if (p.stopped() || p.flow == nullptr || p.in_error) return {};
  auto& transactions = p.flow->remember<Transactions>();
  Transaction* const known = transactions.find(id);
  if (!response) {
    if (known != nullptr && known->response_frame == 0 && p.time() - known->request_time < patience) {
      return {.sent_before = known->request_frame};
    }
    transactions.remember({.request_frame = p.frame_number(), .request_time = p.time(), .id = id});
    return {};
  }
  if (known == nullptr) return {};
  Exchange exchange{.request_frame = known->request_frame, .since_request = p.time() - known->request_time};
  if (known->response_frame == 0) {
    known->response_frame = p.frame_number();
  } else {
    exchange.sent_before = known->response_frame;
  }
  return exchange;
}

// --- sections
// ----------------------------------------------------------------------------------------------------------

struct Message {
  Packet& p;
  const Octets& in;
  NameReader names;
  ItemId layer;
  Variant variant;
  std::uint32_t at = header_length;
};

std::string_view class_name(std::uint16_t number) noexcept {
  const std::string_view name = find_name(classes, number);
  return name.empty() ? std::string_view{"Unknown"} : name;
}

// mDNS took the top bit of a class for itself. Source: RFC 6762 §18.12, §18.13.
constexpr std::uint16_t class_bits(const Message& m, std::uint16_t word) noexcept {
  return m.variant == Variant::mdns ? word & 0x7fffu : word;
}
constexpr bool top_bit(const Message& m, std::uint16_t word) noexcept {
  return m.variant == Variant::mdns && (word & 0x8000) != 0;
}
void add_class(Message& m, ItemId parent, const Field& whole, const Field& low, const Field& high,
               std::uint32_t offset) {
  if (m.variant == Variant::mdns) {
    m.p.add(parent, {&low, &high}, m.in.from(offset));
  } else {
    m.p.add(parent, whole, m.in, offset, 2);
  }
}

void read_question(Message& m, ItemId section) {
  Packet& p = m.p;
  Name name;
  const std::uint32_t length = m.names.read(m.at, name);
  const std::uint16_t type = p.u16(m.in, m.at + length);
  const std::uint16_t word = p.u16(m.in, m.at + length + 2);
  if (p.stopped()) return;
  const std::string_view type_word = type_name(p, type);
  const std::string_view who = m.variant != Variant::mdns ? std::string_view{}
                               : top_bit(m, word)         ? std::string_view{", \"QU\" question"}
                                                          : std::string_view{", \"QM\" question"};
  p.append_info(" ");
  p.append_info(type_word);
  p.append_info(" ");
  p.append_info(name.text());
  p.append_info(who);
  if (p.wants_items()) {
    const ItemId item =
        p.add_text(section, m.in, m.at, length + 4,
                   p.text("{}: type {}, class {}{}", name.text(), type_word, class_name(class_bits(m, word)), who));
    p.add_string(item, qry_name, m.in, m.at, length, name.text());
    p.generated(p.add(item, qry_name_len, m.in, m.at, length, name.length()));
    p.generated(p.add(item, count_labels, m.in, m.at, length, name.label_count()));
    p.add(item, qry_type, m.in, m.at + length, 2);
    add_class(m, item, qry_class, qry_class_mdns, qry_qu, m.at + length + 2);
  }
  m.at += length + 4;
}

// A service's name starts with what it is and what carries it. Source: RFC 2782.
void add_service_name(Message& m, ItemId item, const Name& name, std::uint32_t length) {
  std::string_view rest = name.text();
  for (const Field* field : {&srv_service, &srv_proto, &srv_name}) {
    const std::size_t end = field == &srv_name ? rest.size() : std::min(rest.find('.'), rest.size());
    m.p.add_string(item, *field, m.in, m.at, length, rest.substr(0, end));
    if (end >= rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

// What OPT has where others have class and time to live. Source: RFC 6891 §6.1.3.
void add_extension(Message& m, ItemId item, std::uint32_t offset) {
  add_class(m, item, rr_udp_payload_size, rr_udp_payload_size_mdns, resp_cache_flush, offset);
  m.p.add(item, resp_ext_rcode, m.in, offset + 2, 1);
  m.p.add(item, resp_edns0_version, m.in, offset + 3, 1);
  const ItemId bits = m.p.add(item, resp_z, m.in, offset + 4, 2);
  m.p.add(bits, {&resp_z_do, &resp_z_reserved}, m.in.from(offset + 4));
}

void read_record(Message& m, ItemId section) {
  constexpr std::uint16_t type_srv = 33;
  constexpr std::uint16_t type_opt = 41;
  constexpr std::uint32_t fixed = 10;  // octets between the name and the data
  Packet& p = m.p;
  Name name;
  const std::uint32_t name_length = m.names.read(m.at, name);
  const std::uint32_t offset = m.at + name_length;
  const std::uint16_t type = p.u16(m.in, offset);
  const std::uint16_t word = p.u16(m.in, offset + 2);
  const std::uint32_t ttl = p.u32(m.in, offset + 4);
  const std::uint32_t size = p.u16(m.in, offset + 8);
  if (p.stopped()) return;
  const std::string_view type_word = type_name(p, type);
  const std::string_view flush = top_bit(m, word) ? std::string_view{", cache flush"} : std::string_view{};
  p.append_info(" ");
  p.append_info(type_word);
  p.append_info(flush);
  ItemId item = ItemId::none;
  if (p.wants_items()) {
    if (!p.need(m.in, m.at, name_length + fixed + size)) return;
    item = p.add_text(section, m.in, m.at, name_length + fixed + size,
                      type == type_opt ? p.text("{}: type {}{}", name.text(), type_word, flush)
                                       : p.text("{}: type {}, class {}{}", name.text(), type_word,
                                                class_name(class_bits(m, word)), flush));
    if (type == type_srv) {
      add_service_name(m, item, name, name_length);
    } else {
      p.add_string(item, resp_name, m.in, m.at, name_length, name.text());
    }
    p.add(item, resp_type, m.in, offset, 2);
    if (type == type_opt) {
      add_extension(m, item, offset + 2);
    } else {
      add_class(m, item, resp_class, resp_class_mdns, resp_cache_flush, offset + 2);
      const ItemId ttl_item = add_seconds(p, item, resp_ttl, m.in, offset + 4);
      if (ttl >= 0x80000000) p.note(ttl_item, high_ttl);
    }
    p.add(item, resp_len, m.in, offset + 8, 2);
  }
  m.at = offset + fixed;
  if (size != 0) {
    Record record{p, m.in, m.names, name, item, type, m.at, size};
    read_data(record);
  }
  m.at += size;
}

void read_section(Message& m, std::string_view title, std::uint32_t count, void (*read)(Message&, ItemId)) {
  if (count == 0 || m.p.stopped()) return;
  const std::uint32_t start = m.at;
  ItemId section = ItemId::none;
  if (m.p.wants_items() && m.p.need(m.in, start, 1)) section = m.p.add_text(m.layer, m.in, start, 0, title);
  for (; count != 0 && !m.p.stopped(); --count) read(m, section);
  if (!m.p.stopped()) m.p.set_length(section, m.at - start);
}

// Source: RFC 8490 §5.4.
void read_stateful(Message& m) {
  Packet& p = m.p;
  if (!p.need(m.in, m.at, 1)) return;
  const ItemId tree = p.add(m.layer, dso, m.in, m.at, 0);
  if (p.wants_items()) p.set_text(tree, "DNS Stateful Operation");
  while (!p.stopped() && m.at < m.in.reported && m.in.reported - m.at >= 4) {
    const std::uint16_t type = p.u16(m.in, m.at);
    const std::uint32_t size = p.u16(m.in, m.at + 2);
    const ItemId item = p.add(tree, dso_tlv, m.in, m.at, 4);
    if (p.wants_items()) p.set_text(item, p.text("DSO TLV: {}", find_name(dso_types, type)));
    p.add(item, dso_tlv_type, m.in, m.at, 2);
    p.add(item, dso_tlv_length, m.in, m.at + 2, 2);
    m.at += 4;
    const auto step = [&](const Field& field, std::uint32_t length) {
      if (!p.need(m.in, m.at, length)) return;
      p.add(item, field, m.in, m.at, length);
      m.at += length;
    };
    switch (type) {
      case 1:
        step(dso_tlv_keepalive_inactivity, 4);
        step(dso_tlv_keepalive_interval, 4);
        break;
      case 2:
        step(dso_tlv_retrydelay_retrydelay, 4);
        break;
      case 3:
        step(dso_tlv_encpad_padding, size);
        break;
      default:
        if (size != 0) step(dso_tlv_data, size);
    }
  }
}

// --- header
// --------------------------------------------------------------------------------------------------------------

void add_flags(Message& m, std::uint16_t word, std::string_view operation) {
  Packet& p = m.p;
  if (!p.wants_items()) return;
  const bool response = (word & 0x8000) != 0;
  const std::string_view result = find_name(reply_codes, word & 0x0f);
  const ItemId item = p.add(m.layer, flags, m.in, 2, 2);
  p.set_text(item, p.text("Flags: 0x{:04x} {}{}{}", word, operation, response ? " response, " : "",
                          !response        ? std::string_view{}
                          : result.empty() ? std::string_view{"Unknown error"}
                                           : result));
  const Octets octets = m.in.from(2);
  p.add(item, {&flags_response, &flags_opcode}, octets);
  if (m.variant == Variant::llmnr) {
    p.add(item, {response ? &flags_conflict_response : &flags_conflict, &flags_truncated, &flags_tentative}, octets);
  } else if (response) {
    p.add(item,
          {&flags_authoritative, &flags_truncated, &flags_recdesired, &flags_recavail, &flags_z, &flags_authenticated,
           &flags_checkdisable},
          octets);
  } else {
    p.add(item, {&flags_truncated, &flags_recdesired, &flags_z}, octets);
    if ((word & 0x0020) != 0) p.add(item, flags_ad, octets);
    p.add(item, flags_checkdisable, octets);
  }
  if (response) p.add(item, flags_rcode, octets);
}

void add_exchange(Message& m, ItemId id_item, const Exchange& exchange, bool response) {
  Packet& p = m.p;
  if (!p.wants_items()) return;
  const auto add = [&](const Field& field, std::uint64_t value) {
    p.generated(p.add(m.layer, field, m.in, 0, 0, value));
  };
  if (exchange.sent_before != 0) {
    p.note(id_item, response ? response_again : request_again,
           p.value("DNS {} retransmission. Original {} in frame {}", response ? "response" : "query",
                   response ? "response" : "request", exchange.sent_before));
    add(response ? retransmit_response_in : retransmit_request_in, exchange.sent_before);
    add(retransmission, 1);
  } else if (exchange.request_frame != 0) {
    add(response_to, exchange.request_frame);
    add(dns::time, static_cast<std::uint64_t>(exchange.since_request.count()));
  } else if (response) {
    add(unsolicited, 1);
  }
}

// `whole` starts with the length that precedes a message in a stream, where `in` is part of one.
void read_message(Packet& p, const Octets& in, const ProtocolInfo& protocol, Variant variant, const Octets* whole) {
  const InFull in_full{p};
  constexpr std::string_view columns[] = {"DNS", "MDNS", "LLMNR"};
  p.set_protocol(columns[static_cast<std::size_t>(variant)]);
  p.clear_info();
  const std::uint16_t transaction_id = p.u16(in, 0);
  const std::uint16_t word = p.u16(in, 2);
  if (p.stopped()) return;
  const bool response = (word & 0x8000) != 0;
  const std::uint8_t opcode = word >> 11 & 0x0f;
  const std::uint8_t result = word & 0x0f;
  const std::string_view operation = find_name(opcodes, opcode);
  const auto name_or = [&](std::string_view name, std::string_view unknown, std::uint32_t number) {
    if (!name.empty()) {
      p.append_info(name);
    } else {
      p.append_info_format("{} ({})", unknown, number);
    }
  };
  name_or(operation, "Unknown operation", opcode);
  p.append_info_format("{} 0x{:04x}", response ? " response" : "", transaction_id);
  if (response && result != 0) {
    p.append_info(" ");
    name_or(find_name(reply_codes, result), "Unknown error", result);
  }

  Message m{p, in, NameReader{p, in}, ItemId::none, variant};
  if (p.wants_layers()) {
    m.layer = p.add_layer(protocol, whole != nullptr ? *whole : in, 0, whole != nullptr ? whole->captured : in.captured,
                          p.text("{} ({})", protocol.layer.label, response ? "response" : "query"));
  }
  if (whole != nullptr) p.add(m.layer, length, *whole, 0, 2);
  const ItemId id_item = p.add(m.layer, id, in, 0, 2);
  const Exchange exchange = follow(p, transaction_id, response);
  add_flags(m, word, operation.empty() ? std::string_view{"Unknown operation"} : operation);

  const bool update = opcode == opcode_update;
  std::uint32_t counts[4];
  const Field* const count_fields[] = {update ? &count_zones : &count_queries,
                                       update ? &count_prerequisites : &count_answers,
                                       update ? &count_updates : &count_auth_rr, &count_add_rr};
  for (std::uint32_t i = 0; i < 4; ++i) {
    counts[i] = p.u16(in, 4 + 2 * i);
    p.add(m.layer, *count_fields[i], in, 4 + 2 * i, 2);
  }
  if (p.stopped()) return;
  if (opcode == opcode_stateful && std::all_of(counts, counts + 4, [](std::uint32_t count) { return count == 0; })) {
    read_stateful(m);
  } else {
    read_section(m, update ? "Zone" : "Queries", counts[0], read_question);
    read_section(m, update ? "Prerequisites" : "Answers", counts[1], read_record);
    read_section(m, update ? "Updates" : "Authoritative nameservers", counts[2], read_record);
    read_section(m, "Additional records", counts[3], read_record);
  }
  if (p.stopped()) return;
  add_exchange(m, id_item, exchange, response);
  if (m.at < in.reported) {
    const std::uint32_t extra = in.reported - m.at;
    if (!p.need(in, m.at, extra)) return;
    if (p.counts_notes()) {  // tshark counts it, and has no line for it in the tree
      p.out.facts.notes.push_back({&extraneous_data, Severity::note, "Undecoded", p.protocol_name, "Extraneous data"});
    }
    if (!p.wants_items()) return;
    const ItemId item =
        p.add_text(m.layer, in, m.at, extra, p.text("Extraneous Data ({} byte{})", extra, plural(extra)));
    p.add(item, extraneous_data, in, m.at, extra);
    p.generated(p.add(item, extraneous_length, in, m.at, 0, extra));
  }
}

}  // namespace

std::uint32_t dissect_message(Packet& p, const Octets& in, const ProtocolInfo& protocol, Variant variant) {
  read_message(p, in, protocol, variant, nullptr);
  return in.reported;
}

std::uint32_t dissect_stream(Packet& p, const Octets& in, const ProtocolInfo& protocol) {
  for (std::uint32_t offset = 0; offset < in.reported;) {
    if (!p.need(in, offset, 1)) break;
    const std::uint32_t here = in.captured - offset;
    const std::uint32_t wanted = here < 2 ? 0 : 2u + p.u16(in, offset);
    if (p.can_desegment && (here < 2 || here < wanted)) {
      p.desegment_offset = offset;
      p.desegment_length = here < 2 ? Packet::one_more_segment : wanted - here;
      break;
    }
    if (!p.need(in, offset, 2)) break;
    const Octets whole = in.part(offset, wanted);
    p.generated(p.add(p.transport, pdu_size, in, offset, 0, wanted));
    p.guard([&] { read_message(p, whole.from(2), protocol, Variant::dns, &whole); });
    offset += wanted;
  }
  return in.reported;
}

}  // namespace encap::dns

#include "trace/field_purposes.h"

#include <algorithm>

namespace encap {
namespace {

struct Purpose {
  std::string_view name;
  std::string_view sentence;
};

// Sorted by name.
constexpr Purpose purposes[] = {
    {"data-text-lines", "The body: lines of text."},
    {"dns", "The Domain Name System: asks which address a name has, and answers it."},
    {"dns.*", "A part of what the record tells."},
    {"dns.a", "The IPv4 address the name has."},
    {"dns.aaaa", "The IPv6 address the name has."},
    {"dns.cname", "The name this one is only another word for."},
    {"dns.count.add_rr", "How many records of further help follow."},
    {"dns.count.answers", "How many records answer the question."},
    {"dns.count.auth_rr", "How many records name the servers that know for certain."},
    {"dns.count.queries", "How many questions the message asks."},
    {"dns.flags", "What kind of DNS message this is."},
    {"dns.flags.authenticated", "Set when the server has checked the answer's signatures."},
    {"dns.flags.authoritative", "Set when the server that answers is in charge of the name."},
    {"dns.flags.checkdisable", "Set when the asker takes answers whose signatures are not checked."},
    {"dns.flags.opcode", "What is asked for; a usual question is 0."},
    {"dns.flags.rcode", "Whether it worked: 0 is no error, 3 means there is no such name."},
    {"dns.flags.recavail", "Set when the server is ready to ask other servers."},
    {"dns.flags.recdesired", "Set to ask the server to find the answer for us, wherever it is."},
    {"dns.flags.response", "Tells an answer (1) from a question (0)."},
    {"dns.flags.truncated", "Set when the answer did not fit into the datagram."},
    {"dns.flags.z", "Reserved; zero."},
    {"dns.id", "Number chosen by the asker; the answer repeats it, so that the two find each other."},
    {"dns.length", "Over TCP: how long the DNS message behind it is."},
    {"dns.qry.class", "Which network's names are meant: IN is the Internet."},
    {"dns.qry.name", "The name that is asked for: each part with its length in front, a zero at the end."},
    {"dns.qry.type", "Which kind of record is asked for: A is an IPv4 address, AAAA an IPv6 address."},
    {"dns.resp.class", "Which network's names are meant: IN is the Internet."},
    {"dns.resp.len", "How long the record's data is."},
    {"dns.resp.name", "The name the record belongs to; it may point back to where the name stood before."},
    {"dns.resp.ttl", "For how many seconds the answer may be remembered."},
    {"dns.resp.type", "Which kind of record this is."},
    {"dns:line", "One question or one record."},
    {"eth", "Ethernet: brings the packet to the next device on the same cable or radio."},
    {"eth.addr", "The address, as both directions have it."},
    {"eth.dst", "Hardware address of the device that shall take the frame."},
    {"eth.dst.ig", "0: the frame is for one device; 1: for a group of them."},
    {"eth.dst.lg", "0: the address was given by the manufacturer; 1: by who runs the network."},
    {"eth.ig", "0: one device; 1: a group of them."},
    {"eth.lg", "0: the address was given by the manufacturer; 1: by who runs the network."},
    {"eth.padding", "Zeros that fill the frame up to the shortest length allowed."},
    {"eth.src", "Hardware address of the device that sends the frame."},
    {"eth.src.ig", "0: one device; a sender is never a group."},
    {"eth.src.lg", "0: the address was given by the manufacturer; 1: by who runs the network."},
    {"eth.type", "What the frame carries, so that the receiver knows who reads on: 0x0800 is IPv4."},
    {"http", "The application's protocol: a start line, field lines, an empty line, the body."},
    {"http.*", "A field line: a name, a colon, and what the sender tells under that name."},
    {"http.accept", "Field line: which kinds of content the browser can use."},
    {"http.connection", "Field line: whether the connection stays open after this message."},
    {"http.content_length_header", "Field line: how many octets of body follow the empty line."},
    {"http.content_type", "Field line: what kind of content the body is."},
    {"http.cookie", "Field line: what the server asked the browser to remember."},
    {"http.file_data", "The body: what the message is about."},
    {"http.host", "Field line: which of the server's sites is meant, since one server may have many."},
    {"http.location", "Field line: where to go on."},
    {"http.request.method", "What to do: GET fetches, POST sends, PUT stores."},
    {"http.request.uri", "Which of the server's things is meant."},
    {"http.request.version", "Which edition of HTTP the browser speaks."},
    {"http.response.code", "How it went, as a number: 2xx well, 3xx go elsewhere, 4xx your mistake, 5xx mine."},
    {"http.response.phrase", "How it went, in words for people."},
    {"http.response.version", "Which edition of HTTP the server speaks."},
    {"http.server", "Field line: which program answers."},
    {"http.set_cookie", "Field line: what the browser shall remember and send again."},
    {"http.user_agent", "Field line: which program asks."},
    {"http:end", "The empty line: the field lines are over, the body begins."},
    {"http:line", "The start line: what is asked for, or how it went."},
    {"image-gif", "The body: a GIF picture."},
    {"image-jfif", "The body: a JPEG picture."},
    {"ip", "The Internet Protocol: brings the packet from one host to another, over any number of networks."},
    {"ip.checksum", "Guards this header against damage on the way: the sum of its words, as worked out below."},
    {"ip.dsfield", "How urgent the packet is, and whether the network may report congestion in it."},
    {"ip.dsfield.dscp", "The class of service the packet asks for; 0 is the usual one."},
    {"ip.dsfield.ecn", "Whether routers may mark the packet in place of dropping it; 0: they may not."},
    {"ip.dst", "Address of the host the packet is for. It stays the same all the way."},
    {"ip.flags", "What routers may do to the packet, and whether more fragments follow."},
    {"ip.flags.df", "Set: a router must not cut the packet, but drop it and say so."},
    {"ip.flags.mf", "Set: this is a fragment and others come behind it."},
    {"ip.flags.rb", "Reserved; zero."},
    {"ip.frag_offset", "Where in the original packet this fragment belongs; 0 for the first and for whole packets."},
    {"ip.hdr_len", "Length of this header in words of 4 octets: 5 means 20 octets, no options."},
    {"ip.id", "Number of the packet; all fragments of one packet have the same."},
    {"ip.len", "Length of the packet in octets: this header and all behind it."},
    {"ip.proto", "What the packet carries, so that the receiver knows who reads on: 6 is TCP, 17 is UDP."},
    {"ip.src", "Address of the host that sends the packet; answers go there."},
    {"ip.ttl",
     "How many routers the packet may still pass. Each takes one off, so that no packet goes round for ever."},
    {"ip.version", "Which edition of the Internet Protocol: 4."},
    {"ipv6", "The Internet Protocol, version 6: brings the packet from one host to another."},
    {"ipv6.dst", "Address of the host the packet is for, 128 bits long."},
    {"ipv6.flow", "A number for packets that routers shall treat alike; 0: none."},
    {"ipv6.fraghdr", "A header of its own that fragments have: IPv6 keeps this out of the usual header."},
    {"ipv6.fraghdr.ident", "Number of the original packet; all its fragments have the same."},
    {"ipv6.fraghdr.more", "1: this is a fragment and others come behind it."},
    {"ipv6.fraghdr.nxt", "What the fragment carries: 6 is TCP, 17 is UDP."},
    {"ipv6.fraghdr.offset", "Where in the original packet this fragment belongs, in units of 8 octets."},
    {"ipv6.fraghdr.reserved_bits", "Reserved; zero."},
    {"ipv6.fraghdr.reserved_octet", "Reserved; zero."},
    {"ipv6.hlim", "How many routers the packet may still pass; each takes one off."},
    {"ipv6.nxt", "What comes behind this header: 6 is TCP, 17 is UDP, 44 a fragment header."},
    {"ipv6.plen", "How many octets come behind this header."},
    {"ipv6.src", "Address of the host that sends the packet; answers go there."},
    {"ipv6.tclass", "How urgent the packet is, and whether the network may report congestion in it."},
    {"ipv6.tclass.dscp", "The class of service the packet asks for; 0 is the usual one."},
    {"ipv6.tclass.ecn", "Whether routers may mark the packet in place of dropping it; 0: they may not."},
    {"ipv6.version", "Which edition of the Internet Protocol: 6."},
    {"json", "The body: JSON, names with their values."},
    {"mime_multipart", "The body: several parts, each with field lines of its own."},
    {"null", "The loopback's link header. Nothing leaves the host, so it needs no addresses."},
    {"null.family", "Which kind of packet follows, in the byte order of the host: 2 is IPv4."},
    {"null.type", "Which kind of packet follows."},
    {"png", "The body: a PNG picture."},
    {"sll", "What Linux writes in place of a link header when packets of several interfaces are captured together."},
    {"sll.etype", "What the packet is: 0x0800 is IPv4, 0x86dd IPv6."},
    {"sll.halen", "How many octets of the hardware address count."},
    {"sll.hatype", "What kind of interface it was: 1 is Ethernet, 772 the loopback."},
    {"sll.pkttype", "Which way the packet went: to us, to all, to others, or from us."},
    {"sll.src.eth", "Hardware address of the device that sent the packet."},
    {"sll.src.other", "Hardware address of the device that sent the packet."},
    {"sll.unused", "Fills the field up to 8 octets."},
    {"tcp", "The Transmission Control Protocol: brings octets from one program to another, all of them, in order."},
    {"tcp.ack", "The number below, counted from the start of the connection, as Wireshark shows it."},
    {"tcp.ack_raw", "All octets up to this one have arrived; this one is awaited next."},
    {"tcp.checksum",
     "Guards header, payload and addresses against damage: the sum of their words, as worked out below."},
    {"tcp.dstport", "Which program on the receiving host it is for."},
    {"tcp.flags", "What the segment does, a bit for each."},
    {"tcp.flags.ack", "Set: the acknowledgment number counts. It is, in all segments but the first."},
    {"tcp.flags.ae", "Part of a counter of congestion marks, where both sides know it."},
    {"tcp.flags.cwr", "Set: the sender has slowed down, as the network asked."},
    {"tcp.flags.ece", "Set: the network reported congestion."},
    {"tcp.flags.fin", "Set: the sender has nothing more to send."},
    {"tcp.flags.push", "Set: hand this to the program at once, do not wait for more."},
    {"tcp.flags.res", "Reserved; zero."},
    {"tcp.flags.reset", "Set: the connection is broken off."},
    {"tcp.flags.syn", "Set: opens a connection and names the first sequence number."},
    {"tcp.flags.urg", "Set: the urgent pointer counts."},
    {"tcp.hdr_len", "Length of this header in words of 4 octets: where the message begins."},
    {"tcp.option_kind", "Which option it is."},
    {"tcp.option_len", "How long the option is, kind and length included."},
    {"tcp.options", "What does not fit the fixed header; filled up to a multiple of 4 octets."},
    {"tcp.options.eol", "The options end here."},
    {"tcp.options.mss",
     "Said once, in the first segments: the largest payload the sender wants to get in one segment."},
    {"tcp.options.mss_val", "The largest payload in octets."},
    {"tcp.options.nop", "One octet of nothing, so that the next option begins at a multiple of 4."},
    {"tcp.options.sack", "Which octets behind a gap have arrived."},
    {"tcp.options.sack_perm", "Said once, in the first segments: the sender understands selective acknowledgements."},
    {"tcp.options.timestamp", "Two clocks, to measure how long the way there and back takes."},
    {"tcp.options.timestamp.tsecr", "The last time the other side told, sent back to it."},
    {"tcp.options.timestamp.tsval", "The sender's clock."},
    {"tcp.options.wscale",
     "Said once, in the first segments: by which factor the sender's windows are to be multiplied."},
    {"tcp.options.wscale.shift", "The factor as a power of two."},
    {"tcp.seq", "The number below, counted from the start of the connection, as Wireshark shows it."},
    {"tcp.seq_raw",
     "Number of this segment's first octet in the stream: puts segments in order, shows what is missing."},
    {"tcp.srcport", "Which program on the sending host it is from; answers go there."},
    {"tcp.urgent_pointer", "Where urgent data ends. Counts only with the URG flag; hardly used."},
    {"tcp.window_size_value", "How many octets more the sender of this has room for."},
    {"udp", "The User Datagram Protocol: brings one message from one program to another, and promises nothing."},
    {"udp.checksum",
     "Guards header, payload and addresses against damage: the sum of their words, as worked out below."},
    {"udp.dstport", "Which program on the receiving host it is for."},
    {"udp.length", "Length of the datagram in octets: this header of 8 and the message."},
    {"udp.srcport", "Which program on the sending host it is from; answers go there."},
    {"urlencoded-form", "The body: what was typed into a form."},
    {"xml", "The body: XML or HTML."}};

static_assert(std::is_sorted(std::begin(purposes), std::end(purposes),
                             [](const Purpose& a, const Purpose& b) { return a.name < b.name; }));

std::string_view find(std::string_view name) noexcept {
  const auto* const found =
      std::lower_bound(std::begin(purposes), std::end(purposes), name,
                       [](const Purpose& one, std::string_view wanted) { return one.name < wanted; });
  return found != std::end(purposes) && found->name == name ? found->sentence : std::string_view{};
}

/// The sentence for all names of a protocol.
std::string_view find_of_all(std::string_view protocol) noexcept {
  const auto* const found = std::find_if(std::begin(purposes), std::end(purposes), [protocol](const Purpose& one) {
    return one.name.size() == protocol.size() + 2 && one.name.starts_with(protocol) && one.name.ends_with(".*");
  });
  return found != std::end(purposes) ? found->sentence : std::string_view{};
}

}  // namespace

std::string_view purpose_of(std::string_view name) noexcept {
  if (const std::string_view exact = find(name); !exact.empty()) return exact;
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : find_of_all(name.substr(0, dot));
}

std::string_view purpose_of(std::string_view protocol, const Item& item) noexcept {
  if (item.field != nullptr) return purpose_of(item.field->name);
  if (protocol == "http") return find(item.first_child == ItemId::none ? "http:end" : "http:line");
  return protocol == "dns" ? find("dns:line") : std::string_view{};
}

}  // namespace encap

#include <deque>
#include <fmt/format.h>

#include "encap/wire/ipv4.h"
#include "encap/wire/udp.h"
#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding offloaded{
    "checksum.offloaded", Severity::chat, "checksums are left to the network card",
    "The system leaves checksums to the card and hands packets to the capture before they are computed: in the field "
    "stands nothing, or only the sum of the pseudo-header, from which the card goes on. On loopback no card ever "
    "computes them. The "
    "packets are sound, and the other side receives them with the right checksum. Wireshark calls them incorrect where "
    "its checksum validation is switched on (\"maybe caused by checksum offload\").",
    "Nothing is to be mended. Leave the validation off (Preferences, Protocols, TCP and UDP: Validate the checksum if "
    "possible), or capture on the receiving host. To see real checksums, switch offloading off while capturing: "
    "ethtool -K eth0 tx off."};

constexpr Finding wrong{
    "checksum.wrong", Severity::warning, "checksums are wrong",
    "The checksum is neither right nor what a card starts from. Either the packet was damaged on its way, or somebody "
    "changed it and did not compute the checksum anew: a program that crafts packets, a tool that rewrites addresses, "
    "a broken router. A host that receives such a packet drops it without a word, so the sender sees no answer and "
    "sends again.",
    "Where you craft packets, let the library compute the checksum (in scapy: del packet[TCP].chksum before sending), "
    "over the pseudo-header with the addresses that are sent. For rewritten captures: tcprewrite --fixcsum."};

constexpr Finding header_wrong{
    "checksum.ip-header-wrong", Severity::warning, "IPv4 header checksums are wrong",
    "The header checksum does not fit the header. Every router and host drops such a packet. It was damaged, or "
    "crafted or changed without computing the checksum anew.",
    "Where you craft packets, compute the header checksum last, over the whole header with the checksum field zero, or "
    "leave it to the library or the kernel. For rewritten captures: tcprewrite --fixcsum."};

// Counts by the address that sent. Bounded: 256 senders of each kind; those beyond are counted together.
struct BySender {
  static constexpr std::size_t most = 256;
  struct Row {
    Address sender;
    Protocol protocol;
    Frames frames;
    std::uint64_t zero = 0;
    std::uint16_t first_value = 0;
    std::uint16_t first_right = 0;
  };
  std::deque<Row> rows;
  std::uint64_t beyond = 0;

  Row* find(const Address& sender, Protocol protocol) {
    for (Row& row : rows) {
      if (row.protocol == protocol && row.sender == sender) return &row;
    }
    if (rows.size() < most) return &rows.emplace_back(Row{sender, protocol, {}});
    ++beyond;
    return nullptr;
  }
};

std::string_view name_of(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::tcp:
      return "TCP";
    case Protocol::udp:
      return "UDP";
    case Protocol::icmp:
      return "ICMP";
    case Protocol::icmpv6:
      return "ICMPv6";
    default:
      return "IPv4";
  }
}
std::string_view filter_of(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::tcp:
      return "tcp";
    case Protocol::udp:
      return "udp";
    case Protocol::icmp:
      return "icmp";
    case Protocol::icmpv6:
      return "icmpv6";
    default:
      return "ip";
  }
}

class ChecksumFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    if (p.version == 4 && p.has_length) take_header(p);
    if (!p.body_is_whole || p.names_last_hop) return;
    if (p.has_tcp) {
      take_sum(p, load_field<TcpField::checksum>(p.body), p.body_length, p.body_sum);
    } else if (p.has_udp) {
      const std::uint16_t checksum = load_field<UdpField::checksum>(p.body);
      const auto length = static_cast<std::uint32_t>(UdpView::header_length) + p.payload_length;
      if (checksum == 0 || length > p.body.size()) return;  // RFC 768: none was computed
      take_sum(p, checksum, length, length == p.body_length ? p.body_sum : sum_words(p.body.first(length)));
    } else if ((p.protocol == Protocol::icmp && p.version == 4) || (p.protocol == Protocol::icmpv6 && p.version == 6)) {
      if (p.body.size() < 4) return;
      const std::uint64_t pseudo = p.version == 6 ? p.pseudo_header(p.body_length).sum() : 0;  // RFC 4443 §2.3
      const std::uint16_t checksum = load_be16(p.body, 2);
      if (fold_carries(pseudo + p.body_sum) == 0xffff) return;
      add(wrong_, p, p.protocol, checksum, right_one(pseudo, p.body_sum, checksum));
    }
  }

  void report(const Capture&, Report& report) const override {
    for (const BySender::Row& row : offloaded_.rows) {
      const std::string proof =
          row.protocol == Protocol::ipv4
              ? fmt::format("{} with 0 for the IPv4 header checksum", count_text(row.frames.count(), "packet"))
              : fmt::format(
                    "{} of {} with {} in place of a checksum, the first one {:#06x} where {:#06x} would be "
                    "right",
                    count_text(row.frames.count(), "packet"), name_of(row.protocol),
                    row.zero == row.frames.count() ? "0" : "the sum of the pseudo-header", row.first_value,
                    row.first_right);
      report.add({&offloaded,
                  "sent by " + address(row),
                  {},
                  row.frames,
                  fmt::format("{}: {}.", proof, row.frames.text()),
                  filter(row)});
    }
    for (const BySender::Row& row : wrong_.rows) {
      report.add({&wrong,
                  "sent by " + address(row),
                  {},
                  row.frames,
                  fmt::format("{} of {}, the first one with {:#06x} where {:#06x} would be right: {}.",
                              count_text(row.frames.count(), "packet"), name_of(row.protocol), row.first_value,
                              row.first_right, row.frames.text()),
                  filter(row)});
    }
    for (const BySender::Row& row : header_wrong_.rows) {
      report.add(
          {&header_wrong,
           "sent by " + address(row),
           {},
           row.frames,
           fmt::format("{}, the first one with {:#06x} where {:#06x} would be right: {}.",
                       count_text(row.frames.count(), "packet"), row.first_value, row.first_right, row.frames.text()),
           filter(row)});
    }
    if (offloaded_.beyond != 0) report.add_uncounted(offloaded, offloaded_.beyond);
    if (wrong_.beyond != 0) report.add_uncounted(wrong, wrong_.beyond);
    if (header_wrong_.beyond != 0) report.add_uncounted(header_wrong, header_wrong_.beyond);
  }

 private:
  static std::string address(const BySender::Row& row) {
    std::string text;
    append_text(text, row.sender);
    return text;
  }
  static std::string filter(const BySender::Row& row) {
    return fmt::format("{}.src == {} && {}", row.sender.kind == Address::Kind::ipv6 ? "ipv6" : "ip", address(row),
                       filter_of(row.protocol));
  }
  static void add(BySender& by, const SeenPacket& p, Protocol protocol, std::uint16_t value, std::uint16_t right) {
    BySender::Row* const row = by.find(p.source, protocol);
    if (row == nullptr) return;
    if (row->frames.empty()) {
      row->first_value = value;
      row->first_right = right;
    }
    row->frames.add(p.frame);
    if (value == 0) ++row->zero;
  }

  void take_header(const SeenPacket& p) {
    if (sum_words(p.header) == 0xffff) return;
    const std::uint16_t checksum = load_field<Ipv4Field::checksum>(p.header);
    const std::uint16_t right = right_one(0, sum_words(p.header), checksum);
    add(checksum == 0 ? offloaded_ : header_wrong_, p, Protocol::ipv4, checksum, right);
  }
  void take_sum(const SeenPacket& p, std::uint16_t checksum, std::uint32_t length, std::uint16_t sum) {
    const std::uint64_t pseudo = p.pseudo_header(length).sum();
    if (fold_carries(pseudo + sum) == 0xffff) return;
    const std::uint16_t right = right_one(pseudo, sum, checksum);
    // Of segments that the card cuts, the sum may be without the length.
    const bool left_to_card =
        checksum == 0 || checksum == fold_carries(pseudo) || checksum == fold_carries(p.pseudo_header(0).sum());
    add(left_to_card ? offloaded_ : wrong_, p, p.protocol, checksum, right);
  }
  static std::uint16_t right_one(std::uint64_t pseudo, std::uint16_t sum, std::uint16_t checksum) noexcept {
    return static_cast<std::uint16_t>(~fold_carries(pseudo + sum + static_cast<std::uint16_t>(~checksum)));
  }

  BySender offloaded_;
  BySender wrong_;
  BySender header_wrong_;
};

}  // namespace

MadeFamily make_checksum_family() { return std::make_unique<ChecksumFamily>(); }

}  // namespace encap::advice

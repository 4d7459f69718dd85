#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "encap/dissect/session.h"

namespace encap {

/// Octets of one PDU that waits for the rest of it.
struct TcpPduBuffer {
  std::vector<std::byte> octets;
  std::vector<Reassembly::Piece> pieces;  ///< in order of offset, then of arrival
  std::uint32_t unbroken = 0;             ///< octets without a gap from the start
};

/// A PDU and its octets.
struct TcpPduEntry : TcpPdus::Pdu {
  enum class State : std::uint8_t { unused, waiting, complete, given_up };
  State state = State::unused;
  bool has_length = false;
  std::uint32_t length = 0;  ///< of all of it, once its last octets were there
  std::uint64_t complete_in = 0;
  std::unique_ptr<TcpPduBuffer> buffer;  ///< none once it is over
};

/// Lends buffers, in bounded memory: `limit_per_pdu` octets for one PDU, `limit` for all of a lane, what keeping the
/// pieces costs counted in, of which a session has two. Buffers are used again. Bounded in time as well: a PDU has
/// `maximum_pieces` at most, as each piece that comes out of its order is put in its place between the others.
class TcpPduStore {
 public:
  static constexpr std::size_t limit_per_pdu = 32u << 20;
  static constexpr std::size_t limit = 48u << 20;
  static constexpr std::size_t maximum_pieces = 65'536;  // so many of 512 octets reach `limit_per_pdu`

  void open(TcpPduEntry& entry);
  void close(TcpPduEntry& entry) noexcept;
  /// Accounts for what the lists of PDUs themselves take. Whether there is room for `octets` more.
  [[nodiscard]] bool charge(std::size_t octets) noexcept;
  void release(std::size_t octets) noexcept { held_ -= octets; }
  /// Whether one more piece that ends at `end` may be kept; makes room for it.
  [[nodiscard]] bool make_room(TcpPduEntry& entry, std::size_t end);
  /// Its octets are readable until the next packet, whatever becomes of it before.
  void completed(TcpPduEntry& entry) { completed_.push_back(&entry); }
  /// A new packet begins.
  void next_packet() noexcept {
    if (!completed_.empty() || !lent_.empty()) let_go();
  }

 private:
  static constexpr std::size_t piece_cost = sizeof(Reassembly::Piece);
  static constexpr std::size_t spare_buffers = 16;
  static constexpr std::size_t largest_spare = 256u << 10;

  void let_go() noexcept;
  static std::size_t cost(const TcpPduBuffer& buffer) noexcept {
    return sizeof buffer + buffer.octets.size() + buffer.pieces.size() * piece_cost;
  }

  std::vector<std::unique_ptr<TcpPduBuffer>> spare_;
  std::vector<TcpPduEntry*> completed_;       // in this packet
  std::vector<std::vector<std::byte>> lent_;  // octets of those that have others now, or none
  std::size_t held_ = 0;
};

/// One side's PDUs.
class TcpPduList final : public TcpPdus {
 public:
  explicit TcpPduList(TcpPduStore& store) noexcept : store_{store} {}
  ~TcpPduList() override { clear(); }

  [[nodiscard]] Pdu* find(std::uint32_t sequence) noexcept override;
  [[nodiscard]] Pdu* find_before(std::uint32_t sequence) noexcept override;
  [[nodiscard]] Pdu* begin(std::uint32_t sequence, std::uint32_t next, std::uint64_t frame_number) override;
  [[nodiscard]] Reassembly add(Pdu& pdu, std::uint64_t frame_number, std::uint32_t offset, Bytes bytes,
                               bool more) override;
  void reopen(Pdu& pdu) noexcept override;
  void clear() noexcept;

 private:
  using Entries = std::array<TcpPduEntry, 8>;

  TcpPduStore& store_;
  std::unique_ptr<Entries> entries_;  // none as long as all PDUs end with their segments, as most connections' do
  std::size_t next_ = 0;              // the one that is used for the next PDU
};

}  // namespace encap

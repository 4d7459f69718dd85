#pragma once

#ifdef __linux__

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "encap/wire/sequence_number.h"
#include "encap/wire/tcp.h"
#include "live/kernel_socket.h"

namespace encap::live {

struct EndpointHash {
  [[nodiscard]] std::size_t operator()(const Endpoint& endpoint) const noexcept;
};

/// Lets the kernel's TCP speak the connections of a plan, given as its segments; see `open_socket_sender`.
class TcpCarrier {
 public:
  struct Limits {
    std::size_t connections = 20'000;  ///< open at once, two sockets each
    std::size_t listeners = 1024;      ///< open at once
  };
  static constexpr std::size_t most_held_octets = std::size_t{16} << 20;  ///< that wait for others before them
  static constexpr std::size_t most_held_segments = 65'536;
  static constexpr std::size_t most_remembered = 65'536;  ///< connections that are over

  explicit TcpCarrier(Limits limits);

  /// Carries a segment out. Returns false where it is passed over.
  /// Errors: what the system refuses, and messages that do not arrive or arrive changed.
  [[nodiscard]] Result<bool, IoError> carry(const Route& route, const TcpView& segment);
  /// Closes every connection, clients first, then every listener. Errors: those of `carry`; all are closed, the first
  /// one is returned.
  [[nodiscard]] Result<void, IoError> finish(const Deadline& deadline);
  /// Connections that were opened to another program.
  [[nodiscard]] std::uint64_t to_other_programs() const noexcept { return to_other_programs_; }

 private:
  /// One end of a connection, and what it says.
  struct Side {
    KernelSocket socket{};                                    // none where another program is this side
    std::optional<SequenceNumber> next{};                     // of the octet behind those written
    std::uint64_t written = 0;                                // octets
    std::optional<std::uint64_t> ends_at{};                   // octets before its FIN
    bool has_ended = false;                                   // it is shut down
    std::map<std::uint64_t, std::vector<std::byte>> ahead{};  // by how many octets come before, behind a gap
  };
  enum Role : std::uint8_t { client, server };
  struct Connection {
    Route route;                          // from the client to the server
    std::optional<SequenceNumber> iss{};  // of the client's SYN; none: segments are messages, whatever their numbers
    bool is_open = false;                 // among `open_`
    bool is_parked = false;               // closed only because there were too many
    bool to_other_program = false;        // which is the server then
    std::array<Side, 2> sides{};          // client, server
  };
  using Connections = std::list<Connection>;
  struct RouteHash {
    [[nodiscard]] std::size_t operator()(const Route& route) const noexcept;
  };

  [[nodiscard]] Result<bool, IoError> synchronize(const Route& route, SequenceNumber iss, Bytes payload);
  [[nodiscard]] Result<bool, IoError> say(Connection& connection, Role from, const TcpView& segment);
  [[nodiscard]] Result<bool, IoError> say_numbered(Connection& connection, Role from, SequenceNumber sequence_number,
                                                   Bytes payload, bool fin);
  [[nodiscard]] Result<bool, IoError> reset(Connection& connection, Role from);
  [[nodiscard]] Result<void, IoError> hold(Connection& connection, Side& side, std::uint64_t at, Bytes payload);

  [[nodiscard]] Connections::iterator find(const Route& route);
  [[nodiscard]] Result<Connection*, IoError> begin(const Route& route, std::optional<SequenceNumber> iss);
  [[nodiscard]] Result<void, IoError> make_room();
  [[nodiscard]] Result<void, IoError> unpark(Connections::iterator connection);
  [[nodiscard]] Result<void, IoError> connect(Connection& connection);
  [[nodiscard]] Result<void, IoError> connect_again(Connection& connection);
  [[nodiscard]] Result<const KernelSocket*, IoError> listener_at(const Endpoint& endpoint);
  [[nodiscard]] Result<KernelSocket, IoError> bind_client(const Endpoint& endpoint);

  [[nodiscard]] Result<void, IoError> transmit(Connection& connection, Role from, Bytes octets);
  [[nodiscard]] Result<std::size_t, IoError> hear(Connection& connection, Role from, Bytes expected);
  [[nodiscard]] Result<void, IoError> shut(Connection& connection, Role from, const Deadline& deadline);
  [[nodiscard]] Result<void, IoError> end(Connection& connection, Role first, const Deadline& deadline);
  [[nodiscard]] static Result<void, IoError> has_no_gap(const Connection& connection);
  bool drain(const KernelSocket& socket) noexcept;
  void conclude(Connection& connection);
  void close_to_others(const Deadline& deadline);

  Limits limits_;
  Connections open_;                                                      // the one idle longest first
  Connections over_;                                                      // the one over longest first
  std::unordered_map<Route, Connections::iterator, RouteHash> by_route_;  // the lower endpoint is the source
  std::unordered_map<Endpoint, KernelSocket, EndpointHash> listeners_;
  std::vector<std::byte> heard_;
  std::size_t held_octets_ = 0;
  std::size_t held_segments_ = 0;
  std::uint64_t to_other_programs_ = 0;
};

}  // namespace encap::live

#endif  // __linux__

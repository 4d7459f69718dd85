#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "encap/flow/message.h"

namespace encap {

/// What a row of Wireshark's packet list stands for.
enum class PacketRow : std::uint8_t {
  message,      ///< its Info is what an application says
  control,      ///< a TCP segment without data, or one sent again
  hidden_data,  ///< data that the list does not show
  other         ///< a protocol below the applications
};

/// What the columns Protocol and Info say.
struct PacketText {
  PacketRow row = PacketRow::message;
  std::string_view protocol;  ///< by its name in a message table, where it has one
  std::string_view message;   ///< Info without what Wireshark adds to it
  std::optional<Transport> transport{};
  std::optional<Port> source{};  ///< as in `54321 → 80 [ACK]`
  std::optional<Port> destination{};
  std::optional<Port> service{};  ///< of the protocol
};

/// Lifetime: borrows both texts.
[[nodiscard]] PacketText read_packet_text(std::string_view protocol, std::string_view info) noexcept;

/// Gives rows the ports of the rows of the same two hosts before them: Info names ports for TCP and UDP alone.
/// Memory: the last four pairs of ports of up to 4096 pairs of hosts; then it begins anew.
class PacketPorts {
 public:
  /// Fills in the ports of a row that names none, and keeps those of a row that names both.
  void settle(const PacketText& text, Message& message);

 private:
  struct Ports {
    Port first;  // of the host that comes first in order
    Port second;
    Transport transport = Transport::tcp;
    friend bool operator==(const Ports&, const Ports&) = default;
  };
  struct Known {
    std::array<Ports, 4> latest;  // the latest in front
    std::size_t count = 0;
  };
  static constexpr std::size_t most_pairs = 4096;

  std::unordered_map<std::string, Known> hosts_;
  std::string key_;
};

}  // namespace encap

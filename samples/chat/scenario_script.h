#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace chat {

/// The people of the scenario.
enum class Player : std::size_t { alice, bob, carol, dave, zoe };
inline constexpr std::array<std::string_view, 5> player_names{"alice", "bob", "carol", "dave", "Zoë"};

constexpr std::size_t index_of(Player player) noexcept { return static_cast<std::size_t>(player); }

/// What happens next.
struct Step {
  enum class Act {
    connects,
    says,      ///< the text, `{group}` standing for the number of the group
    hears,     ///< a line that has the text in it; waited for
    creates,   ///< says the text, and hears the number of the group
    pauses,    ///< reads nothing any more: a slow client
    resumes,   ///< reads again
    vanishes,  ///< as when a machine loses its power: RST, no /exit
    closes,    ///< the server closes the connection; waited for
    goodbye    ///< the server is told to end
  };
  Act act = Act::says;
  Player who = Player::alice;
  std::string_view text{};
};

/// The conversation, as it is played.
[[nodiscard]] std::span<const Step> scenario_script() noexcept;

}  // namespace chat

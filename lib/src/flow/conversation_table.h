#pragma once

#include <cstdint>
#include <memory>
#include <tsl/robin_map.h>
#include <vector>

#include "base/hash_index.h"
#include "base/prefetch.h"
#include "encap/flow/http_text.h"
#include "encap/flow/tcp_script.h"
#include "flow/conversation_key.h"
#include "flow/message_window.h"
#include "flow/mix.h"
#include "flow/tcp_repair.h"

namespace encap {

/// A conversation and the messages that wait for it. What every row asks for lies in its first 64 octets.
struct alignas(64) Conversation {
  explicit Conversation(const Route& client_to_server, Transport over, const TcpProfile& profile)
      : transport{over}, script{client_to_server, profile} {}

  std::uint32_t first_in_window = no_index;
  std::uint32_t last_in_window = no_index;
  std::uint32_t first_to_send = no_index;
  std::uint32_t last_to_send = no_index;
  Transport transport;
  HttpMethod asked = HttpMethod::other;  // of the last request
  bool ends = false;                     // no more messages will come
  bool listed = true;                    // found by its endpoints
  bool succeeds = false;                 // waits for the end of another one
  bool in_use = true;
  std::uint16_t resets = 0;  // connections before this one that ended in a reset
  TcpScript script;
  std::unique_ptr<TcpRepair> repair;   // plays the connection in place of the script, where something goes wrong
  std::uint32_t successor = no_index;  // of the same endpoints, starts when this one has ended
};

/// The open conversations, found by their endpoints, listed by last use.
class ConversationTable {
 public:
  explicit ConversationTable(const TcpProfile& profile) : profile_{profile} {}

  [[nodiscard]] Conversation& operator[](std::uint32_t index) noexcept { return slots_[index]; }
  /// Conversations that rows can still join.
  [[nodiscard]] std::size_t listed() const noexcept { return index_.size(); }
  /// All of them, those that are being closed too.
  [[nodiscard]] std::size_t in_use() const noexcept { return slots_.size() - free_.size(); }
  /// Slots, some of which may not be in use.
  [[nodiscard]] std::uint32_t slots() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }
  /// The conversation that was used longest ago; no_index when there is none.
  [[nodiscard]] std::uint32_t oldest() const noexcept { return oldest_; }

  /// The conversation of a route, in either direction; no_index when there is none.
  [[nodiscard]] std::uint32_t find(const Route& route, Transport over) const {
    return find(route, over, hash_of(route, over));
  }
  [[nodiscard]] std::uint32_t find(const Route& route, Transport over, std::uint32_t hash) const {
    static_assert(HashIndex::none == no_index);
    return index_.find(hash, [&](std::uint32_t at) {
      const Conversation& candidate = slots_[at];
      return candidate.transport == over && same_ends(candidate.script.route(), route);
    });
  }
  /// What `find` looks for. The same in both directions.
  [[nodiscard]] static std::uint32_t hash_of(const Route& route, Transport over) noexcept {
    return static_cast<std::uint32_t>(FlowKeyHash::of(route.source, route.destination, over) >> 32);
  }
  /// Starts to fetch what `find` and a row ask for.
  void fetch_early_by(std::uint32_t hash) const noexcept {
    const std::uint32_t at = index_.find(hash, [](std::uint32_t) { return true; });
    if (at != no_index) prefetch(&slots_[at]);
  }
  /// Starts to fetch a conversation into the cache. `at` may be no_index.
  void fetch_early(std::uint32_t at) const noexcept {
    if (at == no_index) return;
    const auto* const octets = reinterpret_cast<const char*>(&slots_[at]);
    for (std::size_t i = 0; i < sizeof(Conversation); i += alignof(Conversation)) prefetch(octets + i);
  }

  /// Opens a conversation. Precondition: `find` does not find it.
  std::uint32_t open(const Route& client_to_server, Transport over) {
    // Endpoints that come back get other initial sequence numbers (RFC 9293 §3.4.1).
    TcpProfile profile = profile_;
    profile.seed += unlisted_;
    Conversation fresh{client_to_server, over, profile};
    std::uint32_t at = 0;
    if (free_.empty()) {
      at = slots();
      slots_.push_back(std::move(fresh));
      links_.emplace_back();
    } else {
      at = free_.back();
      free_.pop_back();
      slots_[at] = std::move(fresh);
    }
    index_.reserve(2 * (index_.size() + 1));  // more than half of it free, so that most are found at the first look
    index_.insert(hash_of(client_to_server, over), at);
    append(at);
    if (const auto before = ending_.find(ConversationKey{client_to_server, over}); before != ending_.end()) {
      slots_[before->second].successor = at;
      slots_[at].succeeds = true;
    }
    return at;
  }

  /// Puts a new connection in the place of one that was reset, for the rows that are still to come.
  void reopen(std::uint32_t at) {
    Conversation& conversation = slots_[at];
    TcpProfile profile = profile_;
    profile.seed = Mixer{profile.seed}.add(++conversation.resets).next();
    conversation.repair.reset();
    conversation.script = TcpScript{conversation.script.route(), profile};
  }

  /// Marks a conversation as the one used last.
  void touch(std::uint32_t at) noexcept {
    if (at == newest_ || !slots_[at].listed) return;
    unlink(at);
    append(at);
  }

  /// Takes a conversation off the list to be closed: rows of its endpoints open another one from now on, which follows.
  void unlist(std::uint32_t at) {
    take_off(at);
    ++unlisted_;
    ending_.insert_or_assign(ConversationKey{slots_[at].script.route(), slots_[at].transport}, at);
  }

  /// Forgets a conversation. Returns the one that waited for its end, which need not wait any more; no_index when there
  /// is none.
  std::uint32_t erase(std::uint32_t at) {
    Conversation& conversation = slots_[at];
    if (conversation.listed) {
      take_off(at);
    } else if (const auto ending = ending_.find(ConversationKey{conversation.script.route(), conversation.transport});
               ending != ending_.end() && ending->second == at) {
      ending_.erase(ending);
    }
    conversation.in_use = false;
    free_.push_back(at);
    if (conversation.successor != no_index) slots_[conversation.successor].succeeds = false;
    return conversation.successor;
  }

 private:
  void take_off(std::uint32_t at) {
    Conversation& conversation = slots_[at];
    index_.erase(hash_of(conversation.script.route(), conversation.transport), at);
    unlink(at);
    conversation.listed = false;
  }
  void unlink(std::uint32_t at) noexcept {
    const Links& links = links_[at];
    (links.older == no_index ? oldest_ : links_[links.older].newer) = links.newer;
    (links.newer == no_index ? newest_ : links_[links.newer].older) = links.older;
  }
  void append(std::uint32_t at) noexcept {
    links_[at] = {newest_, no_index};
    (newest_ == no_index ? oldest_ : links_[newest_].newer) = at;
    newest_ = at;
  }
  /// In either direction, which nobody can foresee: all is compared, and nothing decided on the way.
  static bool same_ends(const Route& a, const Route& b) noexcept {
    const auto both = [](bool one, bool other) { return static_cast<unsigned>(one) & static_cast<unsigned>(other); };
    const auto same = [&](const Endpoint& x, const Endpoint& y) {
      return both(x.address == y.address, x.port == y.port);
    };
    return ((same(a.source, b.source) & same(a.destination, b.destination)) |
            (same(a.source, b.destination) & same(a.destination, b.source))) != 0;
  }

  /// By last use. Beside the conversations, because to use one touches the links of four.
  struct Links {
    std::uint32_t older = no_index;
    std::uint32_t newer = no_index;
  };

  TcpProfile profile_;
  HashIndex index_;  // of the listed
  tsl::robin_map<ConversationKey, std::uint32_t, FlowKeyHash>
      ending_;  // unlisted; of one pair of endpoints the youngest
  std::uint64_t unlisted_ = 0;
  std::vector<Conversation> slots_;
  std::vector<Links> links_;  // by slot
  std::vector<std::uint32_t> free_;
  std::uint32_t oldest_ = no_index;
  std::uint32_t newest_ = no_index;
};

}  // namespace encap

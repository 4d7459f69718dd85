#include "live/tcp_carrier.h"

#ifdef __linux__

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>

namespace encap::live {
namespace {

constexpr std::size_t heard_at_once = 65'536;  // octets
constexpr int backlog = 128;

// The same for both directions of a connection.
Route undirected(const Route& route) noexcept { return route.destination < route.source ? route.reversed() : route; }

std::string within_the_limit() {
  return " within " + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(step_limit).count()) + " s";
}

// The first connection to `listener` that comes from there; those of others are closed.
Result<KernelSocket, IoError> accept_from(const KernelSocket& listener, const Route& route, const Deadline& deadline) {
  for (;;) {
    SocketAddress from;
    KernelSocket socket{::accept4(listener.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (socket && from.endpoint() == route.source) return socket;
    if (!socket && !is_passing(errno) && errno != ECONNABORTED) {
      return unexpected(conversation_error("accept", route, errno));
    }
    if ((!socket && !wait_for(listener, POLLIN, deadline)) || deadline.remaining() == 0) {
      return unexpected(
          conversation_error("accept", route, ETIMEDOUT, "the connection did not arrive" + within_the_limit()));
    }
  }
}

Result<void, IoError> start_connect(const KernelSocket& socket, const Route& route) {
  const SocketAddress server{route.destination};
  if (::connect(socket.get(), server.get(), server.length) == 0) return {};
  if (errno == EINPROGRESS || errno == EINTR) return {};
  if (errno != EADDRNOTAVAIL) return unexpected(conversation_error("connect", route, errno));
  // The last connection between the two is in TIME-WAIT. The kernel gives its ports to a new one at once where both
  // used timestamps, which tell their segments apart (RFC 6191). Closing connections in a way that leaves no TIME-WAIT
  // would mean RST where the plan says FIN.
  return unexpected(conversation_error(
      "connect", route, errno,
      "the last connection between these ports is in TIME-WAIT for a minute: wait, or let the next ones use "
      "timestamps, which end that: sysctl net.ipv4.tcp_timestamps=1"));
}

Result<void, IoError> end_connect(const KernelSocket& socket, const Route& route, const Deadline& deadline) {
  if (!wait_for(socket, POLLOUT, deadline)) {
    return unexpected(conversation_error("connect", route, ETIMEDOUT, "no answer" + within_the_limit()));
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error == ECONNREFUSED) {
    return unexpected(conversation_error("connect", route, error,
                                         "another program uses port " + std::to_string(route.destination.port.value) +
                                             " and does not listen there: end it, or use another port"));
  }
  if (error != 0) return unexpected(conversation_error("connect", route, error));
  return {};
}

}  // namespace

std::size_t EndpointHash::operator()(const Endpoint& endpoint) const noexcept {
  const std::size_t address = std::hash<std::string_view>{}(as_text(endpoint.address.octets()));
  return address ^ (endpoint.port.value * std::size_t{0x9e3779b97f4a7c15u});
}

std::size_t TcpCarrier::RouteHash::operator()(const Route& route) const noexcept {
  const EndpointHash hash;
  return hash(route.source) * 31 + hash(route.destination);
}

TcpCarrier::TcpCarrier(Limits limits) : limits_{limits}, heard_(heard_at_once) {}

Result<bool, IoError> TcpCarrier::carry(const Route& route, const TcpView& segment) {
  if (route.source == route.destination) {
    return unexpected(conversation_error("connect", route, EINVAL,
                                         "source and destination are the same: a connection needs two ends, give "
                                         "one of them another port"));
  }
  const TcpFlags flags = segment.flags();
  const Bytes payload = segment.payload();
  if (flags.has(TcpFlags::syn) && !flags.has(TcpFlags::ack) && !flags.has(TcpFlags::rst)) {
    return synchronize(route, segment.sequence_number(), payload);
  }
  const auto found = find(route);
  if (found == open_.end()) {
    if (payload.empty() || flags.has(TcpFlags::rst) || flags.has(TcpFlags::syn)) return false;
    const auto begun = begin(route, std::nullopt);
    if (!begun) return unexpected(begun.error());
    return say(**begun, client, segment);
  }
  const Role from = route.source == found->route.source ? client : server;
  if (flags.has(TcpFlags::rst)) return reset(*found, from);
  if (flags.has(TcpFlags::syn)) {
    Side& side = found->sides[from];
    if (from == server && found->iss && !side.next) side.next = segment.sequence_number() + 1;
    return false;
  }
  if (payload.empty() && !flags.has(TcpFlags::fin)) return false;
  Connection* connection = &*found;
  if (found->is_open) {
    open_.splice(open_.end(), open_, found);
  } else if (found->is_parked) {
    if (auto done = unpark(found); !done) return unexpected(done.error());
  } else {
    if (found->iss || payload.empty()) return false;  // what comes after both FINs was said before
    const auto begun = begin(Route{found->route}, std::nullopt);
    if (!begun) return unexpected(begun.error());
    connection = *begun;
  }
  if (from == server && connection->to_other_program) {
    drain(connection->sides[client].socket);
    return false;
  }
  return say(*connection, from, segment);
}

Result<bool, IoError> TcpCarrier::synchronize(const Route& route, SequenceNumber iss, Bytes payload) {
  if (const auto found = find(route); found != open_.end() && found->is_open) {
    const bool silent = found->sides[client].written == 0 && found->sides[server].written == 0;
    if (found->route == route && found->iss == iss && silent) return false;
    if (auto ended = end(*found, server, Deadline{step_limit}); !ended) return unexpected(ended.error());
  }
  const auto begun = begin(route, iss);
  if (!begun) return unexpected(begun.error());
  (*begun)->sides[client].next = iss + 1;
  if (payload.empty()) return true;
  return say_numbered(**begun, client, iss + 1, payload, false);
}

Result<bool, IoError> TcpCarrier::say(Connection& connection, Role from, const TcpView& segment) {
  const bool fin = segment.flags().has(TcpFlags::fin);
  const Bytes payload = segment.payload();
  Side& side = connection.sides[from];
  if (connection.iss) return say_numbered(connection, from, segment.sequence_number(), payload, fin);
  if (side.has_ended) {
    if (payload.empty()) return false;
    if (auto done = connect_again(connection); !done) return unexpected(done.error());
  }
  if (auto done = transmit(connection, from, payload); !done) return unexpected(done.error());
  if (fin) {
    if (auto done = shut(connection, from, Deadline{step_limit}); !done) return unexpected(done.error());
    conclude(connection);
  }
  return true;
}

Result<bool, IoError> TcpCarrier::say_numbered(Connection& connection, Role from, SequenceNumber sequence_number,
                                               Bytes payload, bool fin) {
  Side& side = connection.sides[from];
  if (side.has_ended) return false;
  if (!side.next) side.next = sequence_number;
  const std::int64_t gap = distance(*side.next, sequence_number);
  const std::int64_t at = static_cast<std::int64_t>(side.written) + gap;
  const auto size = static_cast<std::int64_t>(payload.size());
  bool is_new = false;
  if (fin && !side.ends_at && at + size >= static_cast<std::int64_t>(side.written)) {
    side.ends_at = static_cast<std::uint64_t>(at + size);
    is_new = true;
  }
  if (gap > 0 && size > 0) {
    if (auto held = hold(connection, side, static_cast<std::uint64_t>(at), payload); !held) {
      return unexpected(held.error());
    }
    is_new = true;
  } else if (gap + size > 0) {
    is_new = true;
    if (auto done = transmit(connection, from, payload.subspan(static_cast<std::size_t>(-gap))); !done) {
      return unexpected(done.error());
    }
    while (!side.ahead.empty() && side.ahead.begin()->first <= side.written) {
      const auto next = side.ahead.extract(side.ahead.begin());
      const Bytes octets{next.mapped()};
      held_octets_ -= octets.size();
      --held_segments_;
      const std::uint64_t known = side.written - next.key();
      if (known >= octets.size()) continue;
      if (auto done = transmit(connection, from, octets.subspan(known)); !done) return unexpected(done.error());
    }
  }
  if (side.ends_at == side.written) {
    if (auto done = shut(connection, from, Deadline{step_limit}); !done) return unexpected(done.error());
    conclude(connection);
  }
  return is_new;
}

Result<void, IoError> TcpCarrier::hold(Connection& connection, Side& side, std::uint64_t at, Bytes payload) {
  if (held_octets_ + payload.size() > most_held_octets || held_segments_ >= most_held_segments) {
    return unexpected(conversation_error("send", connection.route, ENOBUFS,
                                         "too much waits for octets before it that have not come: " +
                                             std::to_string(held_octets_) + " octets in all connections"));
  }
  const auto [place, added] = side.ahead.try_emplace(at);
  if (!added && place->second.size() >= payload.size()) return {};
  held_octets_ += payload.size() - place->second.size();
  held_segments_ += added ? 1 : 0;
  place->second.assign(payload.begin(), payload.end());
  return {};
}

Result<bool, IoError> TcpCarrier::reset(Connection& connection, Role from) {
  Side& side = connection.sides[from];
  Side& other = connection.sides[from == client ? server : client];
  if (!connection.is_open || !side.socket) return false;
  drain(side.socket);
  side.socket.abort();
  if (other.socket && !wait_for(other.socket, POLLIN, Deadline{step_limit})) {
    return unexpected(
        conversation_error("reset", connection.route, ETIMEDOUT, "RST did not arrive" + within_the_limit()));
  }
  conclude(connection);
  return true;
}

TcpCarrier::Connections::iterator TcpCarrier::find(const Route& route) {
  const auto found = by_route_.find(undirected(route));
  return found == by_route_.end() ? open_.end() : found->second;
}

Result<TcpCarrier::Connection*, IoError> TcpCarrier::begin(const Route& route, std::optional<SequenceNumber> iss) {
  if (auto room = make_room(); !room) return unexpected(room.error());
  Connection connection{.route = route, .iss = iss};
  if (auto connected = connect(connection); !connected) return unexpected(connected.error());
  connection.is_open = true;
  const auto place = open_.insert(open_.end(), std::move(connection));
  const auto [entry, added] = by_route_.try_emplace(undirected(route), place);
  if (!added) {
    over_.erase(entry->second);
    entry->second = place;
  }
  return &*place;
}

Result<void, IoError> TcpCarrier::make_room() {
  while (open_.size() >= limits_.connections) {
    Connection& idlest = open_.front();
    // The server first, so that TIME-WAIT is on its side, where it does not hinder the client from coming back.
    std::array<bool, 2> ended{};
    for (const auto side : {client, server}) ended[side] = idlest.sides[side].has_ended;
    if (auto done = end(idlest, server, Deadline{step_limit}); !done) return done;
    for (const auto side : {client, server}) idlest.sides[side].has_ended = ended[side];
    idlest.is_parked = true;
  }
  return {};
}

Result<void, IoError> TcpCarrier::unpark(Connections::iterator connection) {
  over_.splice(over_.end(), over_, connection);  // where making room does not forget it
  if (auto room = make_room(); !room) return room;
  if (auto connected = connect(*connection); !connected) return connected;
  open_.splice(open_.end(), over_, connection);
  connection->is_open = true;
  connection->is_parked = false;
  for (const auto side : {client, server}) {
    if (!connection->sides[side].has_ended || !connection->sides[side].socket) continue;
    if (auto done = shut(*connection, side, Deadline{step_limit}); !done) return done;
  }
  return {};
}

Result<void, IoError> TcpCarrier::connect(Connection& connection) {
  const Deadline deadline{step_limit};
  const Route& route = connection.route;
  const auto listener = listener_at(route.destination);
  if (!listener) return unexpected(listener.error());
  auto bound = bind_client(route.source);
  if (!bound) return unexpected(bound.error());
  KernelSocket& socket = connection.sides[client].socket = std::move(*bound);
  socket.set(IPPROTO_TCP, TCP_NODELAY, 1);  // so that each message is a segment of its own
  if (auto started = start_connect(socket, route); !started) return started;
  if (auto connected = end_connect(socket, route, deadline); !connected) return connected;
  connection.to_other_program = *listener == nullptr;
  if (connection.to_other_program) {
    ++to_other_programs_;
    return {};
  }
  auto accepted = accept_from(**listener, route, deadline);
  if (!accepted) return unexpected(accepted.error());
  connection.sides[server].socket = std::move(*accepted);
  return {};
}

Result<void, IoError> TcpCarrier::connect_again(Connection& connection) {
  for (const auto side : {server, client}) {
    Side& one = connection.sides[side];
    if (one.socket && !one.has_ended) {
      if (auto done = shut(connection, side, Deadline{step_limit}); !done) return done;
    }
  }
  for (Side& side : connection.sides) {
    side.socket.reset();
    side.has_ended = false;
  }
  return connect(connection);
}

Result<const KernelSocket*, IoError> TcpCarrier::listener_at(const Endpoint& endpoint) {
  if (const auto found = listeners_.find(endpoint); found != listeners_.end()) return &found->second;
  auto socket = bind_socket(SOCK_STREAM, endpoint);
  if (!socket && socket.error().code == EADDRINUSE) return nullptr;
  if (!socket) return unexpected(socket.error());
  socket->set(IPPROTO_TCP, TCP_NODELAY, 1);  // what is accepted has it as well
  if (::listen(socket->get(), backlog) != 0) {
    if (errno == EADDRINUSE) return nullptr;
    return unexpected(IoError{"listen at", to_string(endpoint), errno, {}});
  }
  // Closing them does no harm: all that came to them was accepted.
  if (listeners_.size() >= limits_.listeners) listeners_.clear();
  return &listeners_.insert_or_assign(endpoint, std::move(*socket)).first->second;
}

Result<KernelSocket, IoError> TcpCarrier::bind_client(const Endpoint& endpoint) {
  auto socket = bind_socket(SOCK_STREAM, endpoint);
  // A port does not listen and connect at once; it can listen again when it has connected.
  if (!socket && socket.error().code == EADDRINUSE && listeners_.erase(endpoint) != 0) {
    return bind_socket(SOCK_STREAM, endpoint);
  }
  return socket;
}

Result<void, IoError> TcpCarrier::transmit(Connection& connection, Role from, Bytes octets) {
  const Deadline deadline{step_limit};
  Side& side = connection.sides[from];
  const Side& other = connection.sides[from == client ? server : client];
  bool may_connect_again = connection.to_other_program;
  if (may_connect_again && drain(side.socket)) {
    may_connect_again = false;
    if (auto done = connect_again(connection); !done) return done;
  }
  std::size_t sent = 0;
  std::size_t heard = 0;
  while (sent < octets.size() || (!connection.to_other_program && heard < octets.size())) {
    bool moved = false;
    if (sent < octets.size()) {
      const auto count = ::send(side.socket.get(), octets.data() + sent, octets.size() - sent, MSG_NOSIGNAL);
      if (count > 0) {
        sent += static_cast<std::size_t>(count);
        moved = true;
      } else if (may_connect_again && (errno == EPIPE || errno == ECONNRESET)) {
        may_connect_again = false;
        sent = 0;
        if (auto done = connect_again(connection); !done) return done;
        continue;
      } else if (!is_passing(errno)) {
        return unexpected(conversation_error("send", connection.route, errno));
      }
    }
    if (!connection.to_other_program && heard < sent) {
      const auto count = hear(connection, from, octets.subspan(heard, sent - heard));
      if (!count) return unexpected(count.error());
      heard += *count;
      moved = moved || *count > 0;
    }
    if (moved) continue;
    std::array<pollfd, 2> waiting{
        pollfd{side.socket.get(),
               static_cast<short>((sent < octets.size() ? POLLOUT : 0) | (connection.to_other_program ? POLLIN : 0)),
               0},
        pollfd{other.socket.get(), POLLIN, 0}};
    if (!wait_for(waiting, deadline) || deadline.remaining() == 0) {
      const std::string of = " of " + std::to_string(octets.size()) + " octets";
      return unexpected(conversation_error(
          "send", connection.route, ETIMEDOUT,
          connection.to_other_program
              ? "the other program took only " + std::to_string(sent) + of + within_the_limit() + ": it does not read"
              : "only " + std::to_string(heard) + of + " arrived" + within_the_limit()));
    }
    if (connection.to_other_program) drain(side.socket);
  }
  side.written += octets.size();
  if (side.next) side.next = *side.next + static_cast<std::uint32_t>(octets.size());
  return {};
}

// Reads what the other side was sent, as far as it is there, and compares it. Returns how many octets there were.
Result<std::size_t, IoError> TcpCarrier::hear(Connection& connection, Role from, Bytes expected) {
  const Side& other = connection.sides[from == client ? server : client];
  const auto count = ::recv(other.socket.get(), heard_.data(), std::min(heard_.size(), expected.size()), 0);
  if (count < 0 && is_passing(errno)) return 0;
  if (count <= 0) {
    return unexpected(conversation_error("receive", connection.route, count < 0 ? errno : ECONNRESET));
  }
  const auto length = static_cast<std::size_t>(count);
  const auto differs = std::mismatch(heard_.begin(), heard_.begin() + count, expected.begin()).first;
  if (differs != heard_.begin() + count) {
    const auto at = connection.sides[from].written + static_cast<std::uint64_t>(differs - heard_.begin());
    return unexpected(conversation_error("receive", connection.route, EBADMSG,
                                         "octet " + std::to_string(at) + " did not arrive as it was sent"));
  }
  return length;
}

Result<void, IoError> TcpCarrier::shut(Connection& connection, Role from, const Deadline& deadline) {
  Side& side = connection.sides[from];
  const Side& other = connection.sides[from == client ? server : client];
  side.has_ended = true;
  if (::shutdown(side.socket.get(), SHUT_WR) != 0 && errno != ENOTCONN) {
    return unexpected(conversation_error("shut down", connection.route, errno));
  }
  if (!other.socket) return {};
  for (;;) {
    const auto count = ::recv(other.socket.get(), heard_.data(), heard_.size(), 0);
    if (count == 0) return {};
    if (count > 0) {
      return unexpected(conversation_error("receive", connection.route, EBADMSG,
                                           std::to_string(count) + " octets arrived that nobody sent"));
    }
    if (!is_passing(errno)) return unexpected(conversation_error("receive", connection.route, errno));
    if (!wait_for(other.socket, POLLIN, deadline)) {
      return unexpected(
          conversation_error("shut down", connection.route, ETIMEDOUT, "FIN did not arrive" + within_the_limit()));
    }
  }
}

Result<void, IoError> TcpCarrier::has_no_gap(const Connection& connection) {
  for (const Side& side : connection.sides) {
    if (side.ahead.empty()) continue;
    return unexpected(conversation_error("send", connection.route, ENODATA,
                                         std::to_string(side.ahead.begin()->first - side.written) +
                                             " octets after the first " + std::to_string(side.written) +
                                             " are not in the plan, so that what follows cannot be sent"));
  }
  return {};
}

// Closes a connection that is open, whatever the plan still had for it.
Result<void, IoError> TcpCarrier::end(Connection& connection, Role first, const Deadline& deadline) {
  Result<void, IoError> result = has_no_gap(connection);
  for (const auto from : {first, first == client ? server : client}) {
    const Side& side = connection.sides[from];
    if (!side.socket || side.has_ended) continue;
    auto done = shut(connection, from, deadline);
    if (result && !done) result = std::move(done);
  }
  if (connection.to_other_program) drain(connection.sides[client].socket);
  for (Side& side : connection.sides) side.has_ended = true;
  conclude(connection);
  return result;
}

// Reads and drops what is there. Returns whether the other side has ended. Who floods us is left to the next call.
bool TcpCarrier::drain(const KernelSocket& socket) noexcept {
  constexpr int most_reads = 64;
  for (int reads = 0; socket && reads < most_reads; ++reads) {
    const auto count = ::recv(socket.get(), heard_.data(), heard_.size(), 0);
    if (count == 0 || (count < 0 && !is_passing(errno))) return true;
    if (count < 0) return false;
  }
  return false;
}

// Closes the sockets of a connection unless somebody may still say something, and remembers its numbers, so that what
// is repeated afterwards is known for what it is.
void TcpCarrier::conclude(Connection& connection) {
  const auto here = find(connection.route);
  Side& ours = connection.sides[client];
  const Side& others = connection.sides[server];
  if (ours.socket && ours.has_ended && connection.to_other_program && !others.has_ended && !drain(ours.socket)) return;
  const bool was_reset = !ours.socket || (!others.socket && !connection.to_other_program);
  if (!was_reset && !(ours.has_ended && (others.has_ended || connection.to_other_program))) return;
  for (Side& side : connection.sides) {
    side.socket.reset();
    side.has_ended = true;
    for (const auto& [at, octets] : side.ahead) held_octets_ -= octets.size();
    held_segments_ -= side.ahead.size();
    side.ahead.clear();
  }
  connection.is_open = false;
  over_.splice(over_.end(), open_, here);
  if (over_.size() > most_remembered) {
    by_route_.erase(undirected(over_.front().route));
    over_.pop_front();
  }
}

Result<void, IoError> TcpCarrier::finish(const Deadline& deadline) {
  Result<void, IoError> result{};
  for (auto next = open_.begin(); next != open_.end();) {
    Connection& connection = *next++;
    if (connection.to_other_program) {
      auto done = has_no_gap(connection);
      if (result && !done) result = std::move(done);
      if (!connection.sides[client].socket || connection.sides[client].has_ended) continue;
      done = shut(connection, client, deadline);
      if (result && !done) result = std::move(done);
    } else {
      auto done = end(connection, client, deadline);
      if (result && !done) result = std::move(done);
    }
  }
  close_to_others(deadline);
  open_.clear();
  over_.clear();
  by_route_.clear();
  listeners_.clear();
  held_octets_ = held_segments_ = 0;
  return result;
}

// Waits until the programs at the other ends have closed too: who closes before all is read resets the connection, and
// what they had not read yet is lost.
void TcpCarrier::close_to_others(const Deadline& deadline) {
  std::vector<pollfd> waiting;
  for (const Connection& connection : open_) {
    waiting.push_back({connection.sides[client].socket.get(), POLLIN, 0});
  }
  auto left = std::count_if(waiting.begin(), waiting.end(), [](const pollfd& one) { return one.fd >= 0; });
  while (left > 0 && wait_for(waiting, deadline) && deadline.remaining() > 0) {
    auto connection = open_.begin();
    for (pollfd& one : waiting) {
      Connection& here = *connection++;
      if (one.fd < 0 || one.revents == 0 || !drain(here.sides[client].socket)) continue;
      one.fd = -1;
      --left;
    }
  }
}

}  // namespace encap::live

#endif  // __linux__

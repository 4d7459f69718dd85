#include "chat_room.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace chat {
namespace {

using std::chrono::milliseconds;

constexpr double excess = 10;  ///< times the rate: who sends more than that is not a person, and is dropped

/// How long the next password waits after so many that were wrong: half a second, doubled each time, at most 8 s.
milliseconds retry_delay(unsigned refused) { return milliseconds{500} * (1U << std::min(refused - 1, 4U)); }

}  // namespace

std::string_view to_string(Via via) noexcept { return via == Via::tcp ? "tcp" : "web"; }

bool ChatRoom::Allowance::take(double rate, double burst, SteadyTime now) {
  const double seconds = std::chrono::duration<double>(now - counted).count();
  left = std::min(burst, left + std::max(0.0, seconds) * rate);
  counted = now;
  if (left < 1) return false;
  left -= 1;
  return true;
}

ChatRoom::ChatRoom(RoomOptions options, Outbox& outbox) : options_{options}, outbox_{outbox} {}

void ChatRoom::restore(const std::vector<GroupRecord>& groups, MessageId last_message) {
  for (const GroupRecord& group : groups) {
    groups_[group.group].password_hash = group.password_hash;
    last_group_ = std::max(last_group_, group.group);
  }
  last_message_ = last_message;
}

ChatRoom::User* ChatRoom::find(SessionId session) {
  const auto found = users_.find(session);
  return found == users_.end() ? nullptr : &found->second;
}

ChatRoom::User* ChatRoom::find_name(std::string_view name) {
  const auto found = names_.find(fold_name(name));
  return found == names_.end() ? nullptr : find(found->second);
}

void ChatRoom::send(const User& user, const Event& event, Reference reference) const {
  outbox_.send(std::span{&user.session, 1}, event, reference);
}

void ChatRoom::refuse(User& user, RefusalCode code, std::string text, Reference reference) {
  outbox_.log("refused", user.session, user.name, to_string(code));
  send(user, Refused{code, std::move(text), user.name.empty()}, reference);
}

void ChatRoom::enter(SessionId session, Via via, std::string address, Moment now) {
  User& user = users_[session];
  user.session = session;
  user.via = via;
  user.address = std::move(address);
  user.since = now.wall;
  user.wants_receipts = via == Via::web;
  user.lines = {2 * options_.rate, now.steady};
  user.refused_lines = {2 * options_.rate * excess, now.steady};
  outbox_.log("connected", session, {}, to_string(via));
  send(user, Welcome{"welcome to the chat; /help lists what can be said"});
}

std::string ChatRoom::place_text(const Place& place) {
  if (place.group != 0) return fmt::format("#{}", place.group);
  const User* const partner = find(place.partner);
  return "@" + (partner ? partner->name : std::string{});
}

void ChatRoom::enter_place(User& user, Place place) const {
  std::erase(user.places, place);
  user.places.push_back(place);
}

std::string ChatRoom::leave_place(User& user, Place place) {
  const bool was_current = !user.places.empty() && user.places.back() == place;
  std::erase(user.places, place);
  if (!was_current || user.via != Via::tcp) return {};
  return user.places.empty() ? "the lobby" : place_text(user.places.back());
}

void ChatRoom::leave_group(User& user, GroupNumber number, Reference reference, bool tells_user) {
  Group& group = groups_[number];
  std::erase(group.members, user.session);
  std::string back_to = leave_place(user, {number, 0});
  outbox_.log("left", user.session, user.name, fmt::format("#{}", number));
  if (tells_user) send(user, GroupChanged{GroupState::left, number, {}, std::move(back_to)}, reference);
  outbox_.send(group.members, MemberChanged{GroupState::left, number, user.name}, {});
}

void ChatRoom::close_chat(User& user, User& partner, Reference reference, bool tells_user) {
  std::string back_to = leave_place(user, {0, partner.session});
  if (tells_user) send(user, ChatChanged{ChatState::closed, partner.name, false, std::move(back_to)}, reference);
  back_to = leave_place(partner, {0, user.session});
  send(partner, ChatChanged{ChatState::closed, user.name, false, std::move(back_to)});
}

void ChatRoom::end(User& user, std::string_view goodbye, std::string_view kind, std::string_view why, Moment now) {
  const SessionId session = user.session;
  send(user, Goodbye{std::string{goodbye}});
  leave(session, kind, why, now);
  outbox_.close(session);
}

void ChatRoom::finish(SessionId session, Moment now) {
  User* const user = find(session);
  if (user == nullptr) return;
  user->is_finishing = true;
  // What was said before is confirmed first.
  if (user->receipts_due == 0) end(*user, "goodbye", "left", "said goodbye", now);
}

void ChatRoom::leave(SessionId session, std::string_view kind, std::string_view why, Moment now) {
  User* const user = find(session);
  if (user == nullptr) return;
  outbox_.log(kind, session, user->name, why);
  const std::vector<Place> places = user->places;
  for (const Place& place : places) {
    if (place.group != 0) {
      leave_group(*user, place.group, {}, false);
    } else if (User* const partner = find(place.partner)) {
      close_chat(*user, *partner, {}, false);
    }
  }
  // Who asked for a private chat, and who was asked, need not wait for an answer.
  for (const SessionId asker : user->requests) {
    if (const User* const other = find(asker)) send(*other, ChatChanged{ChatState::closed, user->name, false, {}});
  }
  const std::string name = user->name;
  users_.erase(session);
  if (name.empty()) return;
  names_.erase(fold_name(name));
  for (auto& [id, other] : users_) {
    if (std::erase(other.requests, session) != 0) send(other, ChatChanged{ChatState::closed, name, false, {}});
  }
  users_changed(now);
}

Users ChatRoom::users() const {
  Users list;
  for (const auto& [name, session] : names_) list.names.push_back(users_.at(session).name);
  return list;
}

std::vector<SessionId> ChatRoom::named() const {
  std::vector<SessionId> sessions;
  for (const auto& [name, session] : names_) sessions.push_back(session);
  return sessions;
}

void ChatRoom::users_changed(Moment now) {
  if (is_closed_) return;
  // When many come at once, a list for each would be their number to the third power of octets.
  if (now.steady < next_users_) {
    if (!std::exchange(users_pending_, true)) outbox_.wake_at(next_users_);
    return;
  }
  users_pending_ = false;
  next_users_ = now.steady + milliseconds{50 + names_.size()};
  outbox_.send(named(), users(), {});
}

void ChatRoom::tick(Moment now) {
  if (users_pending_ && now.steady >= next_users_) users_changed(now);
}

void ChatRoom::close(std::string_view text, Moment now) {
  is_closed_ = true;
  while (!users_.empty()) end(users_.begin()->second, text, "left", "the server ends", now);
}

/// The commands, one function for each kind.
struct ChatRoom::Speaker {
  ChatRoom& room;
  User& user;
  Reference reference;
  Moment now;

  void refuse(RefusalCode code, std::string text) const { room.refuse(user, code, std::move(text), reference); }
  void answer(const Event& event) const { room.send(user, event, reference); }

  /// The user of this name; otherwise says that there is none.
  User* known(std::string_view name) const {
    User* const found = room.find_name(name);
    if (found == nullptr) {
      refuse(RefusalCode::unknown_user, name.size() > 4 * name_max
                                            ? std::string{"nobody here has such a name; /users lists who is here"}
                                            : fmt::format("nobody here is called {}; /users lists who is here", name));
    }
    return found;
  }
  /// The partner of this name in a private chat that is open; otherwise says that there is none.
  User* partner(std::string_view name) const {
    User* const found = room.find_name(name);
    if (found != nullptr && is_in({0, found->session})) return found;
    refuse(RefusalCode::no_chat, fmt::format("no private chat with {} is open; /chat NAME asks for one", name));
    return nullptr;
  }
  [[nodiscard]] bool is_in(Place place) const { return std::ranges::find(user.places, place) != user.places.end(); }
  bool is_member(GroupNumber group) const {
    if (is_in({group, 0})) return true;
    refuse(RefusalCode::not_in_group, fmt::format("you are not in #{}; /join ID PASSWORD joins a group", group));
    return false;
  }
  bool has_room(const User& of) const {
    if (of.places.size() < places_max) return true;
    refuse(RefusalCode::bad_argument,
           fmt::format("{} groups and private chats are the most at once; /leave one first", places_max));
    return false;
  }

  void operator()(const SetName& command) const {
    if (room.find_name(command.name) != nullptr) {
      return refuse(RefusalCode::name_taken, fmt::format("the name {} is taken; choose another", command.name));
    }
    user.name = command.name;
    user.first_message = room.last_message_;
    room.names_.emplace(fold_name(command.name), user.session);
    room.outbox_.log("named", user.session, user.name, {});
    answer(Named{user.name});
    const bool is_delayed = now.steady < room.next_users_;
    room.users_changed(now);
    if (is_delayed) room.send(user, room.users());
    if (user.via == Via::web) {
      room.outbox_.read_history({.session = user.session, .scope = Scope::lobby, .me = user.name});
    }
  }

  void operator()(Say& command) const {
    if (!command.whole.empty() && !is_place(command.target)) {
      command.target = CurrentPlace{};
      command.text = std::move(command.whole);
    }
    std::visit([&](const auto& target) { say(target, command.text); }, command.target);
  }
  [[nodiscard]] bool is_place(const Target& target) const {
    if (const InGroup* const group = std::get_if<InGroup>(&target)) return is_in({group->group, 0});
    const InChat* const chat = std::get_if<InChat>(&target);
    const User* const found = chat ? room.find_name(chat->name) : nullptr;
    return found != nullptr && is_in({0, found->session});
  }

  void say(const CurrentPlace&, std::string& text) const {
    const Place place = user.places.back();
    if (place.group != 0) return say(InGroup{place.group}, text);
    say(InChat{room.find(place.partner)->name}, text);
  }
  void say(const Lobby&, std::string& text) const {
    std::vector<SessionId> others = room.named();
    std::erase(others, user.session);
    deliver({.scope = Scope::lobby, .text = std::move(text)}, others);
  }
  void say(const InGroup& target, std::string& text) const {
    if (!is_member(target.group)) return;
    std::vector<SessionId> others = room.groups_[target.group].members;
    std::erase(others, user.session);
    deliver({.scope = Scope::group, .group = target.group, .text = std::move(text)}, others);
  }
  void say(const InChat& target, std::string& text) const {
    const User* const other = partner(target.name);
    if (other == nullptr) return;
    deliver({.scope = Scope::chat, .to = {other->name}, .text = std::move(text)}, std::span{&other->session, 1});
  }
  void say(const People& target, std::string& text) const {
    std::vector<SessionId> others;
    Message message{.scope = Scope::private_talk, .text = std::move(text)};
    for (const std::string& name : target.names) {
      const User* const other = known(name);
      if (other == nullptr) return;
      if (other == &user) {
        return refuse(RefusalCode::bad_argument, fmt::format("you are {}; name only others", user.name));
      }
      if (std::ranges::find(others, other->session) != others.end()) continue;
      others.push_back(other->session);
      message.to.push_back(other->name);
    }
    deliver(std::move(message), others);
  }

  /// Gives a message its number, sends it to others and to its sender's page, and has it stored.
  void deliver(Message message, std::span<const SessionId> others) const {
    message.id = ++room.last_message_;
    message.from = user.name;
    message.time = now.wall;
    ++room.said_;
    Said said{std::move(message), {}};
    if (said.message.scope == Scope::private_talk && others.size() > 1) {
      // The line form is another for each of several.
      for (std::size_t i = 0; i < others.size(); ++i) {
        said.reader = said.message.to[i];
        room.outbox_.send(others.subspan(i, 1), said, {});
      }
    } else {
      room.outbox_.send(others, said, {});
    }
    if (user.via == Via::web) room.outbox_.send(std::span{&user.session, 1}, said, reference);
    const MessageId id = said.message.id;
    const SessionId waiting = user.wants_receipts ? user.session : 0;
    if (room.outbox_.store(PendingMessage{std::move(said.message), waiting, reference})) {
      if (waiting != 0) ++user.receipts_due;
      return;
    }
    refuse(RefusalCode::not_stored, fmt::format("not stored {}: too many messages wait to be stored", id));
  }

  void operator()(const ListUsers&) const { answer(room.users()); }

  void operator()(const AskChat& command) const {
    User* const other = known(command.name);
    if (other == nullptr) return;
    if (other == &user) return refuse(RefusalCode::bad_argument, "that is you; /chat NAME is for somebody else");
    if (is_in({0, other->session})) {
      room.enter_place(user, {0, other->session});
      return answer(ChatChanged{ChatState::opened, other->name, false, {}});
    }
    if (std::ranges::find(user.requests, other->session) != user.requests.end()) return open_chat(*other);
    if (std::ranges::find(other->requests, user.session) != other->requests.end()) {
      return refuse(RefusalCode::bad_argument, fmt::format("{} was asked before and has not answered", other->name));
    }
    if (other->requests.size() >= requests_max) {
      return refuse(RefusalCode::no_chat, fmt::format("{} has not answered many others; try again later", other->name));
    }
    other->requests.push_back(user.session);
    answer(ChatChanged{ChatState::asked, other->name, false, {}});
    room.send(*other, Request{user.name});
  }
  void open_chat(User& other) const {
    if (!has_room(user) || !has_room(other)) return;
    std::erase(user.requests, other.session);
    room.enter_place(user, {0, other.session});
    room.enter_place(other, {0, user.session});
    room.outbox_.log("joined", user.session, user.name, fmt::format("@{}", other.name));
    answer(ChatChanged{ChatState::opened, other.name, false, {}});
    room.send(other, ChatChanged{ChatState::opened, user.name, false, {}});
  }
  /// Who asked for a private chat; otherwise says that nobody did.
  User* asker(const std::optional<std::string>& name) const {
    if (user.requests.empty()) {
      refuse(RefusalCode::no_chat, "nobody has asked for a private chat; /chat NAME asks for one");
      return nullptr;
    }
    if (!name) {
      if (user.requests.size() == 1) return room.find(user.requests.front());
      std::vector<std::string> names;
      for (const SessionId session : user.requests) names.push_back(room.find(session)->name);
      refuse(RefusalCode::bad_argument, fmt::format("several have asked; name one of {}", fmt::join(names, ", ")));
      return nullptr;
    }
    User* const found = room.find_name(*name);
    if (found != nullptr && std::ranges::find(user.requests, found->session) != user.requests.end()) return found;
    refuse(RefusalCode::no_chat, fmt::format("{} has not asked for a private chat; /chat NAME asks for one", *name));
    return nullptr;
  }
  void operator()(const AcceptChat& command) const {
    if (User* const other = asker(command.name)) open_chat(*other);
  }
  void operator()(const RejectChat& command) const {
    User* const other = asker(command.name);
    if (other == nullptr) return;
    std::erase(user.requests, other->session);
    answer(ChatChanged{ChatState::rejected, other->name, true, {}});
    room.send(*other, ChatChanged{ChatState::rejected, user.name, false, {}});
  }

  void wait_for_password(PasswordJob job) const {
    user.is_waiting = true;
    user.waiting_reference = reference;
    room.outbox_.check_password(std::move(job), std::max(now.steady, user.next_group));
  }
  void operator()(CreateGroup& command) const {
    if (!has_room(user)) return;
    if (room.groups_.size() >= groups_max) {
      return refuse(RefusalCode::bad_argument, "there are too many groups; join one of them");
    }
    wait_for_password({user.session, 0, std::move(command.password), std::nullopt});
  }
  void operator()(JoinGroup& command) const {
    if (!is_in({command.group, 0}) && !has_room(user)) return;
    const auto group = room.groups_.find(command.group);
    wait_for_password({user.session, command.group, std::move(command.password),
                       group == room.groups_.end() ? std::string{} : group->second.password_hash});
  }

  void operator()(const Leave& command) const {
    if (const InGroup* const group = std::get_if<InGroup>(&command.target)) {
      if (is_member(group->group)) room.leave_group(user, group->group, reference, true);
      return;
    }
    if (const InChat* const chat = std::get_if<InChat>(&command.target)) return leave_chat(chat->name);
    if (user.via == Via::web) {
      return refuse(RefusalCode::bad_argument, "say what to leave: /leave #ID or /leave @NAME");
    }
    if (user.places.empty()) {
      return refuse(RefusalCode::bad_argument, "you are in no group and no private chat; /exit leaves the chat");
    }
    const Place place = user.places.back();
    if (place.group != 0) return room.leave_group(user, place.group, reference, true);
    room.close_chat(user, *room.find(place.partner), reference, true);
  }
  void leave_chat(const std::string& name) const {
    User* const other = room.find_name(name);
    // Also takes back what was asked.
    if (other != nullptr && std::erase(other->requests, user.session) != 0) {
      answer(ChatChanged{ChatState::closed, other->name, false, {}});
      return room.send(*other, ChatChanged{ChatState::closed, user.name, false, {}});
    }
    if (User* const found = partner(name)) room.close_chat(user, *found, reference, true);
  }

  void operator()(const ReadHistory& command) const {
    HistoryQuery query{.session = user.session, .reference = reference, .me = user.name, .count = command.count};
    query.since = user.first_message;
    Target target = command.target.value_or(Lobby{});
    if (!command.target && user.via == Via::tcp && !user.places.empty()) {
      const Place place = user.places.back();
      target = InGroup{place.group};
      if (place.group == 0) target = InChat{room.find(place.partner)->name};
    }
    if (const InGroup* const group = std::get_if<InGroup>(&target)) {
      if (!is_member(group->group)) return;
      query.scope = Scope::group;
      query.group = group->group;
    } else if (const InChat* const chat = std::get_if<InChat>(&target)) {
      query.scope = Scope::chat;
      query.with = chat->name;
    } else if (const People* const people = std::get_if<People>(&target)) {
      query.scope = Scope::private_talk;
      query.with = people->names.front();
    }
    user.is_waiting = true;
    query.is_awaited = true;
    room.outbox_.read_history(std::move(query));
  }

  void operator()(const SetReceipts& command) const {
    if (user.via == Via::tcp) user.wants_receipts = command.on;
    answer(Notice{user.wants_receipts ? "receipts are on" : "receipts are off"});
  }
  void operator()(const Help&) const { answer(Notice{help_text()}); }
  void operator()(const Exit&) const { room.finish(user.session, now); }
};

bool ChatRoom::line(SessionId session, const std::variant<std::string_view, Mistake>& line, Reference reference,
                    Moment now) {
  User* user = find(session);
  if (user == nullptr || user->is_waiting || user->is_finishing) return false;
  if (options_.rate > 0 && !user->lines.take(options_.rate, 2 * options_.rate, now.steady)) {
    if (user->refused_lines.take(options_.rate * excess, 2 * options_.rate * excess, now.steady)) {
      refuse(*user, RefusalCode::rate_limited,
             fmt::format("too fast; at most {} lines a second are taken, and this one was not", options_.rate),
             reference);
      return true;
    }
    end(*user, "too many lines, goodbye", "dropped", "too many lines", now);
    return false;
  }
  if (const Mistake* const mistake = std::get_if<Mistake>(&line)) {
    refuse(*user, mistake->code, mistake->text, reference);
    return true;
  }
  const bool has_place = user->via == Via::tcp && !user->places.empty();
  auto parsed = parse_line(std::get<std::string_view>(line), user->name.empty() ? Expect::name
                                                             : has_place        ? Expect::current_place
                                                                                : Expect::target);
  if (const Mistake* const mistake = std::get_if<Mistake>(&parsed)) {
    refuse(*user, mistake->code, mistake->text, reference);
    return true;
  }
  std::visit(Speaker{*this, *user, reference, now}, std::get<Command>(parsed));
  user = find(session);
  return user != nullptr && !user->is_waiting && !user->is_finishing;
}

void ChatRoom::password_checked(PasswordAnswer answer, Moment now) {
  User* const user = find(answer.session);
  if (user == nullptr || !user->is_waiting) return;
  user->is_waiting = false;
  const Reference reference = std::exchange(user->waiting_reference, {});
  const bool creates = answer.group == 0;
  if (creates && answer.hash.empty()) {
    refuse(*user, RefusalCode::bad_argument, "the server is short of memory; try again later", reference);
  } else if (!creates && !answer.matches) {
    ++user->refused_groups;
    user->next_group = now.steady + retry_delay(user->refused_groups);
    refuse(*user, RefusalCode::group_refused, "no group has this ID and password; ask a member for both", reference);
    if (options_.disconnect_refused)
      return end(*user, "goodbye; come back with a group's ID and password", "left", "refused a group", now);
  } else {
    const GroupNumber number = creates ? ++last_group_ : answer.group;
    Group& group = groups_[number];
    if (creates) {
      group.password_hash = std::move(answer.hash);
      outbox_.store(GroupRecord{number, group.password_hash});
    }
    const bool is_new = std::ranges::find(group.members, user->session) == group.members.end();
    if (is_new) {
      outbox_.send(group.members, MemberChanged{GroupState::joined, number, user->name}, {});
      group.members.push_back(user->session);
      outbox_.log("joined", user->session, user->name, fmt::format("#{}", number));
    }
    enter_place(*user, {number, 0});
    GroupChanged changed{creates ? GroupState::created : GroupState::joined, number, {}, {}};
    for (const SessionId member : group.members) changed.members.push_back(find(member)->name);
    send(*user, std::move(changed), reference);
    if (user->via == Via::web && !creates) {
      outbox_.read_history({.session = user->session, .scope = Scope::group, .group = number, .me = user->name});
    }
  }
  outbox_.resume(user->session);
}

void ChatRoom::stored(std::span<const Receipt> receipts, Moment now) {
  stored_ += receipts.size();
  for (const Receipt& receipt : receipts) {
    User* const user = find(receipt.session);
    if (user == nullptr) continue;
    if (user->receipts_due != 0) --user->receipts_due;
    send(*user, Stored{receipt.id}, receipt.reference);
    if (user->is_finishing) finish(user->session, now);
  }
}

void ChatRoom::not_stored(std::span<const Receipt> receipts, const std::string& reason, bool given_up, Moment now) {
  for (const Receipt& receipt : receipts) {
    User* const user = find(receipt.session);
    if (user == nullptr) continue;
    send(*user,
         Refused{RefusalCode::not_stored,
                 fmt::format("not stored {}: {}{}", receipt.id, reason, given_up ? "" : "; it is tried again")},
         receipt.reference);
    // Nobody who wants to leave waits for a disk to be emptied.
    if (user->is_finishing) {
      user->receipts_due = 0;
      finish(user->session, now);
    }
  }
}

void ChatRoom::storing_changed(const std::string& reason) {
  outbox_.log(reason.empty() ? "storing" : "not_storing", 0, {}, reason);
  outbox_.send(named(),
               Notice{reason.empty() ? std::string{"messages are stored again"}
                                     : fmt::format("messages are not stored for now ({}); the chat goes on", reason)},
               {});
}

void ChatRoom::history_read(const HistoryQuery& query, std::vector<Message> messages, const std::string& reason) {
  User* const user = find(query.session);
  if (user == nullptr) return;
  if (reason.empty()) {
    send(*user, History{query.scope, query.group, query.with, std::move(messages)}, query.reference);
  } else {
    refuse(*user, RefusalCode::bad_argument, fmt::format("history cannot be read: {}; try again later", reason),
           query.reference);
  }
  if (!query.is_awaited) return;
  user->is_waiting = false;
  outbox_.resume(user->session);
}

State ChatRoom::state() const {
  State state;
  for (const auto& [session, user] : users_) {
    State::User& shown = state.users.emplace_back();
    shown.session = session;
    shown.name = user.name;
    shown.address = user.address;
    shown.via = to_string(user.via);
    shown.since = user.since;
    for (const Place& place : user.places) {
      if (place.group != 0) shown.groups.push_back(place.group);
    }
  }
  std::ranges::sort(state.users, {}, &State::User::session);
  for (const auto& [number, group] : groups_) {
    if (group.members.empty()) continue;
    State::Group& shown = state.groups.emplace_back();
    shown.group = number;
    for (const SessionId member : group.members) shown.members.push_back(users_.at(member).name);
  }
  std::ranges::sort(state.groups, {}, &State::Group::group);
  state.messages = said_;
  state.stored = stored_;
  return state;
}

}  // namespace chat

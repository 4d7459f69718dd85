#include "flow/dns_dialogue.h"

#include "encap/flow/encapsulator.h"
#include "flow/phrases.h"

namespace encap {
namespace {

using phrasing::equals_ignoring_case;

/// The type that the records of an answer are of: that of the last one, which aliases lead to.
std::optional<DnsType> answered_type(const DnsText& answer) noexcept {
  if (answer.answer_count == 0) return std::nullopt;
  return answer.answers[answer.answer_count - 1].type;
}

constexpr auto any = [](const auto&) { return true; };

/// Two addresses, whatever the ports.
ConversationKey hosts_of(const Route& route, Transport transport) noexcept {
  Route hosts = route;
  hosts.source.port = hosts.destination.port = Port{0};
  return {hosts, transport};
}

}  // namespace

const DnsDialogue::Question* DnsDialogue::last_of(Talk* talk) noexcept {
  return talk == nullptr ? nullptr : talk->last(any);
}

DnsDialogue::Question* DnsDialogue::question_of(Talk* talk, const DnsText& answer) noexcept {
  if (talk == nullptr) return nullptr;
  const auto by_id = [&](const Question& question) { return question.id == answer.id; };
  const auto by_name = [&](const Question& question) {
    return equals_ignoring_case(question.name, answer.name) && (!answer.type || *answer.type == question.type);
  };
  const auto type = answered_type(answer);
  if (!answer.name.empty()) {
    const auto by_all = [&](const Question& question) {
      return by_name(question) && (answer.id ? by_id(question) : !type || *type == question.type);
    };
    Question* const found = talk->last(by_all);
    return found != nullptr || answer.id ? found : talk->last(by_name);
  }
  if (answer.id) {
    if (Question* const found = talk->last(by_id); found != nullptr) return found;
  }
  Question* const last = talk->last(any);
  if (last == nullptr || !type) return last;
  // An address of the other family is no answer to an open question, unless there is no better one.
  Question* const fitting = talk->last([&](const Question& question) { return question.type == *type; });
  return fitting != nullptr && fitting->open ? fitting : last;
}

bool DnsDialogue::complete(const Route& route, Transport transport, std::optional<bool> from_server, std::string& text,
                           std::string& out) {
  const ConversationKey key{route, transport};
  const ConversationKey hosts = hosts_of(route, transport);
  Talk* talk = talks_.find(key);
  if (talk == nullptr) talk = talks_.find(hosts);
  DnsContext context{.from_server = from_server};
  if (const Question* const last = last_of(talk); last != nullptr) {
    context.asked_name = last->name;
    context.asked_type = last->type;
  }
  DnsText read = read_dns_text(text, context);
  if (read.kind == DnsText::Kind::none) return false;
  Question* asked = nullptr;
  if (read.kind == DnsText::Kind::query) {
    if (!read.type) read.type = DnsType::a;
  } else {
    asked = question_of(talk, read);
    if (asked != nullptr) {
      read.name = asked->name;
      read.type = asked->type;
      if (!read.id) read.id = asked->id;
    }
    if (!read.type) read.type = answered_type(read).value_or(DnsType::a);
  }
  if (!read.id) read.id = draw_id();
  if (!write_dns_message(read, transport == Transport::tcp, out)) return false;
  // What text of 65507 octets becomes may be longer.
  if (out.size() > Encapsulator::most_payload(transport, route.source.address.family())) return false;
  if (read.kind == DnsText::Kind::query) {
    for (const ConversationKey& each : {key, hosts}) {
      talks_.at(each).add() = {.name = read.name, .type = *read.type, .id = *read.id, .open = true};
    }
  } else if (asked != nullptr) {
    asked->open = false;
    const auto same = [&read](const Question& question) {
      return question.id == read.id && question.name == read.name;
    };
    if (Talk* const between = talks_.find(hosts); between != nullptr) {
      if (Question* const answered = between->last(same); answered != nullptr) answered->open = false;
    }
  }
  text.swap(out);
  return true;
}

}  // namespace encap

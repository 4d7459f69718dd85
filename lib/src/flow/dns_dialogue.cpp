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

}  // namespace

DnsDialogue::Question* DnsDialogue::question_of(Talk& talk, const DnsText& answer) noexcept {
  const auto by_id = [&](const Question& question) { return question.id == answer.id; };
  const auto by_name = [&](const Question& question) {
    return equals_ignoring_case(question.name, answer.name) && (!answer.type || *answer.type == question.type);
  };
  const auto type = answered_type(answer);
  if (!answer.name.empty()) {
    const auto by_all = [&](const Question& question) {
      return by_name(question) && (answer.id ? by_id(question) : !type || *type == question.type);
    };
    Question* const found = talk.last(by_all);
    return found != nullptr || answer.id ? found : talk.last(by_name);
  }
  if (answer.id) {
    if (Question* const found = talk.last(by_id); found != nullptr) return found;
  }
  Question* const last = talk.last([](const Question&) { return true; });
  if (last == nullptr || !type) return last;
  // An address of the other family is no answer to an open question, unless there is no better one.
  Question* const fitting = talk.last([&](const Question& question) { return question.type == *type; });
  return fitting != nullptr && fitting->open ? fitting : last;
}

bool DnsDialogue::complete(const Route& route, Transport transport, std::optional<bool> from_server, std::string& text,
                           std::string& out) {
  const ConversationKey key{route, transport};
  Talk* talk = talks_.find(key);
  DnsContext context{.from_server = from_server};
  if (talk != nullptr) {
    if (const Question* const last = talk->last([](const Question&) { return true; }); last != nullptr) {
      context.asked_name = last->name;
      context.asked_type = last->type;
    }
  }
  DnsText read = read_dns_text(text, context);
  if (read.kind == DnsText::Kind::none) return false;
  Question* asked = nullptr;
  if (read.kind == DnsText::Kind::query) {
    if (!read.type) read.type = DnsType::a;
  } else {
    asked = talk == nullptr ? nullptr : question_of(*talk, read);
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
  if (asked != nullptr) {
    asked->open = false;
  } else if (read.kind == DnsText::Kind::query) {
    Question& question = talks_.at(key).add();
    question.name = std::move(read.name);
    question.type = *read.type;
    question.id = *read.id;
    question.open = true;
  }
  text.swap(out);
  return true;
}

}  // namespace encap

#include <array>
#include <fmt/format.h>
#include <optional>

#include "dissect/items.h"
#include "encap/dissect/field_table.h"
#include "statistics/kind.h"
#include "statistics/stats_tree.h"

// Source: tshark's -z dns,tree.

namespace encap {
namespace {

ValueNames names_of(std::string_view field) {
  const FieldEntry* const entry = find_field(field);
  return entry != nullptr ? entry->field->look.names : ValueNames{};
}

std::string name_or_number(ValueNames names, std::uint64_t value, std::string_view unknown) {
  const std::string_view name = find_name(names, value);
  return name.empty() ? fmt::format("{} ({})", unknown, value) : std::string{name};
}

// What is counted of one message.
struct Message {
  std::uint64_t flags = 0;
  std::optional<std::uint64_t> type;  // of the first question, as the others
  std::optional<std::uint64_t> question_class;
  std::optional<std::uint64_t> name_length;
  std::optional<std::uint64_t> labels;
  std::array<std::int64_t, 4> counts{};
  bool answers_known_query = false;
  bool is_retransmission = false;
  bool is_unsolicited = false;
  std::int64_t time = 0;  // nanoseconds since the query
};

Message read(const Dissection& dissection, ItemId layer) {
  static constexpr std::string_view counts[] = {"count.queries",       "count.zones",   "count.answers",
                                                "count.prerequisites", "count.auth_rr", "count.updates",
                                                "count.add_rr",        "count.add_rr"};
  Message message;
  const auto set_first = [](std::optional<std::uint64_t>& to, std::uint64_t value) {
    if (!to) to = value;
  };
  for_each_below(dissection, layer, [&](const Item& item) {
    if (item.field == nullptr || !item.field->name.starts_with("dns.")) return;
    const std::string_view name = item.field->name.substr(4);
    if (name == "flags") {
      message.flags = item.number;
    } else if (name == "qry.type") {
      set_first(message.type, item.number);
    } else if (name == "qry.class") {
      set_first(message.question_class, item.number);
    } else if (name == "qry.name.len") {
      set_first(message.name_length, item.number);
    } else if (name == "count.labels") {
      set_first(message.labels, item.number);
    } else if (name == "response_to") {
      message.answers_known_query = true;
    } else if (name == "retransmission") {
      message.is_retransmission = true;
    } else if (name == "unsolicited") {
      message.is_unsolicited = true;
    } else if (name == "time") {
      message.time = static_cast<std::int64_t>(item.number);
    } else if (name.starts_with("count.")) {
      for (std::size_t i = 0; i < std::size(counts); ++i) {
        if (name == counts[i]) message.counts[i / 2] = static_cast<std::int64_t>(item.number);
      }
    }
  });
  return message;
}

class DnsMessages final : public TreeStatistic {
 public:
  explicit DnsMessages(PacketFilter filter) : TreeStatistic{"DNS", std::move(filter)} {
    using enum StatsTree::Values;
    const auto root = [this](std::string_view name, StatsTree::Values values = none) {
      return tree().add(StatsTree::none, name, values);
    };
    total_ = root("Total Packets");
    reply_code_ = tree().add(total_, "rcode");
    operation_ = tree().add(total_, "opcodes");
    direction_ = tree().add(total_, "Query/Response");
    type_ = tree().add(total_, "Query Type");
    class_ = tree().add(total_, "Class");
    size_ = root("Payload size", integers);
    const StatsTree::Id queries = root("Query Stats");
    name_length_ = tree().add(queries, "Qname Len", integers);
    const StatsTree::Id labels = tree().add(queries, "Label Stats");
    labels_ = {tree().add(labels, "1st Level"), tree().add(labels, "2nd Level"), tree().add(labels, "3rd Level"),
               tree().add(labels, "4th Level or more")};
    const StatsTree::Id responses = root("Response Stats");
    counts_ = {tree().add(responses, "no. of questions", integers), tree().add(responses, "no. of answers", integers),
               tree().add(responses, "no. of authorities", integers),
               tree().add(responses, "no. of additionals", integers)};
    const StatsTree::Id service = root("Service Stats");
    time_ = tree().add(service, "request-response time (msec)", reals);
    unsolicited_ = tree().add(service, "no. of unsolicited responses");
    retransmissions_ = tree().add(service, "no. of retransmissions");
  }

  void take(const Dissection& dissection) override {
    if (!has_layer(dissection, "dns") || !passes(dissection)) return;
    if (has_layer(dissection, "_ws.malformed") || has_layer(dissection, "_ws.short")) return;
    for_each_layer(dissection, "dns", [&](ItemId layer) {
      tree().begin(dissection.since_first);
      count(read(dissection, layer), dissection.at(layer).length);
    });
  }

 private:
  void count_in(StatsTree::Id parent, const std::string& name) {
    tree().count(parent);
    tree().count(tree().find(parent, name));
  }

  void count(const Message& message, std::uint32_t octets) {
    const bool is_response = (message.flags >> 15 & 1) != 0;
    tree().count(total_);
    count_in(reply_code_, name_or_number(reply_codes_, message.flags & 15, "Unknown rcode"));
    count_in(operation_, name_or_number(operations_, message.flags >> 11 & 15, "Unknown opcode"));
    count_in(direction_, is_response ? "Response" : "Query");
    count_in(type_,
             message.type.value_or(0) == 0 ? "Unused" : name_or_number(types_, *message.type, "Unknown packet type"));
    count_in(class_, name_or_number(classes_, message.question_class.value_or(0), "Unknown class"));
    tree().count(size_, std::int64_t{octets});
    if (!is_response) {
      tree().count(name_length_, static_cast<std::int64_t>(message.name_length.value_or(0)));
      const std::uint64_t labels = message.labels.value_or(0);
      tree().count(labels_[labels >= 1 && labels <= 3 ? labels - 1 : 3]);
      return;
    }
    // tshark counts a response once more where it knows the query, also one that came before.
    for (int times = message.answers_known_query || message.is_retransmission ? 2 : 1; times != 0; --times) {
      for (std::size_t i = 0; i < counts_.size(); ++i) tree().count(counts_[i], message.counts[i]);
    }
    if (message.is_unsolicited) {
      tree().count(unsolicited_);
    } else if (message.is_retransmission) {
      tree().count(retransmissions_);
    } else if (message.answers_known_query) {
      tree().count(time_, static_cast<double>(static_cast<float>(static_cast<double>(message.time) / 1e6)));
    }
  }

  StatsTree::Id total_, reply_code_, operation_, direction_, type_, class_, size_, name_length_;
  StatsTree::Id time_, unsolicited_, retransmissions_;
  std::array<StatsTree::Id, 4> labels_;
  std::array<StatsTree::Id, 4> counts_;
  ValueNames reply_codes_ = names_of("dns.flags.rcode");
  ValueNames operations_ = names_of("dns.flags.opcode");
  ValueNames types_ = names_of("dns.qry.type");
  ValueNames classes_ = names_of("dns.qry.class");
};

constexpr StatisticKind kinds[] = {{"dns,tree", "[,FILTER]",
                                    "DNS messages by type, class and result, and how long answers take",
                                    make_filtered<DnsMessages>}};

}  // namespace

extern const std::span<const StatisticKind> dns_messages_statistics{kinds};

}  // namespace encap

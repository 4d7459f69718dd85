#include <array>
#include <fmt/format.h>

#include "statistics/http_messages.h"
#include "statistics/kind.h"
#include "statistics/stats_tree.h"

// Source: tshark's -z http,tree.

namespace encap {
namespace {

constexpr std::string_view class_names[] = {"???: broken",      "1xx: Informational", "2xx: Success",
                                            "3xx: Redirection", "4xx: Client Error",  "5xx: Server Error"};

class HttpPackets final : public TreeStatistic {
 public:
  explicit HttpPackets(PacketFilter filter) : TreeStatistic{"HTTP/Packet Counter", std::move(filter)} {
    root_ = tree().add(StatsTree::none, "Total HTTP Packets");
    other_ = tree().add(root_, "Other HTTP Packets");
    responses_ = tree().add(root_, "HTTP Response Packets");
    for (std::size_t i = 0; i < classes_.size(); ++i) classes_[i] = tree().add(responses_, class_names[i]);
    requests_ = tree().add(root_, "HTTP Request Packets");
  }

  void take(const Dissection& dissection) override {
    if (!passes(dissection)) return;
    for_each_http_message(dissection, [&](const HttpMessageFacts& message) {
      tree().begin(dissection.since_first);
      tree().count(root_);
      if (message.is_response) {
        tree().count(responses_);
        const std::uint64_t hundreds = message.code / 100;
        const StatsTree::Id kind = classes_[hundreds < classes_.size() ? hundreds : 0];
        tree().count(kind);
        tree().count(tree().find(kind, fmt::format("{} {}", message.code, message.code_text)));
      } else if (!message.method.empty()) {
        tree().count(requests_);
        tree().count(tree().find(requests_, message.method));
      } else {
        tree().count(other_);
      }
    });
  }

 private:
  StatsTree::Id root_;
  StatsTree::Id other_;
  StatsTree::Id responses_;
  StatsTree::Id requests_;
  std::array<StatsTree::Id, std::size(class_names)> classes_;
};

constexpr StatisticKind kinds[] = {
    {"http,tree", "[,FILTER]", "HTTP requests by method, responses by code", make_filtered<HttpPackets>}};

}  // namespace

extern const std::span<const StatisticKind> http_packets_statistics{kinds};

}  // namespace encap

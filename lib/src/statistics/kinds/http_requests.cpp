#include "statistics/http_messages.h"
#include "statistics/kind.h"
#include "statistics/stats_tree.h"

// Source: tshark's -z http_req,tree.

namespace encap {
namespace {

class HttpRequests final : public TreeStatistic {
 public:
  explicit HttpRequests(PacketFilter filter) : TreeStatistic{"HTTP/Requests", std::move(filter)} {
    root_ = tree().add(StatsTree::none, "HTTP Requests by HTTP Host");
  }

  void take(const Dissection& dissection) override {
    if (!passes(dissection)) return;
    for_each_http_message(dissection, [&](const HttpMessageFacts& message) {
      tree().begin(dissection.since_first);
      if (message.method.empty()) return;
      tree().count(root_);
      if (message.host.empty()) return;
      const StatsTree::Id host = tree().find(root_, message.host);
      tree().count(host);
      tree().count(tree().find(host, message.uri));
    });
  }

 private:
  StatsTree::Id root_;
};

constexpr StatisticKind kinds[] = {
    {"http_req,tree", "[,FILTER]", "HTTP requests by host and URI", make_filtered<HttpRequests>}};

}  // namespace

extern const std::span<const StatisticKind> http_requests_statistics{kinds};

}  // namespace encap

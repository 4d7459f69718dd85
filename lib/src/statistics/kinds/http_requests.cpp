#include "statistics/http_messages.h"
#include "statistics/kind.h"
#include "statistics/stats_tree.h"

// Source: tshark's -z http_req,tree.

namespace encap {
namespace {

class HttpRequests final : public Statistic {
 public:
  explicit HttpRequests(PacketFilter filter) : filter_{std::move(filter)} {
    root_ = tree_.add(StatsTree::none, "HTTP Requests by HTTP Host");
  }

  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    for_each_http_message(dissection, [&](const HttpMessageFacts& message) {
      tree_.begin(dissection.since_first);
      if (message.method.empty()) return;
      tree_.count(root_);
      if (message.host.empty()) return;
      const StatsTree::Id host = tree_.find(root_, message.host);
      tree_.count(host);
      tree_.count(tree_.find(host, message.uri));
    });
  }

  void append_text(std::string& out, const RowAdded&) const override { tree_.append_text(out, "HTTP/Requests"); }
  [[nodiscard]] std::vector<std::string> columns() const override { return StatsTree::columns(); }
  void each_row(const RowVisitor& visit) const override { tree_.each_row(visit); }

 private:
  PacketFilter filter_;
  StatsTree tree_;
  StatsTree::Id root_;
};

constexpr StatisticKind kinds[] = {
    {"http_req,tree", "[,FILTER]", "HTTP requests by host and URI", make_filtered<HttpRequests>}};

}  // namespace

extern const std::span<const StatisticKind> http_requests_statistics{kinds};

}  // namespace encap

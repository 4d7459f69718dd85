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

class HttpPackets final : public Statistic {
 public:
  explicit HttpPackets(PacketFilter filter) : filter_{std::move(filter)} {
    root_ = tree_.add(StatsTree::none, "Total HTTP Packets");
    other_ = tree_.add(root_, "Other HTTP Packets");
    responses_ = tree_.add(root_, "HTTP Response Packets");
    for (std::size_t i = 0; i < classes_.size(); ++i) classes_[i] = tree_.add(responses_, class_names[i]);
    requests_ = tree_.add(root_, "HTTP Request Packets");
  }

  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    for_each_http_message(dissection, [&](const HttpMessageFacts& message) {
      tree_.begin(dissection.since_first);
      tree_.count(root_);
      if (message.is_response) {
        tree_.count(responses_);
        const std::uint64_t hundreds = message.code / 100;
        const StatsTree::Id kind = classes_[hundreds < classes_.size() ? hundreds : 0];
        tree_.count(kind);
        tree_.count(tree_.find(kind, fmt::format("{} {}", message.code, message.code_text)));
      } else if (!message.method.empty()) {
        tree_.count(requests_);
        tree_.count(tree_.find(requests_, message.method));
      } else {
        tree_.count(other_);
      }
    });
  }

  void append_text(std::string& out, const RowAdded&) const override { tree_.append_text(out, "HTTP/Packet Counter"); }
  [[nodiscard]] std::vector<std::string> columns() const override { return StatsTree::columns(); }
  void each_row(const RowVisitor& visit) const override { tree_.each_row(visit); }

 private:
  PacketFilter filter_;
  StatsTree tree_;
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

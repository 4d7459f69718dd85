#include <array>
#include <memory>

#include "statistics/advice/copies.h"
#include "statistics/advice/family.h"
#include "statistics/kind.h"

// No statistic of tshark's: why a capture looks wrong, and what to do about it.

namespace encap {
namespace {

class Advice final : public Statistic {
 public:
  explicit Advice(PacketFilter filter) : filter_{std::move(filter)} {
    for (const auto make : advice::families) families_.push_back(make());
  }

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    advice::SeenPacket packet = advice::see_packet(dissection);
    if (capture_.packets == 0) capture_.first = capture_.last = packet.time;
    ++capture_.packets;
    capture_.last = std::max(capture_.last, packet.time);
    packet.copy_of = copies_.find(packet);
    copies_.take(packet);
    for (const auto& family : families_) family->take(packet);
  }

  void append_text(std::string& out, const RowAdded& /*a short report*/) const override {
    report().append_text(out, capture_.packets);
  }

  [[nodiscard]] std::vector<std::string> columns() const override { return advice::Report::columns(); }
  void each_row(const RowVisitor& visit) const override { report().each_row(visit); }

 private:
  [[nodiscard]] advice::Report report() const {
    advice::Report report;
    copies_.report(capture_, report);
    for (const auto& family : families_) family->report(capture_, report);
    return report;
  }

  PacketFilter filter_;
  advice::Capture capture_;
  advice::Copies copies_;  // first: what the capture holds twice, the others count once
  std::vector<advice::MadeFamily> families_;
};

constexpr StatisticKind kinds[] = {{"advice", "[,FILTER]",
                                    "why the capture looks wrong, what to do about it, and the frames that prove it",
                                    make_filtered<Advice>}};

}  // namespace

extern const std::span<const StatisticKind> advice_statistics{kinds};

}  // namespace encap

#include "side_by_side.h"

#include <algorithm>
#include <optional>

#include "encap/analyze/plain_flow.h"

using encap::FramePlace;
using encap::PacketRecord;

SideBySide::SideBySide(CommandOptions& options, const encap::Dissector& dissector, encap::SessionMemory& session,
                       Output& output, std::uint64_t threads)
    : session_{session}, output_{output}, statistics_{options.statistics ? &*options.statistics : nullptr} {
  for (unsigned lane = 0; lane < lanes; ++lane) {
    if (statistics_ != nullptr) counts_[lane].emplace(statistics_->another());
    printers_[lane] = std::make_unique<Printer>(options, dissector, counts_[lane] ? &*counts_[lane] : nullptr);
    printers_[lane]->resume();
  }
  if (printers_.front()->shows_trees()) most_ = {most_.packets / 8, most_.octets / 8};
  for (unsigned worker = 0; worker < lanes && worker + 1 < threads; ++worker) {
    workers_.emplace_back([this, worker] { work(worker); });
  }
}

SideBySide::~SideBySide() {
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  anything_to_do_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

bool SideBySide::add(const PacketRecord& record, const FramePlace& place, const Streams& streams, const Hold& hold) {
  // Comments live no longer than the record does.
  std::uint32_t flow = 0;
  if (!record.comments.empty() || !encap::plain_flow(record, flow)) {
    return finish() && read_here(record, place, streams);
  }
  if (record.interface != nullptr && record.interface->section != section_ && !finish()) return false;
  Stretch& current = stretch(handed_over_);
  const unsigned lane = encap::SessionMemory::lane_of(flow);
  Share& share = current.shares[lane];
  current.order.push_back(static_cast<std::uint8_t>(lane));
  current.octets += record.bytes.size();
  share.packets.emplace_back(record, place, streams, flow).record.interface = kept(record.interface);
  if (current.holds.empty() || current.holds.back() != hold) current.holds.push_back(hold);
  return (current.order.size() < most_.packets && current.octets < most_.octets) || hand_over();
}

// The same, for as long as packets of its section wait. Precondition: no packet of another one does.
const encap::CaptureInterface* SideBySide::kept(const encap::CaptureInterface* told) {
  if (told == nullptr) return nullptr;
  if (told->section != section_) interfaces_.clear();
  section_ = told->section;
  if (told->id >= interfaces_.size()) interfaces_.resize(told->id + 1);
  auto& here = interfaces_[told->id];
  if (!here) here = *told;
  return &*here;
}

bool SideBySide::finish() {
  Stretch& current = stretch(handed_over_);
  if (current.order.size() >= most_.packets / 2) return hand_over() && give_out_until(handed_over_);
  if (!give_out_until(handed_over_)) return false;
  for (unsigned lane = 0; lane < lanes; ++lane) read_share(lane, current.shares[lane]);
  return give_out(current);
}

void SideBySide::count_up() {
  if (statistics_ == nullptr) return;
  for (auto& counts : counts_) {
    statistics_->absorb(*counts);
    counts.reset();
  }
}

// While no lane works.
bool SideBySide::read_here(const PacketRecord& record, const FramePlace& place, const Streams& streams) {
  if (streams) session_.count_from(*streams);
  Printer& printer = *printers_.front();
  if (printer.read(record, place)) printer.print(output_.text());
  return output_.packet_added();
}

// Lets the current stretch be worked on, and makes room for the next one.
bool SideBySide::hand_over() {
  {
    const std::lock_guard lock{mutex_};
    ++handed_over_;
  }
  anything_to_do_.notify_all();
  return handed_over_ - given_out_ < under_way || give_out_until(given_out_ + 1);
}

bool SideBySide::give_out_until(std::size_t number) {
  while (given_out_ < number) {
    {
      std::unique_lock lock{mutex_};
      while (done() <= given_out_) {
        if (read_any_share(lock, 0)) continue;
        is_awaited_ = true;
        anything_done_.wait(lock);
        is_awaited_ = false;
      }
    }
    if (!give_out(stretch(given_out_))) return false;
    ++given_out_;
  }
  return true;
}

bool SideBySide::give_out(Stretch& stretch) {
  struct Place {
    std::size_t packet = 0;
    std::size_t start = 0;
  };
  std::array<Place, lanes> at{};
  std::size_t size = 0;
  for (const Share& share : stretch.shares) size += share.lines.size();
  if (size == 0) stretch.order.clear();  // where packets are only counted there are no lines
  // Whole trees are written from where they are; lines are put together first.
  const bool are_large = size > stretch.order.size() * least_of_large;
  for (const std::uint8_t lane : stretch.order) {
    Share& share = stretch.shares[lane];
    Place& here = at[lane];
    const std::size_t end = share.line_ends[here.packet++];
    if (are_large) {
      pieces_.push_back({share.lines.data() + here.start, end - here.start});
    } else {
      output_.text().append(share.lines, here.start, end - here.start);
    }
    here.start = end;
  }
  if (are_large) {
    const bool is_written = output_.write(pieces_);
    pieces_.clear();
    if (!is_written) return false;
  }
  for (Share& share : stretch.shares) share.packets.clear();
  stretch.holds.clear();
  stretch.order.clear();
  stretch.octets = 0;
  return output_.packet_added();
}

void SideBySide::work(unsigned worker) {
  std::unique_lock lock{mutex_};
  while (!over_) {
    // Another one than whoever hands over prefers: what a lane remembers is then near at hand.
    if (!read_any_share(lock, lanes - 1 - worker)) anything_to_do_.wait(lock);
  }
}

std::optional<unsigned> SideBySide::lane_to_work_on(unsigned preferred) const noexcept {
  for (unsigned i = 0; i < lanes; ++i) {
    const unsigned lane = (preferred + i) % lanes;
    if (!is_taken_[lane] && done_[lane] < handed_over_) return lane;
  }
  return std::nullopt;
}

// Dissects the next packets of a lane that nobody has, the preferred one if there are any in it. False: there is none.
bool SideBySide::read_any_share(std::unique_lock<std::mutex>& lock, unsigned preferred) {
  const auto lane = lane_to_work_on(preferred);
  if (!lane) return false;
  is_taken_[*lane] = true;
  Share& share = stretch(done_[*lane]).shares[*lane];
  lock.unlock();
  read_share(*lane, share);
  lock.lock();
  is_taken_[*lane] = false;
  ++done_[*lane];
  if (is_awaited_) anything_done_.notify_one();
  // There is more in that lane, which whoever has nothing to do has waited for.
  if (done_[*lane] < handed_over_) anything_to_do_.notify_one();
  return true;
}

void SideBySide::read_share(unsigned lane, Share& share) {
  Printer& printer = *printers_[lane];
  share.lines.clear();
  share.line_ends.clear();
  std::size_t expected = 0;
  const auto expect = [&](std::size_t end) {
    for (end = std::min(end, share.packets.size()); expected < end; ++expected) {
      session_.expect(share.packets[expected].flow);
    }
  };
  expect(encap::SessionMemory::expected_ahead);
  for (const Waiting& packet : share.packets) {
    expect(expected + 1);
    if (packet.streams) session_.count_from(lane, *packet.streams);
    if (printer.read(packet.record, packet.place)) printer.print(share.lines);
    share.line_ends.push_back(share.lines.size());
  }
}

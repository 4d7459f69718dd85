#include "trace/explanation_words.h"

#include <algorithm>
#include <fmt/format.h>

namespace encap {
namespace {

template <class Numbers>
std::string ranges(const Numbers& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", numbers[i]);
    if (end - i > 1) text += fmt::format("-{}", numbers[end - 1]);
    i = end;
  }
  return text;
}

std::string party(const std::string& name, const Endpoint& end) {
  return name.empty() ? to_string(end) : fmt::format("{} ({})", name, to_string(end));
}

std::string byte_range(std::uint64_t from, std::uint64_t size, std::string_view of) {
  return size == 1 ? fmt::format("byte {} of the {}", from, of)
                   : fmt::format("bytes {}-{} of the {}", from, from + size - (size == 0 ? 0 : 1), of);
}

}  // namespace

std::string frame_list(const std::vector<std::uint64_t>& frames) { return ranges(frames); }

std::string message_title(const ExplainedMessage& message) {
  std::vector<std::string> ids;
  for (const ExplainedMessage::Row& row : message.rows) {
    if (std::find(ids.begin(), ids.end(), row.id) == ids.end()) ids.push_back(row.id);
  }
  std::string title = ids.size() == 1 ? "Message " : "Messages ";
  for (std::size_t i = 0; i < ids.size(); ++i) title += (i == 0 ? "" : ", ") + ids[i];
  return title;
}

std::string message_rows(const Explanation& explanation, const ExplainedMessage& message) {
  std::vector<std::uint64_t> numbers;
  for (const ExplainedMessage::Row& row : message.rows) numbers.push_back(row.number);
  return fmt::format("row{} {}, line {} of {}", numbers.size() == 1 ? "" : "s", ranges(numbers),
                     message.rows.front().line, explanation.table);
}

std::string message_way(const ExplainedMessage& message) {
  return fmt::format("from {} to {} over {}", party(message.sender, message.route.source),
                     party(message.receiver, message.route.destination),
                     message.transport == Transport::tcp ? "TCP" : "UDP");
}

std::vector<std::string> connection_sentences(const ExplainedMessage& message) {
  std::vector<std::string> sentences;
  const auto say = [&sentences](const std::vector<std::uint64_t>& frames, std::string_view what) {
    if (!frames.empty())
      sentences.push_back(
          fmt::format("The connection was {} by frame{} {}.", what, frames.size() == 1 ? "" : "s", ranges(frames)));
  };
  say(message.opened_by, "opened");
  say(message.closed_by, "closed");
  return sentences;
}

std::string segment_line(const ExplainedMessage& message, std::size_t index) {
  const ExplainedSegment& segment = message.segments[index];
  std::vector<std::uint64_t> frames;
  for (const ExplainedPacket& packet : segment.packets) frames.push_back(packet.frame);
  const std::string part = segment.message_size == message.octets.size()
                               ? std::string{"the whole message"}
                               : byte_range(segment.message_offset, segment.message_size, "message");
  return fmt::format("{} {} of {}: {}{}, frame{} {}", unit_name(message.transport), index + 1, message.segments.size(),
                     part, segment.is_sent_again ? ", sent again" : "", frames.size() == 1 ? "" : "s", ranges(frames));
}

std::string fragment_line(const ExplainedMessage& message, const ExplainedSegment& segment, std::size_t index) {
  const ExplainedPacket& packet = segment.packets[index];
  return fmt::format("fragment {} of {}: {}, frame {}", index + 1, segment.packets.size(),
                     byte_range(packet.segment_offset, packet.segment_size, unit_name(message.transport)),
                     packet.frame);
}

std::string size_line(const ExplainedMessage& message, const ExplainedSegment& segment, const ExplainedPacket& packet,
                      std::string_view arrow) {
  std::string line;
  for (const SizeStep& step : size_steps(message, segment, packet)) {
    if (!line.empty()) line += arrow;
    line += step.text;
  }
  return line;
}

std::string word_text(const ChecksumWord& word) {
  constexpr std::string_view parts[] = {"pseudo-header: ", "header: ", "message: "};
  return std::string{parts[static_cast<std::size_t>(word.part)]} + word.what;
}

std::string fold_text(const ChecksumFold& fold) {
  return fmt::format("{:#x}: {:#06x} + {:#06x} = {:#06x}", fold.before, fold.carry, fold.low, fold.after);
}

std::string complement_text(const ChecksumSteps& steps) {
  std::string text = fmt::format("0xffff - {:#06x} = {:#06x}", steps.sum, steps.complement);
  if (steps.result != steps.complement) text += ", sent as 0xffff: over UDP zero means that there is none";
  return text;
}

bool is_wrong(const ChecksumSteps& steps) noexcept { return !steps.is_absent && steps.in_packet != steps.result; }

std::string verdict_text(const ChecksumSteps& steps) {
  if (steps.is_absent) return "The packet has 0x0000: its sender made none.";
  return fmt::format("The packet has {:#06x}: {}.", steps.in_packet,
                     is_wrong(steps) ? "not what comes out, so its receiver drops it" : "that is what comes out");
}

void append_octets(std::string& out, Bytes octets, std::string_view between) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i != 0) out += between;
    out += digits[std::to_integer<unsigned>(octets[i]) >> 4];
    out += digits[std::to_integer<unsigned>(octets[i]) & 15];
  }
}

}  // namespace encap

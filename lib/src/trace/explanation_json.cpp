#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "encap/trace/explanation_render.h"
#include "render/text.h"
#include "trace/explanation_words.h"

namespace encap {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

class JsonText {
 public:
  explicit JsonText(Writer& json) : json_{json} {}

  void key(std::string_view name) { json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void text(std::string_view name, std::string_view value) {
    std::string utf8;
    append_utf8(utf8, value);
    key(name);
    json_.String(utf8.data(), static_cast<rapidjson::SizeType>(utf8.size()));
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    json_.Uint64(value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    json_.Bool(value);
  }
  void octets(std::string_view name, Bytes value) {
    std::string hex;
    append_octets(hex, value, "");
    text(name, hex);
  }
  template <class Each>
  void object(Each each) {
    json_.StartObject();
    each();
    json_.EndObject();
  }
  template <class Values, class Each>
  void array(std::string_view name, const Values& values, Each each) {
    key(name);
    json_.StartArray();
    for (const auto& value : values) each(value);
    json_.EndArray();
  }
  void frames(std::string_view name, const std::vector<std::uint64_t>& numbers) {
    array(name, numbers, [this](std::uint64_t frame) { json_.Uint64(frame); });
  }

 private:
  Writer& json_;
};

constexpr std::string_view kind_names[] = {"link", "network", "transport", "application"};
constexpr std::string_view part_names[] = {"pseudo-header", "header", "message"};
constexpr std::string_view region_names[] = {"link", "network", "transport", "message", "other"};

class ExplanationJson {
 public:
  explicit ExplanationJson(Writer& writer) : json_{writer} {}

  void append(const Explanation& explanation) {
    json_.object([&] {
      json_.number("version", 1);
      json_.text("table", explanation.table);
      json_.number("link_type", static_cast<std::uint64_t>(explanation.link_type));
      json_.number("frames", explanation.frames);
      json_.array("messages", explanation.messages, [&](const ExplainedMessage& message) { append(message); });
      json_.number("left_out", explanation.left_out);
    });
  }

 private:
  void append(const ExplainedMessage& message) {
    json_.object([&] {
      json_.array("rows", message.rows, [&](const ExplainedMessage::Row& row) {
        json_.object([&] {
          json_.number("row", row.number);
          json_.number("line", row.line);
          json_.text("msg_id", row.id);
        });
      });
      json_.number("conversation", message.conversation);
      json_.text("transport", message.transport == Transport::tcp ? "TCP" : "UDP");
      end("source", message.sender, message.route.source);
      end("destination", message.receiver, message.route.destination);
      json_.text("text", as_text(message.octets));
      json_.octets("bytes", message.octets);
      json_.frames("opened_by", message.opened_by);
      json_.frames("closed_by", message.closed_by);
      json_.array("application", message.application, [&](const ExplainedLayer& layer) { append(layer); });
      json_.array("segments", message.segments, [&](const ExplainedSegment& segment) { append(message, segment); });
    });
  }
  void end(std::string_view name, const std::string& application, const Endpoint& endpoint) {
    json_.key(name);
    json_.object([&] {
      json_.text("application", application);
      json_.text("address", to_string(endpoint.address));
      json_.number("port", endpoint.port.value);
    });
  }
  void append(const ExplainedMessage& message, const ExplainedSegment& segment) {
    json_.object([&] {
      json_.number("message_offset", segment.message_offset);
      json_.number("message_length", segment.message_size);
      json_.number("message_at", segment.message_at);
      json_.number("length", segment.size);
      if (segment.is_sent_again) json_.flag("sent_again", true);
      if (segment.in_full && !segment.header.octets.empty()) {
        json_.octets("bytes", segment.octets);
        json_.key("header");
        append(segment.header);
      }
      json_.array("packets", segment.packets, [&](const ExplainedPacket& packet) { append(message, segment, packet); });
    });
  }
  void append(const ExplainedMessage& message, const ExplainedSegment& segment, const ExplainedPacket& packet) {
    json_.object([&] {
      json_.number("frame", packet.frame);
      json_.number("since_first_ns", static_cast<std::uint64_t>(packet.since_first.count()));
      json_.array("sizes", size_steps(message, segment, packet), [&](const SizeStep& step) {
        json_.object([&] {
          json_.number("bytes", step.size);
          json_.text("text", step.text);
        });
      });
      json_.flag("fragment", packet.is_fragment);
      json_.number("segment_at", packet.segment_at);
      json_.number("segment_offset", packet.segment_offset);
      json_.number("segment_length", packet.segment_size);
      if (!packet.in_full) return;
      json_.octets("bytes", packet.octets);
      json_.array("regions", regions(segment, packet), [&](const FrameRegion& region) {
        json_.object([&] {
          json_.text("kind", region_names[static_cast<std::size_t>(region.kind)]);
          json_.text("name", region.name);
          json_.number("offset", region.offset);
          json_.number("length", region.length);
        });
      });
      json_.array("layers", packet.layers, [&](const ExplainedLayer& layer) { append(layer); });
    });
  }
  void append(const ExplainedLayer& layer) {
    json_.object([&] {
      json_.text("kind", kind_names[static_cast<std::size_t>(layer.kind)]);
      json_.text("protocol", layer.protocol);
      json_.text("title", layer.title);
      json_.text("purpose", layer.purpose);
      json_.number("offset", layer.offset);
      json_.octets("bytes", layer.octets);
      json_.array("fields", layer.fields, [&](const ExplainedField& field) { append(layer, field); });
      if (!layer.checksum) return;
      json_.key("checksum");
      append(*layer.checksum);
    });
  }
  void append(const ExplainedLayer& layer, const ExplainedField& field) {
    json_.object([&] {
      json_.text("name", field.name);
      json_.text("label", field.label);
      json_.text("value", field.value);
      if (!field.bits.empty()) json_.text("bits", field.bits);
      json_.number("offset", field.offset);
      json_.number("length", field.length);
      json_.number("depth", field.depth);
      json_.octets("bytes", Bytes{layer.octets}.subspan(field.offset, field.length));
      json_.text("purpose", field.purpose);
    });
  }
  void append(const ChecksumSteps& steps) {
    json_.object([&] {
      json_.array("words", steps.words, [&](const ChecksumWord& word) {
        json_.object([&] {
          json_.text("part", part_names[static_cast<std::size_t>(word.part)]);
          json_.number("word", word.value);
          json_.number("sum", word.sum);
          json_.text("what", word.what);
        });
      });
      json_.array("folds", steps.folds, [&](const ChecksumFold& fold) {
        json_.object([&] {
          json_.number("before", fold.before);
          json_.number("carry", fold.carry);
          json_.number("low", fold.low);
          json_.number("after", fold.after);
        });
      });
      json_.number("sum", steps.sum);
      json_.number("complement", steps.complement);
      json_.number("result", steps.result);
      json_.number("in_packet", steps.in_packet);
    });
  }

  JsonText json_;
};

}  // namespace

void append_explanation_json(std::string& out, const Explanation& explanation) {
  rapidjson::StringBuffer buffer;
  Writer writer{buffer};
  ExplanationJson{writer}.append(explanation);
  out.append(buffer.GetString(), buffer.GetSize());
  out += '\n';
}

}  // namespace encap

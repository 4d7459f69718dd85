#include "input/har_parser.h"

#include <algorithm>
#include <array>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include "input/json_stream.h"
#include "input/message_format.h"

namespace encap {
namespace {

/// Where in the file the parser is: objects, and arrays of them.
enum class In : std::uint8_t {
  elsewhere,  // in what we have no use for
  file,       // around everything
  root,
  log,
  browser,
  entries,
  entry,
  request,
  response,
  post_data,
  content,
  timings,
  request_fields,
  response_fields,
  params,
  request_field,
  response_field,
  param,
  web_socket_messages
};

/// Where a value goes, or how its text is kept.
using Text = std::string HarEntry::*;
using Number = double HarEntry::*;

struct Rule {
  In in;
  std::string_view key;
  In inside = In::elsewhere;  // of an object or array
  Text text = nullptr;
  Number number = nullptr;
  HarMessage HarEntry::*message = nullptr;
  std::string HarMessage::*message_text = nullptr;
  double HarMessage::*message_number = nullptr;
};

constexpr auto request = &HarEntry::request;
constexpr auto response = &HarEntry::response;

/// Source: HTTP Archive 1.2; `_webSocketMessages` is Chrome's.
constexpr std::array rules{
    Rule{In::root, "log", In::log},
    Rule{In::log, "browser", In::browser},
    Rule{In::log, "entries", In::entries},
    Rule{In::entry, "startedDateTime", {}, &HarEntry::started},
    Rule{In::entry, "connection", {}, &HarEntry::connection},
    Rule{In::entry, "serverIPAddress", {}, &HarEntry::address},
    Rule{In::entry, "time", {}, nullptr, &HarEntry::time},
    Rule{In::entry, "request", In::request},
    Rule{In::entry, "response", In::response},
    Rule{In::entry, "timings", In::timings},
    Rule{In::entry, "_webSocketMessages", In::web_socket_messages},
    Rule{In::timings, "blocked", {}, nullptr, &HarEntry::blocked},
    Rule{In::timings, "dns", {}, nullptr, &HarEntry::dns},
    Rule{In::timings, "connect", {}, nullptr, &HarEntry::connect},
    Rule{In::timings, "send", {}, nullptr, &HarEntry::send},
    Rule{In::timings, "wait", {}, nullptr, &HarEntry::wait},
    Rule{In::timings, "receive", {}, nullptr, &HarEntry::receive},
    Rule{In::request, "method", {}, &HarEntry::method},
    Rule{In::request, "url", {}, &HarEntry::url},
    Rule{In::request, "httpVersion", {}, nullptr, nullptr, request, &HarMessage::version},
    Rule{In::request, "headers", In::request_fields},
    Rule{In::request, "bodySize", {}, nullptr, nullptr, request, nullptr, &HarMessage::body_octets},
    Rule{In::request, "postData", In::post_data},
    Rule{In::post_data, "mimeType", {}, nullptr, nullptr, request, &HarMessage::body_type},
    Rule{In::post_data, "text", {}, nullptr, nullptr, request, &HarMessage::body},
    Rule{In::post_data, "encoding", {}, nullptr, nullptr, request, &HarMessage::body_encoding},
    Rule{In::post_data, "params", In::params},
    Rule{In::response, "status", {}, nullptr, &HarEntry::status},
    Rule{In::response, "statusText", {}, &HarEntry::status_text},
    Rule{In::response, "httpVersion", {}, nullptr, nullptr, response, &HarMessage::version},
    Rule{In::response, "headers", In::response_fields},
    Rule{In::response, "content", In::content},
    Rule{In::content, "size", {}, nullptr, nullptr, response, nullptr, &HarMessage::body_octets},
    Rule{In::content, "text", {}, nullptr, nullptr, response, &HarMessage::body},
    Rule{In::content, "encoding", {}, nullptr, nullptr, response, &HarMessage::body_encoding},
};

/// Follows RapidJSON through the file, and keeps what the rules name.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
 public:
  explicit Handler(JsonStream& stream) : stream_{&stream} {}

  void begin(In at) {
    depth_ = 0;
    in_[0] = at;
    rule_ = nullptr;
    entry = {};
    kept_ = 0;
  }

  HarEntry entry;
  std::string browser = "browser";
  bool found_entries = false;
  bool too_deep = false;

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view key{text, length};
    static_cast<void>(stream_->take_cut());  // no key of ours is that long
    rule_ = nullptr;
    names_ = key == "name";
    values_ = key == "value";
    if (in() == In::elsewhere) return true;
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [this, key](const Rule& rule) { return rule.in == in() && rule.key == key; });
    if (found != rules.end()) rule_ = &*found;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    keep({text, length}, stream_->take_cut() ? most_kept : 0);
    return true;
  }
  bool Int(int value) { return Double(value); }
  bool Uint(unsigned value) { return Double(value); }
  bool Int64(std::int64_t value) { return Double(static_cast<double>(value)); }
  bool Uint64(std::uint64_t value) { return Double(static_cast<double>(value)); }
  bool Double(double value) {
    if (rule_ == nullptr) return true;
    if (rule_->number != nullptr) entry.*rule_->number = value;
    if (rule_->message_number != nullptr) entry.*rule_->message.*rule_->message_number = value;
    // An id that is a number is one all the same.
    if (rule_->text == &HarEntry::connection) entry.connection = std::to_string(value);
    return true;
  }
  bool StartObject() {
    In inside = rule_ != nullptr ? rule_->inside : In::elsewhere;
    switch (in()) {
      case In::file:
        inside = In::root;
        break;
      case In::entries:
        inside = In::entry;
        break;
      case In::request_fields:
        inside = start(entry.request.fields, In::request_field);
        break;
      case In::response_fields:
        inside = start(entry.response.fields, In::response_field);
        break;
      case In::params:
        inside = start(entry.request.form, In::param);
        break;
      case In::web_socket_messages:
        ++entry.web_socket_messages;
        break;
      default:
        break;
    }
    return enter(inside);
  }
  bool StartArray() {
    const In inside = rule_ != nullptr ? rule_->inside : In::elsewhere;
    if (inside == In::entries) {
      found_entries = true;
      return false;  // the entries are read one by one
    }
    return enter(inside);
  }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }

 private:
  static constexpr std::size_t most_kept = std::size_t{32} << 20;
  static constexpr std::size_t most_depth = 64;

  [[nodiscard]] In in() const noexcept { return in_[depth_]; }
  bool enter(In inside) {
    if (depth_ + 1 == in_.size()) {
      too_deep = true;
      return false;
    }
    in_[++depth_] = inside;
    rule_ = nullptr;
    return true;
  }
  bool leave() {
    --depth_;
    rule_ = nullptr;
    return true;
  }
  bool has_room(std::size_t octets) {
    kept_ += octets;
    if (kept_ >= most_kept) entry.too_long = true;
    return !entry.too_long;
  }
  In start(std::vector<HarField>& fields, In inside) {
    if (!has_room(sizeof(HarField))) return In::elsewhere;
    fields.emplace_back();
    return inside;
  }
  /// Keeps a text where its key says; `missing` counts what is not there of it.
  void keep(std::string_view text, std::size_t missing) {
    switch (in()) {
      case In::browser:
        if (names_ && text.size() < 256) browser = text;
        return;
      case In::request_field:
        return keep_in(entry.request.fields.back(), text, missing);
      case In::response_field:
        return keep_in(entry.response.fields.back(), text, missing);
      case In::param:
        return keep_in(entry.request.form.back(), text, missing);
      default:
        break;
    }
    if (rule_ == nullptr || !has_room(text.size() + missing)) return;
    if (rule_->text != nullptr) entry.*rule_->text = text;
    if (rule_->message_text != nullptr) entry.*rule_->message.*rule_->message_text = text;
  }
  void keep_in(HarField& field, std::string_view text, std::size_t missing) {
    if ((!names_ && !values_) || !has_room(text.size() + missing)) return;
    (names_ ? field.name : field.value) = text;
  }

  JsonStream* stream_;
  std::array<In, most_depth> in_{};
  std::size_t depth_ = 0;
  const Rule* rule_ = nullptr;  // of the key whose value comes next
  bool names_ = false;          // the key is "name"
  bool values_ = false;
  std::size_t kept_ = 0;
};

void skip_blanks(JsonStream& stream) {
  while (stream.Peek() == ' ' || stream.Peek() == '\t' || stream.Peek() == '\r' || stream.Peek() == '\n') stream.Take();
}

constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseStopWhenDoneFlag;

}  // namespace

class HarParser::Impl {
 public:
  Impl(std::string name, BlockReader& blocks)
      : name_{std::move(name)}, blocks_{&blocks}, stream_{blocks}, handler_{stream_} {}

  Result<void, Failure> read_head();
  Result<const HarEntry*, Failure> next();

  const std::string& browser() const noexcept { return handler_.browser; }
  std::uint64_t number() const noexcept { return number_; }
  const SourceLocation& where() const noexcept { return where_; }

 private:
  [[nodiscard]] Failure refuse(std::string reason);
  [[nodiscard]] Failure no_json(const rapidjson::ParseResult& result);

  std::string name_;
  BlockReader* blocks_;
  JsonStream stream_;
  Handler handler_;
  rapidjson::Reader reader_;
  std::uint64_t number_ = 0;
  SourceLocation where_;
  bool ended_ = false;
};

/// What ends the file before its end.
Failure HarParser::Impl::refuse(std::string reason) {
  ended_ = true;
  if (blocks_->refusal()) return *blocks_->refusal();
  return InputError{.where = stream_.where(name_),
                    .name = number_ == 0 ? std::string{} : "entry " + std::to_string(number_),
                    .excerpt = {},
                    .reason = std::move(reason)};
}

Failure HarParser::Impl::no_json(const rapidjson::ParseResult& result) {
  if (handler_.too_deep) return refuse("objects are nested more than 60 deep here; no browser writes that");
  if (stream_.at_end()) return refuse("the file ends here, within its JSON: is it whole?");
  std::string reason = rapidjson::GetParseError_En(result.Code());
  if (reason.ends_with('.')) reason.pop_back();
  return refuse("this is no JSON: " + reason);
}

Result<void, Failure> HarParser::Impl::read_head() {
  if (stream_.at_end() && !blocks_->refusal()) {
    ended_ = true;
    return unexpected(
        Failure{InputError{{name_, 0, 0}, {}, {}, "the file is empty; a HAR file is JSON, log.entries in it"}});
  }
  if (std::string reason = refusal_of(stream_.block(), MessageFormat::har); !reason.empty()) {
    ended_ = true;
    return unexpected(Failure{InputError{{name_, 0, 0}, {}, {}, std::move(reason)}});
  }
  if (stream_.block().starts_with("\xef\xbb\xbf")) stream_.skip(3);
  handler_.begin(In::file);
  const rapidjson::ParseResult result = reader_.Parse<flags>(stream_, handler_);
  if (handler_.found_entries) {
    // RapidJSON asks the handler before it takes the bracket.
    if (stream_.Peek() == '[') stream_.Take();
    return {};
  }
  if (result.IsError()) return unexpected(no_json(result));
  ended_ = true;
  return unexpected(Failure{
      InputError{{name_, 0, 0}, {}, {}, "this JSON has no array log.entries, which a HAR file keeps requests in"}});
}

Result<const HarEntry*, Failure> HarParser::Impl::next() {
  if (ended_) return nullptr;
  skip_blanks(stream_);
  if (stream_.Peek() == ']') {
    ended_ = true;
    return nullptr;
  }
  if (number_ != 0) {
    if (stream_.Peek() != ',')
      return unexpected(refuse(stream_.at_end() ? "the file ends behind this entry: is it whole?"
                                                : "write a comma or ] behind an entry"));
    stream_.Take();
    skip_blanks(stream_);
  }
  ++number_;
  where_ = stream_.where(name_);
  handler_.begin(In::entries);
  const rapidjson::ParseResult result = reader_.Parse<flags>(stream_, handler_);
  if (result.IsError()) return unexpected(no_json(result));
  return &handler_.entry;
}

HarParser::HarParser(std::string name, BlockReader& blocks) : impl_{std::make_unique<Impl>(std::move(name), blocks)} {}
HarParser::~HarParser() = default;

Result<void, Failure> HarParser::read_head() { return impl_->read_head(); }
Result<const HarEntry*, Failure> HarParser::next() { return impl_->next(); }
const std::string& HarParser::browser() const noexcept { return impl_->browser(); }
std::uint64_t HarParser::number() const noexcept { return impl_->number(); }
const SourceLocation& HarParser::where() const noexcept { return impl_->where(); }

}  // namespace encap

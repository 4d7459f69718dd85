#include <bit>
#include <string>

#include "dissect/text.h"

namespace encap {

extern const ProtocolInfo data_text_lines_protocol;

namespace {

constexpr Field array{"json.array", "Array", FieldType::none};
constexpr Field object{"json.object", "Object", FieldType::none};
constexpr Field member{"json.member", "Member", FieldType::string};
constexpr Field key{"json.key", "Key", FieldType::string};
constexpr Field path{"json.path", "Path", FieldType::string};
constexpr Field path_with_value{"json.path_with_value", "Path with value", FieldType::string};
constexpr Field member_with_value{"json.member_with_value", "Member with value", FieldType::string};
constexpr Field string_value{"json.value.string", "String value", FieldType::string};
constexpr Field number_value{"json.value.number", "Number value", FieldType::string};
constexpr Field false_value{"json.value.false", "False value", FieldType::none};
constexpr Field null_value{"json.value.null", "Null value", FieldType::none};
constexpr Field true_value{"json.value.true", "True value", FieldType::none};
constexpr Field nan_value{"json.value.nan", "NaN value", FieldType::none};
constexpr const Field* fields[] = {
    &array,        &object,       &member,      &key,        &path,       &path_with_value, &member_with_value,
    &string_value, &number_value, &false_value, &null_value, &true_value, &nan_value};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {
    {Table::media_type, 0, "application/dds-web+json"},    {Table::media_type, 0, "application/json"},
    {Table::media_type, 0, "application/json-patch+json"}, {Table::media_type, 0, "application/json-rpc"},
    {Table::media_type, 0, "application/jsonrequest"},     {Table::media_type, 0, "application/merge-patch+json"},
    {Table::media_type, 0, "application/problem+json"},    {Table::media_type, 0, "application/senml+json"},
    {Table::media_type, 0, "application/sensml+json"},     {Table::media_type, 0, "application/vnd.oma.lwm2m+json"},
    {Table::media_type, 0, "application/x-ndjson"}};

}  // namespace

extern const ProtocolInfo json_protocol{
    {"json", "JavaScript Object Notation", FieldType::protocol}, "JSON", dissect, bindings, fields};

namespace {

constexpr std::size_t longest_path = 4096;  // octets of names around a value that are shown

struct Literal {
  std::string_view word;
  const Field* field;
};
constexpr Literal literals[] = {
    {"false", &false_value}, {"null", &null_value}, {"true", &true_value}, {"NaN", &nan_value}};

// What may follow a backslash and stands for one character (RFC 8259 §7), and that character.
constexpr std::string_view escapes = "\"\\/bfnrt";
constexpr std::string_view escaped_characters = "\"\\/\b\f\n\r\t";

// The four hexadecimal digits at `at`, or nothing.
std::optional<char32_t> hex4(std::string_view text, std::size_t at) noexcept {
  if (at > text.size() || text.size() - at < 4) return std::nullopt;
  char32_t value = 0;
  for (const char c : text.substr(at, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<char32_t>(digit);
  }
  return value;
}

// Walks the grammar of RFC 8259 §2, one function for each of its rules: once without a tree to see whether a whole
// value is there, then again to add its items. A rule gives false where the text does not follow it.
// Wireshark takes blanks between the parts of a number, and it nests only so deep: each rule has a cost, found by
// experiment, and those around a value may cost a hundred.
class Reader {
 public:
  Reader(Packet& p, const Octets& in) noexcept : p_{p}, in_{in}, text_{characters(in.bytes())} {}

  /// Reads the object or array that starts at `offset` or after blanks into `layer`, and moves `offset` behind it and
  /// the blanks that follow. False when there is none.
  bool read(ItemId layer, std::uint32_t& offset) {
    const std::size_t start = skip_blanks(offset);
    at_ = start;
    if (!at_container() || !value(ItemId::none, {}, 0)) return false;
    offset = static_cast<std::uint32_t>(skip_blanks(at_));
    at_ = start;
    return value(layer, {}, 0);
  }

 private:
  static constexpr int most_cost = 100;
  static constexpr int value_cost = 4;

  [[nodiscard]] std::size_t skip_blanks(std::size_t at) const noexcept {
    return std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
  }
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool at_container() const noexcept { return peek() == '{' || peek() == '['; }
  // Passes blanks and `c`, if that is what follows.
  bool take(char c) noexcept {
    const std::size_t next = skip_blanks(at_);
    if (next == text_.size() || text_[next] != c) return false;
    at_ = next + 1;
    return true;
  }
  bool digits() noexcept {
    const std::size_t first = skip_blanks(at_);
    const std::size_t end = std::min(text_.find_first_not_of("0123456789", first), text_.size());
    if (end == first) return false;
    at_ = end;
    return true;
  }

  bool number(int cost) noexcept;
  bool string(int cost, std::string_view& raw) noexcept;
  bool value(ItemId parent, std::string_view name, int cost);
  bool leaf(ItemId parent, std::string_view name, int cost);
  bool container(ItemId parent, int cost);
  bool entry(ItemId parent, bool is_member, int cost);

  // What the characters between a string's quotes mean.
  std::string_view unescaped(std::string_view raw);
  void append_unescaped(std::string_view raw, std::size_t& at);

  [[nodiscard]] bool adds_to(ItemId parent) const noexcept {
    return parent != ItemId::none && p_.out.items.size() < most_items;
  }
  // An item for the text from `start` to where the walk is.
  ItemId add(ItemId parent, const Field& field, std::size_t start, std::string_view content) {
    return p_.add_string(parent, field, in_, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(at_ - start),
                         content, true);
  }

  Packet& p_;
  const Octets& in_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string path_;  // the names around the value at hand and its own, each after a slash
  std::string line_;
};

bool Reader::number(int cost) noexcept {
  take('-');
  at_ = skip_blanks(at_);
  const bool zero = peek() == '0';  // no digit may follow it
  if (hex_digit(peek()) < 0 || hex_digit(peek()) > 9 || cost + value_cost + (zero ? 0 : 1) > most_cost) return false;
  ++at_;
  if (!zero) digits();
  if (take('.') && !digits()) return false;
  if (!take('e') && !take('E')) return true;
  if (!take('+')) take('-');
  return digits();
}

bool Reader::string(int cost, std::string_view& raw) noexcept {
  if (peek() != '"') return false;
  const std::size_t first = ++at_;
  bool escaped = false;
  for (;; ++at_) {
    at_ = text_.find_first_of("\"\\", at_);
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '"') break;
    escaped = true;
    ++at_;
    if (peek() == 'u' ? !hex4(text_, at_ + 1) : escapes.find(peek()) == escapes.npos) return false;
  }
  raw = text_.substr(first, at_++ - first);
  return cost + value_cost + (escaped ? 2 : 0) <= most_cost;
}

bool Reader::value(ItemId parent, std::string_view name, int cost) {
  if (cost + value_cost > most_cost) return false;
  return at_container() ? container(parent, cost) : leaf(parent, name, cost);
}

bool Reader::leaf(ItemId parent, std::string_view name, int cost) {
  const std::size_t start = at_;
  const Field* field = nullptr;
  std::string_view content;
  if (peek() == '"') {
    if (!string(cost, content)) return false;
    field = &string_value;
  } else {
    for (const Literal& literal : literals) {
      if (!text_.substr(at_).starts_with(literal.word)) continue;
      field = literal.field;
      at_ += literal.word.size();
    }
    if (field == nullptr) {
      if (!number(cost)) return false;
      field = &number_value;
    }
    content = text_.substr(start, at_ - start);
  }
  if (!adds_to(parent)) return true;
  if (field == &string_value) content = unescaped(content);
  p_.generated(add(parent, path_with_value, start, p_.value("{}:{}", path_, content)));
  p_.generated(add(parent, member_with_value, start, p_.value("{}:{}", name, content)));
  add(parent, *field, start, content);
  return true;
}

bool Reader::container(ItemId parent, int cost) {
  const bool is_object = peek() == '{';
  const char last = is_object ? '}' : ']';
  const std::size_t start = at_++;
  const ItemId item = adds_to(parent)
                          ? p_.add(parent, is_object ? object : array, in_, static_cast<std::uint32_t>(start), 0)
                          : ItemId::none;
  if (!take(last)) {
    int step = is_object ? 5 : 4;
    do {
      if (!entry(item, is_object, cost + step)) return false;
      step = is_object ? 7 : 6;
    } while (take(','));
    if (!take(last)) return false;
  }
  p_.set_length(item, static_cast<std::uint32_t>(at_ - start));
  return true;
}

// A member of an object or an element of an array.
bool Reader::entry(ItemId parent, bool is_member, int cost) {
  at_ = skip_blanks(at_);
  const std::size_t start = at_;
  ItemId holder = adds_to(parent) ? parent : ItemId::none;
  std::string_view name = "[]";
  if (is_member) {
    if (!string(0, name) || !take(':')) return false;
    at_ = skip_blanks(at_);
    if (holder != ItemId::none) {
      name = unescaped(name);
      holder = p_.add_string(parent, member, in_, static_cast<std::uint32_t>(start), 0, name, true);
    }
  }
  const std::size_t outer = path_.size();
  if (holder != ItemId::none && (!at_container() || outer + name.size() < longest_path)) {
    path_ += '/';
    path_ += name;
  }
  const bool follows = value(holder, name, cost);
  if (is_member && follows && adds_to(holder)) {
    add(holder, key, start, name);
    p_.generated(add(holder, path, start, p_.out.arena.copy(path_)));
    p_.set_length(holder, static_cast<std::uint32_t>(at_ - start));
  }
  path_.resize(outer);
  return follows;
}

std::string_view Reader::unescaped(std::string_view raw) {
  line_.clear();
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] == '\\') {
      append_unescaped(raw, at);
      continue;
    }
    // A first octet takes those with it that should follow, whatever they are.
    const int ones = std::countl_one(static_cast<unsigned char>(raw[at]));
    if (ones > 6) break;  // never an octet of UTF-8
    const std::string_view character = raw.substr(at, static_cast<std::size_t>(std::max(ones, 1)));
    line_ += character;
    at += character.size();
  }
  return utf8_value(p_, p_.out.arena.copy(line_));
}

// The escape at `at`, past which it moves; of a surrogate, what should be its other half as well.
void Reader::append_unescaped(std::string_view raw, std::size_t& at) {
  if (++at >= raw.size()) return;  // its backslash went with the octets before it
  const char kind = raw[at++];
  if (kind != 'u') {
    const std::size_t which = escapes.find(kind);
    line_ += which < escapes.size() ? escaped_characters[which] : kind;
    return;
  }
  char32_t character = hex4(raw, at).value_or(0);
  at += 4;
  bool shown = at < raw.size();  // Wireshark drops a character that ends the string
  if (is_low_surrogate(character)) {
    character = replacement_character;
    shown = true;
  } else if (is_high_surrogate(character) && shown) {
    if (raw.substr(at).starts_with("\\u")) {
      const char32_t low = hex4(raw, at + 2).value_or(0);
      at += 6;
      shown = at < raw.size();
      character = is_low_surrogate(low) ? from_surrogates(character, low) : replacement_character;
    } else {
      at += raw[at] == '\\' ? 2 : 1;
      character = replacement_character;
    }
  }
  if (!shown || !is_printable(character)) return;
  char octets[4];
  line_.append(octets, put_utf8(octets, character));
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (p.columns()) p.out.columns.protocol.append("/JSON");
  p.append_info_format(", JavaScript Object Notation ({})", p.media_type);
  if (!p.wants_layers()) return in.reported;
  const std::string_view name = p.media_type.empty() ? p.media_parameters : p.media_type;
  const ItemId layer = p.add_layer(json_protocol, in, 0, in.captured,
                                   name.empty() ? std::string_view{} : p.text("JavaScript Object Notation: {}", name));
  std::uint32_t offset = 0;
  Reader reader{p, in};
  while (offset < in.captured && reader.read(layer, offset)) {
  }
  if (offset < in.captured) {
    const bool writable = std::exchange(p.writable, false);
    p.call(data_text_lines_protocol, in.from(offset));
    p.writable = writable;
  }
  return in.reported;
}

}  // namespace
}  // namespace encap

#include "encap/flow/dns_text.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "flow/phrases.h"

namespace encap {
namespace {

using namespace phrasing;
using Kind = DnsText::Kind;

/// What a phrase does to the text it stands in.
enum class Says : std::uint8_t {
  noise,        ///< nothing; it may stand between any two others
  link,         ///< what follows is the answer to what stands before
  query,        ///< this is a question; value 1: what follows is the name
  response,     ///< this is an answer; value 1: an address that follows directly is who gets it
  info_column,  ///< this is an answer as Wireshark words it, with the question in front
  rcode,        ///< an answer with this code
  type,         ///< the type of a question or record
  id,           ///< a number follows that is the identification
  time_to_live,
  preference,
  aside  ///< a name or address that follows directly is somebody who speaks
};

constexpr std::uint16_t number_of(DnsType type) noexcept { return static_cast<std::uint16_t>(type); }

constexpr Phrase<Says> phrases[] = {
    {"dns", Says::noise},
    {"standard", Says::noise},
    {"the", Says::noise},
    {"of", Says::noise},
    {"for", Says::noise, 1},
    {"in", Says::noise},
    {"ip", Says::noise},
    {"ips", Says::noise},
    {"ipv4", Says::noise},
    {"ipv6", Says::noise},
    {"address", Says::noise},
    {"addresses", Says::noise},
    {"and", Says::noise},
    {"record", Says::noise},
    {"records", Says::noise},
    {"type", Says::noise},
    {"class", Says::noise},
    {"name", Says::noise},
    {"domain", Says::noise},
    {"domain name", Says::noise},
    {"host", Says::noise},
    {"hostname", Says::noise},
    {"host name", Says::noise},
    {"value", Says::noise},
    {"data", Says::noise},
    {"client", Says::noise},
    {"message", Says::noise},
    {"packet", Says::noise},
    {"non authoritative", Says::noise},
    {"authoritative", Says::noise},
    {"to", Says::noise},
    {"http", Says::noise},
    {"https", Says::noise},

    {"is", Says::link},
    {"is at", Says::link},
    {"are", Says::link},
    {"has address", Says::link},
    {"has ipv6 address", Says::link},
    {"resolves to", Says::link},
    {"points to", Says::link},
    {"maps to", Says::link},
    {"translates to", Says::link},

    {"query", Says::query},
    {"queries", Says::query},
    {"querying", Says::query},
    {"standard query", Says::query},
    {"question", Says::query},
    {"request", Says::query},
    {"requests", Says::query},
    {"requesting", Says::query},
    {"ask", Says::query},
    {"asks", Says::query},
    {"asking", Says::query},
    {"ask for", Says::query, 1},
    {"asks for", Says::query, 1},
    {"resolve", Says::query, 1},
    {"resolving", Says::query, 1},
    {"lookup", Says::query, 1},
    {"look up", Says::query, 1},
    {"looking up", Says::query, 1},
    {"nslookup", Says::query, 1},
    {"dig", Says::query, 1},
    {"find", Says::query, 1},
    {"who is", Says::query, 1},
    {"what is", Says::query, 1},
    {"where is", Says::query, 1},

    {"response", Says::response},
    {"responses", Says::response},
    {"responds", Says::response},
    {"query response", Says::response},
    {"response to", Says::response, 1},
    {"reply", Says::response},
    {"reply to", Says::response, 1},
    {"replies", Says::response},
    {"answer", Says::response},
    {"answer to", Says::response, 1},
    {"answers", Says::response},
    {"answered", Says::response},
    {"resolved", Says::response},
    {"resolved to", Says::response},
    {"result", Says::response},
    {"results", Says::response},
    {"returns", Says::response},
    {"returned", Says::response},
    {"found", Says::response},
    {"standard query response", Says::info_column},

    // RFC 1035 §4.1.1, RFC 2136 §2.2: the names of the IANA registry, and the words of those who print them.
    {"noerror", Says::rcode, 0},
    {"no error", Says::rcode, 0},
    {"formerr", Says::rcode, 1},
    {"format error", Says::rcode, 1},
    {"servfail", Says::rcode, 2},
    {"server failure", Says::rcode, 2},
    {"server failed", Says::rcode, 2},
    {"nxdomain", Says::rcode, 3},
    {"no such name", Says::rcode, 3},
    {"no such domain", Says::rcode, 3},
    {"no such host", Says::rcode, 3},
    {"name error", Says::rcode, 3},
    {"non existent domain", Says::rcode, 3},
    {"nonexistent domain", Says::rcode, 3},
    {"unknown host", Says::rcode, 3},
    {"not found", Says::rcode, 3},
    {"does not exist", Says::rcode, 3},
    {"notimp", Says::rcode, 4},
    {"not implemented", Says::rcode, 4},
    {"refused", Says::rcode, 5},
    {"query refused", Says::rcode, 5},
    {"yxdomain", Says::rcode, 6},
    {"yxrrset", Says::rcode, 7},
    {"nxrrset", Says::rcode, 8},
    {"notauth", Says::rcode, 9},
    {"notzone", Says::rcode, 10},

    {"a", Says::type, number_of(DnsType::a)},
    {"ns", Says::type, number_of(DnsType::ns)},
    {"name server", Says::type, number_of(DnsType::ns)},
    {"nameserver", Says::type, number_of(DnsType::ns)},
    {"cname", Says::type, number_of(DnsType::cname)},
    {"alias for", Says::type, number_of(DnsType::cname)},
    {"is an alias for", Says::type, number_of(DnsType::cname)},
    {"canonical name", Says::type, number_of(DnsType::cname)},
    {"soa", Says::type, number_of(DnsType::soa)},
    {"ptr", Says::type, number_of(DnsType::ptr)},
    {"pointer", Says::type, number_of(DnsType::ptr)},
    {"domain name pointer", Says::type, number_of(DnsType::ptr)},
    {"mx", Says::type, number_of(DnsType::mx)},
    {"mail exchanger", Says::type, number_of(DnsType::mx)},
    {"mail is handled by", Says::type, number_of(DnsType::mx)},
    {"txt", Says::type, number_of(DnsType::txt)},
    {"descriptive text", Says::type, number_of(DnsType::txt)},
    {"aaaa", Says::type, number_of(DnsType::aaaa)},
    {"srv", Says::type, number_of(DnsType::srv)},
    {"caa", Says::type, number_of(DnsType::caa)},

    {"id", Says::id},
    {"txid", Says::id},
    {"transaction", Says::id},
    {"transaction id", Says::id},
    {"ttl", Says::time_to_live},
    {"time to live", Says::time_to_live},
    {"preference", Says::preference},
    {"priority", Says::preference},

    {"from", Says::aside},
    {"via", Says::aside},
    {"by", Says::aside},
    {"using", Says::aside},
    {"server", Says::aside},
    {"dns server", Says::aside},
    {"resolver", Says::aside},
};

constexpr bool is_label_octet(char c) noexcept { return is_alphanumeric(c) || c == '-' || c == '_' || c == '*'; }

/// What stands between words and is part of none.
constexpr bool is_separator(char c) noexcept {
  return is_blank(c) || std::string_view{",;()[]{}<>|=\"@#/\\"}.find(c) != std::string_view::npos;
}

/// Octets of an arrow or a dash at the start of `text`, 0 when there is none; typed, or as word processors set them.
struct Mark {
  std::size_t length = 0;
  bool arrow = false;
};
constexpr Mark mark_at(std::string_view text) noexcept {
  for (const std::string_view arrow : {"->", "=>", "\u2192", "\u21d2"}) {
    if (text.starts_with(arrow)) return {arrow.size(), true};
  }
  for (const std::string_view dash : {"\u2013", "\u2014"}) {
    if (text.starts_with(dash)) return {dash.size(), false};
  }
  const std::size_t hyphens = std::min(text.find_first_not_of('-'), text.size());
  if (hyphens < text.size() && text[hyphens] == '>') return {hyphens + 1, true};
  const bool alone = hyphens != 0 && (hyphens == text.size() || is_separator(text[hyphens]));
  return {alone ? hyphens : 0, false};
}

/// The octets up to the next separator or mark.
constexpr std::string_view token_at(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && !is_separator(text[length]) && mark_at(text.substr(length)).length == 0) {
    // What is true of a hyphen is true of those behind it.
    length = text[length] == '-' ? std::min(text.find_first_not_of('-', length), text.size()) : length + 1;
  }
  return text.substr(0, length);
}

constexpr std::string_view without_dot(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

/// A name that is told from a word by its dots, and from a number by its last label.
bool is_dotted_name(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || !is_dns_name(name)) return false;
  return std::any_of(name.begin() + static_cast<std::ptrdiff_t>(dot), name.end(), is_letter);
}

std::optional<std::uint32_t> read_number(std::string_view digits, int base = 10) noexcept {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// One thing that a message is made of.
struct Item {
  enum class What : std::uint8_t { type, name, address, text };
  What what = What::type;
  bool linked = false;  // an arrow or its like stands in front
  DnsType type = DnsType::a;
  std::string_view text{};
  IpAddress address{};
  std::optional<std::uint32_t> time_to_live{};  // of a record: told in front of it
  std::optional<std::uint16_t> preference{};
};

/// Takes a text apart, from its start to its end.
class Scan {
 public:
  static constexpr std::size_t most_items = 2 * DnsText::most_answers + 8;

  explicit Scan(std::string_view text) : rest_{text} {
    while (ok_ && step()) {
    }
    // A name of one label is told from other words by what stands in front, and by standing last.
    if (count_ == types_ && !weak_name_.empty()) {
      unknown_ = weak_unknown_;
      add({.what = Item::What::name, .text = weak_name_});
    }
  }

  [[nodiscard]] std::span<const Item> items() const noexcept { return {items_.data(), count_}; }
  [[nodiscard]] std::size_t count(Item::What what) const noexcept {
    return static_cast<std::size_t>(std::count_if(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(count_),
                                                  [what](const Item& item) { return item.what == what; }));
  }
  /// Whether all of the text is accounted for: words that say nothing to us stand only where others tell what it is.
  [[nodiscard]] bool understood() const noexcept { return ok_ && (!unknown_ || telling_); }

  bool query = false;
  bool response = false;
  bool info_column = false;
  std::optional<std::uint8_t> rcode;
  std::optional<std::uint16_t> id;

 private:
  /// A longer one is none of what we know, and is not looked at again and again.
  static constexpr std::size_t longest_token = 300;
  enum class Expected : std::uint8_t { nothing, name, id, time_to_live, preference, aside, aside_address };

  /// Takes what stands next; false at the end.
  bool step() {
    if (rest_.empty()) return false;
    if (const Mark mark = mark_at(rest_); mark.length != 0) {
      take(mark.length);
      if (mark.arrow) linked_ = telling_ = true;
      return true;
    }
    if (rest_.front() == '"' && text_expected_) return take_text();
    if (rest_.front() == ':' && !rest_.starts_with("::")) {
      take(1);
      linked_ = true;
      expected_ = expected_ == Expected::nothing ? Expected::name : expected_;
      return true;
    }
    if (is_separator(rest_.front()) || rest_.front() == '\'') {
      if (rest_.front() == '=') linked_ = true;
      if (rest_.front() == '@') expected_ = Expected::aside;
      take(1);
      return true;
    }
    return take_word();
  }

  bool take_word() {
    std::string_view token = token_at(rest_);
    if (token.size() > longest_token) {
      if (text_expected_) return take_text();
      unknown_ = true;
      weak_name_ = {};
      return taken(token.size());
    }
    std::string_view word = token;
    while (!word.empty() && std::string_view{"'*.:?!"}.find(word.back()) != std::string_view::npos) {
      // The last colons may belong to an address.
      if (word.back() == ':' && IpAddress::parse(word)) break;
      if (word.back() == '?') query = telling_ = true;
      word.remove_suffix(1);
    }
    if (word.empty()) {
      take(token.size());
      return true;
    }
    auto address = IpAddress::parse(word);
    const std::size_t colon = address ? std::string_view::npos : word.find(':');
    if (colon != std::string_view::npos) {
      // At the start of a token that is no address it is one colon of many.
      word = token = word.substr(0, colon);
      if (word.empty()) return taken(1, true);
      address = IpAddress::parse(word);
    }
    if (address) {
      if (text_expected_) return take_text();
      if (expected_ != Expected::aside && expected_ != Expected::aside_address) {
        add({.what = Item::What::address, .address = *address});
      }
      return taken(token.size());
    }
    const bool before_colon = token.ends_with(':') || rest_.substr(token.size()).starts_with(':');
    if (is_dotted_name(word)) {
      if (expected_ != Expected::aside) add({.what = Item::What::name, .text = word});
      taken(token.size(), before_colon);
      linked_ = before_colon;
      const std::string_view behind = rest_.substr(std::min(rest_.find_first_not_of(" \t:"), rest_.size()));
      const bool text_behind = behind.starts_with('"') || behind.substr(token_at(behind).size()).starts_with('=');
      text_expected_ = text_expected_ && text_behind;
      return true;
    }
    if (word == "HTTPS" && !before_colon) return take_phrase({"", Says::type, number_of(DnsType::https)}, token.size());
    if (const auto found = find_phrase(std::span<const Phrase<Says>>{phrases}, rest_); found.phrase != nullptr) {
      return take_phrase(*found.phrase, found.length);
    }
    if (word == "ANY") return take_phrase({"", Says::type, number_of(DnsType::any)}, token.size());
    if (text_expected_) return take_text();
    if (equals_ignoring_case(word, "localhost")) {
      add({.what = Item::What::name, .text = word});
      return taken(token.size(), before_colon);
    }
    if (take_number(word)) return taken(token.size());
    weak_name_ = expected_ == Expected::name && is_dns_name(word) ? word : std::string_view{};
    weak_unknown_ = unknown_;
    unknown_ = true;
    return taken(token.size(), before_colon);
  }

  bool take_phrase(const Phrase<Says>& phrase, std::size_t length) {
    const bool colon = rest_.substr(length).starts_with(':');
    // What stands directly behind `A` may be the mark of a question: `A? example.com`.
    if (rest_.substr(length).starts_with('?')) query = telling_ = true;
    Expected next = colon ? Expected::name : Expected::nothing;
    switch (phrase.meaning) {
      case Says::noise:
        if (phrase.value != 0 || expected_ == Expected::name) next = Expected::name;
        break;
      case Says::link:
        linked_ = telling_ = true;
        break;
      case Says::query:
        query = telling_ = true;
        if (phrase.value != 0) next = Expected::name;
        text_expected_ = false;
        break;
      case Says::response:
        response = telling_ = true;
        if (phrase.value != 0) next = Expected::aside_address;
        break;
      case Says::info_column:
        response = info_column = telling_ = true;
        break;
      case Says::rcode:
        rcode = static_cast<std::uint8_t>(phrase.value);
        telling_ = true;
        break;
      case Says::type:
        telling_ = true;
        add({.what = Item::What::type, .type = static_cast<DnsType>(phrase.value)});
        ++types_;
        text_expected_ = static_cast<DnsType>(phrase.value) == DnsType::txt;
        next = Expected::name;
        break;
      case Says::id:
        next = Expected::id;
        break;
      case Says::time_to_live:
        next = Expected::time_to_live;
        break;
      case Says::preference:
        next = Expected::preference;
        break;
      case Says::aside:
        next = Expected::aside;
        break;
    }
    weak_name_ = {};
    take(length + (colon ? 1 : 0));
    // As in `DNS_QUERY` and `dns-lookup`.
    if (rest_.starts_with('_') || (rest_.starts_with('-') && mark_at(rest_).length == 0)) take(1);
    expected_ = next;
    first_ = false;
    return true;
  }

  /// The rest of the text, or the strings in quotes that it starts with.
  bool take_text() {
    std::size_t length = rest_.find_last_not_of(" \t\r\n") + 1;
    if (rest_.front() == '"') {
      std::size_t at = 0;
      while (at < rest_.size() && rest_[at] == '"') {
        const std::size_t end = rest_.find('"', at + 1);
        if (end == std::string_view::npos) {
          at = rest_.size();
          break;
        }
        at = end + 1;
        length = at;
        while (at < rest_.size() && is_blank(rest_[at])) ++at;
      }
      if (at == rest_.size()) length = rest_.find_last_not_of(" \t\r\n") + 1;
    }
    add({.what = Item::What::text, .text = rest_.substr(0, length)});
    text_expected_ = false;
    return taken(length);
  }

  /// Numbers are what the word in front of them says: else an identification at the start (as tcpdump prints it, or in
  /// hexadecimal anywhere), the preference behind MX, a time to live behind a name.
  bool take_number(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) {
      const auto value = read_number(word.substr(2), 16);
      if (!value || *value > 0xffff) return false;
      id = static_cast<std::uint16_t>(*value);
      return true;
    }
    std::string_view digits = word;
    while (!digits.empty() && std::string_view{"+*-$|%s"}.find(digits.back()) != std::string_view::npos) {
      digits.remove_suffix(1);
    }
    const auto value = read_number(digits);
    if (!value) return false;
    const bool fits = *value <= 0xffff;
    const Item* const last = count_ == 0 ? nullptr : &items_[count_ - 1];
    if (expected_ == Expected::time_to_live) {
      set_time_to_live(*value);
    } else if (expected_ == Expected::preference) {
      if (fits) preference_ = static_cast<std::uint16_t>(*value);
    } else if (expected_ == Expected::id) {
      if (fits) id = static_cast<std::uint16_t>(*value);
    } else if (first_) {
      if (fits) id = static_cast<std::uint16_t>(*value);
    } else if (last != nullptr && last->what == Item::What::type && last->type == DnsType::mx) {
      if (fits) preference_ = static_cast<std::uint16_t>(*value);
    } else if (last != nullptr && last->what == Item::What::name) {
      time_to_live_ = value;
    }
    return true;
  }

  /// `TTL 60` stands behind the record it is about; in a list it is about all of it.
  void set_time_to_live(std::uint32_t seconds) {
    bool any = false;
    for (Item& item : std::span{items_}.first(count_)) {
      if (item.what == Item::What::type || item.time_to_live) continue;
      item.time_to_live = seconds;
      any = true;
    }
    if (!any) time_to_live_ = seconds;
  }

  void add(Item item) {
    if (count_ == most_items) {
      ok_ = false;
      return;
    }
    item.linked = linked_;
    linked_ = false;
    if (item.what != Item::What::type) {
      item.time_to_live = time_to_live_;
      item.preference = preference_;
      preference_.reset();
    }
    items_[count_++] = item;
  }

  void take(std::size_t length) noexcept { rest_.remove_prefix(std::min(length, rest_.size())); }
  bool taken(std::size_t length, bool name_expected = false) noexcept {
    take(length);
    expected_ = name_expected ? Expected::name : Expected::nothing;
    first_ = false;
    return true;
  }

  std::string_view rest_;
  std::array<Item, most_items> items_{};
  std::size_t count_ = 0;
  std::size_t types_ = 0;
  Expected expected_ = Expected::nothing;
  bool first_ = true;
  bool linked_ = false;
  bool telling_ = false;
  bool unknown_ = false;
  bool ok_ = true;
  bool text_expected_ = false;  // behind TXT
  std::string_view weak_name_{};
  bool weak_unknown_ = false;
  std::optional<std::uint32_t> time_to_live_{};
  std::optional<std::uint16_t> preference_{};
};

constexpr bool has_name_as_value(DnsType type) noexcept {
  return type == DnsType::ns || type == DnsType::cname || type == DnsType::ptr || type == DnsType::mx ||
         type == DnsType::soa;
}

const Item* first_of(std::span<const Item> items, Item::What what) noexcept {
  const auto found = std::find_if(items.begin(), items.end(), [what](const Item& item) { return item.what == what; });
  return found == items.end() ? nullptr : &*found;
}

/// A question or an answer, as far as the text and who says it tell.
Kind kind_of(const Scan& scan, const DnsContext& context) noexcept {
  using What = Item::What;
  const std::span<const Item> items = scan.items();
  const std::size_t names = scan.count(What::name);
  const std::size_t addresses = scan.count(What::address);
  const Item* const type = first_of(items, What::type);
  if (scan.response || scan.rcode) return Kind::response;
  if (scan.query) {
    const bool answers = names != 0 && addresses != 0 && context.from_server.value_or(false);
    return names + addresses == 0 ? Kind::none : answers ? Kind::response : Kind::query;
  }
  if (scan.count(What::text) != 0 || (names != 0 && addresses != 0)) return Kind::response;
  if (addresses != 0) {
    if (type != nullptr && type->type != DnsType::ptr) return Kind::response;
    return context.from_server.value_or(type == nullptr) ? Kind::response : Kind::query;
  }
  if (names == 0) return Kind::none;
  const bool record = names > 1 && (type != nullptr || items[1].linked);
  const bool told =
      std::any_of(items.begin(), items.end(), [](const Item& item) { return item.preference.has_value(); });
  if (record || told) return Kind::response;
  if (!context.from_server.value_or(false)) return Kind::query;
  if (type == nullptr) return context.asked_name.empty() ? Kind::none : Kind::response;
  return has_name_as_value(type->type) && items.front().what == What::type ? Kind::response : Kind::query;
}

void read_question(std::span<const Item> items, DnsText& text) {
  if (const Item* const type = first_of(items, Item::What::type)) text.type = type->type;
  if (const Item* const name = first_of(items, Item::What::name)) {
    text.name = name->text;
  } else if (const Item* const address = first_of(items, Item::What::address)) {
    text.name = reverse_dns_name(address->address);
    if (!text.type) text.type = DnsType::ptr;
  }
}

/// Reads what a response says, item by item.
class Answers {
 public:
  Answers(std::span<const Item> items, bool info_column, const DnsContext& context, DnsText& text)
      : items_{items}, context_{context}, text_{text} {
    std::size_t at = read_stated_question(info_column);
    for (; at < items_.size(); ++at) at = read(at);
  }
  /// False when there are more records than a `DnsText` holds.
  [[nodiscard]] bool fits() const noexcept { return fits_; }

 private:
  /// The question in front of the records, as Wireshark's Info column has it. Its type is one whose records hold no
  /// name, or it comes again as that of the first record.
  std::size_t read_stated_question(bool info_column) {
    if (items_.size() < 2 || items_[0].what != Item::What::type || items_[1].what == Item::What::type) return 0;
    const DnsType type = items_[0].type;
    const auto again = [type](const Item& item) { return item.what == Item::What::type && item.type == type; };
    const bool asked = context_.asked_name.empty() || equals_ignoring_case(items_[1].text, context_.asked_name);
    const bool stated = info_column || !has_name_as_value(type) ||
                        (asked && !items_[1].preference && std::any_of(items_.begin() + 2, items_.end(), again));
    if (items_[1].what == Item::What::name && stated) {
      text_.name = items_[1].text;
    } else if (items_[1].what == Item::What::address && type == DnsType::ptr) {
      text_.name = reverse_dns_name(items_[1].address);
    } else {
      return 0;
    }
    text_.type = type;
    return 2;
  }

  [[nodiscard]] bool is(std::size_t at, Item::What what) const noexcept {
    return at < items_.size() && items_[at].what == what;
  }

  /// Returns the last item it took.
  std::size_t read(std::size_t at) {
    const Item& item = items_[at];
    switch (item.what) {
      case Item::What::type:
        type_ = item.type;
        fresh_ = true;
        break;
      case Item::What::text:
        add({.owner = owner_, .type = DnsType::txt, .time_to_live = item.time_to_live, .value = item.text});
        break;
      case Item::What::address:
        return read_address(at);
      case Item::What::name:
        read_name(at);
        break;
    }
    return at;
  }

  std::size_t read_address(std::size_t at) {
    const Item& item = items_[at];
    const bool pointer = is(at + 1, Item::What::type) && items_[at + 1].type == DnsType::ptr;
    const bool host = is(at + 1, Item::What::name) && !type_ &&
                      (context_.asked_type == DnsType::ptr || items_[at + 1].linked) &&
                      !equals_ignoring_case(items_[at + 1].text, context_.asked_name);
    if (text_.name.empty() && (pointer || host)) {
      text_.name = reverse_dns_name(item.address);
      text_.type = type_ = DnsType::ptr;
      fresh_ = true;
      return pointer ? at + 1 : at;
    }
    add({.owner = owner_,
         .type = item.address.is_ipv4() ? DnsType::a : DnsType::aaaa,
         .time_to_live = item.time_to_live,
         .address = item.address});
    fresh_ = false;
    return at;
  }

  void read_name(std::size_t at) {
    const Item& item = items_[at];
    // The first name behind a type is its value, and so are those of a list, up to one that has a type of its own.
    const bool owns = is(at + 1, Item::What::type) || is(at + 1, Item::What::address) || is(at + 1, Item::What::text);
    if (type_ && has_name_as_value(*type_) && (fresh_ || !owns)) {
      add_value(*type_, item);
    } else if (text_.name.empty() && (owns || !is_bare_value(at))) {
      text_.name = item.text;
      if (type_ && !fresh_) type_.reset();
    } else if (owns) {
      owner_ = equals_ignoring_case(item.text, text_.name) ? std::string_view{} : item.text;
      if (!fresh_) type_.reset();
    } else {
      const bool asked = context_.asked_type && has_name_as_value(*context_.asked_type);
      add_value(asked ? *context_.asked_type : DnsType::cname, item);
    }
  }

  /// A name that stands without a type, and is what was asked for rather than what was asked about.
  [[nodiscard]] bool is_bare_value(std::size_t at) const noexcept {
    if (context_.asked_name.empty() || equals_ignoring_case(items_[at].text, context_.asked_name)) return false;
    const bool only_names =
        std::all_of(items_.begin(), items_.end(), [](const Item& item) { return item.what == Item::What::name; });
    return only_names && text_.rcode == 0 && !(is(at + 1, Item::What::name) && items_[at + 1].linked);
  }

  void add_value(DnsType type, const Item& item) {
    add({.owner = owner_,
         .type = type,
         .time_to_live = item.time_to_live,
         .preference = item.preference.value_or(10),
         .value = item.text});
    // What follows an alias is about the name it stands for.
    if (type == DnsType::cname) owner_ = item.text;
    fresh_ = false;
  }

  void add(const DnsAnswer& answer) {
    if (text_.answer_count == text_.answers.size()) {
      fits_ = false;
      return;
    }
    text_.answers[text_.answer_count++] = answer;
  }

  bool fits_ = true;
  std::span<const Item> items_;
  const DnsContext& context_;
  DnsText& text_;
  std::string_view owner_{};
  std::optional<DnsType> type_{};
  bool fresh_ = false;  // nothing stands behind the type yet
};

/// Whether octets are text: what `--escapes` and the like put together is sent as it is.
bool is_text(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && !is_blank(c)) || c == 0x7f; });
}

constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_string = 255;
constexpr std::size_t longest_message = 65535;

/// A message under construction. Names point at what was written before (RFC 1035 §4.1.4).
class Writer {
 public:
  explicit Writer(std::string& out) : out_{out}, start_{out.size()} {}

  void u8(std::size_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::size_t value) {
    u8(value >> 8 & 0xff);
    u8(value & 0xff);
  }
  void u32(std::size_t value) {
    u16(value >> 16 & 0xffff);
    u16(value & 0xffff);
  }
  void octets(std::string_view text) { out_.append(text); }

  /// Precondition: `is_dns_name(name)`. Lifetime: borrows `name` until the message is written.
  void name(std::string_view name) {
    name = without_dot(name);
    while (!name.empty()) {
      const auto known = std::find_if(known_.begin(), known_.begin() + static_cast<std::ptrdiff_t>(known_count_),
                                      [name](const Known& before) { return before.name == name; });
      if (known != known_.begin() + static_cast<std::ptrdiff_t>(known_count_)) {
        u16(0xc000u | known->offset);
        return;
      }
      const std::size_t offset = out_.size() - start_;
      if (offset <= furthest_pointer && known_count_ < known_.size()) {
        known_[known_count_++] = {name, static_cast<std::uint16_t>(offset)};
      }
      const std::size_t length = std::min(name.find('.'), name.size());
      u8(length);
      octets(name.substr(0, length));
      name.remove_prefix(std::min(length + 1, name.size()));
    }
    u8(0);
  }

  /// Puts a length of two octets in front of what `write` writes.
  template <class Write>
  void counted(Write write) {
    const std::size_t at = out_.size();
    u16(0);
    write();
    const std::size_t length = out_.size() - at - 2;
    out_[at] = static_cast<char>(length >> 8 & 0xff);
    out_[at + 1] = static_cast<char>(length & 0xff);
  }

  /// Strings of a TXT record (RFC 1035 §3.3.14): those in quotes, or the whole text, cut to 255 octets.
  void strings(std::string_view text) {
    if (!text.starts_with('"')) {
      string(text);
      return;
    }
    while (text.starts_with('"')) {
      text.remove_prefix(1);
      const std::size_t end = std::min(text.find('"'), text.size());
      string(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    }
  }

 private:
  static constexpr std::size_t furthest_pointer = 0x3fff;
  struct Known {
    std::string_view name;
    std::uint16_t offset = 0;
  };

  void string(std::string_view text) {
    do {
      const std::string_view part = text.substr(0, longest_string);
      u8(part.size());
      octets(part);
      text.remove_prefix(part.size());
    } while (!text.empty());
  }

  std::string& out_;
  std::size_t start_;
  std::array<Known, 128> known_{};
  std::size_t known_count_ = 0;
};

constexpr std::string_view hostmaster = "hostmaster";

/// RFC 1035 §3.3.13: what a zone has that says nothing of it but its server.
void write_start_of_authority(Writer& writer, std::string_view server) {
  writer.name(server);
  writer.u8(hostmaster.size());
  writer.octets(hostmaster);
  writer.name(server);
  for (const std::size_t value : {1u, 7200u, 3600u, 1209600u, 300u}) writer.u32(value);
}

void write_record(Writer& writer, const DnsAnswer& answer, std::string_view asked) {
  static constexpr std::uint32_t default_time_to_live = 300;
  writer.name(answer.owner.empty() ? asked : answer.owner);
  writer.u16(number_of(answer.type));
  writer.u16(1);  // IN
  writer.u32(answer.time_to_live.value_or(default_time_to_live));
  writer.counted([&] {
    switch (answer.type) {
      case DnsType::a:
      case DnsType::aaaa:
        writer.octets(as_text(answer.address.octets()));
        break;
      case DnsType::txt:
        writer.strings(answer.value);
        break;
      case DnsType::soa:
        write_start_of_authority(writer, answer.value);
        break;
      case DnsType::mx:
        writer.u16(answer.preference);
        [[fallthrough]];
      default:
        writer.name(answer.value);
        break;
    }
  });
}

bool can_be_written(const DnsAnswer& answer) noexcept {
  if (!answer.owner.empty() && !is_dns_name(answer.owner)) return false;
  if (answer.type == DnsType::soa && hostmaster.size() + 1 + answer.value.size() > longest_name) return false;
  return !has_name_as_value(answer.type) || is_dns_name(answer.value);
}

}  // namespace

bool is_dns_name(std::string_view name) noexcept {
  name = without_dot(name);
  if (name.empty() || name.size() > longest_name) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!is_label_octet(c) || ++label > longest_label) {
      return false;
    }
  }
  return label != 0;
}

std::string reverse_dns_name(const IpAddress& address) {
  static constexpr char digits[] = "0123456789abcdef";
  const Bytes octets = address.octets();
  std::string name;
  for (std::size_t i = octets.size(); i-- > 0;) {
    const auto octet = std::to_integer<unsigned>(octets[i]);
    if (address.is_ipv4()) {
      name.append(std::to_string(octet)).push_back('.');
    } else {
      name.append({digits[octet & 0xf], '.', digits[octet >> 4], '.'});
    }
  }
  return name.append(address.is_ipv4() ? "in-addr.arpa" : "ip6.arpa");
}

DnsText read_dns_text(std::string_view text, const DnsContext& context) {
  DnsText read;
  if (text.size() > longest_message || !is_text(text)) return read;
  const Scan scan{text};
  const Kind kind = scan.understood() ? kind_of(scan, context) : Kind::none;
  if (kind == Kind::query) {
    read_question(scan.items(), read);
  } else if (kind == Kind::response) {
    read.rcode = scan.rcode.value_or(0);
    const Answers answers{scan.items(), scan.info_column, context, read};
    // An answer without records is one when it says so.
    const bool empty = read.answer_count == 0 && !scan.rcode && !scan.info_column && !scan.id;
    if (empty || !answers.fits()) return DnsText{};
  } else if (context.from_server.value_or(false) && context.asked_type == DnsType::txt && !text.empty()) {
    read.answers[read.answer_count++] = {.type = DnsType::txt, .value = text};
    read.kind = Kind::response;
    return read;
  } else {
    return read;
  }
  read.kind = kind;
  read.id = scan.id;
  if (read.name.ends_with('.')) read.name.pop_back();
  return read;
}

bool write_dns_message(const DnsText& text, bool length_prefix, std::string& out) {
  const std::span<const DnsAnswer> answers{text.answers.data(), text.answer_count};
  if (!is_dns_name(text.name) || !std::all_of(answers.begin(), answers.end(), can_be_written)) return false;
  const bool response = text.kind == Kind::response;
  // Who has no answer says whose authority that is (RFC 2308 §2).
  const auto is_authority = [&](const DnsAnswer& answer) {
    return answer.type == DnsType::soa && text.type.value_or(DnsType::a) != DnsType::soa;
  };
  // A name that does not exist is none of a zone's own.
  const std::size_t dot = text.name.find('.');
  const std::string_view zone =
      std::string_view{text.name}.substr(text.rcode == 3 && dot != std::string::npos ? dot + 1 : 0);
  const auto authorities = static_cast<std::size_t>(std::count_if(answers.begin(), answers.end(), is_authority));
  out.assign(length_prefix ? 2 : 0, '\0');
  Writer writer{out};
  writer.u16(text.id.value_or(0));
  writer.u16(response ? 0x8180u | text.rcode : 0x0100u);
  writer.u16(1);
  writer.u16(answers.size() - authorities);
  writer.u16(authorities);
  writer.u16(0);
  writer.name(text.name);
  writer.u16(number_of(text.type.value_or(DnsType::a)));
  writer.u16(1);  // IN
  for (const bool authority : {false, true}) {
    for (const DnsAnswer& answer : answers) {
      if (is_authority(answer) == authority) write_record(writer, answer, authority ? zone : text.name);
    }
  }
  const std::size_t length = out.size() - (length_prefix ? 2 : 0);
  if (length > longest_message) return false;
  if (length_prefix) {
    out[0] = static_cast<char>(length >> 8);
    out[1] = static_cast<char>(length & 0xff);
  }
  return true;
}

}  // namespace encap

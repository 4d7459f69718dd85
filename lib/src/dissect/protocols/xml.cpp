#include <string>
#include <vector>

#include "dissect/text.h"

namespace encap {
namespace {

constexpr Field tag{"xml.tag", "Tag", FieldType::string};
constexpr Field unknown{"xml.unknown", "Unknown", FieldType::string};
constexpr Field cdata{"xml.cdata", "CDATA", FieldType::string};
constexpr Field attribute{"xml.attribute", "Attribute", FieldType::string};
constexpr Field comment{"xml.comment", "Comment", FieldType::string};
constexpr Field instruction{"xml.xmlpi", "XMLPI", FieldType::string};
constexpr Field declaration{"xml.xmlpi.xml", "xml.xmlpi.xml", FieldType::string};
constexpr Field version{"xml.xmlpi.xml.version", "version", FieldType::string};
constexpr Field encoding{"xml.xmlpi.xml.encoding", "encoding", FieldType::string};
constexpr Field standalone{"xml.xmlpi.xml.standalone", "standalone", FieldType::string};
constexpr Field doctype{"xml.doctype", "Doctype", FieldType::string};
constexpr Field dtd_tag{"xml.dtdtag", "DTD Tag", FieldType::string};
constexpr Field cdata_section{"xml.cdatasection", "CDATASection", FieldType::string};

constexpr Note closing_unopened{
    {"xml.closing_unopened_tag", "Closing an unopened tag", FieldType::none}, Severity::error, "Malformed"};
constexpr Note unrecognized{
    {"xml.unrecognized_text", "Unrecognized text", FieldType::none}, Severity::warning, "Protocol"};

constexpr const Field* fields[] = {&tag,
                                   &unknown,
                                   &cdata,
                                   &attribute,
                                   &comment,
                                   &instruction,
                                   &declaration,
                                   &version,
                                   &encoding,
                                   &standalone,
                                   &doctype,
                                   &dtd_tag,
                                   &cdata_section,
                                   &closing_unopened.field,
                                   &unrecognized.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {
    {Table::media_type, 0, "application/3gpp-ims+xml"},
    {Table::media_type, 0, "application/atom+xml"},
    {Table::media_type, 0, "application/auth-policy+xml"},
    {Table::media_type, 0, "application/ccmp+xml"},
    {Table::media_type, 0, "application/conference-info+xml"},
    {Table::media_type, 0, "application/cpim-pidf+xml"},
    {Table::media_type, 0, "application/cpl+xml"},
    {Table::media_type, 0, "application/dds-web+xml"},
    {Table::media_type, 0, "application/im-iscomposing+xml"},
    {Table::media_type, 0, "application/load-control+xml"},
    {Table::media_type, 0, "application/mathml+xml"},
    {Table::media_type, 0, "application/media_control+xml"},
    {Table::media_type, 0, "application/mediaservercontrol+xml"},
    {Table::media_type, 0, "application/note+xml"},
    {Table::media_type, 0, "application/pidf+xml"},
    {Table::media_type, 0, "application/pidf-diff+xml"},
    {Table::media_type, 0, "application/poc-settings+xml"},
    {Table::media_type, 0, "application/rdf+xml"},
    {Table::media_type, 0, "application/reginfo+xml"},
    {Table::media_type, 0, "application/resource-lists+xml"},
    {Table::media_type, 0, "application/rlmi+xml"},
    {Table::media_type, 0, "application/rls-services+xml"},
    {Table::media_type, 0, "application/rs-metadata+xml"},
    {Table::media_type, 0, "application/rss+xml"},
    {Table::media_type, 0, "application/simple-filter+xml"},
    {Table::media_type, 0, "application/simple-message-summary+xml"},
    {Table::media_type, 0, "application/simservs+xml"},
    {Table::media_type, 0, "application/smil"},
    {Table::media_type, 0, "application/soap+xml"},
    {Table::media_type, 0, "application/upp-directory+xml"},
    {Table::media_type, 0, "application/vnc.3gpp.iut-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp-prose+xml"},
    {Table::media_type, 0, "application/vnd.3gpp-prose-pc3ch+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.SRVCC-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.access-transfer-events+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.bsf+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.comm-div-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.cw+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.iut+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-affiliation-command+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-location-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-mbms-usage-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-regroup+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-service-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-ue-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcdata-user-profile+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-affiliation-command+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-floor-request+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-location-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-mbms-usage-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-regroup+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-service-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-signed+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-ue-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-ue-init-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcptt-user-profile+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-affiliation-command+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-location-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-mbms-usage-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-service-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-ue-config+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mcvideo-user-profile+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.mid-call+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.replication+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.sms+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.srvcc-ext+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.srvcc-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.state-and-event-info+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.transmission-request+xml"},
    {Table::media_type, 0, "application/vnd.3gpp.ussd+xml"},
    {Table::media_type, 0, "application/vnd.3gpp2.bcmcsinfo+xml"},
    {Table::media_type, 0, "application/vnd.etsi.aoc+xml"},
    {Table::media_type, 0, "application/vnd.etsi.cug+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvcommand+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvdiscovery+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvprofile+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvsad-bc+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvsad-cod+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvsad-npvr+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvservice+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvsync+xml"},
    {Table::media_type, 0, "application/vnd.etsi.iptvueprofile+xml"},
    {Table::media_type, 0, "application/vnd.etsi.mcid+xml"},
    {Table::media_type, 0, "application/vnd.etsi.overload-control-policy-dataset+xml"},
    {Table::media_type, 0, "application/vnd.etsi.pstn+xml"},
    {Table::media_type, 0, "application/vnd.etsi.sci+xml"},
    {Table::media_type, 0, "application/vnd.etsi.simservs+xml"},
    {Table::media_type, 0, "application/vnd.etsi.tsl+xml"},
    {Table::media_type, 0, "application/vnd.oma.access-permissions-list+xml"},
    {Table::media_type, 0, "application/vnd.oma.alias-principals-list+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.associated-procedure-parameter+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.drm-trigger+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.imd+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.notification+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.sgdd+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.smartcard-trigger+xml"},
    {Table::media_type, 0, "application/vnd.oma.bcast.sprov+xml"},
    {Table::media_type, 0, "application/vnd.oma.cab-address-book+xml"},
    {Table::media_type, 0, "application/vnd.oma.cab-feature-handler+xml"},
    {Table::media_type, 0, "application/vnd.oma.cab-pcc+xml"},
    {Table::media_type, 0, "application/vnd.oma.cab-subs-invite+xml"},
    {Table::media_type, 0, "application/vnd.oma.cab-user-prefs+xml"},
    {Table::media_type, 0, "application/vnd.oma.dd2+xml"},
    {Table::media_type, 0, "application/vnd.oma.drm.risd+xml"},
    {Table::media_type, 0, "application/vnd.oma.fnl+xml"},
    {Table::media_type, 0, "application/vnd.oma.group-usage-list+xml"},
    {Table::media_type, 0, "application/vnd.oma.pal+xml"},
    {Table::media_type, 0, "application/vnd.oma.poc.detailed-progress-report+xml"},
    {Table::media_type, 0, "application/vnd.oma.poc.final-report+xml"},
    {Table::media_type, 0, "application/vnd.oma.poc.groups+xml"},
    {Table::media_type, 0, "application/vnd.oma.poc.invocation-descriptor+xml"},
    {Table::media_type, 0, "application/vnd.oma.poc.optimized-progress-report+xml"},
    {Table::media_type, 0, "application/vnd.oma.scidm.messages+xml"},
    {Table::media_type, 0, "application/vnd.oma.suppnot+xml"},
    {Table::media_type, 0, "application/vnd.oma.xcap-directory+xml"},
    {Table::media_type, 0, "application/vnd.oma.xdcp+xml"},
    {Table::media_type, 0, "application/vnd.oma.xdm-apd+xml"},
    {Table::media_type, 0, "application/vnd.oma.xdm-hi+xml"},
    {Table::media_type, 0, "application/vnd.oma.xdm-prefs+xml"},
    {Table::media_type, 0, "application/vnd.oma.xdm-rhi+xml"},
    {Table::media_type, 0, "application/vnd.omads-email+xml"},
    {Table::media_type, 0, "application/vnd.omads-file+xml"},
    {Table::media_type, 0, "application/vnd.omads-folder+xml"},
    {Table::media_type, 0, "application/vnd.wv.csp+xml"},
    {Table::media_type, 0, "application/vnd.wv.csp.xml"},
    {Table::media_type, 0, "application/watcherinfo+xml"},
    {Table::media_type, 0, "application/x-crd+xml"},
    {Table::media_type, 0, "application/x-wms-logconnectstats"},
    {Table::media_type, 0, "application/x-wms-logplaystats"},
    {Table::media_type, 0, "application/x-wms-sendevent"},
    {Table::media_type, 0, "application/xcap-att+xml"},
    {Table::media_type, 0, "application/xcap-caps+xml"},
    {Table::media_type, 0, "application/xcap-diff+xml"},
    {Table::media_type, 0, "application/xcap-el+xml"},
    {Table::media_type, 0, "application/xcap-error+xml"},
    {Table::media_type, 0, "application/xcap-ns+xml"},
    {Table::media_type, 0, "application/xml"},
    {Table::media_type, 0, "application/xml-dtd"},
    {Table::media_type, 0, "application/xpidf+xml"},
    {Table::media_type, 0, "application/xslt+xml"},
    {Table::media_type, 0, "image/svg+xml"},
    {Table::media_type, 0, "message/imdn+xml"},
    {Table::media_type, 0, "text/vnd.wap.co"},
    {Table::media_type, 0, "text/vnd.wap.emn"},
    {Table::media_type, 0, "text/vnd.wap.si"},
    {Table::media_type, 0, "text/vnd.wap.sl"},
    {Table::media_type, 0, "text/vnd.wap.wml"},
    {Table::media_type, 0, "text/xml"},
};

}  // namespace

extern const ProtocolInfo xml_protocol{
    {"xml", "eXtensible Markup Language", FieldType::protocol}, "XML", dissect, bindings, fields};

namespace {

constexpr std::size_t deepest_tag = 250;
constexpr std::size_t npos = std::string_view::npos;

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_name(char c) noexcept {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '.' || c == '-' || c == '_';
}

// Takes text apart into tags, attributes and the text between them, without asking whether they fit together.
class Reader {
 public:
  Reader(Packet& p, const Octets& in, ItemId layer) : p_{p}, in_{in}, text_{characters(in.bytes())} {
    open_.clear();
    open_.push_back({layer, layer});
  }

  void read() {
    for (std::size_t at = skip_blanks(0); at < text_.size() && !p_.stopped(); at = skip_blanks(at)) {
      if (p_.out.items.size() >= most_items) return;
      if (!(text_[at] == '<' ? read_markup(at) : text_[at] == ']' && read_dtd_end(at))) read_text(at);
    }
  }

 private:
  struct Frame {
    ItemId tree;
    ItemId last;  // where the end of the tag is written
  };
  struct Attribute {
    std::size_t name;
    std::size_t name_end;
    std::size_t value;  // without quotes
    std::size_t value_end;
    std::size_t end;
  };

  [[nodiscard]] std::size_t skip_blanks(std::size_t at) const noexcept {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    return at;
  }
  [[nodiscard]] bool is(std::size_t at, std::string_view word) const noexcept {
    return at <= text_.size() && text_.substr(at).starts_with(word);
  }
  [[nodiscard]] bool is_word(std::size_t at, std::string_view word) const noexcept {
    return at <= text_.size() && starts_ignoring_case(text_.substr(at), word);
  }
  [[nodiscard]] std::size_t skip_name(std::size_t at, bool colons = false) const noexcept {
    while (at < text_.size() && (is_name(text_[at]) || (colons && text_[at] == ':'))) ++at;
    return at;
  }
  // Past `end`, from `at` on; npos when it is not there. What was not there once is not looked for again.
  std::size_t past(std::string_view end, std::size_t at, std::size_t& missing_from) const noexcept {
    if (at >= missing_from) return npos;
    const std::size_t found = text_.find(end, at);
    if (found == npos) {
      missing_from = std::min(missing_from, at);
      return npos;
    }
    return found + end.size();
  }

  ItemId add(const Field& field, std::size_t start, std::size_t end, std::size_t shown_end) {
    const auto offset = static_cast<std::uint32_t>(start);
    const auto length = static_cast<std::uint32_t>(end - start);
    const ItemId item = p_.add_string(open_.back().tree, field, in_, offset, length,
                                      utf8_value(p_, text_.substr(start, end - start)), true);
    p_.set_text(item, escaped(p_, text_.substr(start, shown_end - start)));
    return item;
  }
  void add_line(std::size_t start, std::size_t end) {
    add_escaped(p_, open_.back().tree, in_, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end - start));
  }
  void close(std::size_t start, std::size_t end) {
    if (skipped_ != 0) {
      --skipped_;
    } else if (open_.size() > 1) {
      open_.pop_back();
    } else {
      note(closing_unopened, start, end);
    }
  }
  void note(const Note& kind, std::size_t start, std::size_t end) {
    const ItemId item = p_.add(open_.back().tree, kind.field, in_, static_cast<std::uint32_t>(start),
                               static_cast<std::uint32_t>(end - start));
    p_.note(item, kind);
  }
  void open(ItemId item) {
    if (open_.size() < deepest_tag) {
      open_.push_back({item, item});
    } else {
      ++skipped_;
    }
  }

  // Past the attributes from `at` on, which are kept in attributes_.
  std::size_t read_attributes(std::size_t at);
  bool read_markup(std::size_t& at);
  bool read_declaration(std::size_t& at);
  bool read_instruction(std::size_t& at);
  bool read_closing_tag(std::size_t& at);
  bool read_tag(std::size_t& at);
  bool read_dtd_end(std::size_t& at);
  void read_text(std::size_t& at);

  Packet& p_;
  const Octets& in_;
  std::string_view text_;
  std::size_t skipped_ = 0;  // tags that are open, too deep to be shown as such
  std::size_t no_comment_end_ = npos;
  std::size_t no_section_end_ = npos;
  std::size_t no_bracket_ = npos;
  std::size_t no_quote_ = npos;
  std::size_t no_apostrophe_ = npos;
  // Kept from body to body for their memory.
  static thread_local std::vector<Frame> open_;
  static thread_local std::vector<Attribute> attributes_;
};

thread_local std::vector<Reader::Frame> Reader::open_;
thread_local std::vector<Reader::Attribute> Reader::attributes_;

std::size_t Reader::read_attributes(std::size_t at) {
  attributes_.clear();
  for (;;) {
    Attribute found{};
    found.name = skip_blanks(at);
    found.name_end = skip_name(found.name, true);
    if (found.name_end == found.name) return at;
    std::size_t next = skip_blanks(found.name_end);
    if (!is(next, "=")) return at;
    next = skip_blanks(next + 1);
    if (is(next, "\"") || is(next, "'")) {
      const bool quote = text_[next] == '"';
      found.value = next + 1;
      found.end = past(text_.substr(next, 1), next + 1, quote ? no_quote_ : no_apostrophe_);
      if (found.end == npos) return at;
      found.value_end = found.end - 1;
    } else {
      found.value = next;
      found.end = next;
      while (found.end < text_.size() && text_[found.end] >= '0' && text_[found.end] <= '9') ++found.end;
      if (found.end == next) found.end = skip_name(next);
      if (found.end == next) return at;
      found.value_end = found.end;
    }
    at = found.end;
    attributes_.push_back(found);
  }
}

bool Reader::read_markup(std::size_t& at) {
  const std::size_t start = at;
  if (is(at, "<!--")) {
    if (const std::size_t end = past("-->", at + 4, no_comment_end_); end != npos) {
      add(comment, start, end, end);
      at = end;
      return true;
    }
  }
  if (is(at, "<![CDATA[")) {
    if (const std::size_t end = past("]]>", at + 9, no_section_end_); end != npos) {
      add(cdata_section, start, end, end);
      at = end;
      return true;
    }
  }
  return read_instruction(at) || read_closing_tag(at) || read_declaration(at) || read_tag(at);
}

bool Reader::read_instruction(std::size_t& at) {
  if (!is(at, "<?")) return false;
  const std::size_t name = skip_blanks(at + 2);
  const std::size_t name_end = skip_name(name);
  if (name_end == name) return false;
  const std::size_t last = skip_blanks(read_attributes(name_end));
  if (!is(last, "?>")) return false;
  const bool is_declaration = text_.substr(name, name_end - name) == "xml";
  open(add(is_declaration ? declaration : instruction, at, last + 2, name_end));
  for (const Attribute& found : attributes_) {
    const std::string_view which = text_.substr(found.name, found.name_end - found.name);
    const Field* known = nullptr;
    for (const Field* field : {&version, &encoding, &standalone}) {
      if (is_declaration && equals_ignoring_case(field->label, which)) known = field;
    }
    if (known == nullptr) {
      add(attribute, found.name, found.end, found.end);
    } else {
      p_.set_text(add(*known, found.value, found.value_end, found.value_end),
                  escaped(p_, text_.substr(found.name, found.end - found.name)));
    }
  }
  add_line(last, last + 2);
  close(last, last + 2);
  at = last + 2;
  return true;
}

bool Reader::read_closing_tag(std::size_t& at) {
  std::size_t next = skip_blanks(at + 1);
  if (!is(next, "/")) return false;
  const std::size_t name = skip_blanks(next + 1);
  next = skip_name(name);
  if (next == name) return false;
  if (const std::size_t colon = skip_blanks(next); is(colon, ":")) {
    const std::size_t local = skip_blanks(colon + 1);
    if (const std::size_t end = skip_name(local); end != local) next = end;
  }
  next = skip_blanks(next);
  if (!is(next, ">")) return false;
  add_line(at, next + 1);
  close(at, next + 1);
  at = next + 1;
  return true;
}

// A document type or what may stand in one.
bool Reader::read_declaration(std::size_t& at) {
  const std::size_t mark = skip_blanks(at + 1);
  if (!is(mark, "!")) return false;
  const std::size_t word = skip_blanks(mark + 1);
  constexpr std::string_view doctype_word = "DOCTYPE";
  if (is_word(word, doctype_word)) {
    const std::size_t name = skip_blanks(word + doctype_word.size());
    const std::size_t name_end = skip_name(name);
    const std::size_t next = skip_blanks(name_end);
    const bool external = is_word(next, "PUBLIC") || is_word(next, "SYSTEM");
    const std::size_t end = name_end == name ? npos
                            : is(next, "[")  ? next + 1
                            : external       ? past(">", next + 6, no_bracket_)
                                             : npos;
    if (end != npos) {
      const ItemId item = add(doctype, name, name_end, name_end);
      p_.set_text(item, escaped(p_, text_.substr(at, end - at)));
      if (!external || is(next, "[")) open(item);
      at = end;
      return true;
    }
  }
  const std::size_t end = past(">", mark + 1, no_bracket_);
  if (end == npos || end == text_.size()) return false;  // Wireshark wants more behind it
  add(dtd_tag, at, end, end);
  at = end;
  return true;
}

bool Reader::read_dtd_end(std::size_t& at) {
  const std::size_t last = skip_blanks(at + 1);
  if (!is(last, ">")) return false;
  add_line(at, last + 1);
  close(at, last + 1);
  at = last + 1;
  return true;
}

bool Reader::read_tag(std::size_t& at) {
  const std::size_t name = skip_blanks(at + 1);
  std::size_t name_end = skip_name(name);
  if (name_end == name) return false;
  if (const std::size_t colon = skip_blanks(name_end); is(colon, ":")) {
    const std::size_t local = skip_blanks(colon + 1);
    if (const std::size_t end = skip_name(local); end != local) name_end = end;
  }
  const std::size_t last = skip_blanks(read_attributes(name_end));
  const bool is_empty = is(last, "/>");
  if (!is_empty && !is(last, ">")) return false;
  const std::size_t end = last + (is_empty ? 2 : 1);
  ItemId ended = add(tag, at, end, name_end);
  open(ended);
  for (const Attribute& found : attributes_) ended = add(attribute, found.name, found.end, found.end);
  p_.append_text(ended, is_empty ? "/>" : ">");
  if (is_empty) close(at, end);
  at = end;
  return true;
}

void Reader::read_text(std::size_t& at) {
  const std::size_t start = at;
  if (text_[at] != '<') {
    at = std::min(text_.find('<', at), text_.size());
    add(open_.size() > 1 ? cdata : unknown, start, at, at);
    return;
  }
  while (at < text_.size() && !is_blank(text_[at])) ++at;
  note(unrecognized, start, at);
}

// UTF-16 as UTF-8; a surrogate alone becomes U+FFFD.
Bytes decode_utf16(Packet& p, Bytes in, bool big_endian) {
  char* const there = p.out.arena.allocate(in.size() / 2 * 3);
  char* to = there;
  const auto unit = [&](std::size_t at) {
    const auto first = std::to_integer<char32_t>(in[at]);
    const auto second = std::to_integer<char32_t>(in[at + 1]);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  for (std::size_t at = 0; at + 1 < in.size(); at += 2) {
    char32_t character = unit(at);
    if (is_high_surrogate(character) && at + 3 < in.size() && is_low_surrogate(unit(at + 2))) {
      at += 2;
      character = from_surrogates(character, unit(at));
    } else if (is_high_surrogate(character) || is_low_surrogate(character)) {
      character = replacement_character;
    }
    to = put_utf8(to, character);
  }
  return std::as_bytes(std::span{there, static_cast<std::size_t>(to - there)});
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const std::uint16_t mark = p.u16(in, 0);
  if (p.stopped()) return 0;
  if (p.columns()) p.out.columns.protocol.append("/XML");
  const InFull in_full{p};
  if (!p.takes_items()) {
    p.add_layer(xml_protocol, in, 0, 0);
    return in.reported;
  }
  Octets text = in;
  if (mark == 0xfeff) text = p.add_source("Decoded UTF-16BE text", decode_utf16(p, in.bytes(), true));
  if (mark == 0xfffe) text = p.add_source("Decoded UTF-16LE text", decode_utf16(p, in.bytes(), false));
  const ItemId layer = p.add_layer(xml_protocol, text, 0, text.captured);
  Reader{p, text, layer}.read();
  return in.reported;
}

}  // namespace
}  // namespace encap

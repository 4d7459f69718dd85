#include "printer.h"

#include <algorithm>

#include "encap/render/colour.h"
#include "encap/render/hex.h"
#include "encap/render/tree.h"

using encap::Detail;
using Format = CommandOptions::Format;

namespace {

bool is_json(Format format) noexcept {
  return format == Format::json || format == Format::json_raw || format == Format::ek;
}

encap::JsonFormat json_format(const CommandOptions& options) {
  using Shape = encap::JsonFormat::Shape;
  const bool raw_only = options.format == Format::json_raw;
  return {.shape = options.format == Format::ek ? Shape::lines : Shape::tree,
          .text = !raw_only,
          .raw = raw_only || options.hex,
          .info = options.format == Format::ek && options.summary && !options.tree};
}

}  // namespace

Printer::Printer(CommandOptions& options, const encap::Dissector& dissector, encap::Statistics* statistics)
    : options_{options},
      dissector_{dissector},
      statistics_{statistics},
      filter_{options.filter ? std::optional{options.filter->clone()} : std::nullopt},
      json_{json_format(options)},
      shown_detail_{shown_detail()},
      full_detail_{full_detail()},
      dissection_{full_detail_},
      // Without -V and -x the list is what there is to see.
      list_{options.summary || (!options.tree && !options.hex)} {
  dissection_.wants_facts = statistics != nullptr;
  dissection_.wants_layers = statistics != nullptr && statistics->reads_layers();
  if (full_detail_ != Detail::fields || statistics != nullptr) return;
  interest_ = encap::Interest::in_fields(fields_looked_at());
  if (!interest_.in_all()) dissection_.interest = &interest_;
}

Detail Printer::shown_detail() const {
  if (options_.quiet) return Detail::facts;
  if (is_json(options_.format)) return Detail::items;
  if (options_.fields) return options_.fields->detail();
  return options_.tree || options_.hex ? Detail::items : Detail::columns;
}

Detail Printer::full_detail() const {
  // A filter looks at fields.
  Detail detail = std::max(shown_detail(), filter_ ? Detail::fields : Detail::facts);
  if (statistics_ != nullptr) detail = std::max(detail, statistics_->detail());
  return detail;
}

bool Printer::is_looked_at_by_nobody() const {
  return !options_.kept.empty() && options_.quiet && !filter_ && statistics_ == nullptr;
}

std::vector<std::string> Printer::fields_looked_at() const {
  std::vector<std::string> names;
  if (filter_) names = filter_->fields();
  if (options_.fields) names.insert(names.end(), options_.fields->names().begin(), options_.fields->names().end());
  return names;
}

bool Printer::may_share() const {
  const std::vector<std::string> names = fields_looked_at();
  const bool numbers_streams = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.ends_with(".stream") || name == "frame.time_delta_displayed";
  });
  const bool is_list = !options_.fields && !options_.tree && !options_.hex && !is_json(options_.format);
  const bool depends_on_shown = filter_ && options_.time == encap::TimeFormat::delta_displayed;
  // As tables, conversations have the numbers of streams.
  const bool counts_alone = statistics_ != nullptr &&
                            (!statistics_->may_share() || options_.statistics_format != encap::StatisticsFormat::text);
  return is_list && options_.kept.empty() && !numbers_streams && !depends_on_shown && !counts_alone;
}

void Printer::begin(std::string& out) {
  if (options_.quiet) return;
  if (options_.format == Format::fields) {
    if (options_.byte_order_mark) out += "\xef\xbb\xbf";
    if (options_.header) append_fields_header(out, *options_.fields, options_.fields_format);
  } else if (is_json(options_.format)) {
    json_.begin(out);
  }
}

bool Printer::read(const encap::PacketRecord& record, const encap::FramePlace& place) {
  if (is_looked_at_by_nobody()) return true;
  // What the headers tell saves the look at the fields. What is remembered of a packet that is not shown is the same.
  const auto told = filter_ && statistics_ == nullptr ? filter_->matches(record) : std::nullopt;
  dissection_.detail = !told ? full_detail_ : *told ? shown_detail_ : Detail::facts;
  dissector_.dissect(record, place, dissection_);
  if (statistics_ != nullptr) statistics_->take(dissection_);
  return told ? *told : !filter_ || filter_->matches(dissection_);
}

void Printer::print(std::string& out) {
  if (options_.quiet) return;
  if (options_.fields) options_.fields->read(dissection_);
  if (options_.format == Format::fields) {
    append_fields_line(out, *options_.fields, options_.fields_format);
  } else if (is_json(options_.format)) {
    if (options_.fields) {
      json_.packet(out, dissection_, *options_.fields);
    } else {
      json_.packet(out, dissection_);
    }
  } else {
    print_text(out);
  }
}

void Printer::end(std::string& out) {
  if (!options_.quiet && is_json(options_.format)) json_.end(out);
}

void Printer::print_text(std::string& out) {
  if (list_) print_line(out);
  if (options_.tree) append_tree(out, dissection_, {.detailed = options_.detailed, .dump_data = !options_.hex});
  if (options_.hex) {
    if (list_ && !options_.tree) out += '\n';
    append_hex(out, dissection_);
    out += '\n';
  }
}

void Printer::print_line(std::string& out) {
  const std::string_view colour = options_.colour ? encap::colour_start(dissection_.columns) : std::string_view{};
  out += colour;
  append_list_line(out, dissection_, options_.time, options_.format == Format::tabs ? '\t' : ' ');
  if (!colour.empty()) out += encap::colour_end;
  out += '\n';
}

#include "printer.h"

#include <algorithm>

#include "encap/render/colour.h"
#include "encap/render/hex.h"

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

Detail shown_detail(const CommandOptions& options) {
  if (options.quiet) return Detail::facts;
  if (is_json(options.format)) return Detail::items;
  if (options.fields) return options.fields->detail();
  return options.tree || options.hex ? Detail::items : Detail::columns;
}

// That tells as well whether a packet is shown.
Detail full_detail(const CommandOptions& options) {
  // A filter looks at fields.
  Detail detail = std::max(shown_detail(options), options.filter ? Detail::fields : Detail::facts);
  if (options.statistics) detail = std::max(detail, options.statistics->detail());
  if (!options.http_objects.empty()) detail = std::max(detail, Detail::fields);
  return detail;
}

}  // namespace

Printer::Printer(const CommandOptions& options, const encap::Dissector& dissector, encap::Statistics* statistics)
    : options_{options},
      dissector_{dissector},
      statistics_{statistics},
      filter_{options.filter ? std::optional{options.filter->clone()} : std::nullopt},
      fields_{options.fields ? std::optional{options.fields->clone()} : std::nullopt},
      json_{json_format(options)},
      tree_{{.detailed = options.detailed, .dump_data = !options.hex}},
      shown_detail_{shown_detail(options)},
      full_detail_{full_detail(options)},
      dissection_{full_detail_},
      // Without -V and -x the list is what there is to see.
      list_{options.summary || (!options.tree && !options.hex)} {
  const bool exports = !options.http_objects.empty();
  dissection_.wants_facts = dissection_.wants_ends = dissection_.wants_layers = dissection_.wants_notes = false;
  if (statistics != nullptr) statistics->ask(dissection_);
  if (exports) dissection_.wants_facts = dissection_.wants_ends = dissection_.wants_layers = true;
  if (full_detail_ != Detail::fields || is_read_by_others()) return;
  interest_ = encap::Interest::in_fields(fields_looked_at());
  if (!interest_.in_all()) dissection_.interest = &interest_;
}

bool Printer::is_read_by_others() const { return statistics_ != nullptr || !options_.http_objects.empty(); }

bool Printer::is_looked_at_by_nobody() const {
  return !options_.kept.empty() && options_.quiet && !filter_ && !is_read_by_others();
}

std::vector<std::string> Printer::fields_looked_at() const {
  std::vector<std::string> names;
  if (filter_) names = filter_->fields();
  if (options_.fields) names.insert(names.end(), options_.fields->names().begin(), options_.fields->names().end());
  return names;
}

bool Printer::may_share() const {
  const std::vector<std::string> names = fields_looked_at();
  const bool tells_delta = shows_trees() || options_.time == encap::TimeFormat::delta_displayed ||
                           std::ranges::find(names, "frame.time_delta_displayed") != names.end();
  // As tables, conversations have the numbers of streams.
  const bool counts_alone = statistics_ != nullptr &&
                            (!statistics_->may_share() || options_.statistics_format != encap::StatisticsFormat::text);
  return options_.kept.empty() && options_.http_objects.empty() &&
         !(filter_ && (tells_delta || is_json(options_.format))) && !counts_alone;
}

bool Printer::numbers_streams() const {
  const std::vector<std::string> names = fields_looked_at();
  return shows_trees() || std::ranges::any_of(names, [](const std::string& name) { return name.ends_with(".stream"); });
}

encap::SessionMemory::Depth Printer::session_depth(const CommandOptions& options) {
  using Depth = encap::SessionMemory::Depth;
  const encap::FactsRead read = options.statistics ? options.statistics->reads() : encap::FactsRead{};
  if (full_detail(options) >= Detail::fields || read.round_trips) return Depth::analysis;
  return full_detail(options) == Detail::columns || read.layers || read.notes ? Depth::marks : Depth::streams;
}

void Printer::begin(std::string& out) {
  if (options_.quiet) return;
  if (options_.format == Format::fields) {
    if (options_.byte_order_mark) out += "\xef\xbb\xbf";
    if (options_.header) append_fields_header(out, *fields_, options_.fields_format);
  } else if (is_json(options_.format)) {
    json_.begin(out);
  }
}

void Printer::resume() {
  if (is_json(options_.format)) json_.resume();
}

bool Printer::read(const encap::PacketRecord& record, const encap::FramePlace& place) {
  if (is_looked_at_by_nobody()) return true;
  // What the headers tell saves the look at the fields. What is remembered of a packet that is not shown is the same.
  const auto told = filter_ && !is_read_by_others() ? filter_->matches(record) : std::nullopt;
  dissection_.detail = !told ? full_detail_ : *told ? shown_detail_ : Detail::facts;
  dissector_.dissect(record, place, dissection_);
  if (statistics_ != nullptr) statistics_->take(dissection_);
  return told ? *told : !filter_ || filter_->matches(dissection_);
}

void Printer::print(std::string& out) {
  if (options_.quiet) return;
  if (fields_) fields_->read(dissection_);
  if (options_.format == Format::fields) {
    append_fields_line(out, *fields_, options_.fields_format);
  } else if (is_json(options_.format)) {
    if (fields_) {
      json_.packet(out, dissection_, *fields_);
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
  if (options_.tree) tree_.packet(out, dissection_);
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

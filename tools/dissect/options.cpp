#include "options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "encap/render/colour.h"
#include "live.h"

namespace {

using Format = CommandOptions::Format;
using encap::FieldsFormat;

constexpr const char* examples = R"(Examples:
  dissect http.pcap
      the packet list, a line each
  dissect -V -x http.pcap
      every layer with all its fields, and the bytes
  dissect -O http,tcp -c 10 http.pcapng.gz
      these layers in full and the others in a line, of the first ten packets
  dissect -T fields -e frame.number -e ip.src -e tcp.port -E header=y http.pcap
      a table of fields
  dissect -Y 'http.request and ip.src == 10.0.0.0/8' http.pcap
      the packets that a display filter of tshark's selects
  dissect -Y 'tcp.stream == 3' -w third.pcapng all.pcapng
      the packets of one connection, as a capture with their comments
  dissect -T json http.pcap | jq .[0]._source.layers.ip
      JSON; -T ek for Elasticsearch
  dissect -q -z conv,tcp -z expert http.pcap
      statistics: which connections there are, and what is wrong with them
  dissect -q -z advice http.pcap
      why the capture looks wrong, what to do, and the frames that prove it
  dissect -i lo port 8080
      packets as they pass loopback, until Ctrl-C; dissect -D lists interfaces
  dissect --compare real.pcap crafted.pcap
      how close a crafted session comes to one that a kernel made
  ssh server tcpdump -U -w - | dissect -l -
      what a capturing program sends, packet by packet

Exit codes: 0 done, 2 wrong usage, 3 the capture cannot be read or is damaged, 4 a privilege is missing, 130 interrupted.)";

/// A usage error in the words of an option.
[[noreturn]] void refuse(const std::string& option, const std::string& text, const std::string& reason) {
  throw CLI::ValidationError(option, fmt::format("\"{}\": {}", text, reason));
}

template <class Value>
struct Choice {
  const char* name;
  Value value;
};

template <class Value, std::size_t Count>
Value choose(const std::string& option, const std::string& text, const Choice<Value> (&choices)[Count]) {
  std::string names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string{name};
  }
  refuse(option, text, "write one of " + names);
}

constexpr Choice<Format> formats[] = {{"text", Format::text}, {"tabs", Format::tabs}, {"fields", Format::fields},
                                      {"json", Format::json}, {"ek", Format::ek},     {"jsonraw", Format::json_raw}};

std::uint64_t number_from_one(const std::string& option, const std::string& text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count == 0)
    refuse(option, text, "write a number from 1");
  return count;
}

/// 0 is the largest, as with tcpdump and tshark.
std::uint32_t snap_length(const std::string& text) {
  constexpr std::uint32_t largest = encap::CaptureFileWriter::maximum_snap_length;
  if (text == "0") return largest;
  const std::uint64_t length = number_from_one("-s", text);
  if (length > largest) refuse("-s", text, "write a number up to 262144, or 0 for that");
  return static_cast<std::uint32_t>(length);
}

using encap::StatisticsFormat;
constexpr Choice<StatisticsFormat> statistics_formats[] = {
    {"text", StatisticsFormat::text}, {"json", StatisticsFormat::json}, {"csv", StatisticsFormat::csv}};

void say_unfilled(const std::vector<std::string>& names) {
  if (names.empty()) return;
  fmt::print(stderr, "dissect: no packet will have {}: nothing here fills it\n", fmt::join(names, ", "));
}

/// Statistics count what a display filter lets through.
encap::Result<encap::PacketFilter, std::string> compile(std::string_view text) {
  auto filter = encap::Filter::compile(text);
  if (!filter) return encap::unexpected(to_string(filter.error(), text));
  say_unfilled(filter->unfilled());
  return encap::PacketFilter{std::string{text},
                             [filter = std::make_shared<encap::Filter>(std::move(*filter))](
                                 const encap::Dissection& dissection) { return filter->matches(dissection); }};
}

/// The list of them, for -z help.
std::string statistics_text() {
  std::string text;
  for (const encap::StatisticName& known : encap::all_statistics()) {
    fmt::format_to(std::back_inserter(text), "{}{}\n    {}\n", known.name, known.arguments, known.help);
  }
  return text;
}

void add_statistics(CommandOptions& options, const std::vector<std::string>& names, bool frames,
                    const std::string& filter) {
  if (names.empty()) {
    if (frames) throw CLI::ValidationError("--frames", "belongs to -z");
    return;
  }
  const bool tree_is_shown = options.tree || (options.format != Format::text && options.format != Format::tabs);
  options.statistics.emplace(compile, encap::StatisticsOptions{tree_is_shown, frames});
  for (const std::string& name : names) {
    if (const auto added = options.statistics->add(name); !added) refuse("-z", name, added.error());
  }
  options.statistics->see_filter(filter);
}

constexpr Choice<encap::CaptureFormat> capture_formats[] = {{"pcap", encap::CaptureFormat::pcap},
                                                            {"pcapng", encap::CaptureFormat::pcapng}};
/// `http,DIR`: the folder.
std::string objects_folder(const std::string& text) {
  constexpr std::string_view http = "http,";
  if (!text.starts_with(http) || text.size() == http.size()) {
    refuse("--export-objects", text, "write http, and a folder, as in http,objects");
  }
  return text.substr(http.size());
}

encap::TimeFormat time_format(const std::string& text) {
  const auto format = encap::find_time_format(text);
  if (!format) refuse("-t", text, "write one of r, a, ad, adoy, d, dd, e, u, ud, udoy");
  return *format;
}

enum class Colour { automatic, always, never };
constexpr Choice<Colour> colours[] = {
    {"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}};

bool colour_wanted(Colour colour) {
  if (colour != Colour::automatic) return colour == Colour::always;
  return encap::colour_is_wanted(isatty(STDOUT_FILENO) != 0);
}

char one_character(const std::string& option, const std::string& setting, const std::string& text) {
  if (text == "/t") return '\t';
  if (text == "/s") return ' ';
  if (text.size() != 1) refuse(option, setting, "write /t, /s or one character");
  return text[0];
}

constexpr Choice<bool> yes_or_no[] = {{"y", true}, {"Y", true}, {"n", false}, {"N", false}};
constexpr Choice<char> quotes[] = {{"d", '"'}, {"s", '\''}, {"n", '\0'}};
constexpr Choice<FieldsFormat::Occurrence> occurrences[] = {{"a", FieldsFormat::Occurrence::all},
                                                            {"f", FieldsFormat::Occurrence::first},
                                                            {"l", FieldsFormat::Occurrence::last}};

void read_fields_setting(const std::string& setting, CommandOptions& options) {
  const std::size_t equals = setting.find('=');
  const std::string name = setting.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
  const std::string option = "-E " + name;
  if (name == "header") {
    options.header = choose(option, value, yes_or_no);
  } else if (name == "bom") {
    options.byte_order_mark = choose(option, value, yes_or_no);
  } else if (name == "escape") {
    options.fields_format.escape = choose(option, value, yes_or_no);
  } else if (name == "quote") {
    options.fields_format.quote = choose(option, value, quotes);
  } else if (name == "occurrence") {
    options.fields_format.occurrence = choose(option, value, occurrences);
  } else if (name == "separator") {
    options.fields_format.separator = one_character("-E", setting, value);
  } else if (name == "aggregator") {
    options.fields_format.aggregator = one_character("-E", setting, value);
  } else {
    refuse("-E", setting, "write header=, separator=, occurrence=, aggregator=, quote=, escape= or bom=");
  }
}

void add_names(std::vector<std::string>& names, const std::string& text) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    if (end != at) names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
}

/// What only several options together can have wrong.
void check(CommandOptions& options, std::vector<std::string> fields, const std::vector<std::string>& settings) {
  if (options.capture.empty() && !options.live)
    throw CLI::ValidationError("FILE", "say which capture to read; - is standard input, -i listens on an interface");
  if (options.format == Format::fields && fields.empty())
    throw CLI::ValidationError("-T fields", "name the fields with -e, as in -e ip.src");
  const bool takes_fields = options.format == Format::fields || options.format == Format::json ||
                            options.format == Format::json_raw || options.format == Format::ek;
  if (!fields.empty() && !takes_fields) throw CLI::ValidationError("-e", "belongs to -T fields, -T json and -T ek");
  if (options.hex && options.format == Format::fields)
    throw CLI::ValidationError("-x", "belongs to -T text, -T json and -T ek");
  for (const std::string& setting : settings) read_fields_setting(setting, options);
  if (fields.empty()) return;
  auto selection = encap::FieldSelection::make(std::move(fields), options.time);
  if (!selection)
    throw CLI::ValidationError("-e", fmt::format("no such field: {}", fmt::join(selection.error(), ", ")));
  say_unfilled(selection->unfilled());
  options.fields = std::move(*selection);
}

/// Who writes a file looks at no list, unless it is asked for, as with tshark.
void check_output(CommandOptions& options, bool format_is_asked_for, bool has_statistics) {
  if (options.kept.empty()) {
    if (options.kept_format) throw CLI::ValidationError("-F", "belongs to -w");
    return;
  }
  const bool shows = options.summary || options.tree || options.hex || format_is_asked_for;
  options.count = !shows && !options.quiet;
  if (!shows) options.quiet = true;
  if (options.kept == "-" && (!options.quiet || has_statistics))
    throw CLI::ValidationError("-w", "standard output cannot take both the capture and what is shown");
}

/// A comparison has its own text and JSON, and nothing else is shown or written beside it.
void check_comparison(const CommandOptions& options, const CLI::App& app) {
  if (app.count("--compare") == 0) return;
  if (options.other.empty()) throw CLI::ValidationError("--compare", "say which capture to compare with");
  if (options.other == "-" && options.capture == "-")
    throw CLI::ValidationError("--compare", "standard input cannot be both captures");
  if (options.statistics_format == StatisticsFormat::csv)
    throw CLI::ValidationError("--format", "\"csv\": of --compare it is text or json");
  for (const char* const name : {"-O", "-x", "-P", "-T", "-e", "-E", "-z", "-w", "--export-objects"}) {
    if (app.count(name) != 0) throw CLI::ValidationError(name, "does not go with --compare");
  }
}

/// Whether the text is a filter; what is wrong with it is said.
bool set_filter(CommandOptions& options, const std::string& text) {
  auto filter = encap::Filter::compile(text);
  if (!filter) {
    fmt::print(stderr, "dissect: {}\n", to_string(filter.error(), text));
    return false;
  }
  say_unfilled(filter->unfilled());
  options.filter = std::move(*filter);
  return true;
}

/// Whether a text that might be a filter is a file's name.
bool is_file(const std::string& text) {
  std::error_code ignored;
  return text.find_first_of("./") != std::string::npos && std::filesystem::is_regular_file(text, ignored);
}

/// What the words that belong to no option say: a capture file, or of an interface which packets are wanted.
void read_words(CommandOptions& options, const std::vector<std::string>& words, std::string filter) {
  if (options.live) {
    if (!options.capture.empty() || (words.size() == 1 && is_file(words.front())))
      throw CLI::ValidationError("-i", "either listens on an interface or reads a file");
    if (!filter.empty() && !words.empty())
      throw CLI::ValidationError("-f", fmt::format("there is a second filter: {}", fmt::join(words, " ")));
    options.live->filter = words.empty() ? std::move(filter) : fmt::format("{}", fmt::join(words, " "));
    return;
  }
  if (!words.empty() && !options.capture.empty())
    throw CLI::ValidationError("FILE", "-r names a capture already: " + options.capture);
  if (words.size() > 1) throw CLI::ValidationError("FILE", "more than one: " + words[1]);
  if (!words.empty()) options.capture = words.front();
  if (!filter.empty()) options.capture_filter.emplace(std::move(filter));
}

}  // namespace

std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv) {
  CommandOptions options;
  CLI::App app{"Shows the packets of a capture file or an interface, layer by layer.", "dissect"};
  app.footer(examples);
  app.set_version_flag("--version", std::string{"dissect "} + ENCAP_VERSION);
  app.get_formatter()->column_width(34);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  using Text = const std::string&;
  const auto add = [&app](const std::string& group, const std::string& name, const std::string& shape,
                          const std::string& help, auto read) {
    return app.add_option_function<std::string>(name, read, help)->type_name(shape)->group(group);
  };
  const auto add_list = [&app](const std::string& group, const std::string& name, const std::string& shape,
                               const std::string& help, std::vector<std::string>& into) {
    app.add_option(name, into, help)
        ->type_name(shape)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->group(group);
  };

  std::vector<std::string> words;
  app.add_option("FILE", words,
                 "The capture: pcap or pcapng, plain, .gz or .zst; - is standard input; with -i a capture filter")
      ->type_name(" ")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("-r,--read-file", options.capture, "The same as FILE")->type_name("FILE")->group("Input");
  add("Input", "-c", "N", "Stop after N packets",
      [&options](Text text) { options.packets = number_from_one("-c", text); });
  add("Input", "--threads", "N", "Dissect on N threads at most [as many as there are processors]",
      [&options](Text text) { options.threads = number_from_one("--threads", text); });
  std::string filter;
  app.add_option("-Y,--display-filter", filter, "Only packets that match, as in \"tcp.port == 80 and http\"")
      ->type_name("FILTER")
      ->group("Input");
  std::string capture_filter;
  app.add_option("-f,--capture-filter", capture_filter,
                 "As if only these packets had been captured; in tcpdump's language, as in \"port 80\"")
      ->type_name("FILTER")
      ->group("Input");
  encap::LiveCaptureOptions live;
  app.add_option("-i,--interface", live.interface, "Packets as they pass an interface, given by its name or number")
      ->type_name("INTERFACE")
      ->group("Input");
  bool lists_interfaces = false;
  app.add_flag("-D,--list-interfaces", lists_interfaces, "List the interfaces with their numbers and addresses")
      ->group("Input");
  add("Input", "-s,--snapshot-length", "N", "Of -i: keep N octets of a packet [262144]",
      [&live](Text text) { live.snap_length = snap_length(text); });
  app.add_flag("--promiscuous", live.promiscuous, "Of -i: also packets for other machines")->group("Input");
  bool not_promiscuous = true;
  app.add_flag("-p,--no-promiscuous-mode", not_promiscuous, "So unless --promiscuous; taken for tshark's sake")
      ->group("Input");
  app.add_option("--compare", options.other,
                 "In which header fields FILE's packets differ from those of OTHER, along each conversation; "
                 "-V shows all")
      ->type_name("OTHER")
      ->group("Input");
  bool no_names = false;
  app.add_flag("-n", no_names, "Names are never looked up; taken for tshark's sake")->group("Input");

  std::vector<std::string> detailed;
  std::vector<std::string> fields;
  std::vector<std::string> settings;
  app.add_flag("-V", options.tree, "The layers of each packet with all their fields")->group("Output");
  add_list("Output", "-O", "LAYERS", "As -V, but only these in full, as in -O ip,tcp", detailed);
  app.add_flag("-x", options.hex, "The bytes of each packet in hexadecimal")->group("Output");
  app.add_flag("-P,--print", options.summary, "The list line as well, before what -V or -x shows")->group("Output");
  add("Output", "-T", "FORMAT", "text, tabs, fields, json, jsonraw or ek [text]",
      [&options](Text text) { options.format = choose("-T", text, formats); });
  add_list("Output", "-e", "FIELD", "A field to show, such as ip.src or _ws.col.Info; may be given again", fields);
  add_list("Output", "-E", "SETTING",
           "Of -T fields: header=y|n separator=/t|/s|C occurrence=f|l|a aggregator=C quote=d|s|n escape=y|n bom=y|n",
           settings);
  bool no_duplicate_keys = true;
  app.add_flag("--no-duplicate-keys", no_duplicate_keys, "Always so; taken for tshark's sake")->group("Output");
  std::vector<std::string> statistics;
  add_list("Output", "-z", "STATISTIC",
           "Count and print at the end, as in -z conv,tcp; may be given again; -z help lists them", statistics);
  add("Output", "--format", "FORMAT", "Of -z: text, json or csv; of --compare: text or json [text]",
      [&options](Text text) { options.statistics_format = choose("--format", text, statistics_formats); });
  app.add_option("-w", options.kept,
                 "Write the packets that match to FILE; shows none, unless -P, -V, -x or -T is there")
      ->type_name("FILE")
      ->group("Output");
  add("Output", "-F", "FORMAT", "Of -w: pcap or pcapng [what the name says, else that of the capture]",
      [&options](Text text) { options.kept_format = choose("-F", text, capture_formats); });
  bool frames = false;
  app.add_flag("--frames", frames, "Of -z expert: the numbers of the packets that have each note")->group("Output");
  add("Output", "--export-objects", "http,DIR", "Write the bodies that HTTP carried as files into folder DIR",
      [&options](Text text) { options.http_objects = objects_folder(text); });
  add("Output", "-t", "TIME", "Time column: r, a, ad, adoy, d, dd, e, u, ud or udoy [r: since the first packet]",
      [&options](Text text) { options.time = time_format(text); });
  Colour colour = Colour::automatic;
  app.add_option_function<std::string>(
         "--color", [&colour](Text text) { colour = choose("--color", text.empty() ? "always" : text, colours); },
         "Colour the list: auto, always or never [auto: on a terminal; --color alone: always]")
      ->type_name("WHEN")
      ->expected(0, 1)
      ->group("Output");
  app.add_flag("-l", options.flush, "Write each packet at once")->group("Output");
  app.add_flag("-q", options.quiet, "Read everything, show only errors and what -z asks for")->group("Output");

  try {
    app.parse(argc, argv);
    if (lists_interfaces) return print_interfaces();
    for (const char* name : {"-s", "--promiscuous"}) {
      if (app.count(name) != 0 && app.count("-i") == 0) throw CLI::ValidationError(name, "belongs to -i");
    }
    if (app.count("-i") > 1) throw CLI::ValidationError("-i", "one interface at a time; any is all of them");
    if (app.count("-i") != 0) options.live = live;
    read_words(options, words, std::move(capture_filter));
    for (const std::string& text : detailed) add_names(options.detailed, text);
    options.tree = options.tree || !detailed.empty();
    options.colour = colour_wanted(colour);
    if (std::find(statistics.begin(), statistics.end(), "help") != statistics.end()) {
      fmt::print("{}", statistics_text());
      return ExitCode::done;
    }
    check(options, std::move(fields), settings);
    check_comparison(options, app);
    check_output(options, app.count("-T") != 0, !statistics.empty());
    if (!filter.empty() && !set_filter(options, filter)) return ExitCode::usage;
    add_statistics(options, statistics, frames, filter);
    return options;
  } catch (const CLI::Success& wanted) {
    return static_cast<ExitCode>(app.exit(wanted));
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> rest = app.remaining();
    const auto option = std::find_if(rest.begin(), rest.end(), [](Text text) { return text.starts_with('-'); });
    fmt::print(stderr, "dissect: {}\ndissect --help lists what there is\n",
               option != rest.end() ? "there is no option " + *option : "not understood: " + rest.front());
    return ExitCode::usage;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "dissect: {}\ndissect --help lists what there is\n", error.what());
    return ExitCode::usage;
  }
}

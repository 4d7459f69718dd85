#include "options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "encap/input/timestamp_text.h"
#include "encap/render/colour.h"

namespace {

using encap::CraftOptions;

constexpr const char* examples = R"(Examples:
  encapsulate messages.csv -w http.pcap
      a capture of whole conversations, for Wireshark
  encapsulate messages.csv -w - | tshark -r -
      the same into a pipe
  encapsulate chat.csv --host alice=10.0.0.5 --host server=10.0.0.1:12345 -w chat.pcap
      with addresses for the applications the table names
  encapsulate messages.csv --mode segments --payload verbatim --link null -w lesson.pcap
      one bare segment for every row, as a raw-socket exercise sends it
  encapsulate page.har --from har -w page.pcap
      what a browser recorded (Save all as HAR), as plain HTTP
  encapsulate messages.csv -w http.pcapng --map http.json
      with the rows in the packets' comments, and where each row is in the file
  encapsulate messages.csv --explain 17
      message 17 being wrapped, header by header, with its checksums worked out
  encapsulate messages.csv --dry-run
      says what the table holds and what is wrong with it, and writes nothing
  encapsulate messages.csv --check seen.pcap
      says whether every row is in a capture: once, whole, in order, with right checksums
  encapsulate messages.csv -i lo -w seen.pcap
      sends the packets on loopback, keeps what passes there, and checks it
  encapsulate messages.csv -i lo --via wire --pace csv*10
      the same packets where no kernel answers them, ten times as fast as the table says

Exit codes: 0 done, 1 the table has errors, 2 wrong usage, 3 a file or an interface cannot be read or written, 4 a
privilege is missing, 5 --check found something missing or wrong, 130 interrupted.)";

constexpr std::uint64_t most_rounds = 1'000'000'000;

/// A usage error in the words of an option.
[[noreturn]] void refuse(const std::string& option, const std::string& text, const std::string& reason) {
  throw CLI::ValidationError(option, fmt::format("\"{}\": {}", text, reason));
}

/// Reads a whole number within bounds, in decimal or 0x hexadecimal.
template <class Number>
Number number(const std::string& option, const std::string& text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const char* const first = text.data() + (hexadecimal ? 2 : 0);
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    refuse(option, text, fmt::format("write a number from {} to {}", least, most));
  }
  return static_cast<Number>(value);
}

encap::IpAddress address(const std::string& option, const std::string& text) {
  const auto parsed = encap::IpAddress::parse(text);
  if (!parsed) refuse(option, text, "write an IPv4 or IPv6 address");
  return *parsed;
}

encap::Port port(const std::string& option, const std::string& text) {
  return encap::Port{number<std::uint16_t>(option, text, 1, 65535)};
}

encap::Duration duration(const std::string& option, const std::string& text) {
  static constexpr const char* shape = "write a time with its unit, as in 200us, 20ms or 0.5s, up to 60s";
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit{end, text.data() + text.size()};
  const std::map<std::string, double> units{{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const auto scale = units.find(unit);
  if (error != std::errc{} || scale == units.end() || !(value >= 0) || value * scale->second > 60e9)
    refuse(option, text, shape);
  return encap::Duration{static_cast<std::int64_t>(value * scale->second)};
}

encap::Timestamp moment(const std::string& option, const std::string& text) {
  using Kind = encap::TimestampText::Kind;
  const auto time = encap::parse_timestamp(text);
  if (!time || time->kind == Kind::time_of_day) {
    refuse(option, text, "write an ISO 8601 time or seconds since 1970, as in 2026-01-20T21:10:00Z or 1768943400");
  }
  const encap::Timestamp at{time->nanoseconds};
  if (at.seconds() > UINT32_MAX) refuse(option, text, "a capture file holds times up to 2106");
  return at;
}

template <class Value>
Value choice(const std::string& option, const std::string& text, const std::map<std::string, Value>& values) {
  std::string lower;
  for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto found = values.find(lower);
  if (found == values.end()) {
    std::string names;
    for (const auto& [name, value] : values) names += (names.empty() ? "" : ", ") + name;
    refuse(option, text, "write one of " + names);
  }
  return found->second;
}

void check_output_name(const std::string& name) {
  if (name == "-" && isatty(STDOUT_FILENO) != 0)
    refuse("-w", name, "standard output is a terminal; name a file, or pipe it on");
}

/// Whether the outer headers fit one another, the link and the MTU.
void check_outer(const CraftOptions& craft) {
  if (const auto fit = encap::check(craft.outer, craft.link_type); !fit)
    refuse("--outer", fit.error().excerpt, fit.error().reason);
  if (const std::uint32_t most = encap::most_wrapped(craft.outer); craft.mtu.value_or(0) > most)
    refuse("--mtu", std::to_string(*craft.mtu), fmt::format("write at most {}, --outer needs the rest", most));
}

/// A map goes with a capture, and to another place.
void check_map(const CommandOptions& options) {
  if (options.output.empty()) {
    if (!options.map.empty())
      throw CLI::ValidationError("--map", "belongs to -w: it tells where rows are in a capture");
    if (options.capture_format) throw CLI::ValidationError("-F", "belongs to -w");
    return;
  }
  if (options.map.empty()) return;
  const auto place = [](const std::string& file) {
    std::error_code none;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(file, none), none);
  };
  if (place(options.map) != place(options.output)) return;
  throw CLI::ValidationError("--map", options.map == "-" ? "standard output cannot take both the capture and the map"
                                                         : "the capture goes to this file; name another one");
}

/// What is sent is not also compared or explained, and the way of sending has a link of its own.
void check_live(const CommandOptions& options, bool has_link) {
  const LiveRequest& live = options.live;
  if (live.interface.empty()) return;
  if (options.explain) throw CLI::ValidationError("--explain", "sends nothing: leave out -i");
  if (!options.check.capture.empty()) throw CLI::ValidationError("--check", "sends nothing: leave out -i");
  if (!options.map.empty())
    throw CLI::ValidationError("--map", "is of a capture that is written without -i: what passes has answers in it");
  if (has_link) throw CLI::ValidationError("--link", "belongs to -w without -i: --via says what is sent");
  if (live.noise && options.output.empty())
    throw CLI::ValidationError("--noise", "belongs to -w: it writes packets of others, too");
  if (live.loops > 1 && options.table == "-")
    throw CLI::ValidationError("--loop", "standard input comes once; name a file");
  if (live.via == encap::Via::sockets && !options.craft.outer.empty())
    throw CLI::ValidationError("--outer", "belongs to --via ip and wire: sockets make their own headers");
  if (options.format == ReportFormat::html)
    throw CLI::ValidationError("--format", "html is for --explain; a live run tells in text or json");
}

}  // namespace

std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv) {
  CommandOptions options;
  CraftOptions& craft = options.craft;
  LiveRequest& live = options.live;
  CLI::App app{"Turns a table of application messages into the packets a real network would have carried.",
               "encapsulate"};
  app.footer(examples);
  app.set_version_flag("--version", std::string{"encapsulate "} + ENCAP_VERSION);
  app.get_formatter()->column_width(34);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  using Text = const std::string&;
  const auto add = [&app](const std::string& group, const std::string& name, const std::string& shape,
                          const std::string& help, auto read) {
    return app.add_option_function<std::string>(name, read, help)->type_name(shape)->group(group);
  };

  app.add_option("TABLE", options.table, "The message table, or what --from names; - is standard input")
      ->required()
      ->type_name(" ");
  add("Output", "-w,--write", "FILE", "Write a capture: .pcap, .pcapng, .gz and .zst of these; - is standard output",
      [&options](Text text) {
        check_output_name(text);
        options.output = text;
      });
  add("Output", "-F", "FORMAT", "Of -w: pcap or pcapng [what the name says, else pcap]", [&options](Text text) {
    options.capture_format = choice<std::optional<encap::CaptureFormat>>(
        "-F", text, {{"pcap", encap::CaptureFormat::pcap}, {"pcapng", encap::CaptureFormat::pcapng}});
  });
  add("Output", "--map", "FILE",
      "Write down in JSON which frames and octets of -w each row is in; - is standard output",
      [&options](Text text) { options.map = text; });
  app.add_flag("--ns", options.nanoseconds, "Nanosecond times in the capture, not microseconds")->group("Output");
  CLI::Option* const link =
      add("Output", "--link", "TYPE", "auto, null, raw, ether or sll [auto: null for loopback addresses, else ether]",
          [&craft](Text text) {
            const std::map<std::string, std::optional<encap::LinkType>> types{{"auto", std::nullopt},
                                                                              {"null", encap::LinkType::null},
                                                                              {"raw", encap::LinkType::raw},
                                                                              {"ether", encap::LinkType::ethernet},
                                                                              {"sll", encap::LinkType::linux_sll}};
            craft.link_type = choice("--link", text, types);
          });
  app.add_flag("--dry-run", options.dry_run, "Read, check and craft, but write nothing")->group("Output");
  app.add_flag("-q,--quiet", options.quiet, "No notes and no summary, errors only")->group("Output");
  app.add_flag("--progress", options.progress, "Show progress even where standard error is no terminal")
      ->group("Output");

  add("Reports", "--explain", "IDS", "Show how messages are wrapped, by msg_id: 17, or 3,req-7,10-12",
      [&options](Text text) {
        auto wanted = encap::MessageSelection::parse(text);
        if (!wanted) refuse("--explain", text, wanted.error());
        options.explain = std::move(*wanted);
      });
  add("Reports", "--check", "CAPTURE", "Compare a capture with the table, write none; exit code 5 where it differs",
      [&options](Text text) {
        if (text.empty()) refuse("--check", text, "name a capture file, - is standard input");
        options.check.capture = text;
      });
  CLI::Option* const tolerance =
      add("Reports", "--tolerance", "TIME", "How far rows may be off their times [not judged]",
          [&options](Text text) { options.check.tolerance = duration("--tolerance", text); });
  CLI::Option* const format = add(
      "Reports", "--format", "HOW", "text, json, or html: a page of --explain to share [text]", [&options](Text text) {
        options.format = choice<ReportFormat>(
            "--format", text,
            {{"text", ReportFormat::text}, {"json", ReportFormat::json}, {"html", ReportFormat::html}});
      });
  options.colour = encap::colour_is_wanted(isatty(STDOUT_FILENO) != 0);
  add("Reports", "--color", "WHEN", "Colour text reports: auto, always or never [auto: on a terminal]",
      [&options](Text text) {
        const auto wanted =
            choice<std::optional<bool>>("--color", text, {{"auto", std::nullopt}, {"always", true}, {"never", false}});
        if (wanted) options.colour = *wanted;
      });

  CLI::Option* const interface =
      add("Live", "-i,--interface", "IFACE", "Send the packets here, and write with -w what passes; a name or a number",
          [&live](Text text) {
            if (text.empty()) refuse("-i", text, "name an interface, as in -i lo");
            live.interface = text;
          });
  CLI::Option* const via = add(
      "Live", "--via", "WAY",
      "ip: raw packets, which the kernel reads and answers; wire: below it, no answers; sockets: its own TCP and UDP "
      "speak the messages [ip]",
      [&live](Text text) {
        live.via = choice<encap::Via>(
            "--via", text, {{"ip", encap::Via::ip}, {"wire", encap::Via::wire}, {"sockets", encap::Via::sockets}});
      });
  CLI::Option* const pace = add("Live", "--pace", "PACE",
                                "csv: at the table's times; csv*10: ten times as fast; 5000/s: packets a second; max "
                                "[csv]",
                                [&live](Text text) {
                                  const auto parsed = encap::Pace::parse(text);
                                  if (!parsed) refuse("--pace", text, "write csv, csv*10, 5000/s or max");
                                  live.pace = *parsed;
                                });
  CLI::Option* const loop = add("Live", "--loop", "N", "Send the table N times [1]", [&live](Text text) {
    live.loops = number<std::uint64_t>("--loop", text, 1, most_rounds);
  });
  CLI::Option* const count = add("Live", "--count", "N", "End after N packets", [&live](Text text) {
    live.count = number<std::uint64_t>("--count", text, 1, UINT64_MAX);
  });
  CLI::Option* const noise = app.add_flag("--noise", live.noise, "Write packets of others with -w, too")->group("Live");
  CLI::Option* const allow =
      add("Live", "--allow-interface", "NAME", "Send on -i NAME though it is no loopback interface",
          [&live](Text text) { live.allowed_interface = text; });

  add("Messages", "--mode", "MODE", "session: whole connections; segments: one bare segment a row [session]",
      [&craft](Text text) {
        craft.mode = choice<CraftOptions::Mode>(
            "--mode", text, {{"session", CraftOptions::Mode::session}, {"segments", CraftOptions::Mode::segments}});
      });
  add("Messages", "--payload", "HOW",
      "complete: finish HTTP, DNS, DHCP messages and lines; verbatim: exactly the text [complete]",
      [&craft](Text text) {
        craft.payload = choice<CraftOptions::Payload>(
            "--payload", text,
            {{"complete", CraftOptions::Payload::complete}, {"verbatim", CraftOptions::Payload::verbatim}});
      });
  add("Messages", "--from", "KIND", "csv, har (browser), dialogue (curl -v), wireshark-csv (packet list) [csv]",
      [&options](Text text) {
        using enum encap::MessageFormat;
        options.from = choice<encap::MessageFormat>(
            "--from", text, {{"csv", csv}, {"har", har}, {"dialogue", dialogue}, {"wireshark-csv", wireshark_csv}});
      });
  CLI::Option* const escapes =
      app.add_flag("--escapes", options.escapes, R"(Read \r \n \t \xHH \\ in a table's messages as C does)")
          ->group("Messages");
  add("Messages", "--on-error", "WHAT", "stop: nothing is written; skip: write the other rows [stop]",
      [&options](Text text) {
        options.skip_errors = choice<bool>("--on-error", text, {{"stop", false}, {"skip", true}});
      });
  add("Messages", "--start", "TIME", "Time of the first packet [the table's; 2000-01-01 where it has offsets]",
      [&craft](Text text) { craft.start = moment("--start", text); });

  app.add_option_function<std::vector<std::string>>(
         "--host",
         [&craft](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             auto host = encap::Host::parse(text);
             if (!host) refuse("--host", text, host.error().reason);
             craft.addresses.hosts.push_back(std::move(*host));
           }
         },
         "Where an application is; may be given again")
      ->type_name("APP=IP[:PORT]")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->group("Addresses");
  add("Addresses", "--transport", "PROTO", "TCP or UDP, over what app_protocol implies", [&craft](Text text) {
    craft.addresses.transport =
        choice<encap::Transport>("--transport", text, {{"tcp", encap::Transport::tcp}, {"udp", encap::Transport::udp}});
  });
  add("Addresses", "--src-ip", "IP", "Source address, over the table's; in a session the client's",
      [&craft](Text text) { craft.addresses.source_address = address("--src-ip", text); });
  add("Addresses", "--dst-ip", "IP", "Destination address; in a session the server's",
      [&craft](Text text) { craft.addresses.destination_address = address("--dst-ip", text); });
  add("Addresses", "--src-port", "PORT", "Source port; in a session the client's",
      [&craft](Text text) { craft.addresses.source_port = port("--src-port", text); });
  add("Addresses", "--dst-port", "PORT", "Destination port; in a session the server's",
      [&craft](Text text) { craft.addresses.destination_port = port("--dst-port", text); });

  add("Packets", "--mtu", "OCTETS", "Largest IP packet, from 128 [1500; 65535 with --mode segments]",
      [&craft](Text text) { craft.mtu = number<std::uint32_t>("--mtu", text, encap::TcpScript::least_mtu, 65535); });
  add("Packets", "--ttl", "N", "Time to live, or hop limit [64]",
      [&craft](Text text) { craft.time_to_live = number<std::uint8_t>("--ttl", text, 1, 255); });
  std::string outer_help = "Headers in front of each packet, outermost first; may be given again:";
  for (const encap::OuterShape& shape : encap::outer_shapes()) {
    outer_help += fmt::format("\n{}: {}", shape.shape, shape.makes);
  }
  app.add_option_function<std::vector<std::string>>(
         "--outer",
         [&craft](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             const auto layers = encap::parse_outer_layers(text);
             if (!layers) refuse("--outer", layers.error().excerpt, layers.error().reason);
             craft.outer.insert(craft.outer.end(), layers->begin(), layers->end());
           }
         },
         outer_help)
      ->type_name("LAYER[,LAYER...]")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->group("Packets");
  add("Packets", "--ip-id", "N", "IPv4 identification of the first packet of each side [seeded]; of all segments [1]",
      [&craft](Text text) { craft.identification = number<std::uint16_t>("--ip-id", text, 0, 65535); });
  add("Packets", "--seed", "N", "What initial sequence numbers and the like are drawn from [0]",
      [&craft](Text text) { craft.seed = number<std::uint64_t>("--seed", text, 0, UINT64_MAX); });

  add("Faults", "--impair", "SHARES",
      "At random, loss=1%,reorder=0.5%,duplicate=0.1% of segments; the column fault: of a row", [&craft](Text text) {
        const auto impair = encap::Impairment::parse(text);
        if (!impair) refuse("--impair", std::string{impair.error().word}, impair.error().reason);
        craft.impair = *impair;
      });

  CLI::Option* const rtt = add("Sessions", "--rtt", "TIME", "Round trip between the hosts [200us]",
                               [&craft](Text text) { craft.round_trip = duration("--rtt", text); });
  CLI::Option* const close = add("Sessions", "--close", "HOW", "fin, rst or none [fin]", [&craft](Text text) {
    craft.close = choice<encap::Close>(
        "--close", text, {{"fin", encap::Close::fin}, {"rst", encap::Close::rst}, {"none", encap::Close::none}});
  });

  CLI::Option* const flags = add("Segments", "--flags", "LETTERS", "Of F S R P A U E C [PA]", [&craft](Text text) {
    const auto parsed = encap::TcpFlags::parse(text);
    if (!parsed) refuse("--flags", text, "write letters of FSRPAUEC, as in PA");
    craft.segments.flags = *parsed;
  });
  CLI::Option* const seq = add("Segments", "--seq", "N", "Sequence number [0]", [&craft](Text text) {
    craft.segments.sequence_number = {number<std::uint32_t>("--seq", text, 0, UINT32_MAX)};
  });
  CLI::Option* const ack = add("Segments", "--ack", "N", "Acknowledgment number [0]", [&craft](Text text) {
    craft.segments.acknowledgment_number = {number<std::uint32_t>("--ack", text, 0, UINT32_MAX)};
  });
  CLI::Option* const window = add("Segments", "--window", "N", "Window [8192]", [&craft](Text text) {
    craft.segments.window = number<std::uint16_t>("--window", text, 0, 65535);
  });

  try {
    app.parse(argc, argv);
    const bool segments = craft.mode == CraftOptions::Mode::segments;
    for (const CLI::Option* option : {flags, seq, ack, window}) {
      if (!segments && option->count() != 0)
        throw CLI::ValidationError(option->get_name(), "belongs to --mode segments: a session counts for itself");
    }
    for (const CLI::Option* option : {rtt, close}) {
      if (segments && option->count() != 0)
        throw CLI::ValidationError(option->get_name(), "belongs to --mode session: bare segments have no connection");
    }
    check_outer(craft);
    if (options.escapes && options.from != encap::MessageFormat::csv)
      throw CLI::ValidationError(escapes->get_name(), "belongs to --from csv: the other kinds have no such escapes");
    for (const CLI::Option* option : {via, pace, loop, count, noise, allow}) {
      if (interface->count() == 0 && option->count() != 0)
        throw CLI::ValidationError(option->get_name(), "belongs to -i: it says how packets are sent");
    }
    const bool checks_itself = !live.interface.empty() && !options.output.empty();
    check_live(options, link->count() != 0);
    if (format->count() != 0 && !options.explain && options.check.capture.empty() && !checks_itself)
      throw CLI::ValidationError("--format", "belongs to a report: --explain or --check");
    if (options.explain && options.output == "-")
      throw CLI::ValidationError("-w", "standard output is for what --explain shows; name a file");
    if (segments && craft.impair.reorder != 0)
      throw CLI::ValidationError("--impair", "reorder belongs to --mode session: bare segments have no order");
    if (options.check.capture.empty() && !checks_itself && tolerance->count() != 0)
      throw CLI::ValidationError("--tolerance", "belongs to --check");
    if (!options.check.capture.empty()) {
      if (!options.output.empty() || options.dry_run || options.explain)
        throw CLI::ValidationError("--check", "writes nothing: leave out -w, --explain and --dry-run");
      if (options.check.capture == "-" && options.table == "-")
        throw CLI::ValidationError("--check", "the table is standard input already; name the capture");
      if (options.format == ReportFormat::html)
        throw CLI::ValidationError("--format", "html is for --explain; --check tells in text or json");
    }
    if (options.output.empty() && !options.dry_run && !options.explain && options.check.capture.empty() &&
        live.interface.empty())
      throw CLI::ValidationError("-w", "say where the capture goes, or -i lo, or --dry-run, or --check CAPTURE");
    check_map(options);
    craft.addresses.overrides_follow_direction = !segments;
    return options;
  } catch (const CLI::Success& wanted) {
    return static_cast<ExitCode>(app.exit(wanted));
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "encapsulate: {}\nencapsulate --help lists what there is\n", error.what());
    return ExitCode::usage;
  }
}

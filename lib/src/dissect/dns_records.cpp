#include "dissect/dns_records.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/base64.h"
#include "dissect/dns_fields.h"
#include "dissect/text.h"

namespace encap::dns {
namespace {

// --- steps ---------------------------------------------------------------------------------------------------------

// Each step reads one field, adds it under `parent` and goes on behind it, in a list as in a tree: what is missing
// stops either.

ItemId step(Record& r, ItemId parent, const Field& field, std::uint32_t length) {
  if (!r.p.need(r.in, r.at, length)) return ItemId::none;
  const std::uint32_t here = r.at;
  r.at += length;
  return r.p.add(parent, field, r.in, here, length);
}
ItemId step(Record& r, const Field& field, std::uint32_t length) { return step(r, r.tree, field, length); }

std::uint8_t step_u8(Record& r, ItemId parent, const Field& field) {
  const std::uint8_t value = r.p.u8(r.in, r.at);
  step(r, parent, field, 1);
  return value;
}
std::uint8_t step_u8(Record& r, const Field& field) { return step_u8(r, r.tree, field); }
std::uint16_t step_u16(Record& r, ItemId parent, const Field& field) {
  const std::uint16_t value = r.p.u16(r.in, r.at);
  step(r, parent, field, 2);
  return value;
}
std::uint16_t step_u16(Record& r, const Field& field) { return step_u16(r, r.tree, field); }
std::uint32_t step_u32(Record& r, const Field& field) {
  const std::uint32_t value = r.p.u32(r.in, r.at);
  step(r, field, 4);
  return value;
}
void step_seconds(Record& r, const Field& field) {
  if (!r.p.need(r.in, r.at, 4)) return;
  add_seconds(r.p, r.tree, field, r.in, r.at);
  r.at += 4;
}
// Seconds since 1970, 32 bits of them.
void step_time(Record& r, const Field& field) {
  const std::uint64_t seconds = r.p.u32(r.in, r.at);
  r.p.add(r.tree, field, r.in, r.at, 4, seconds * 1'000'000'000);
  r.at += 4;
}

// Octets that are what is left of the data. Where that is less than nothing the record is malformed; one octet too few
// reaches to the end of the message, as every negative length does that Wireshark takes for "all there is".
std::uint32_t left(Record& r) {
  const std::int64_t rest = r.left();
  if (rest >= 0) return static_cast<std::uint32_t>(rest);
  if (rest == -1 && r.at < r.in.captured) return r.in.captured - r.at;
  r.p.stop(Stop::reported);
  return 0;
}
ItemId step_rest(Record& r, const Field& field) {
  const std::uint32_t length = left(r);
  return step(r, field, length);
}

void step_name(Record& r, const Field& field, Name& name) {
  const std::uint32_t length = r.names.read(r.at, name);
  if (r.p.stopped()) return;
  r.p.add_string(r.tree, field, r.in, r.at, length, name.text());
  r.at += length;
}
void step_name(Record& r, const Field& field) {
  Name name;
  step_name(r, field, name);
}

enum class Charset : std::uint8_t { ascii, utf8 };

// Octets as text: those outside the character set become U+FFFD.
std::string decoded(Bytes octets, Charset charset) {
  std::string_view rest{reinterpret_cast<const char*>(octets.data()), octets.size()};
  std::string text;
  text.reserve(rest.size());
  while (!rest.empty()) {
    std::size_t length = 1;
    if (static_cast<unsigned char>(rest[0]) < 0x80) {
      text += rest[0];
    } else if (char32_t character = 0; charset == Charset::ascii) {
      text += "\xef\xbf\xbd";
    } else {
      length = utf8_length(rest, character);
      text += character == 0xfffd ? std::string_view{"\xef\xbf\xbd"} : rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  return text;
}

// Octets as text up to their first NUL, no longer than they are.
std::string decoded_to_length(Bytes octets) {
  std::string text = decoded(octets, Charset::ascii);
  text.resize(std::min(text.size(), octets.size()));
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

// A text of `length` octets. It ends at its first NUL; other characters behind that are told.
ItemId step_text(Record& r, ItemId parent, const Field& field, std::uint32_t length, Charset charset = Charset::ascii) {
  const Bytes octets = r.p.octets(r.in, r.at, length);
  if (r.p.stopped()) return ItemId::none;
  const std::uint32_t here = r.at;
  r.at += length;
  if (!r.p.wants_items()) return ItemId::none;
  const std::string text = decoded(octets, charset);
  const std::string_view shown = std::string_view{text}.substr(0, text.find('\0'));
  const ItemId item = r.p.add_string(parent, field, r.in, here, length, shown);
  const std::string_view behind =
      shown.size() < length ? std::string_view{text}.substr(shown.size(), length - shown.size()) : std::string_view{};
  if (behind.find_first_not_of('\0') != std::string_view::npos) r.p.note(item, stray_characters);
  return item;
}
ItemId step_text(Record& r, const Field& field, std::uint32_t length) { return step_text(r, r.tree, field, length); }

// A length in one octet and as many octets of text.
void step_counted_text(Record& r, const Field& length_field, const Field& field) {
  step_text(r, field, step_u8(r, length_field));
}

// --- what the lines say --------------------------------------------------------------------------------------------

// Info shows the value of some records, of some the name again, of others nothing.
void say_owner(Record& r) {
  r.p.append_info(" ");
  r.p.append_info(r.owner.text());
}
template <class... Args>
void say_info(Record& r, const TextFormat<Args...>& format, Args&&... args) {
  r.p.append_info_format<Args...>(format, std::forward<Args>(args)...);
}
template <class... Args>
void say_line(Record& r, const TextFormat<Args...>& format, Args&&... args) {
  if (r.p.wants_items()) r.p.append_text(r.tree, r.p.text<Args...>(format, std::forward<Args>(args)...));
}

// Lifetime: until the next call. Lists of addresses are common: the text keeps its memory.
std::string_view address_text(Record& r, Address::Kind kind, std::uint32_t offset) {
  thread_local std::string text;
  text.clear();
  append_text(text, r.p.address(kind, r.in, offset));
  return text;
}

// --- records of names and numbers ------------------------------------------------------------------------------------

void read_address(Record& r, const Field& field, Address::Kind kind, std::uint32_t size) {
  if (!r.p.need(r.in, r.at, size)) return;
  const std::string_view text = address_text(r, kind, r.at);
  say_info(r, " {}", text);
  say_line(r, ", addr {}", text);
  step(r, field, size);
}
void read_a(Record& r) { read_address(r, a, Address::Kind::ipv4, 4); }
void read_aaaa(Record& r) { read_address(r, aaaa, Address::Kind::ipv6, 16); }

// A name that says all, such as that of a CNAME.
void read_told_name(Record& r, const Field& field, std::string_view word) {
  Name name;
  const std::uint32_t length = r.names.read(r.at, name);
  if (r.p.stopped()) return;
  say_info(r, " {}", name.text());
  say_line(r, ", {}{}{}", word, word.empty() ? "" : " ", name.text());
  r.p.add_string(r.tree, field, r.in, r.at, length, name.text());
  r.at += length;
}
void read_ns(Record& r) { read_told_name(r, ns, "ns"); }
void read_cname(Record& r) { read_told_name(r, cname, "cname"); }
void read_ptr(Record& r) { read_told_name(r, ptr_domain_name, {}); }
void read_dname(Record& r) { read_told_name(r, dname, "dname"); }

// Records of which Info tells the owner again.
template <const Field&... Names>
void read_names(Record& r) {
  say_owner(r);
  (step_name(r, Names), ...);
}
template <const Field& Number, const Field&... Names>
void read_numbered_names(Record& r) {
  say_owner(r);
  step_u16(r, Number);
  (step_name(r, Names), ...);
}
template <const Field& Data>
void read_octets(Record& r) {
  say_owner(r);
  step_rest(r, Data);
}

void read_soa(Record& r) {
  read_told_name(r, soa_mname, "mname");
  step_name(r, soa_rname);
  step_u32(r, soa_serial_number);
  for (const Field* field : {&soa_refresh_interval, &soa_retry_interval, &soa_expire_limit, &soa_minimum_ttl}) {
    step_seconds(r, *field);
  }
}

void read_preferred_name(Record& r, const Field& preference, const Field& field, std::string_view word) {
  const std::uint16_t number = r.p.u16(r.in, r.at);
  Name name;
  const std::uint32_t length = r.names.read(r.at + 2, name);
  if (r.p.stopped()) return;
  say_info(r, " {} {}", number, name.text());
  say_line(r, ", preference {}, {} {}", number, word, name.text());
  step_u16(r, preference);
  r.p.add_string(r.tree, field, r.in, r.at, length, name.text());
  r.at += length;
}
void read_mx(Record& r) { read_preferred_name(r, mx_preference, mx_mail_exchange, "mx"); }
void read_kx(Record& r) { read_preferred_name(r, kx_preference, kx_key_exchange, "kx"); }

void read_srv(Record& r) {
  const std::uint16_t priority = r.p.u16(r.in, r.at);
  const std::uint16_t weight = r.p.u16(r.in, r.at + 2);
  const std::uint16_t port = r.p.u16(r.in, r.at + 4);
  Name target;
  const std::uint32_t length = r.names.read(r.at + 6, target);
  if (r.p.stopped()) return;
  say_info(r, " {} {} {} {}", priority, weight, port, target.text());
  say_line(r, ", priority {}, weight {}, port {}, target {}", priority, weight, port, target.text());
  step_u16(r, srv_priority);
  step_u16(r, srv_weight);
  step_u16(r, srv_port);
  r.p.add_string(r.tree, srv_target, r.in, r.at, length, target.text());
  r.at += length;
}

// --- records of text -------------------------------------------------------------------------------------------------

template <const Field& Length, const Field& Text>
void read_texts(Record& r) {
  while (r.left() != 0 && !r.p.stopped()) step_counted_text(r, Length, Text);
}

void read_hinfo(Record& r) {
  const std::uint32_t cpu_size = r.p.u8(r.in, r.at);
  const Bytes cpu = r.p.octets(r.in, r.at + 1, cpu_size);
  const std::uint32_t os_size = r.p.u8(r.in, r.at + 1 + cpu_size);
  const Bytes os = r.p.octets(r.in, r.at + 2 + cpu_size, os_size);
  if (r.p.stopped()) return;
  const std::string cpu_text = decoded_to_length(cpu);
  const std::string os_text = decoded_to_length(os);
  say_info(r, " {} {}", cpu_text, os_text);
  say_line(r, ", CPU {}, OS {}", cpu_text, os_text);
  step_counted_text(r, hinfo_cpu_length, hinfo_cpu);
  step_counted_text(r, hinfo_os_length, hinfo_os);
}

void read_x25(Record& r) {
  say_owner(r);
  step_counted_text(r, x25_length, x25_psdn_address);
}

void read_isdn(Record& r) {
  say_owner(r);
  step_counted_text(r, idsn_length, idsn_address);
  if (r.left() > 0) step_counted_text(r, idsn_sa_length, idsn_sa_address);
}

void read_gpos(Record& r) {
  say_owner(r);
  step_counted_text(r, gpos_longitude_length, gpos_longitude);
  step_counted_text(r, gpos_latitude_length, gpos_latitude);
  step_counted_text(r, gpos_altitude_length, gpos_altitude);
}

void read_naptr(Record& r) {
  const std::uint16_t order = step_u16(r, naptr_order);
  const std::uint16_t preference = step_u16(r, naptr_preference);
  const std::uint32_t size = step_u8(r, naptr_flags_length);
  const Bytes flags_octets = r.p.octets(r.in, r.at, size);
  step_text(r, naptr_flags, size);
  step_counted_text(r, naptr_service_length, naptr_service);
  step_counted_text(r, naptr_regex_length, naptr_regex);
  Name replacement;
  const std::uint32_t length = r.names.read(r.at, replacement);
  if (r.p.stopped()) return;
  r.p.generated(r.p.add(r.tree, naptr_replacement_length, r.in, r.at, 0, replacement.text().size()));
  r.p.add_string(r.tree, naptr_replacement, r.in, r.at, length, replacement.text());
  r.at += length;
  const std::string flags_text = decoded(flags_octets, Charset::ascii);
  say_info(r, " {} {} {}", order, preference, flags_text.c_str());
  say_line(r, ", order {}, preference {}, flags {}", order, preference, flags_text.c_str());
}

void read_caa(Record& r) {
  const ItemId flags_item = step(r, caa_flags, 1);
  r.p.add(flags_item, caa_flags_issuer_critical, r.in.from(r.start));
  const std::uint32_t tag_size = r.p.u8(r.in, r.at);
  const Bytes tag_octets = r.p.octets(r.in, r.at + 1, tag_size);
  const std::int64_t value_size = r.left() - 1 - tag_size;
  if (value_size < 0) r.p.stop(Stop::reported);
  if (r.p.stopped()) return;
  // A tag is known by the octets it has, also by fewer than all.
  const std::string_view tag{reinterpret_cast<const char*>(tag_octets.data()), tag_octets.size()};
  const auto starts = [&](std::string_view known) { return known.substr(0, tag.size()) == tag; };
  const Field& property = starts("issue")       ? caa_issue
                          : starts("issuewild") ? caa_issuewild
                          : starts("iodef")     ? caa_iodef
                                                : caa_unknown;
  const auto size = static_cast<std::uint32_t>(value_size);
  if (!r.p.need(r.in, r.at, 1 + tag_size + size)) return;
  ItemId item = ItemId::none;
  if (r.p.wants_items()) {
    const std::string value = decoded_to_length(r.p.octets(r.in, r.at + 1 + tag_size, size));
    item = r.p.add_string(r.tree, property, r.in, r.at, 1 + tag_size + size, value);
    step_u8(r, item, caa_tag_length);
    step_text(r, item, caa_tag, tag_size);
    r.p.add_string(item, caa_value, r.in, r.at, size, value);
  }
  r.at = r.start + r.length;
}

void read_openpgpkey(Record& r) { step_text(r, openpgpkey, left(r)); }

// --- records of addresses and places ---------------------------------------------------------------------------------

void read_wks(Record& r) {
  read_address(r, wks_address, Address::Kind::ipv4, 4);
  step_u8(r, wks_protocol);
  for (std::uint32_t port = 0; r.left() != 0 && !r.p.stopped(); port += 8) {
    const std::uint8_t bits = r.p.u8(r.in, r.at);
    if (bits != 0 && r.p.wants_items()) {
      std::string ports;
      for (std::uint32_t bit = 0; bit < 8; ++bit) {
        if ((bits << bit & 0x80) == 0) continue;
        fmt::format_to(std::back_inserter(ports), "{}{}", ports.empty() ? "" : ", ", port + bit);
      }
      r.p.set_text(r.p.add(r.tree, wks_bits, r.in, r.at, 1), r.p.text("Bits: 0x{:02x} ({})", bits, ports));
    }
    ++r.at;
  }
}

// An IPv6 address of which only the last `size` octets are in the record.
std::array<char, 16> address_end(Record& r, std::uint32_t size) {
  std::array<char, 16> octets{};
  const Bytes end = r.p.octets(r.in, r.at, size);
  std::copy_n(reinterpret_cast<const char*>(end.data()), end.size(), octets.end() - static_cast<long>(size));
  return octets;
}

// Source: RFC 2874 §3.1.
void read_a6(Record& r) {
  const std::uint32_t prefix = r.p.u8(r.in, r.at);
  if (r.p.stopped()) return;
  if (prefix > 128) {
    r.p.stop(Stop::reported);
    return;
  }
  const std::uint32_t size = prefix == 0 ? 16 : (128 - (prefix - 1)) / 8;
  const std::uint32_t here = r.at++;
  const std::array<char, 16> suffix = address_end(r, size);
  Name name;
  const std::uint32_t length = prefix != 0 ? r.names.read(r.at + size, name) : 0;
  if (r.p.stopped()) return;
  r.p.add(r.tree, a6_prefix_len, r.in, here, 1);
  if (prefix != 128) r.p.add_string(r.tree, a6_address_suffix, r.in, r.at, size, {suffix.data(), suffix.size()});
  r.at += size;
  if (prefix != 0) r.p.add_string(r.tree, a6_prefix_name, r.in, r.at, length, name.text());
  r.at += length;
  Address address{{}, Address::Kind::ipv6, 16};
  std::copy_n(suffix.begin(), 16, reinterpret_cast<char*>(address.octets.data()));
  std::string text;
  append_text(text, address);
  say_info(r, " {} {} {}", prefix, text, prefix != 0 ? name.text() : std::string_view{});
  say_line(r, ", addr {} {} {}", prefix, text, prefix != 0 ? name.text() : std::string_view{});
}

// Source: RFC 3123 §4.
void read_apl(Record& r) {
  say_owner(r);
  while (r.left() > 0 && !r.p.stopped()) {
    const std::uint16_t family = step_u16(r, apl_address_family);
    step_u8(r, apl_coded_prefix);
    const Octets word = r.in.from(r.at);
    const std::uint32_t size = r.p.u8(r.in, r.at) & 0x7fu;
    if (r.p.stopped()) return;
    r.p.add(r.tree, {&apl_negation, &apl_afdlength}, word);
    ++r.at;
    const Bytes part = r.p.octets(r.in, r.at, size);
    if (r.p.stopped()) return;
    // Octets that are zero at the end are left out.
    const std::uint32_t whole = family == 1 ? 4 : family == 2 ? 16 : 0;
    if (whole != 0 && size <= whole) {
      std::array<char, 16> octets{};
      std::copy_n(reinterpret_cast<const char*>(part.data()), part.size(), octets.begin());
      r.p.add_string(r.tree, family == 1 ? apl_afdpart_ipv4 : apl_afdpart_ipv6, r.in, r.at, size,
                     {octets.data(), whole});
    } else {
      r.p.add(r.tree, apl_afdpart_data, r.in, r.at, size);
    }
    r.at += size;
  }
}

// Metres as a mantissa and a power of ten, of centimetres. Source: RFC 1876 §2.
void step_metres(Record& r, const Field& field) {
  const std::uint8_t octet = r.p.u8(r.in, r.at);
  const double metres = (octet >> 4) * std::pow(10.0, octet & 15) / 100;
  const ItemId item = step(r, field, 1);
  if (r.p.wants_items()) r.p.set_text(item, r.p.text("{}: {} ({:g} m)", field.label, octet, metres));
}
// Thousandths of a second of arc, counted from 2^31.
void step_degrees(Record& r, const Field& field, char ahead, char behind, std::uint32_t most) {
  const std::uint32_t number = r.p.u32(r.in, r.at);
  const ItemId item = step(r, field, 4);
  if (!r.p.wants_items()) return;
  const std::uint32_t zero = 0x80000000;
  const std::uint32_t arc = number >= zero ? number - zero : zero - number;
  if (arc > most * 3'600'000u) {
    r.p.set_text(item, r.p.text("{}: {} (Value out of range)", field.label, number));
    return;
  }
  r.p.set_text(item, r.p.text("{}: {} ({} deg {} min {}.{:03} sec {})", field.label, number, arc / 3'600'000,
                              arc / 60'000 % 60, arc / 1000 % 60, arc % 1000, number >= zero ? ahead : behind));
}
void read_loc(Record& r) {
  const std::uint8_t version = step_u8(r, loc_version);
  if (r.p.stopped()) return;
  if (version != 0) {
    r.at = r.start;
    step_rest(r, loc_unknown_data);
    return;
  }
  step_metres(r, loc_size);
  step_metres(r, loc_horizontal_precision);
  step_metres(r, loc_vertical_precision);
  step_degrees(r, loc_latitude, 'N', 'S', 90);
  step_degrees(r, loc_longitude, 'E', 'W', 180);
  const std::uint32_t altitude = r.p.u32(r.in, r.at);
  const ItemId item = step(r, loc_altitude, 4);
  if (r.p.wants_items()) {
    r.p.set_text(
        item, r.p.text("Altitude: {} ({:g} m)", altitude, (static_cast<std::int32_t>(altitude) - 10'000'000.0) / 100));
  }
}

template <const Field& Preference, const Field& Value, std::uint32_t Size>
void read_locator(Record& r) {
  step_u16(r, Preference);
  step(r, Value, Size);
}
void read_lp(Record& r) {
  step_u16(r, ilnp_lp_preference);
  step_name(r, ilnp_lp);
}
void read_eui48(Record& r) { step(r, eui48, 6); }
void read_eui64(Record& r) {
  const Bytes octets = r.p.octets(r.in, r.at, 8);
  const ItemId item = step(r, eui64, 8);
  if (!r.p.wants_items()) return;
  std::string text;
  for (const std::byte octet : octets) {
    fmt::format_to(std::back_inserter(text), "{}{:02x}", text.empty() ? "" : ":", std::to_integer<unsigned>(octet));
  }
  r.p.set_text(item, r.p.text("{}: {} ({})", eui64.label, text, text));
}

// Source: draft-bellis-dnsop-xpf §4.
void read_xpf(Record& r) {
  const std::uint8_t version = step_u8(r, xpf_ip_version) & 0x0fu;
  if (version == 4 || version == 6) {
    step_u8(r, xpf_protocol);
    const bool four = version == 4;
    step(r, four ? xpf_source_ipv4 : xpf_source_ipv6, four ? 4 : 16);
    step(r, four ? xpf_destination_ipv4 : xpf_destination_ipv6, four ? 4 : 16);
    step_u16(r, xpf_sport);
    step_u16(r, xpf_dport);
  }
}

void read_wins(Record& r) {
  r.p.add(r.tree, wins_local_flag, r.in.from(r.at));
  if (!r.p.need(r.in, r.at, 4)) return;
  r.at += 4;
  step_u32(r, wins_lookup_timeout);
  step_u32(r, wins_cache_timeout);
  std::uint32_t servers = step_u32(r, wins_nb_wins_servers);
  for (; servers != 0 && !r.p.stopped(); --servers) step(r, wins_wins_server, 4);
}

void read_wins_r(Record& r) {
  r.p.add(r.tree, winsr_local_flag, r.in.from(r.at));
  if (!r.p.need(r.in, r.at, 4)) return;
  r.at += 4;
  step_u32(r, winsr_lookup_timeout);
  step_u32(r, winsr_cache_timeout);
  read_told_name(r, winsr_name_result_domain, "name result domain");
}

// --- records of keys and signatures
// ------------------------------------------------------------------------------------

// The key's number as others refer to it, over `size` octets of data. Source: RFC 4034 appendix B.
std::uint16_t key_id(Bytes data, std::uint8_t algorithm) {
  const std::size_t size = data.size();
  if (algorithm == 1) return size < 4 ? 0 : load_be16(data, size - 3);  // RSA/MD5: of the modulus
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto octet = std::to_integer<std::uint32_t>(data[i]);
    sum += (i & 1) != 0 ? octet : octet << 8;
  }
  sum += sum >> 16 & 0xffff;
  return static_cast<std::uint16_t>(sum);
}
void add_key_id(Record& r, const Field& field, std::uint8_t algorithm) {
  if (r.length < 4) {
    if (!r.p.wants_items()) return;
    const ItemId item = r.p.add_text(r.tree, r.in, r.start, 0, no_key_id.field.label);
    r.p.note(r.p.generated(item), no_key_id);
    return;
  }
  const Bytes data = r.p.octets(r.in, r.start, r.length);
  if (r.p.stopped() || !r.p.wants_items()) return;
  r.p.generated(r.p.add(r.tree, field, r.in, r.start, 0, key_id(data, algorithm)));
}

void read_key(Record& r) {
  const std::uint16_t bits = r.p.u16(r.in, r.at);
  const Octets word = r.in.from(r.at);
  const ItemId item = step(r, key_flags, 2);
  r.p.add(item, {&key_flags_authentication, &key_flags_confidentiality}, word);
  if ((bits & 0xc000) != 0xc000) {
    r.p.add(item,
            {&key_flags_required, &key_flags_associated_user, &key_flags_associated_named_entity, &key_flags_ipsec,
             &key_flags_mime, &key_flags_signatory},
            word);
  }
  step_u8(r, key_protocol);
  const std::uint8_t algorithm = step_u8(r, key_algorithm);
  if (r.p.stopped()) return;
  add_key_id(r, key_key_id, algorithm);
  if (r.left() != 0) step_rest(r, key_public_key);
}

void read_dnskey(Record& r) {
  const std::uint16_t bits = r.p.u16(r.in, r.at);
  const Octets word = r.in.from(r.at);
  const ItemId item = step(r, dnskey_flags, 2);
  r.p.add(item, {&dnskey_flags_zone_key, &dnskey_flags_key_revoked, &dnskey_flags_secure_entry_point}, word);
  if (r.p.wants_items()) {
    // Bits of one field that do not stand side by side.
    std::string drawn;
    for (int bit = 15; bit >= 0; --bit) {
      const bool of_field = (0xfe7e >> bit & 1) != 0;
      drawn += !of_field ? '.' : (bits >> bit & 1) != 0 ? '1' : '0';
      if (bit % 4 == 0 && bit != 0) drawn += ' ';
    }
    const std::uint32_t value = (bits & 0xfe7eu) >> 1;
    r.p.set_text(r.p.add(item, dnskey_flags_reserved, r.in, r.start, 2, value),
                 r.p.text("{} = Key Signing Key: 0x{:04x}", drawn, value));
  }
  step_u8(r, dnskey_protocol);
  const std::uint8_t algorithm = step_u8(r, dnskey_algorithm);
  if (r.p.stopped()) return;
  add_key_id(r, dnskey_key_id, algorithm);
  step_rest(r, dnskey_public_key);
}

void read_ds(Record& r) {
  step_u16(r, ds_key_id);
  step_u8(r, ds_algorithm);
  step_u8(r, ds_digest_type);
  step_rest(r, ds_digest);
}

void read_rrsig(Record& r) {
  step_u16(r, rrsig_type_covered);
  step_u8(r, rrsig_algorithm);
  step_u8(r, rrsig_labels);
  step_seconds(r, rrsig_original_ttl);
  step_time(r, rrsig_signature_expiration);
  step_time(r, rrsig_signature_inception);
  step_u16(r, rrsig_key_tag);
  step_name(r, rrsig_signers_name);
  if (r.left() != 0) step_rest(r, rrsig_signature);
}

// A type that a bit of the octet at hand stands for.
void add_mapped_type(Record& r, std::uint32_t number) {
  const std::string_view name = find_name(type_descriptions, number);
  r.p.set_text(
      r.p.add(r.tree, resp_type, r.in, r.at, 1, number),
      name.empty() ? r.p.text("RR type in bit map: Unknown ({})", number) : r.p.text("RR type in bit map: {}", name));
}

// Types of which there are records, in windows of 256. Source: RFC 4034 §4.1.2.
void read_type_windows(Record& r) {
  while (r.left() != 0 && !r.p.stopped()) {
    const std::uint32_t window = r.p.u8(r.in, r.at);
    const std::uint32_t size = r.p.u8(r.in, r.at + 1);
    r.at += 2;
    for (std::uint32_t i = 0; i < size && !r.p.stopped(); ++i, ++r.at) {
      const std::uint8_t bits = r.p.u8(r.in, r.at);
      for (std::uint32_t bit = 0; bits != 0 && bit < 8 && r.p.wants_items(); ++bit) {
        if ((bits << bit & 0x80) == 0) continue;
        const std::uint32_t number = window << 8 | i << 3 | bit;
        add_mapped_type(r, number);
      }
    }
  }
}

void read_nsec(Record& r) {
  read_told_name(r, nsec_next_domain_name, "next domain name");
  read_type_windows(r);
}

// The types of NSEC's forerunner are one row of bits. Source: RFC 2535 §5.2.
void read_nxt(Record& r) {
  read_told_name(r, nxt_next_domain_name, "next domain name");
  for (std::uint32_t type = 0; r.left() > 0 && !r.p.stopped(); ++r.at) {
    const std::uint8_t bits = r.p.u8(r.in, r.at);
    for (std::uint32_t bit = 0; bit < 8; ++bit, ++type) {
      if ((bits << bit & 0x80) != 0 && r.p.wants_items()) add_mapped_type(r, type);
    }
  }
}

void read_csync(Record& r) {
  step_u32(r, csync_soa);
  const Octets word = r.in.from(r.at);
  const ItemId item = step(r, csync_flags, 2);
  r.p.add(item, {&csync_flags_immediate, &csync_flags_soaminimum}, word);
  const std::uint32_t size = left(r);
  if (!r.p.need(r.in, r.at, size)) return;
  r.p.add(r.tree, csync_type_bitmap, r.in, r.at, size);
  read_type_windows(r);
}

// Digits of RFC 4648 §7, without padding, in lower case.
std::string base32_hex(Bytes octets) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuv";
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const std::byte octet : octets) {
    held = held << 8 | std::to_integer<std::uint32_t>(octet);
    for (bits += 8; bits >= 5; bits -= 5) text += digits[held >> (bits - 5) & 31];
  }
  if (bits != 0) text += digits[held << (5 - bits) & 31];
  return text;
}

void read_nsec3(Record& r) {
  step_u8(r, nsec3_algo);
  const Octets word = r.in.from(r.at);
  const ItemId item = step(r, nsec3_flags, 1);
  r.p.add(item, nsec3_flags_opt_out, word);
  step_u16(r, nsec3_iterations);
  const std::uint32_t salt_size = step_u8(r, nsec3_salt_length);
  step(r, nsec3_salt_value, salt_size);
  const std::uint32_t hash_size = step_u8(r, nsec3_hash_length);
  const Bytes hash = r.p.octets(r.in, r.at, hash_size);
  if (r.p.stopped()) return;
  if (hash_size != 0 && r.p.wants_items()) {
    r.p.generated(r.p.add_string(r.tree, nsec3_hash_value, r.in, r.at, hash_size, base32_hex(hash)));
  }
  r.at += hash_size;
  read_type_windows(r);
}

void read_nsec3param(Record& r) {
  say_owner(r);
  step_u8(r, nsec3_algo);
  step_u8(r, nsec3_flags);
  step_u16(r, nsec3_iterations);
  const std::uint32_t salt_size = step_u8(r, nsec3_salt_length);
  step(r, nsec3_salt_value, salt_size);
}

void read_cert(Record& r) {
  step_u16(r, cert_type);
  step_u16(r, cert_key_tag);
  step_u8(r, cert_algorithm);
  if (r.left() != 0) step_rest(r, cert_certificate);
}

void read_sshfp(Record& r) {
  step_u8(r, sshfp_algorithm);
  step_u8(r, sshfp_fingerprint_type);
  if (r.left() != 0) step_rest(r, sshfp_fingerprint);
}

void read_tlsa(Record& r) {
  say_owner(r);
  step_u8(r, tlsa_certificate_usage);
  step_u8(r, tlsa_selector);
  step_u8(r, tlsa_matching_type);
  step_rest(r, tlsa_certificate_association_data);
}

void read_zonemd(Record& r) {
  step_u32(r, zonemd_serial);
  step_u8(r, zonemd_scheme);
  step_u8(r, zonemd_hash_algo);
  step_rest(r, zonemd_digest);
}

void read_ipseckey(Record& r) {
  step_u8(r, ipseckey_gateway_precedence);
  const std::uint8_t gateway = step_u8(r, ipseckey_gateway_type);
  step_u8(r, ipseckey_gateway_algorithm);
  if (gateway == 1) step(r, ipseckey_gateway_ipv4, 4);
  if (gateway == 2) step(r, ipseckey_gateway_ipv6, 16);
  if (gateway == 3) step_name(r, ipseckey_gateway_dns);
  if (!r.p.stopped() && r.left() != 0) step_rest(r, ipseckey_public_key);
}

// Source: RFC 8005 §5.
void read_hip(Record& r) {
  say_owner(r);
  const std::uint32_t hit_size = step_u8(r, hip_hit_length);
  step_u8(r, hip_hit_pk_algo);
  const std::uint32_t key_size = step_u16(r, hip_pk_length);
  step(r, hip_hit, hit_size);
  step(r, hip_pk, key_size);
  while (r.left() > 0 && !r.p.stopped()) step_name(r, hip_rendezvous_server);
}

void read_tkey(Record& r) {
  step_name(r, tkey_algo_name);
  step_time(r, tkey_signature_inception);
  step_time(r, tkey_signature_expiration);
  const std::uint16_t mode = step_u16(r, tkey_mode);
  step_u16(r, tkey_error);
  const std::uint32_t key_size = step_u16(r, tkey_key_size);
  if (key_size != 0) {
    const Octets key = r.in.part(r.at, key_size);
    const ItemId item = step(r, tkey_key_data, key_size);
    if (mode == 3 && !r.p.stopped()) {  // GSS-API, whose tokens are not read any further
      r.p.call_data(key, item);
    }
  }
  const std::uint32_t other_size = step_u16(r, tkey_other_size);
  if (other_size != 0) step(r, tkey_other_data, other_size);
}

// Source: RFC 8945 §4.2.
void read_tsig(Record& r) {
  Name algorithm;
  step_name(r, tsig_algorithm_name, algorithm);
  const std::uint64_t high = r.p.u16(r.in, r.at);
  const std::uint64_t seconds = high << 32 | r.p.u32(r.in, r.at + 2);
  constexpr std::uint64_t latest = 9'223'372'036;  // that nanoseconds in 64 bits reach
  const ItemId time_item = r.p.add(r.tree, tsig_time_signed, r.in, r.at, 6, std::min(seconds, latest) * 1'000'000'000);
  if (high != 0) r.p.append_text(time_item, " (high bits set)");
  r.at += 6;
  step_u16(r, tsig_fudge);
  const std::uint32_t mac_size = step_u16(r, tsig_mac_size);
  if (mac_size != 0) {
    const ItemId mac = step(r, tsig_mac, mac_size);
    if (r.p.wants_items()) r.p.note(mac, no_algorithm, r.p.value("No dissector for algorithm:{}", algorithm.text()));
  }
  step_u16(r, tsig_original_id);
  step_u16(r, tsig_error);
  const std::uint32_t other_size = step_u16(r, tsig_other_len);
  if (other_size != 0) step(r, tsig_other_data, other_size);
}

// --- SVCB
// ----------------------------------------------------------------------------------------------------------------

std::string service_key_name(std::uint16_t key) {
  const std::string_view name = find_name(service_keys, key);
  return name.empty() ? fmt::format("key{}", key) : std::string{name};
}

// Source: RFC 9460 §2.2, and §7 for what the parameters hold.
void read_service_parameter(Record& r) {
  const std::uint16_t key = r.p.u16(r.in, r.at);
  const ItemId tree = r.p.add(r.tree, svcb_svcparam, r.in, r.at, 0);
  step_u16(r, tree, svcb_svcparam_key);
  const std::uint32_t size = r.p.u16(r.in, r.at);
  if (r.p.stopped()) return;
  step_u16(r, tree, svcb_svcparam_value_length);
  r.p.set_length(tree, 4 + size);
  const auto say = [&](std::string_view text) {
    if (r.p.wants_items()) r.p.append_text(tree, text);
  };
  if (r.p.wants_items()) r.p.set_text(tree, r.p.text("SvcParam: {}", service_key_name(key)));
  const std::uint32_t end = r.at + size;
  const auto each = [&](auto&& read) {
    for (char before = '='; r.at < end && !r.p.stopped(); before = ',') read(std::string_view{&before, 1});
  };
  const auto addresses = [&](const Field& field, Address::Kind kind, std::uint32_t width) {
    each([&](std::string_view before) {
      if (!r.p.need(r.in, r.at, width)) return;
      if (r.p.wants_items()) {
        say(before);
        say(address_text(r, kind, r.at));
      }
      step(r, tree, field, width);
    });
  };
  const auto as_base64 = [&](const Field& field) {
    const Bytes octets = r.p.octets(r.in, r.at, size);
    const ItemId item = step(r, tree, field, size);
    if (!r.p.wants_items()) return;
    std::string text;
    append_base64(text, octets);
    r.p.set_text(item, r.p.text("{}: {}", field.label, text));
    say("=");
    say(text);
  };
  switch (key) {
    case 0:  // mandatory
      each([&](std::string_view before) {
        const std::uint16_t other = step_u16(r, tree, svcb_svcparam_mandatory_key);
        say(before);
        say(service_key_name(other));
      });
      break;
    case 1:  // alpn
      each([&](std::string_view before) {
        const std::uint32_t length = step_u8(r, tree, svcb_svcparam_alpn_length);
        const Bytes octets = r.p.octets(r.in, r.at, length);
        step_text(r, tree, svcb_svcparam_alpn, length);
        say(before);
        if (r.p.wants_items()) say(decoded(octets, Charset::ascii).c_str());
      });
      break;
    case 2:  // no-default-alpn
      break;
    case 3: {  // port
      const std::uint16_t port = step_u16(r, tree, svcb_svcparam_port);
      if (r.p.wants_items()) say(r.p.text("={}", port));
      break;
    }
    case 4:
      addresses(svcb_svcparam_ipv4hint_ip, Address::Kind::ipv4, 4);
      break;
    case 5:
      as_base64(svcb_svcparam_echconfig);
      break;
    case 6:
      addresses(svcb_svcparam_ipv6hint_ip, Address::Kind::ipv6, 16);
      break;
    case 32769:
      as_base64(svcb_svcparam_odohconfig);
      break;
    default:
      if (size != 0) {
        const Bytes octets = r.p.octets(r.in, r.at, size);
        step(r, tree, svcb_svcparam_value, size);
        if (r.p.wants_items()) {
          std::string text = "=";
          append_escaped(text, {reinterpret_cast<const char*>(octets.data()), octets.size()});
          say(text);
        }
      }
  }
}

void read_svcb(Record& r) {
  step_u16(r, svcb_svcpriority);
  step_name(r, svcb_targetname);
  while (r.left() > 0 && !r.p.stopped()) read_service_parameter(r);
}

// --- EDNS options
// ----------------------------------------------------------------------------------------------------------

void read_client_subnet(Record& r, ItemId tree, std::uint32_t end) {
  const std::uint16_t family = step_u16(r, tree, opt_client_family);
  step_u8(r, tree, opt_client_netmask);
  step_u8(r, tree, opt_client_scope);
  if (r.p.stopped()) return;
  if (r.at > end) {
    r.p.stop(Stop::reported);
    return;
  }
  const std::uint32_t size = end - r.at;
  const Bytes prefix = r.p.octets(r.in, r.at, size);
  if (r.p.stopped()) return;
  const std::uint32_t whole = family == 1 ? 4 : family == 2 ? 16 : 0;
  if (whole == 0) {
    r.p.add(tree, opt_client_addr, r.in, r.at, size);
  } else {
    std::array<char, 16> octets{};
    std::copy_n(reinterpret_cast<const char*>(prefix.data()), std::min(size, whole), octets.begin());
    r.p.add_string(tree, family == 1 ? opt_client_addr4 : opt_client_addr6, r.in, r.at, size, {octets.data(), whole});
  }
  r.at = end;
}

// Source: RFC 6891 §6.1.2.
void read_option(Record& r) {
  const std::uint16_t code = r.p.u16(r.in, r.at);
  const std::uint32_t size = r.p.u16(r.in, r.at + 2);
  if (r.p.stopped()) return;
  ItemId tree = ItemId::none;
  if (r.p.wants_items()) {
    const std::string_view name = find_name(option_codes, code);
    tree = r.p.add(r.tree, opt, r.in, r.at, 4);
    r.p.set_text(tree, name.empty() ? r.p.text("Option: Unknown ({})", code) : r.p.text("Option: {}", name));
    r.p.set_length(tree, 4 + size);
  }
  const ItemId code_item = step(r, tree, opt_code, 2);
  if (code == 20730) r.p.note(code_item, deprecated_option);
  const ItemId size_item = step(r, tree, opt_len, 2);
  const bool subnet = code == 8 || code == 20730;
  if (subnet && size > 20) r.p.note(size_item, subnet_too_long);
  if (!r.p.need(r.in, r.at, size)) return;
  r.p.add(tree, opt_data, r.in, r.at, size);
  const std::uint32_t end = r.at + size;
  const auto each_octet = [&](const Field& field) {
    while (r.at < end && !r.p.stopped()) step_u8(r, tree, field);
  };
  switch (code) {
    case 5:
      each_octet(opt_dau);
      break;
    case 6:
      each_octet(opt_dhu);
      break;
    case 7:
      each_octet(opt_n3u);
      break;
    case 8:
    case 20730:
      read_client_subnet(r, tree, end);
      break;
    case 10:  // the client's half is 8 octets; what is left is the server's. Source: RFC 7873 §4
      step(r, tree, opt_cookie_client, 8);
      if (!r.p.stopped() && r.at > end) r.p.stop(Stop::reported);
      if (!r.p.stopped()) step(r, tree, opt_cookie_server, end - r.at);
      break;
    case 11:
      if (size == 2) step_u16(r, tree, opt_edns_tcp_keepalive_timeout);
      break;
    case 12:
      step(r, tree, opt_padding, size);
      break;
    case 13:
      if (size != 0) step_text(r, tree, opt_chain_fqdn, size);
      break;
    case 15:
      if (size == 0) break;
      step_u16(r, tree, opt_ext_error_info_code);
      if (size == 1) r.p.stop(Stop::reported);
      if (size > 2 && !r.p.stopped()) step_text(r, tree, opt_ext_error_extra_text, size - 2, Charset::utf8);
      break;
    default:
      break;
  }
  r.at = end;
}

void read_opt(Record& r) {
  while (r.left() > 0 && !r.p.stopped()) read_option(r);
}

// --- which is which
// ----------------------------------------------------------------------------------------------------------

struct Reader {
  std::uint16_t type;
  void (*read)(Record&);
};
constexpr Reader readers[] = {
    {1, read_a},
    {2, read_ns},
    {3, read_names<md>},
    {4, read_names<mf>},
    {5, read_cname},
    {6, read_soa},
    {7, read_names<mb>},
    {8, read_names<mg>},
    {9, read_names<mr>},
    {10, read_octets<null>},
    {11, read_wks},
    {12, read_ptr},
    {13, read_hinfo},
    {14, read_names<minfo_r, minfo_e>},
    {15, read_mx},
    {16, read_texts<txt_length, txt>},
    {17, read_names<rp_mailbox, rp_txt_rr>},
    {18, read_numbered_names<afsdb_subtype, afsdb_hostname>},
    {19, read_x25},
    {20, read_isdn},
    {21, read_numbered_names<rt_subtype, rt_intermediate_host>},
    {22, read_octets<nsap_rdata>},
    {23, read_names<nsap_ptr_owner>},
    {24, read_rrsig},
    {25, read_key},
    {26, read_numbered_names<px_preference, px_map822, px_map400>},
    {27, read_gpos},
    {28, read_aaaa},
    {29, read_loc},
    {30, read_nxt},
    {33, read_srv},
    {35, read_naptr},
    {36, read_kx},
    {37, read_cert},
    {38, read_a6},
    {39, read_dname},
    {41, read_opt},
    {42, read_apl},
    {43, read_ds},
    {44, read_sshfp},
    {45, read_ipseckey},
    {46, read_rrsig},
    {47, read_nsec},
    {48, read_dnskey},
    {49, read_octets<dhcid_rdata>},
    {50, read_nsec3},
    {51, read_nsec3param},
    {52, read_tlsa},
    {55, read_hip},
    {59, read_ds},
    {60, read_dnskey},
    {61, read_openpgpkey},
    {62, read_csync},
    {63, read_zonemd},
    {64, read_svcb},
    {65, read_svcb},
    {99, read_texts<spf_length, spf>},
    {104, read_locator<ilnp_nid_preference, ilnp_nid, 8>},
    {105, read_locator<ilnp_l32_preference, ilnp_l32, 4>},
    {106, read_locator<ilnp_l64_preference, ilnp_l64, 8>},
    {107, read_lp},
    {108, read_eui48},
    {109, read_eui64},
    {249, read_tkey},
    {250, read_tsig},
    {257, read_caa},
    {32769, read_ds},
    {65281, read_wins},
    {65282, read_wins_r},
    {65422, read_xpf},
};

}  // namespace

std::string_view type_name(Packet& p, std::uint16_t type) {
  const auto* const known =
      std::lower_bound(std::begin(type_names), std::end(type_names), type,
                       [](const TypeName& row, std::uint16_t wanted) { return row.type < wanted; });
  if (known != std::end(type_names) && known->type == type) return known->name;
  return p.value("Unknown ({})", type);
}

void read_data(Record& r) {
  const auto* const reader =
      std::lower_bound(std::begin(readers), std::end(readers), r.type,
                       [](const Reader& row, std::uint16_t wanted) { return row.type < wanted; });
  if (reader != std::end(readers) && reader->type == r.type) {
    reader->read(r);
    return;
  }
  if (r.p.wants_items()) {
    r.p.note(
        r.tree, undecoded,
        r.p.value("Dissector for DNS Type ({}) code not implemented, Contact Wireshark developers if you want this "
                  "supported",
                  r.type));
  }
  step(r, data, r.length);
}

ItemId add_seconds(Packet& p, ItemId parent, const Field& field, const Octets& in, std::uint32_t offset) {
  const ItemId item = p.add(parent, field, in, offset, 4);
  if (item == ItemId::none) return item;
  const std::uint32_t seconds = p.u32(in, offset);
  struct Unit {
    std::uint32_t count;
    std::string_view name;
  };
  const Unit units[] = {{seconds / 86'400, "day"},
                        {seconds / 3600 % 24, "hour"},
                        {seconds / 60 % 60, "minute"},
                        {seconds % 60, "second"}};
  std::string words;
  for (const Unit& unit : units) {
    if (unit.count == 0) continue;
    fmt::format_to(std::back_inserter(words), "{}{} {}{}", words.empty() ? "" : ", ", unit.count, unit.name,
                   plural(unit.count));
  }
  if (words.empty()) words = "0 seconds";
  p.set_text(item, p.text("{}: {} ({})", field.label, seconds, words));
  return item;
}

}  // namespace encap::dns

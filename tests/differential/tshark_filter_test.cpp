// Filters drawn from a grammar, over the fields and the values a capture has: tshark and we select the same frames.
// ENCAP_TEST_SEED draws others, ENCAP_TEST_FILTERS more of them for each capture.
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "differential/tshark_capture.h"
#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "encap/filter/filter.h"
#include "support/property.h"

namespace encap::test {
namespace {

// A field of the capture with one of its values.
struct Sample {
  std::string name;
  FieldType type = FieldType::none;
  std::string value;
};

// What tshark's grammar has for values that may hold any octet.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\''; });
}

/// Draws filters.
class Grammar {
 public:
  Grammar(Random& random, const std::vector<Sample>& samples) : random_{random}, samples_{samples} {}

  std::string expression(int depth = 0) {
    const std::uint64_t kind = depth > 2 ? 0 : random_.below(10);
    if (kind < 5) return test();
    if (kind == 5) return "not (" + expression(depth + 1) + ")";
    const std::string_view joint = one_of({" and ", " or ", " && ", " || "});
    std::string both = expression(depth + 1);
    both += joint;
    both += expression(depth + 1);
    return random_.one_in(2) ? "(" + both + ")" : both;
  }

 private:
  std::string_view one_of(std::initializer_list<std::string_view> all) {
    return all.begin()[random_.below(all.size())];
  }
  std::string relation() { return std::string{one_of({"==", "!=", "===", "!==", ">", "<", ">=", "<=", "eq", "ne"})}; }
  const Sample& sample() { return samples_[random_.below(samples_.size())]; }

  std::string test() {
    const Sample& field = sample();
    if (random_.one_in(8)) return field.name;
    if (random_.one_in(16)) return field.name + "#" + std::to_string(1 + random_.below(2));
    if (random_.one_in(16)) return "count(" + field.name + ") " + relation() + " " + std::to_string(random_.below(4));
    const std::string quantifier{one_of({"", "", "", "any ", "all "})};
    switch (field.type) {
      case FieldType::uint8:
      case FieldType::uint16:
      case FieldType::uint24:
      case FieldType::uint32:
      case FieldType::uint64:
        return number(field, quantifier);
      case FieldType::boolean:
        return quantifier + field.name + std::string{one_of({" == ", " != "})} +
               std::string{one_of({"0", "1", "True"})};
      case FieldType::ipv4:
        if (random_.one_in(2)) {
          return quantifier + field.name + " " + relation() + " " + field.value + "/" +
                 std::to_string(random_.below(33));
        }
        return random_.one_in(2) ? quantifier + field.name + " " + relation() + " " + field.value
                                 : field.name + "[1:2] != 00:00";
      case FieldType::ipv6:
        return quantifier + field.name + " " + relation() + " " + field.value +
               (random_.one_in(2) ? "/" + std::to_string(random_.below(129)) : "");
      case FieldType::ether:
        return random_.one_in(2) ? quantifier + field.name + " " + relation() + " " + field.value
                                 : field.name + "[0:3] == " + field.value.substr(0, 8);
      case FieldType::string:
        return string(field, quantifier);
      case FieldType::protocol:
        return field.name + "[" + std::to_string(random_.below(12)) + ":2] " +
               std::string{one_of({"==", ">", "contains"})} + " " +
               std::string{one_of({"00:00", "00:50", "0d:0a", "45:00"})};
      default:
        return field.name;
    }
  }

  std::string number(const Sample& field, const std::string& quantifier) {
    const std::uint64_t value = std::strtoull(field.value.c_str(), nullptr, 10);
    const auto text = [](std::uint64_t n) { return std::to_string(n); };
    switch (random_.below(5)) {
      case 0:
        return field.name + " in {" + text(value) + ", " + text(value + 2) + " .. " + text(value + 9) + "}";
      case 1:
        return quantifier + field.name + " & 3 " + relation() + " " + text(random_.below(4));
      case 2:
        return field.name + " + 1 " + relation() + " " + text(value);
      default:
        return quantifier + field.name + " " + relation() + " " + text(value + (random_.one_in(3) ? 1 : 0));
    }
  }

  std::string string(const Sample& field, const std::string& quantifier) {
    if (field.value.empty() || !is_plain(field.value)) return field.name;
    const std::size_t start = random_.below(field.value.size());
    const std::string part = field.value.substr(start, 1 + random_.below(5));
    switch (random_.below(5)) {
      case 0:
        return field.name + " contains " + literal(part);
      case 1:
        return "upper(" + field.name + ") contains " + literal(part);
      case 2:
        return "len(" + field.name + ") " + relation() + " " + std::to_string(field.value.size());
      case 3:
        return field.name + " matches " + literal(std::string{one_of({"^[a-m]", "[0-9]+$", "^.{3,8}$", "o"})});
      default:
        return quantifier + field.name + " " + relation() + " " + literal(field.value);
    }
  }

  Random& random_;
  const std::vector<Sample>& samples_;
};

class TsharkFilter : public Tshark {
 protected:
  /// Calls `visit(dissection)` for each packet, in full.
  template <class Visit>
  void read(Visit visit) const {
    auto file = CaptureFileReader::open(capture_);
    ASSERT_TRUE(file.has_value());
    SessionMemory session;
    Dissector dissector{&session};
    Dissection dissection{Detail::fields};
    for (;;) {
      const auto record = file->next();
      if (!record || *record == nullptr) break;
      dissector.dissect(**record, dissection);
      visit(dissection);
    }
  }
  [[nodiscard]] std::vector<Sample> samples() const {
    std::vector<Sample> found;
    std::string value;
    read([&](const Dissection& dissection) {
      for (const Item& item : dissection.items) {
        // Which frame was displayed before depends on the filter itself.
        if (item.field == nullptr || item.field->name.starts_with("frame.time")) continue;
        value.clear();
        append_value(value, item);
        if (const FieldType type = item.field->type; type >= FieldType::uint8 && type <= FieldType::uint64)
          value = std::to_string(item.number);
        found.push_back({std::string{item.field->name}, item.field->type, value});
      }
    });
    return found;
  }
  [[nodiscard]] std::string selected_by(Filter& filter) const {
    std::string numbers;
    read([&](const Dissection& dissection) {
      if (filter.matches(dissection)) numbers += std::to_string(dissection.frame_number) + ' ';
    });
    return numbers;
  }
};

TEST_P(TsharkFilter, selects_the_same_frames) {
  const std::vector<Sample> all = samples();
  ASSERT_FALSE(all.empty());
  const char* const wanted = std::getenv("ENCAP_TEST_FILTERS");
  const std::uint64_t filters = wanted == nullptr ? 2 : std::strtoull(wanted, nullptr, 10);
  std::uint64_t name_of_capture = 0;  // other filters for each
  for (const char c : fs::path{GetParam()}.stem().string())
    name_of_capture = name_of_capture * 31 + static_cast<unsigned char>(c);
  check_property(filters, [&](Random& seed) {
    Random random{seed.next() ^ name_of_capture};
    const std::string text = Grammar{random, all}.expression();
    SCOPED_TRACE(text);
    const fs::path written = folder_ / "filter";
    std::ofstream{written} << text;
    const std::string theirs =
        run("{ f=$(cat '" + written.string() + "'); TZ=UTC LC_ALL=C.UTF-8 WIRESHARK_CONFIG_DIR=" + settings() +
            " tshark -n -r '" + capture_ + "' -Y \"$f\" -T fields -e frame.number || echo refused; }");
    auto filter = Filter::compile(text);
    std::string ours = filter ? selected_by(*filter) : "refused ";
    std::string folded = theirs;
    std::replace(folded.begin(), folded.end(), '\n', ' ');
    EXPECT_EQ(folded, ours);
  });
}

INSTANTIATE_TEST_SUITE_P(Captures, TsharkFilter, testing::ValuesIn(captures()),
                         [](const auto& file) { return fs::path{file.param}.stem().string(); });

}  // namespace
}  // namespace encap::test

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encap/dissect/dissection.h"
#include "encap/statistics/statistic.h"

namespace encap::advice {

/// Something that makes a capture look wrong: what it is, why it happens and what to do. Words for people.
struct Finding {
  std::string_view name;  ///< stays as it is from version to version: "rst.nobody-listens"
  Severity severity = Severity::note;
  std::string_view summary;
  std::string_view cause;
  std::string_view cure;
};

/// Numbers of the frames that prove something: the first few, the last one, and how many there were.
class Frames {
 public:
  static constexpr std::size_t most = 6;

  void add(std::uint64_t frame) noexcept {
    if (count_ < most) first_[count_] = frame;
    ++count_;
    last_ = frame;
  }
  /// Those of another one, which come later.
  void add(const Frames& others) noexcept;
  void clear() noexcept { count_ = 0; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Precondition: not empty.
  [[nodiscard]] std::uint64_t front() const noexcept { return first_[0]; }
  [[nodiscard]] std::uint64_t back() const noexcept { return last_; }
  /// `frame 3`, `frames 3, 5, 7`, `frames 3, 5, 7, 9, 11, 13 ... 177 (88 frames)`
  [[nodiscard]] std::string text() const;
  /// `3 5 7 9 11 13 ... 177`, for programs.
  [[nodiscard]] std::string list() const;

 private:
  std::array<std::uint64_t, most> first_{};
  std::uint64_t last_ = 0;
  std::uint64_t count_ = 0;
};

/// One place where a finding holds.
struct Case {
  const Finding* finding = nullptr;
  std::string where;  ///< such as "192.0.2.1:50000 to 192.0.2.2:80"
  std::optional<std::uint32_t> stream{};
  Frames frames;
  std::string proof;   ///< a sentence with the values
  std::string filter;  ///< a display filter that shows them; may be empty
};

/// What was found. Bounded: 100 cases of a finding are kept, the first ones, the others counted.
class Report {
 public:
  static constexpr std::size_t most_cases = 100;

  void add(Case found);
  /// All of another one.
  void add(const Report& others);
  /// Cases that could not be told one by one.
  void add_uncounted(const Finding& finding, std::uint64_t count) { of(finding).left_out += count; }

  [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
  /// For people, wrapped.
  void append_text(std::string& out, std::uint64_t packets) const;
  /// For programs: a row for each case.
  [[nodiscard]] static std::vector<std::string> columns();
  void each_row(const Statistic::RowVisitor& visit) const;

 private:
  struct Found {
    const Finding* finding;
    std::vector<Case> cases;
    std::uint64_t left_out = 0;
  };
  [[nodiscard]] Found& of(const Finding& finding);
  [[nodiscard]] std::vector<const Found*> ordered() const;

  std::vector<Found> found_;
};

/// `192.0.2.1:80`, `[2001:db8::1]:80`
[[nodiscard]] std::string end_text(const Address& address, std::uint16_t port);
/// `0.25 s`, `310 ms`, `12 us`
[[nodiscard]] std::string duration_text(Duration duration);
/// `1 packet`, `2 packets`
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view noun);

}  // namespace encap::advice

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "encap/dissect/dissection.h"
#include "filter/glance.h"
#include "filter/program.h"

namespace encap::filter {

/// Asks packets what a program asks. Memory is kept from packet to packet.
class Evaluator {
 public:
  explicit Evaluator(Program program);

  [[nodiscard]] const Program& program() const noexcept { return program_; }
  [[nodiscard]] bool matches(const Dissection& dissection);
  /// The same where the headers of a plain packet are enough to tell.
  [[nodiscard]] std::optional<bool> matches(const PacketRecord& record);

 private:
  // Values in `values_`, from `first` on to its end.
  struct Values {
    std::size_t first = 0;
    bool present = false;  ///< no: there is nothing to compare, which is something else than no values
  };
  struct Found {
    const Item* item;
    std::uint32_t layer;  // which one of its kind it is in; 0 where nobody asks
  };
  struct LayerCount {
    const Field* field;
    std::uint32_t layers;
  };

  void mark(Test& test);
  [[nodiscard]] bool is_in_headers(const Operand& operand, std::size_t kind) const;
  [[nodiscard]] std::optional<bool> answer(const Test& test, std::size_t kind);

  void find_items();
  [[nodiscard]] std::size_t name_of(const Field* field);
  void number_layers();

  [[nodiscard]] bool is_true(const Test& test);
  [[nodiscard]] bool exists(const Operand& operand);
  [[nodiscard]] bool comparison(const Test& test);
  [[nodiscard]] bool search(const Test& test);
  [[nodiscard]] bool match(const Test& test);
  [[nodiscard]] bool membership(const Test& test);
  [[nodiscard]] bool is_at(const Test& test, std::size_t element, std::size_t value, Relation relation);
  template <class Holds>
  [[nodiscard]] bool some_value(const Operand& operand, bool for_all, Holds holds);

  [[nodiscard]] Values evaluate(const Operand& operand);
  [[nodiscard]] Values field(const Operand& operand);
  [[nodiscard]] static std::uint32_t last_layer(const std::vector<Found>& found) noexcept;
  [[nodiscard]] Value value_of(const Item& item);
  [[nodiscard]] Value layer_value(const Item& item) const noexcept;
  [[nodiscard]] Values each(const Operand& operand, Value (Evaluator::*change)(const Operand&, const Value&));
  [[nodiscard]] Value sliced(const Operand& operand, const Value& value);
  [[nodiscard]] Value other_case(const Operand& operand, const Value& value);
  [[nodiscard]] Value measured(const Operand& operand, const Value& value);
  [[nodiscard]] Value written(const Operand& operand, const Value& value);
  [[nodiscard]] Value without_sign(const Operand& operand, const Value& value);
  [[nodiscard]] Values negation(const Operand& operand);
  [[nodiscard]] Values arithmetic(const Operand& operand);
  [[nodiscard]] std::optional<Value> computed(FieldType type, Arithmetic sign, const Value& left, const Value& right);
  [[nodiscard]] Value masked(FieldType type, const Value& left, const Value& right);
  [[nodiscard]] Values count(const Operand& operand);
  [[nodiscard]] Values extreme(const Operand& operand);

  Program program_;
  Glance glance_;
  std::array<bool, Glance::kinds> may_glance_{};  // whether any test can be answered so
  std::vector<Item> glanced_;
  // Which of the names a field goes by, for each field that was met: open addressing, half full at most. As many
  // entries as there are fields in the program.
  struct Entry {
    const Field* field = nullptr;
    std::size_t name = 0;  // beyond the last one: none
  };
  std::vector<Entry> table_;
  std::size_t known_fields_ = 0;
  std::vector<std::vector<Found>> found_;  // by name
  std::vector<std::uint32_t> layers_;      // by item, where they are asked for
  std::vector<LayerCount> layer_counts_;   // of the packet at hand
  std::vector<Value> values_;
  const Dissection* dissection_ = nullptr;
  Arena arena_;
  std::string line_;
};

}  // namespace encap::filter

#include "encap/filter/filter.h"

#include "filter/evaluator.h"

namespace encap {

struct Filter::State {
  State(std::string_view written, filter::Program program) : text{written}, evaluator{std::move(program)} {}
  std::string text;
  filter::Evaluator evaluator;
};

Filter::Filter(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

Result<Filter, FilterError> Filter::compile(std::string_view text) {
  filter::Fault fault;
  filter::Program program = filter::compile(text, fault);
  if (fault) return unexpected(std::move(fault.error()));
  return Filter{std::make_unique<State>(text, std::move(program))};
}

Filter Filter::clone() const {
  filter::Fault fault;  // the text was right before
  return Filter{std::make_unique<State>(state_->text, filter::compile(state_->text, fault))};
}

bool Filter::matches(const Dissection& dissection) { return state_->evaluator.matches(dissection); }

std::optional<bool> Filter::matches(const PacketRecord& record) { return state_->evaluator.matches(record); }

const std::vector<std::string>& Filter::fields() const noexcept { return state_->evaluator.program().names; }

const std::vector<std::string>& Filter::unfilled() const noexcept { return state_->evaluator.program().unfilled; }

std::string to_string(const FilterError& error, std::string_view filter) {
  std::string text = error.reason;
  if (error.length == 0) return text;
  text += "\n    ";
  text += filter;
  text += "\n    ";
  text.append(error.offset, ' ');
  text += '^';
  text.append(error.length - 1, '~');
  return text;
}

}  // namespace encap

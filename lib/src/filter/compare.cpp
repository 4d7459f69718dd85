#include "filter/compare.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "filter/types.h"

namespace encap::filter {
namespace {

constexpr std::int32_t second = 1'000'000'000;  // nanoseconds

using Ordering = std::partial_ordering;

Ordering order_of_octets(std::string_view left, std::string_view right) noexcept { return left.compare(right) <=> 0; }

std::int64_t as_signed(const Value& value) noexcept { return static_cast<std::int64_t>(value.number); }
double as_real(const Value& value) noexcept { return std::bit_cast<double>(value.number); }

// The left one says how both are read. One without a sign is neither less nor greater than one below 0.
Ordering compare_numbers(const Value& left, const Value& right) noexcept {
  if (left.is_signed) return as_signed(left) <=> as_signed(right);
  if (right.is_signed && as_signed(right) < 0) return Ordering::unordered;
  return left.number <=> right.number;
}

// tshark takes the lower 32 bits of how many seconds lie between two times.
Ordering compare_times(const Value& left, const Value& right) noexcept {
  if (left.number == right.number) return left.nanoseconds <=> right.nanoseconds;
  const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(left.number - right.number));
  return difference <=> 0;
}

Ordering compare_ipv4(const Value& left, const Value& right) noexcept {
  const unsigned bits = std::min(left.prefix, right.prefix);
  const std::uint64_t mask = bits == 0 ? 0 : ~std::uint64_t{0} << (32 - std::min(bits, 32u));
  return (left.number & mask) <=> (right.number & mask);
}

Ordering compare_ipv6(const Value& left, const Value& right) noexcept {
  const unsigned bits = std::min(left.prefix, right.prefix);
  const std::size_t whole = bits / 8;
  const Ordering order = order_of_octets({left.data, whole}, {right.data, whole});
  if (order != 0 || bits % 8 == 0) return order;
  const unsigned mask = 0xff00u >> bits % 8;
  return (static_cast<unsigned char>(left.data[whole]) & mask) <=>
         (static_cast<unsigned char>(right.data[whole]) & mask);
}

Ordering compare_octets(const Value& left, const Value& right) noexcept {
  if (left.size != right.size) return left.size <=> right.size;
  return order_of_octets(left.octets(), right.octets());
}

// What numbers of a width hold.
struct Bounds {
  explicit Bounds(int width) noexcept
      : largest{width == 64 ? std::numeric_limits<std::uint64_t>::max() : 0xffffffff},
        lowest{width == 64 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int32_t>::min()},
        highest{width == 64 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int32_t>::max()} {}
  std::uint64_t largest;
  std::int64_t lowest;
  std::int64_t highest;
};

Value with_number(std::uint64_t number, bool is_signed) noexcept {
  Value value;
  value.number = number;
  value.is_signed = is_signed;
  return value;
}

std::optional<Value> compute_signed(Arithmetic sign, std::int64_t left, std::int64_t right, int width) noexcept {
  std::int64_t result = 0;
  bool overflow = false;
  switch (sign) {
    case Arithmetic::add:
      overflow = __builtin_add_overflow(left, right, &result);
      break;
    case Arithmetic::subtract:
      overflow = __builtin_sub_overflow(left, right, &result);
      break;
    case Arithmetic::multiply:
      overflow = __builtin_mul_overflow(left, right, &result);
      break;
    case Arithmetic::divide:
    case Arithmetic::modulo:
      if (right == 0 || (left == std::numeric_limits<std::int64_t>::min() && right == -1)) return std::nullopt;
      result = sign == Arithmetic::divide ? left / right : left % right;
      break;
    case Arithmetic::bit_and:
      result = left & right;
      break;
  }
  const Bounds bounds{width};
  if (overflow || result < bounds.lowest || result > bounds.highest) return std::nullopt;
  return with_number(static_cast<std::uint64_t>(result), true);
}

std::optional<Value> compute_unsigned(Arithmetic sign, std::uint64_t left, std::uint64_t right, int width) noexcept {
  const Bounds bounds{width};
  right &= bounds.largest;  // of one that is below 0, the octets of the width
  std::uint64_t result = 0;
  bool overflow = false;
  switch (sign) {
    case Arithmetic::add:
      overflow = __builtin_add_overflow(left, right, &result);
      break;
    case Arithmetic::subtract:
      if (left >= right) {
        result = left - right;
        break;
      }
      if (right > static_cast<std::uint64_t>(bounds.highest)) return std::nullopt;
      return with_number(left - right, true);
    case Arithmetic::multiply:
      overflow = __builtin_mul_overflow(left, right, &result);
      break;
    case Arithmetic::divide:
    case Arithmetic::modulo:
      if (right == 0) return std::nullopt;
      result = sign == Arithmetic::divide ? left / right : left % right;
      break;
    case Arithmetic::bit_and:
      result = left & right;
      break;
  }
  if (overflow || result > bounds.largest) return std::nullopt;
  return with_number(result, false);
}

std::optional<Value> compute_real(Arithmetic sign, double left, double right) noexcept {
  double result = 0;
  switch (sign) {
    case Arithmetic::add:
      result = left + right;
      break;
    case Arithmetic::subtract:
      result = left - right;
      break;
    case Arithmetic::multiply:
      result = left * right;
      break;
    default:
      if (right == 0) return std::nullopt;
      result = left / right;
  }
  return with_number(std::bit_cast<std::uint64_t>(result), false);
}

Value compute_time(Arithmetic sign, const Value& left, const Value& right) noexcept {
  const bool add = sign == Arithmetic::add;
  Value result;
  result.number = add ? left.number + right.number : left.number - right.number;
  std::int32_t nanoseconds = add ? left.nanoseconds + right.nanoseconds : left.nanoseconds - right.nanoseconds;
  // Seconds and nanoseconds have the same sign.
  if (nanoseconds >= second || (nanoseconds > 0 && as_signed(result) < 0)) {
    nanoseconds -= second;
    ++result.number;
  } else if (nanoseconds <= -second || (nanoseconds < 0 && as_signed(result) > 0)) {
    nanoseconds += second;
    --result.number;
  }
  result.nanoseconds = nanoseconds;
  return result;
}

}  // namespace

Order natural_order(FieldType left, FieldType right) noexcept {
  switch (left) {
    case FieldType::absolute_time:
    case FieldType::relative_time:
      return Order::time;
    case FieldType::real:
      return Order::real;
    case FieldType::ipv4:
      return right == FieldType::ipv4 ? Order::ipv4 : Order::octets;
    case FieldType::ipv6:
      return right == FieldType::ipv6 ? Order::ipv6 : Order::octets;
    case FieldType::string:
      return right == FieldType::string ? Order::text : Order::octets;
    case FieldType::protocol:
    case FieldType::bytes:
    case FieldType::ether:
      return Order::octets;
    default:
      return Order::number;
  }
}

std::partial_ordering compare(Order order, const Value& left, const Value& right) noexcept {
  switch (order) {
    case Order::number:
      return compare_numbers(left, right);
    case Order::real:
      return as_real(left) <=> as_real(right);
    case Order::time:
      return compare_times(left, right);
    case Order::ipv4:
      return compare_ipv4(left, right);
    case Order::ipv6:
      return compare_ipv6(left, right);
    case Order::text:
      return order_of_octets(left.octets(), right.octets());
    case Order::octets:
      return compare_octets(left, right);
  }
  return Ordering::unordered;
}

bool holds(Relation relation, std::partial_ordering order) noexcept {
  switch (relation) {
    case Relation::equal:
    case Relation::all_equal:
      return order == 0;
    case Relation::unequal:
    case Relation::any_unequal:
      return order != 0;
    case Relation::greater:
      return order > 0;
    case Relation::greater_equal:
      return order >= 0;
    case Relation::less:
      return order < 0;
    case Relation::less_equal:
      return order <= 0;
  }
  return false;
}

bool is_zero(FieldType type, const Value& value) noexcept {
  if (type == FieldType::real) return as_real(value) == 0;
  if (is_octets(type) || type == FieldType::ipv6)
    return value.octets().find_first_not_of('\0') == std::string_view::npos;
  return value.number == 0 && value.nanoseconds == 0;
}

std::optional<Value> compute(FieldType type, Arithmetic sign, const Value& left, const Value& right) noexcept {
  if (type == FieldType::real) return compute_real(sign, as_real(left), as_real(right));
  if (is_time(type)) return compute_time(sign, left, right);
  if (left.is_signed) return compute_signed(sign, as_signed(left), as_signed(right), width(type));
  return compute_unsigned(sign, left.number, right.number, width(type));
}

std::optional<Value> negate(FieldType type, const Value& value) noexcept {
  if (type == FieldType::real) return with_number(std::bit_cast<std::uint64_t>(-as_real(value)), false);
  if (!is_time(type)) return compute_signed(Arithmetic::subtract, 0, as_signed(value), width(type));
  Value result = value;
  result.number = 0 - value.number;
  result.nanoseconds = -value.nanoseconds;
  return result;
}

}  // namespace encap::filter

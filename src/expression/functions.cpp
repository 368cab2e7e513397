#include "functions.hpp"

#include "kernels.hpp"

#include <algorithm>
#include <limits>

namespace driftwell::expression {

namespace {
constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
using Form = Callable::Form;
} // namespace

const std::vector<Callable>& callables() {
  static const std::vector<Callable> table{
      {"exp", 1, 1, Function::exp},     {"log", 1, 1, Function::log},           {"log1p", 1, 1, Function::log1p},
      {"expm1", 1, 1, Function::expm1}, {"sqrt", 1, 1, Function::sqrt},         {"sin", 1, 1, Function::sin},
      {"cos", 1, 1, Function::cos},     {"tan", 1, 1, Function::tan},           {"asin", 1, 1, Function::asin},
      {"acos", 1, 1, Function::acos},   {"atan", 1, 1, Function::atan},         {"sinh", 1, 1, Function::sinh},
      {"cosh", 1, 1, Function::cosh},   {"tanh", 1, 1, Function::tanh},         {"erf", 1, 1, Function::erf},
      {"abs", 1, 1, Function::abs},     {"sign", 1, 1, Function::sign},         {"relu", 1, 1, Function::relu},
      {"softplus", 1, 1, Function::softplus}, {"sigmoid", 1, 1, Function::sigmoid}, {"step", 1, 1, Function::step},
      {"min", 2, any, Function::min, Form::fold},  {"max", 2, any, Function::max, Form::fold},
      {"pow", 2, 2, Function::exp, Form::pow},     {"where", 3, 3, Function::exp, Form::where},
      {"sum", 4, 4, Function::exp, Form::sum}};
  return table;
}

const Callable* find_callable(std::string_view name) {
  const auto& table = callables();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Callable& c) { return c.name == name; });
  return found == table.end() ? nullptr : &*found;
}

const std::vector<std::string>& callable_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Callable& callable : callables())
      list.emplace_back(callable.name);
    return list;
  }();
  return names;
}

std::string_view name_of(Function function) {
  for (const Callable& callable : callables())
    if (callable.function == function && (callable.form == Form::plain || callable.form == Form::fold))
      return callable.name;
  return "?";
}

std::string_view symbol_of(Comparison comparison) {
  constexpr std::string_view symbols[] = {"<", "<=", "==", "!="};
  return symbols[static_cast<std::size_t>(comparison)];
}

double value_of(Function function, double a, double b) {
  double result = 0.0;
  kernel_of(op_of(function))({&result, &a, &b, &a, &a, 0.0, 0.0, 1});
  return result;
}

double power_of(double base, double exponent) {
  double result = 0.0;
  kernel_of(Op::power)({&result, &base, &exponent, &base, &base, 0.0, 0.0, 1});
  return result;
}

double integer_power_of(double base, long exponent) {
  const bool inverse = exponent < 0;
  double result = 1.0;
  for (unsigned long left = inverse ? 0UL - static_cast<unsigned long>(exponent) : static_cast<unsigned long>(exponent); left != 0;
       left >>= 1, base *= base)
    if (left & 1)
      result *= base;
  return inverse ? 1.0 / result : result;
}

bool holds(Comparison comparison, double a, double b) {
  switch (comparison) {
  case Comparison::less: return a < b;
  case Comparison::less_equal: return a <= b;
  case Comparison::equal: return a == b;
  case Comparison::not_equal: return a != b;
  }
  return false;
}

} // namespace driftwell::expression

#pragma once
// The functions a formula may call: names, argument counts and their value at one point.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace driftwell::expression {

/// Functions of one argument first, then those of two.
enum class Function : std::uint8_t {
  exp, log, log1p, expm1, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf, abs, sign, relu, softplus,
  sigmoid, step, min, max,
};

enum class Comparison : std::uint8_t { less, less_equal, equal, not_equal };

/// What the parser may call: `function` for plain ones, the rest are handled by name.
struct Callable {
  std::string_view name;
  std::size_t least, most; ///< number of arguments
  Function function;
  enum class Form : std::uint8_t { plain, fold, pow, where, sum } form = Form::plain;
};

[[nodiscard]] const std::vector<Callable>& callables();
[[nodiscard]] const Callable* find_callable(std::string_view name);
[[nodiscard]] const std::vector<std::string>& callable_names();
[[nodiscard]] std::string_view name_of(Function function);
[[nodiscard]] std::string_view symbol_of(Comparison comparison);

/// The value at a point, by the very kernels of the tape, so that a folded constant has the bits of a computed one.
[[nodiscard]] double value_of(Function function, double a, double b = 0.0);
[[nodiscard]] double power_of(double base, double exponent);
[[nodiscard]] double integer_power_of(double base, long exponent);
[[nodiscard]] bool holds(Comparison comparison, double a, double b);

} // namespace driftwell::expression

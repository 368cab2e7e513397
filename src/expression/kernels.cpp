#include "kernels.hpp"

#include <algorithm>
#include <array>

namespace driftwell::expression {

Kernel kernel_of(Op op) {
  static constexpr Kernel table[] = {
#define X(name, formula) kernels::name,
      DRIFTWELL_ARITHMETIC(X)
#undef X
#define X(name) kernels::name,
          DRIFTWELL_ELEMENTARY(X)
#undef X
  };
  return table[static_cast<std::size_t>(op)];
}

std::string_view name_of(Op op) {
  static constexpr std::string_view table[] = {
#define X(name, formula) #name,
      DRIFTWELL_ARITHMETIC(X)
#undef X
#define X(name) #name,
          DRIFTWELL_ELEMENTARY(X)
#undef X
  };
  return table[static_cast<std::size_t>(op)];
}

std::string_view formula_of(Op op) {
  static constexpr std::string_view table[] = {
#define X(name, formula) #formula,
      DRIFTWELL_ARITHMETIC(X)
#undef X
#define X(name) #name "(a)",
          DRIFTWELL_ELEMENTARY(X)
#undef X
  };
  return op == Op::power ? "power(a, b)" : table[static_cast<std::size_t>(op)];
}

int operands_of(Op op) {
  static const auto table = [] {
    std::array<int, static_cast<std::size_t>(Op::count_)> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::string_view formula = formula_of(static_cast<Op>(i));
      const auto is_letter = [&](std::size_t at) { return at < formula.size() && ((formula[at] >= 'a' && formula[at] <= 'z') || formula[at] == '_'); };
      for (std::size_t at = 0; at < formula.size(); ++at)
        if (formula[at] >= 'a' && formula[at] <= 'd' && !is_letter(at + 1) && (at == 0 || !is_letter(at - 1)))
          counts[i] = std::max(counts[i], formula[at] - 'a' + 1);
    }
    return counts;
  }();
  return table[static_cast<std::size_t>(op)];
}

bool is_elementary(Op op) { return op >= Op::exp; }

Op op_of(Function function) {
  switch (function) {
  case Function::exp: return Op::exp;
  case Function::log: return Op::log;
  case Function::log1p: return Op::log1p;
  case Function::expm1: return Op::expm1;
  case Function::sqrt: return Op::sqrt;
  case Function::sin: return Op::sin;
  case Function::cos: return Op::cos;
  case Function::tan: return Op::tan;
  case Function::asin: return Op::asin;
  case Function::acos: return Op::acos;
  case Function::atan: return Op::atan;
  case Function::sinh: return Op::sinh;
  case Function::cosh: return Op::cosh;
  case Function::tanh: return Op::tanh;
  case Function::erf: return Op::erf;
  case Function::abs: return Op::abs;
  case Function::sign: return Op::sign;
  case Function::relu: return Op::relu;
  case Function::softplus: return Op::softplus;
  case Function::sigmoid: return Op::sigmoid;
  case Function::step: return Op::step;
  case Function::min: return Op::min;
  case Function::max: return Op::max;
  }
  return Op::copy;
}

Op op_of(Comparison comparison) {
  switch (comparison) {
  case Comparison::less: return Op::where_less;
  case Comparison::less_equal: return Op::where_less_equal;
  case Comparison::equal: return Op::where_equal;
  case Comparison::not_equal: return Op::where_not_equal;
  }
  return Op::where_equal;
}

} // namespace driftwell::expression

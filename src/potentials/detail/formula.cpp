#include "formula.hpp"

namespace driftwell {

Expression FormulaPotential::formula(std::size_t d, const std::map<std::string, std::vector<double>>& values) const {
  expression::Symbols symbols;
  symbols.indexed = true;
  for (std::size_t i = 1; i <= d; ++i) symbols.variables.push_back("x" + std::to_string(i));
  for (const auto& [name, list] : values) {
    symbols.parameters.emplace_back(name, list.at(0));
  }
  return Expression::parse(text_, symbols);
}

} // namespace driftwell

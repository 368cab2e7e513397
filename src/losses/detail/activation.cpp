#include "activation.hpp"

#include "driftwell/core/source.hpp"

#include <array>
#include <map>

namespace driftwell::sgd::detail {

namespace {

const std::map<std::string, std::string>& formulas() {
  static const std::map<std::string, std::string> all{{"tanh", "tanh(z)"}, {"relu", "relu(z)"}, {"sigmoid", "sigmoid(z)"},
                                                      {"gelu", "z*(1 + erf(z/sqrt(2)))/2"}, {"softplus", "softplus(z)"}};
  return all;
}

std::shared_ptr<void> registers(const expression::Tape& tape) { return std::make_shared<expression::Tape::Workspace>(tape); }

} // namespace

std::vector<std::string> Activation::names() {
  std::vector<std::string> all;
  for (const auto& [name, formula] : formulas()) all.push_back(name);
  return all;
}

Activation::Activation(const std::string& name) {
  const auto found = formulas().find(name);
  if (found == formulas().end()) throw std::invalid_argument("no activation \"" + name + "\"; allowed: " + list_of(names(), "or"));
  expression::Symbols symbols;
  symbols.variables = {"z"};
  const auto s = expression::Expression::parse(found->second, symbols), ds = s.derivative(0);
  once_ = expression::Tape({s, ds}, 1);
  twice_ = expression::Tape({s, ds, ds.derivative(0)}, 1);
}

void Activation::operator()(std::size_t n, const double* z, double* values, double* first, double* second, Workspace& workspace) const {
  if (workspace.objects.size() < 2) workspace.objects.resize(2);
  const std::array<const double*, 1> in{z};
  const std::array<double*, 3> out{values, first, second};
  std::shared_ptr<void>& kept = workspace.objects[second ? 1 : 0];
  const expression::Tape& tape = second ? twice_ : once_;
  if (!kept) kept = registers(tape);
  tape.evaluate(in, std::span(out).first(second ? 3 : 2), n, *static_cast<expression::Tape::Workspace*>(kept.get()));
}

} // namespace driftwell::sgd::detail

#include "driftwell/model/model.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <utility>

namespace driftwell {

std::string name_of(Interpretation interpretation) {
  switch (interpretation) {
  case Interpretation::ito: return "ito";
  case Interpretation::stratonovich: return "stratonovich";
  case Interpretation::anti_ito: return "anti_ito";
  }
  return {};
}

Model::Model(Equation equation) : equation_(std::move(equation)) {
  const std::size_t d = dimension();
  if (d == 0) throw std::invalid_argument("a model has at least one variable");
  if (equation_.force.empty()) equation_.force.assign(d, Expression(0.0));
  if (equation_.diffusion.empty()) {
    equation_.diffusion.assign(d, std::vector<Expression>(d, Expression(0.0)));
    for (std::size_t i = 0; i < d; ++i) equation_.diffusion[i][i] = Expression(1.0);
  }
  if (equation_.force.size() != d || equation_.diffusion.size() != d)
    throw std::invalid_argument("force and diffusion need one entry a variable");
  for (const auto& row : equation_.diffusion)
    if (row.size() != d) throw std::invalid_argument("diffusion must be a square matrix");
  if (!(equation_.temperature > 0) || !std::isfinite(equation_.temperature))
    throw std::invalid_argument("temperature must be positive");
  gradient_ = equation_.potential.gradient(d);
}

Model Model::with_temperature(double temperature) const {
  if (!(temperature > 0) || !std::isfinite(temperature)) throw std::invalid_argument("temperature must be positive");
  Model other = *this; // the gradient does not depend on it
  other.equation_.temperature = temperature;
  return other;
}

bool Model::has_force() const {
  for (const Expression& component : equation_.force)
    if (!component.is_constant(0.0)) return true;
  return false;
}

bool Model::diagonal() const {
  for (std::size_t i = 0; i < dimension(); ++i)
    for (std::size_t j = 0; j < dimension(); ++j)
      if (i != j && !diffusion(i, j).is_constant(0.0)) return false;
  return true;
}

bool Model::identity_diffusion() const {
  if (!diagonal()) return false;
  for (std::size_t i = 0; i < dimension(); ++i)
    if (!diffusion(i, i).is_constant(1.0)) return false;
  return true;
}

bool Model::gradient_system() const {
  return !has_force() && (identity_diffusion() || equation_.interpretation == Interpretation::anti_ito);
}

ItoForm Model::ito_form() const {
  switch (equation_.interpretation) {
  case Interpretation::ito: return {false, 0.0};
  case Interpretation::stratonovich: return {false, 0.5};
  case Interpretation::anti_ito: return {true, 1.0};
  }
  throw std::logic_error("unknown interpretation");
}

Expression Model::drift(std::size_t i) const {
  const ItoForm form = ito_form();
  Expression b = force(i);
  if (form.mobility_is_diffusion)
    for (std::size_t j = 0; j < dimension(); ++j) b = b - diffusion(i, j) * gradient(j);
  else
    b = b - gradient(i);
  if (form.spurious != 0)
    for (std::size_t j = 0; j < dimension(); ++j)
      b = b + Expression(form.spurious * temperature()) * diffusion(i, j).derivative(j);
  return b;
}

std::string Model::description() const {
  std::string text = fmt::format("d({0}) = b dt + sqrt(2 T D) dW   (Ito; T = {1:.12g}, given as {2})\n",
                                 fmt::join(names(), ", "), temperature(), name_of(interpretation()));
  if (!equation_.schedule.empty()) text += fmt::format("  T(t) = {}; T above and below is that of the last time\n", equation_.schedule);
  if (has_potential()) text += fmt::format("  f = {}\n", potential().str(names()));
  for (std::size_t i = 0; i < dimension(); ++i) text += fmt::format("  b_{} = {}\n", names()[i], drift(i).str(names()));
  for (std::size_t i = 0; i < dimension(); ++i)
    for (std::size_t j = i; j < dimension(); ++j)
      if (i == j || !diffusion(i, j).is_constant(0.0))
        text += fmt::format("  D_{}{} = {}\n", names()[i], names()[j], diffusion(i, j).str(names()));
  text += "  d_t rho = -div(b rho) + T d_i d_j (D_ij rho)";
  return text;
}

} // namespace driftwell

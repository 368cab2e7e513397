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
  if (equation_.circulation.empty()) equation_.circulation.assign(d, std::vector<Expression>(d, Expression(0.0)));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i; j < d; ++j)
      if (!(equation_.circulation[i][j] + equation_.circulation[j][i]).is_constant(0.0))
        throw std::invalid_argument("circulation must be antisymmetric");
  if (!(equation_.temperature > 0) || !std::isfinite(equation_.temperature))
    throw std::invalid_argument("temperature must be positive");
  if (!(equation_.friction >= 0) || !std::isfinite(equation_.friction)) throw std::invalid_argument("friction must be positive");
  if (underdamped() && (!identity_diffusion() || has_circulation()))
    throw std::invalid_argument("an underdamped model has the identity as diffusion and no circulation");
  gradient_ = equation_.potential.gradient(d);
  if (equation_.interpretation == Interpretation::stratonovich) (void)noise_root();
}

bool Model::has_circulation() const {
  for (std::size_t i = 0; i < dimension(); ++i)
    for (std::size_t j = i + 1; j < dimension(); ++j)
      if (!circulation(i, j).is_constant(0.0)) return true;
  return false;
}

std::vector<std::vector<Expression>> Model::noise_root() const {
  const std::size_t d = dimension();
  std::vector<std::vector<Expression>> root(d, std::vector<Expression>(d, Expression(0.0)));
  std::vector<std::size_t> partners(d, 0);
  bool constant = true;
  for (std::size_t i = 0; i < d; ++i) {
    root[i][i] = sqrt(diffusion(i, i));
    for (std::size_t j = 0; j < d; ++j) {
      partners[i] += i != j && !diffusion(i, j).is_constant(0.0);
      constant = constant && diffusion(i, j).is_constant();
    }
  }
  if (constant) return root; // only its derivatives matter, and they vanish
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i + 1; j < d; ++j) {
      if (diffusion(i, j).is_constant(0.0)) continue;
      if (partners[i] > 1 || partners[j] > 1)
        throw std::invalid_argument("the Stratonovich reading of a diffusion matrix that couples three variables needs a matrix root without closed form");
      // sqrt of a 2 x 2 matrix: (D + s I) / sqrt(tr D + 2 s), s = sqrt(det D)
      const Expression s = sqrt(diffusion(i, i) * diffusion(j, j) - diffusion(i, j) * diffusion(i, j));
      const Expression norm = sqrt(diffusion(i, i) + diffusion(j, j) + Expression(2.0) * s);
      root[i][i] = (diffusion(i, i) + s) / norm;
      root[j][j] = (diffusion(j, j) + s) / norm;
      root[i][j] = root[j][i] = diffusion(i, j) / norm;
    }
  return root;
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

bool Model::gibbs() const {
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

Expression Model::circulation_drift(std::size_t i) const {
  Expression sum(0.0);
  for (std::size_t j = 0; j < dimension(); ++j)
    sum = sum - circulation(i, j) * gradient(j) + Expression(temperature()) * circulation(i, j).derivative(j);
  return sum;
}

Expression Model::drift(std::size_t i, bool with_circulation) const {
  const ItoForm form = ito_form();
  Expression b = force(i);
  if (with_circulation) b = b + circulation_drift(i);
  if (form.mobility_is_diffusion)
    for (std::size_t j = 0; j < dimension(); ++j) b = b - diffusion(i, j) * gradient(j);
  else
    b = b - gradient(i);
  if (interpretation() == Interpretation::stratonovich && !diagonal()) {
    const auto sigma = noise_root();
    for (std::size_t j = 0; j < dimension(); ++j)
      for (std::size_t k = 0; k < dimension(); ++k) b = b + Expression(temperature()) * sigma[k][j] * sigma[i][j].derivative(k);
  } else if (form.spurious != 0)
    for (std::size_t j = 0; j < dimension(); ++j)
      b = b + Expression(form.spurious * temperature()) * diffusion(i, j).derivative(j);
  return b;
}

std::string Model::underdamped_description() const {
  std::vector<std::string> momenta;
  for (const std::string& name : names()) momenta.push_back("p_" + name);
  std::string text = fmt::format("d({0}) = p dt, dp = (b - gamma p) dt + sqrt(2 gamma T) dW, p = ({1})   (T = {2:.12g}, gamma = {3:.12g})\n",
                                 fmt::join(names(), ", "), fmt::join(momenta, ", "), temperature(), friction());
  if (has_potential()) text += fmt::format("  f = {}\n", potential().str(names()));
  for (std::size_t i = 0; i < dimension(); ++i) text += fmt::format("  b_{} = {}\n", names()[i], drift(i).str(names()));
  text += "  d_t rho = -p . grad_q rho - div_p((b - gamma p) rho) + gamma T Lap_p rho";
  return text;
}

std::string Model::description() const {
  if (underdamped()) return underdamped_description();
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

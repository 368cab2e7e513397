#include "chain_hypotheses.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

using State = Hypothesis::State;

std::string place(const Level& level, std::size_t cell) {
  std::string text;
  const auto x = level.grid().centre(cell);
  for (std::size_t a = 0; a < x.size(); ++a) text += fmt::format("{}{} = {:.4g}", a ? ", " : "", level.model().names()[a], x[a]);
  return text;
}

Hypothesis rates(const Level& level) {
  double least = 0;
  std::size_t where = 0;
  level.generator().rates().for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    if (!(up >= least)) least = up, where = k;
    if (!(down >= least)) least = down, where = l;
  });
  return {least < 0 || std::isnan(least) ? State::failed : State::met, "all rates are >= 0",
          least < 0 || std::isnan(least) ? fmt::format("the rate out of the cell at {} is {:.3g}", place(level, where), least) : ""};
}

Hypothesis columns(const Level& level) {
  const Stencil& Q = level.generator().rates();
  Eigen::VectorXd sums = Q.diagonal();
  Q.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    sums[static_cast<Eigen::Index>(k)] += up;
    sums[static_cast<Eigen::Index>(l)] += down;
  });
  double largest = 0;
  std::size_t where = 0;
  for (Eigen::Index k = 0; k < sums.size(); ++k)
    if (const double relative = std::abs(sums[k]) / std::max(std::abs(Q.diagonal()[k]), 1e-300); !(relative <= largest)) largest = relative, where = static_cast<std::size_t>(k);
  const bool met = largest < 1e-12;
  return {met ? State::met : State::failed, "probability is conserved",
          met ? "" : fmt::format("the cell at {} loses {:.2g} of what leaves it{}", place(level, where), largest, level.grid().absorbing() ? ": a wall absorbs" : "")};
}

Hypothesis stationary(const Level& level) {
  const Stencil& Q = level.generator().rates();
  const Eigen::VectorXd flow = Q * level.steady().p;
  const double residual = flow.lpNorm<1>() / (2 * Q.diagonal().cwiseAbs().dot(level.steady().p));
  const bool met = residual < 1e-9;
  return {met ? State::met : State::failed, "rho_ss is stationary", met ? "" : fmt::format("|Q rho_ss| is {:.2g} of the flows", residual)};
}

} // namespace

std::vector<Hypothesis> chain_hypotheses(const Level& level) { return {rates(level), columns(level), stationary(level)}; }

} // namespace driftwell::theorems

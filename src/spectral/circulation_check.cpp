#include "circulation_check.hpp"

#include "axis_means.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;
using Part = NotSpectral::Part;

constexpr double most_divergence = 1e-9; ///< of div(j rho_ss), relative to its terms: it is zero by its formula, or not
constexpr double most_through_walls = 1e-7; ///< of j rho_ss through the walls, relative to what turns inside

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return text;
}

} // namespace

void check_circulation(const Model& model, const Grid& grid, const std::vector<VectorXd>& slope, const std::vector<VectorXd>& circulation,
                       const VectorXd& log_p, double theta) {
  const std::size_t d = grid.dimension();
  if (model.has_force()) { // a circulation Q has no divergence by construction
    std::vector<expression::Expression> stretch;
    for (std::size_t a = 0; a < d; ++a) stretch.push_back(model.force(a).derivative(a));
    for (std::size_t a = 0; a < d; ++a) stretch.push_back(model.force(a));
    const std::vector<VectorXd> outward = sample_nodes(stretch, grid);
    double divergence = 0, terms = 0;
    for (Index k = 0; k < log_p.size(); ++k) {
      double sum = 0, size = 0;
      for (std::size_t a = 0; a < d; ++a) {
        const double work = outward[d + a][k] * slope[a][k] / theta;
        sum += outward[a][k] - work;
        size += std::abs(outward[a][k]) + std::abs(work);
      }
      divergence += std::exp(log_p[k]) * sum * sum;
      terms += std::exp(log_p[k]) * size * size;
    }
    const double ratio = terms > 0 ? std::sqrt(divergence / terms) : 0;
    if (!(ratio < most_divergence))
      throw NotSpectral(Part::force, "the steady state of this force is not known: div(force exp(-f/T)) is not 0, but " + digits(ratio) + " of its terms",
                        "a force j with div(j exp(-f/T)) = 0, or propagator = \"auto\", which solves for the steady state");
  }
  for (std::size_t a = 0; a < d; ++a) {
    if (grid.axis(a).periodic()) continue;
    double through = 0, inside = 0;
    for (Index k = 0; k < log_p.size(); ++k) {
      const std::size_t i = grid.coordinate(static_cast<std::size_t>(k), a), n = grid.axis(a).cells;
      const double flow = std::exp(log_p[k]) * std::abs(circulation[a][k]);
      inside += flow / (grid.axis(a).upper - grid.axis(a).lower);
      if (i == 0 || i + 1 == n) through += flow / grid.axis(a).width(i);
    }
    if (through > most_through_walls * inside)
      throw NotSpectral(Part::boundary, "the circulation crosses the walls of " + model.names()[a] + ": " + digits(through / inside) + " of the flow inside",
                        "a wider box, whose walls the density does not reach; or propagator = \"auto\"");
  }
}

} // namespace driftwell

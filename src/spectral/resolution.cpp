#include "driftwell/spectral/resolution.hpp"

#include <cmath>
#include <cstdio>

namespace driftwell {

namespace {

using Part = NotSpectral::Part;

constexpr double least_resolved = 1e-3;  ///< of sqrt(rho_ss): numbers of a density are then good to about its square
constexpr double kink = 0.03;            ///< coefficients like k^-5 fall by this from 7/16 to 7/8 of them
constexpr double rounding = 1e-10;       ///< below, the fall ends in rounding
constexpr double least_start = 0.03;     ///< what is not resolved of a start dies out first
constexpr double largest_start = 1e6;    ///< 2-norm of rho / sqrt(rho_ss): times 1e-16 it is the noise of the result

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return text;
}

} // namespace

void check_steady_state_resolved(const SpectralOperator& L, const std::vector<std::string>& names) {
  for (std::size_t a = 0; a < names.size(); ++a) {
    const auto [middle, end] = L.decay(L.root(), a);
    const std::string points = std::to_string(L.grid().axis(a).cells) + " points of " + names[a];
    if (end > rounding && end > kink * middle)
      throw NotSpectral(Part::potential, "the potential is not smooth enough for the spectral method, or far from resolved: the coefficients of exp(-f/(2T)) on the " + points +
                            " fall to " + digits(middle) + " half-way and only to " + digits(end) + " at the end",
                        L.grid().axis(a).periodic() ? "a smooth potential with the period upper - lower; more cells; or propagator = \"auto\""
                                                    : "a smooth potential; more cells or a narrower box where the potential is steep; or propagator = \"auto\"");
    if (end > least_resolved)
      throw NotSpectral(Part::cells, "the steady state is not resolved: the coefficients of exp(-f/(2T)) on the " + points + " fall only to " + digits(end),
                        "more cells, or a narrower box (" + digits(least_resolved) + " is needed, and errors are about the square)");
  }
}

void check_start_resolved(const SpectralOperator& L, const Eigen::VectorXd& p, const std::vector<std::string>& names) {
  const Eigen::VectorXd u = p.cwiseQuotient(L.root());
  const double norm = u.norm();
  if (!(norm < largest_start))
    throw NotSpectral(Part::initial, "the initial law is so much wider than the steady state (or so far out) that its chi^2 is " + digits(norm * norm) + ": rounding would swamp the result",
                      "a narrower or nearer initial law, a smaller box, or propagator = \"auto\"");
  for (std::size_t a = 0; a < names.size(); ++a)
    if (const double end = L.decay(u, a).end; end > least_start)
      throw NotSpectral(Part::initial, "the initial law is not resolved: its coefficients on the " + std::to_string(L.grid().axis(a).cells) + " points of " + names[a] +
                            " fall only to " + digits(end),
                        "a wider initial law, more cells or a smaller box");
}

} // namespace driftwell

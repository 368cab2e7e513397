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
constexpr double largest_start = 1e4;    ///< 2-norm of rho / sqrt(rho_ss): times 1e-16 it is the noise of the result
constexpr double harmless_start = 100;   ///< nothing is cut off below
constexpr double free_to_cut = 1e-11;    ///< of a start: the smaller its norm, the better the rest is resolved
constexpr double most_cut_off = 1e-9;    ///< of a start, by the limit on it

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return text;
}

/// The entries of D, with the weight sqrt(rho_ss), as that itself is looked at: a kink or a jump shows in the fall of their coefficients.
void check_noise_resolved(const SpectralOperator& L, std::size_t axis, const std::string& points) {
  if (!L.tensor()) return;
  const std::size_t d = L.grid().dimension();
  for (std::size_t a = 0; a < d; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      const Eigen::VectorXd weighted = L.tensor()->kappa(a, b).cwiseProduct(L.root());
      if (weighted.cwiseAbs().maxCoeff() == 0) continue;
      const auto [middle, end] = L.decay(weighted, axis);
      if (end > rounding && end > kink * middle)
        throw NotSpectral(Part::diffusion, "the diffusion is not smooth enough for the spectral method, or far from resolved: the coefficients of D exp(-f/(2T)) on the " + points +
                              " fall to " + digits(middle) + " half-way and only to " + digits(end) + " at the end",
                          "a smooth diffusion; more cells; or propagator = \"auto\"");
    }
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
    check_noise_resolved(L, a, points);
    if (end > least_resolved)
      throw NotSpectral(Part::cells, "the steady state is not resolved: the coefficients of exp(-f/(2T)) on the " + points + " fall only to " + digits(end),
                        "more cells, or a narrower box (" + digits(least_resolved) + " is needed, and errors are about the square)");
  }
}

Eigen::VectorXd limited_start(const SpectralOperator& L, const Eigen::VectorXd& p, double& lost) {
  const Eigen::VectorXd& s = L.root();
  const Eigen::ArrayXd log_ratio = p.array().max(1e-307).log() - L.log_p().array();
  const auto limited = [&](double limit) -> Eigen::VectorXd { // r -> r / (1 + (r / R)^4)^(1/4)
    return p.array() * (1 + (4 * (log_ratio - limit)).min(600.0).exp()).pow(-0.25);
  };
  lost = 0;
  if (p.cwiseQuotient(s).norm() < harmless_start) return p;
  const auto search = [](const auto& too_high) {
    double low = 0, high = 1500; // log R
    for (int step = 0; step < 40; ++step) (too_high((low + high) / 2) ? high : low) = (low + high) / 2;
    return low;
  };
  const auto missing = [&](double limit) { return 1 - limited(limit).sum() / p.sum(); };
  double limit = search([&](double r) { return missing(r) < free_to_cut; });
  if (!(limited(limit).cwiseQuotient(s).norm() < largest_start))
    limit = search([&](double r) { return !(limited(r).cwiseQuotient(s).norm() < largest_start); });
  const Eigen::VectorXd result = limited(limit);
  lost = missing(limit);
  return result / result.sum();
}

void check_start_resolved(const SpectralOperator& L, const Eigen::VectorXd& p, const std::vector<std::string>& names) {
  double lost = 0;
  const Eigen::VectorXd u = limited_start(L, p, lost).cwiseQuotient(L.root());
  if (!(lost < most_cut_off))
    throw NotSpectral(Part::initial, "the initial law is so much wider than the steady state, or so far out, that rounding would swamp the result: " + digits(lost) +
                          " of it lies where the steady state has next to nothing",
                      "a narrower or nearer initial law, or propagator = \"auto\"");
  for (std::size_t a = 0; a < names.size(); ++a)
    if (const double end = L.decay(u, a).end; end > least_start)
      throw NotSpectral(Part::initial, "the initial law is not resolved: its coefficients on the " + std::to_string(L.grid().axis(a).cells) + " points of " + names[a] +
                            " fall only to " + digits(end),
                        "more cells, a smaller box (where the law is heavier in the tails than the steady state), or a wider law");
}

} // namespace driftwell

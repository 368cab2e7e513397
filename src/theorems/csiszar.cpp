// Csiszar's inequalities beyond Pinsker's: other divergences on the right, and weights on the left. For any two laws
//
//   (sum |rho - rho_ss|)^2 <= 2 e_q(rho | rho_ss),    e_q = int psi_q(rho/rho_ss) rho_ss,  psi_q(s) = (s^q - 1 - q(s-1)) / (q(q-1)),  1 < q <= 2
//
// (q = 2: chi^2 / 2), and for a weight phi >= 0
//
//   int phi |rho - rho_ss| <= sqrt(2 (1 + log int e^{phi^2} rho_ss) KL(rho | rho_ss))
//
// with phi = c |x - E_ss x|, c chosen for the smallest right side in units of c. The second controls means, which Pinsker's does not.
// Csiszar, Studia Sci. Math. Hungar. 2 (1967) 299; Unterreiter, Arnold, Markowich & Toscani, Monatsh. Math. 131 (2000) 235, Theorem 1;
// Bolley & Villani, Ann. Fac. Sci. Toulouse 14 (2005) 331, Theorem 1 (ii).
#include "detail/law_distances.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

std::string at(const Level& level, std::size_t time) { return fmt::format("t = {:.6g}", level.times()[time]); }

Claim divergence_claim(const Subject& subject, double q, const std::string& name, const std::string& statement) {
  const Level& level = subject.density().level();
  ClaimMaker claim(name, statement, "density", Relation::at_most, subject.judgement);
  claim.assume(laws_of_mass_one(level));
  if (!claim.applies()) return claim.make();
  std::size_t infinite = 0;
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const Measured divergence = power_divergence(level, i, q);
    if (!std::isfinite(divergence.value)) ++infinite; // nothing is claimed
    else claim.compare(2 * total_variation(level, i), sqrt(2 * divergence), at(level, i));
  }
  if (infinite == level.times().size()) claim.assume(false, "the divergence is finite at some time", "the start lies where rho_ss underflows");
  return claim.make();
}

/// |x - E_ss x|^2 at the centres.
Eigen::VectorXd squared_radius(const Level& level) {
  const Grid& grid = level.grid();
  Eigen::VectorXd square = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(grid.size())), x(square.size());
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    for (std::size_t k = 0; k < grid.size(); ++k) x[static_cast<Eigen::Index>(k)] = grid.axis(a).centre(grid.coordinate(k, a));
    square.array() += (x.array() - x.dot(level.steady().p)).square();
  }
  return square;
}

/// log int e^{a r^2} rho_ss
double log_moment(const SteadyState& steady, const Eigen::VectorXd& square, double a) {
  const Eigen::ArrayXd exponent = a * square.array() + steady.log_p.array();
  const double top = exponent.maxCoeff();
  return top + std::log((exponent - top).exp().sum());
}

/// The least sqrt(2 (1 + log int e^{c^2 r^2} rho_ss)) / c over a geometric ladder of c around the spread of rho_ss.
double best_factor(const SteadyState& steady, const Eigen::VectorXd& square) {
  const double spread = square.dot(steady.p);
  double best = std::numeric_limits<double>::infinity();
  for (int i = -20; i <= 20; ++i) {
    const double a = std::exp2(0.25 * i) / spread;
    best = std::min(best, std::sqrt(2 * (1 + log_moment(steady, square, a)) / a));
  }
  return best;
}

Claim weighted_claim(const Subject& subject) {
  const Level& level = subject.density().level();
  ClaimMaker claim("weighted", "int |x - m| |rho - rho_ss| <= C sqrt(KL), C = min_c sqrt(2 (1 + log int e^{c^2 |x-m|^2} rho_ss)) / c", "density", Relation::at_most, subject.judgement);
  claim.assume(laws_of_mass_one(level));
  if (!claim.applies()) return claim.make();
  const Eigen::VectorXd square = squared_radius(level);
  const double factor = best_factor(level.steady(), square), widest = std::sqrt(square.maxCoeff());
  claim.note(fmt::format("C = {:.6g} in this box", factor));
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const DensityState state = level.state(i);
    const Measured left{((state.c - state.steady.p).array().abs() * square.array().sqrt()).sum(), 2e-15 * widest, 0};
    claim.compare(left, Measured{factor, 1e-13 * factor, 0} * sqrt(kl_of_cells(level, i)), at(level, i));
  }
  return claim.make();
}

class Csiszar : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "(int |rho - rho_ss|)^2 <= 2 e_q(rho | rho_ss), and int |x - m| |rho - rho_ss| <= C sqrt(KL)"; }
  [[nodiscard]] std::string source() const override { return "Csiszar 1967; Unterreiter et al. 2000, Theorem 1; Bolley & Villani 2005, Theorem 1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    return {divergence_claim(subject, 2, "chi_square", "int |rho - rho_ss| <= sqrt(chi^2)"),
            divergence_claim(subject, 1.5, "power_divergence", "int |rho - rho_ss| <= sqrt(2 e_q), q = 3/2"), weighted_claim(subject)};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"csiszar", "L1 distances and weighted ones are bounded by divergences", [] { return std::make_unique<theorems::Csiszar>(); }};
} // namespace
} // namespace driftwell

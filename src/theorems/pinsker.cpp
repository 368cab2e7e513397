// Pinsker's inequality: for any two laws on one space
//
//   TV(rho, rho_ss) <= sqrt(KL(rho | rho_ss) / 2),     TV = sup_A |rho(A) - rho_ss(A)| = 1/2 int |rho - rho_ss|
//
// Nothing is asked of the equation; both must be laws of mass 1. It holds cell by cell for the chain on a grid, so the only errors are
// rounding. Near equality: two states, and so a deep double well in the slow part of its relaxation.
// Csiszar, Studia Sci. Math. Hungar. 2 (1967) 299; Kullback, IEEE Trans. Inform. Theory 13 (1967) 126; Cover & Thomas, Lemma 11.6.1.
#include "detail/law_distances.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

namespace driftwell::theorems {

namespace {

class Pinsker : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "TV(rho, rho_ss) <= sqrt(KL(rho | rho_ss) / 2)"; }
  [[nodiscard]] std::string source() const override { return "Csiszar 1967; Kullback 1967; Cover & Thomas, Lemma 11.6.1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const Level& level = subject.density().level();
    ClaimMaker claim("pinsker", "TV <= sqrt(KL / 2), every cell counted", "density", Relation::at_most, subject.judgement);
    claim.assume(laws_of_mass_one(level));
    if (claim.applies())
      for (std::size_t i = 0; i < level.times().size(); ++i)
        claim.compare(total_variation(level, i), sqrt(0.5 * kl_of_cells(level, i)), fmt::format("t = {:.6g}", level.times()[i]));
    return {claim.make()};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"pinsker", "total variation is bounded by the root of KL / 2", [] { return std::make_unique<theorems::Pinsker>(); }};
} // namespace
} // namespace driftwell

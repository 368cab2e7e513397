#pragma once
// The contract of the theorems shelf: one theorem a file, which makes claims about what it is given and can fail.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/subject.hpp"

#include <string>
#include <vector>

namespace driftwell::theorems {

class Theorem {
public:
  virtual ~Theorem() = default;
  [[nodiscard]] virtual std::string statement() const = 0; ///< one sentence, with its formula
  [[nodiscard]] virtual std::string source() const = 0;    ///< paper and number
  /// One claim for each inequality or identity and each side it can be tested on. What the subject lacks is thrown by the subject as
  /// NotApplicable, here or by what is called. Throws NotApplicable, NumericalFailure, Interrupted.
  [[nodiscard]] virtual std::vector<Claim> certify(const Subject& subject) const = 0;
};

/// What a theorem says about one subject. The verdict is made of its claims, printed ones left out and an undecided cloud beside a density that holds:
///
///   violated         where one of them is
///   undecided        else where one of them is
///   holds            else where one that is no companion applies, and so holds: every claim that applies does
///   not applicable   else: what still holds are companions, which hold without the theorem's hypotheses, or nothing
///
/// How many of how many claims apply is said beside the verdict.
struct Certificate {
  std::string theorem, statement, source;
  std::vector<Claim> claims;
  Verdict verdict = Verdict::not_applicable;
  double seconds = 0;

  /// The claim that decides; nullptr without claims.
  [[nodiscard]] const Claim* deciding() const;
  void conclude(); ///< the verdict from the claims
  /// Claims that are counted (not printed ones), and those of them that apply.
  [[nodiscard]] std::size_t counted() const;
  [[nodiscard]] std::size_t applying() const;
};

/// Runs a theorem of the catalogue: NotApplicable and NumericalFailure become claims. Throws std::invalid_argument for an unknown name, Interrupted.
[[nodiscard]] Certificate certify(const std::string& theorem, const Subject& subject);

} // namespace driftwell::theorems

namespace driftwell {
using TheoremCatalogue = Catalogue<theorems::Theorem>;
template <> std::map<std::string, TheoremCatalogue::Item>& TheoremCatalogue::items();
} // namespace driftwell

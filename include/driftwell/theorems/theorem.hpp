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

/// What a theorem says about one subject.
struct Certificate {
  std::string theorem, statement, source;
  std::vector<Claim> claims;
  Verdict verdict = Verdict::not_applicable; ///< violated, then undecided, then holds: the first that one of the claims is; printed ones left out, and an undecided cloud beside a density that decides
  double seconds = 0;

  /// The claim that decides; nullptr without claims.
  [[nodiscard]] const Claim* deciding() const;
};

/// Runs a theorem of the catalogue: NotApplicable and NumericalFailure become claims. Throws std::invalid_argument for an unknown name, Interrupted.
[[nodiscard]] Certificate certify(const std::string& theorem, const Subject& subject);

} // namespace driftwell::theorems

namespace driftwell {
using TheoremCatalogue = Catalogue<theorems::Theorem>;
template <> std::map<std::string, TheoremCatalogue::Item>& TheoremCatalogue::items();
} // namespace driftwell

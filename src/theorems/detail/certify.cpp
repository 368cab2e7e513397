#include "driftwell/core/error.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(TheoremCatalogue)

namespace theorems {

namespace {

/// A cloud that is too small to decide what the density has decided says nothing against it.
bool outvoted(const Claim& claim, const std::vector<Claim>& all) {
  return claim.verdict == Verdict::undecided && claim.side == "cloud" &&
         std::any_of(all.begin(), all.end(), [](const Claim& c) { return c.verdict == Verdict::holds && c.side == "density" && !c.as_printed; });
}

/// The larger, the more it decides. That a claim does not apply outweighs companions that hold.
int rank(const Claim& claim) {
  switch (claim.verdict) {
    case Verdict::violated: return 5;
    case Verdict::undecided: return 4;
    case Verdict::holds: return claim.companion ? 1 : 3;
    case Verdict::not_applicable: break;
  }
  return claim.companion ? 0 : 2;
}

Claim without_numbers(const std::string& name, Verdict verdict, const std::string& detail) {
  Claim claim;
  claim.name = name;
  claim.side = "model";
  claim.verdict = verdict;
  claim.detail = detail;
  return claim;
}

} // namespace

const Claim* Certificate::deciding() const {
  const Claim* best = nullptr;
  for (const Claim& claim : claims)
    if (!claim.as_printed && !outvoted(claim, claims) && (!best || rank(claim) > rank(*best))) best = &claim;
  return best;
}

void Certificate::conclude() {
  const Claim* claim = deciding();
  const bool alone = claim && claim->companion && claim->verdict == Verdict::holds;
  verdict = claim && !alone ? claim->verdict : Verdict::not_applicable;
}

std::size_t Certificate::counted() const {
  return static_cast<std::size_t>(std::count_if(claims.begin(), claims.end(), [](const Claim& c) { return !c.as_printed; }));
}

std::size_t Certificate::applying() const {
  return static_cast<std::size_t>(std::count_if(claims.begin(), claims.end(), [](const Claim& c) { return !c.as_printed && c.verdict != Verdict::not_applicable; }));
}

Certificate certify(const std::string& theorem, const Subject& subject) {
  const auto* item = TheoremCatalogue::find(theorem);
  if (!item) throw std::invalid_argument("no theorem \"" + theorem + "\"");
  const auto instance = item->make();
  Certificate certificate{theorem, instance->statement(), instance->source(), {}, Verdict::not_applicable, 0};
  const auto start = std::chrono::steady_clock::now();
  try {
    certificate.claims = instance->certify(subject);
  } catch (const NotApplicable& reason) {
    Claim claim = without_numbers(theorem, Verdict::not_applicable, "not met: " + reason.hypothesis + (reason.detail.empty() ? "" : " (" + reason.detail + ")"));
    claim.hypotheses.push_back({Hypothesis::State::failed, reason.hypothesis, reason.detail});
    certificate.claims.push_back(std::move(claim));
  } catch (const NumericalFailure& failure) {
    certificate.claims.push_back(without_numbers(theorem, Verdict::undecided, failure.what()));
  } catch (const std::bad_alloc&) { // the other theorems may do with less
    certificate.claims.push_back(without_numbers(theorem, Verdict::undecided, "out of memory: use fewer cells"));
  }
  certificate.conclude();
  certificate.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return certificate;
}

} // namespace theorems

} // namespace driftwell

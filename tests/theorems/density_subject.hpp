#pragma once
// Subjects of theorems out of a model, a box and a Gaussian start.
#include "engine.hpp"

#include "driftwell/theorems/theorem.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace engine {

using namespace driftwell::theorems;

struct DensitySubject {
  ModelText text;
  std::vector<Axis> axes;
  std::vector<double> mean;
  double std = 0.3;
  std::vector<double> times{0, 0.25, 0.5, 1, 2, 3};
  DensityMakers make{};
};

inline Subject subject(const DensitySubject& s) {
  Subject result;
  const Model m = model(s.text);
  result.model_ = std::make_shared<Model>(m);
  DensityTask task{m, Grid(s.axes), s.make, s.times, 1e-9, "auto", {}};
  if (!task.make.initial) task.make.initial = [mean = s.mean, std = s.std](const Grid& grid, const SteadyState&) { return gaussian(grid, mean, std); };
  result.density_ = std::make_shared<DensityEvidence>(std::move(task));
  return result;
}

inline const Claim& claim_of(const Certificate& certificate, const std::string& name) {
  for (const Claim& claim : certificate.claims)
    if (claim.name == name) return claim;
  std::string names;
  for (const Claim& claim : certificate.claims) names += " " + claim.name + " (" + claim.detail + ")";
  FAIL("no claim " << name << " among" << names);
  throw 0;
}

/// For the messages of failing tests.
inline std::string words(const Certificate& c) {
  std::string text = fmt::format("{}: {}\n", c.theorem, name_of(c.verdict));
  for (const Claim& claim : c.claims) {
    const Comparison& w = claim.worst;
    text += fmt::format("  {} {}: {:.12g} +- {:.1e} beside {:.12g} +- {:.1e}, {} comparisons; {}\n", claim.name, name_of(claim.verdict), w.left.value, w.left.error, w.right.value, w.right.error,
                        claim.comparisons, claim.detail);
    for (const Hypothesis& h : claim.hypotheses)
      text += fmt::format("    {} {} {}\n", h.state == Hypothesis::State::met ? "+" : h.state == Hypothesis::State::failed ? "-" : "?", h.text, h.detail);
  }
  return text;
}

} // namespace engine

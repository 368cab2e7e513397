// The series of a result file, as they stand there. For every drift and noise with a steady state, at one temperature T,
//
//   KL(t) <= KL(s), s < t;    F = E[Phi] - T H;    F - T KL is one number, F_ss = -T log Z;
//
// and they are what the experiment in the file gives when it is computed anew. So a number that was changed afterwards, or written wrongly, is found:
// one in KL, F, E[Phi] or H alone to rounding, by the identities, any other one to the error bars.
// Sources of the first three: theorems monotone_kl and decomposition. On the cells of one grid the identities are exact, and no error bar enters:
// of a sum of n terms rounding leaves (8 + n) eps times their size. Elsewhere the bars of the file are the tolerance.
#include "detail/at_time.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Series = std::vector<Measured>;

const Series* find(const StoredSeries& stored, const std::string& name) {
  const auto found = stored.scalars.find(name);
  return found == stored.scalars.end() ? nullptr : &found->second;
}

std::string named(const std::string& name, const StoredSeries& stored) { return name + "_" + stored.side; }

/// A cloud too small to decide says nothing against a density that does (certify.cpp).
std::string side_of(const StoredSeries& stored) { return stored.side == "spectral" ? "density" : stored.side; }

double largest(const Series& series) {
  double size = 0;
  for (const Measured& m : series)
    if (std::isfinite(m.value)) size = std::max(size, std::abs(m.value));
  return size;
}

/// What the propagator leaves open of KL on the cells: |dp|_1 (1 + max |log p/p_ss|), the largest of all times.
double open_in_time(const DensityEvidence& density) {
  const Level& level = density.level();
  double most = 0;
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const DensityState state = level.state(i);
    double ratio = 0;
    for (Eigen::Index k = 0; k < state.c.size(); ++k)
      if (state.c[k] > 0) ratio = std::max(ratio, std::abs(state.log_ratio[k]));
    most = std::max(most, level.time_errors()[i] * (1 + ratio));
  }
  return most;
}

Claim falls_claim(const Subject& subject, const StoredEvidence& file, const StoredSeries& stored) {
  ClaimMaker claim(named("falls", stored), "KL(t) <= KL(s), s < t", side_of(stored), Relation::at_most, subject.judgement);
  claim.assume(file.constant_temperature, "a temperature that stays").assume(!file.absorbing, "no wall absorbs");
  const Series* kl = find(stored, "kl");
  claim.assume(kl != nullptr, "the file holds KL");
  if (!claim.applies()) return claim.make();
  const bool chain = stored.side == "density" && subject.density_;
  const double open = chain ? open_in_time(*subject.density_) : 0;
  const auto at = [&](std::size_t i) { return chain ? Measured{(*kl)[i].value, open + 1e-15 * std::abs((*kl)[i].value), 0} : (*kl)[i]; };
  for (std::size_t i = 1; i < kl->size(); ++i) claim.compare(at(i), at(i - 1), fmt::format("from t = {:.6g} to {:.6g}", stored.times[i - 1], stored.times[i]));
  return claim.make();
}

/// F, E[Phi], H and KL of one time: without bars where they are sums over the same cells, rounding aside.
struct Parts {
  Measured free_energy, potential, entropy, kl;
};
std::vector<Parts> parts_of(const StoredSeries& stored, double T) {
  const Series *F = find(stored, "free_energy"), *E = find(stored, "mean_potential"), *H = find(stored, "entropy"), *KL = find(stored, "kl");
  std::vector<Parts> all;
  if (!F || !E || !H || !KL) return all;
  const double share = std::numeric_limits<double>::epsilon() * static_cast<double>(8 + stored.terms);
  for (std::size_t i = 0; i < F->size(); ++i) {
    Parts p{(*F)[i], (*E)[i], (*H)[i], (*KL)[i]};
    if (stored.side == "density") {
      const double size = std::abs(p.free_energy.value) + std::abs(p.potential.value) + T * (std::abs(p.entropy.value) + std::abs(p.kl.value) + 1);
      for (Measured* m : {&p.free_energy, &p.potential}) m->error = share * size;
      for (Measured* m : {&p.entropy, &p.kl}) m->error = share * size / T;
    }
    all.push_back(p);
  }
  return all;
}

Claim free_energy_claim(const Subject& subject, const StoredEvidence& file, const StoredSeries& stored, bool constant) {
  ClaimMaker claim(named(constant ? "one_constant" : "free_energy", stored), constant ? "F - T KL is the same at every time" : "F = E[Phi] - T H", side_of(stored), Relation::equal, subject.judgement);
  claim.assume(file.constant_temperature, "a temperature that stays");
  const double T = file.temperature;
  const std::vector<Parts> parts = parts_of(stored, T);
  claim.assume(!parts.empty(), "the file holds F, E[Phi], H and KL");
  if (!claim.applies()) return claim.make();
  double size = T;
  for (const Parts& p : parts) size = std::max(size, T * std::abs(p.kl.value));
  // The middle value of all times is the one that most of them agree on: what was changed shows where it is.
  std::vector<std::size_t> order(parts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto constant_at = [&](std::size_t i) { return parts[i].free_energy - T * parts[i].kl; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return constant_at(a).value < constant_at(b).value; });
  const Measured middle = constant_at(order[order.size() / 2]);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Parts& p = parts[i];
    if (constant) claim.compare(constant_at(i), middle, at_time(stored.times[i]));
    else claim.compare(p.free_energy, p.potential - T * p.entropy, at_time(stored.times[i]));
  }
  return claim.scale(size).make();
}

/// The same observable computed now; empty where it is not.
Series anew(const Subject& subject, const StoredSeries& stored, const std::string& name) {
  if (stored.side == "cloud") return subject.cloud_ ? subject.cloud_->series(name) : Series{};
  if (stored.side == "kinetic") {
    static const std::vector<std::string> known{"kl", "free_energy", "entropy", "mean_potential"};
    return subject.kinetic_ && std::find(known.begin(), known.end(), name) != known.end() ? subject.kinetic_->series(name) : Series{};
  }
  return subject.density_ && ObservableCatalogue::find(name) ? subject.density_->observable(name) : Series{};
}

const std::vector<double>& times_anew(const Subject& subject, const StoredSeries& stored) {
  return stored.side == "cloud" ? subject.cloud_->times() : stored.side == "kinetic" ? subject.kinetic_->times() : subject.density_->times();
}

Claim anew_claim(const Subject& subject, const StoredSeries& stored) {
  ClaimMaker claim(named("anew", stored), "every series, in units of its largest value, is what the experiment gives now", side_of(stored), Relation::equal, subject.judgement);
  std::size_t compared = 0;
  for (const auto& [name, series] : stored.scalars) {
    const Series now = anew(subject, stored, name);
    const double size = std::max(largest(series), largest(now));
    if (now.empty() || !(size > 0)) continue;
    const std::vector<double>& times = times_anew(subject, stored);
    for (std::size_t i = 0, j = 0; i < series.size() && j < now.size(); ++i) {
      if (stored.times[i] != times[j]) continue; // densities are made anew at some of the times
      const Measured &there = series[i], &here = now[j++];
      if (std::isnan(there.value) && std::isnan(here.value)) continue;
      if (!std::isfinite(there.error + here.error)) continue; // a single grid has no bar
      claim.compare((1 / size) * there, (1 / size) * here, fmt::format("{} at t = {:.6g}", name, stored.times[i]));
      ++compared;
    }
  }
  return claim.assume(compared > 0, "series that can be computed anew, with error bars").make();
}

class StoredSeriesTheorem : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "the series of a result file: KL never increases, F = E[Phi] - T H, F - T KL is one number, and all are what the experiment gives"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Theorem 5, on what was written"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    if (!subject.stored_) throw NotApplicable{"series of a result file", "driftwell verify OUT.h5 reads them"};
    const StoredEvidence& file = *subject.stored_;
    if (file.sections.empty()) throw NotApplicable{"series over time in " + file.path, ""};
    std::vector<Claim> claims;
    for (const StoredSeries& stored : file.sections) {
      claims.push_back(falls_claim(subject, file, stored));
      claims.push_back(free_energy_claim(subject, file, stored, false));
      claims.push_back(free_energy_claim(subject, file, stored, true));
      claims.push_back(anew_claim(subject, stored));
    }
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"stored_series", "the series of a result file obey the theorems and are what the experiment gives", [] { return std::make_unique<theorems::StoredSeriesTheorem>(); }};
} // namespace
} // namespace driftwell

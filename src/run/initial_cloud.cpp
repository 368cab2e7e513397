#include "initial_cloud.hpp"

#include "density_results.hpp"
#include "driftwell/core/random.hpp"
#include "initial_samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

namespace driftwell::run {

namespace {

std::vector<std::vector<double>> covariance_of(const input::GaussianLaw& law) {
  if (law.std.empty()) return law.covariance;
  std::vector<std::vector<double>> covariance(law.std.size(), std::vector<double>(law.std.size(), 0.0));
  for (std::size_t i = 0; i < law.std.size(); ++i) covariance[i][i] = law.std[i] * law.std[i];
  return covariance;
}

/// A cell by its probability, and a place in it: uniform, so that the law is the density that is constant on cells.
struct CellSampler {
  Grid grid;
  std::vector<double> cumulative;
  NoiseStream stream;

  void operator()(std::uint64_t particle, std::span<double> x) const {
    std::array<double, 4> u{};
    std::array<double*, 4> rows{};
    for (std::size_t i = 0; i <= grid.dimension(); ++i) rows[i] = &u[i];
    stream.uniforms(particle, 1, 0, std::span(rows).first(grid.dimension() + 1));
    const double at = u[grid.dimension()] * cumulative.back();
    const auto cell = static_cast<std::size_t>(std::upper_bound(cumulative.begin(), cumulative.end(), at) - cumulative.begin());
    const std::size_t k = std::min(cell, cumulative.size() - 1);
    for (std::size_t a = 0; a < grid.dimension(); ++a) {
      const std::size_t i = grid.coordinate(k, a);
      x[a] = grid.axis(a).face(i) + u[a] * grid.axis(a).width(i);
    }
  }
};

} // namespace

InitialCloud::InitialCloud(const input::Spec& spec, const input::InitialLaw& law, const Model& model, const Walls& walls, const DensityResults* density, bool drawn)
    : spec_(spec), model_(model), walls_(walls), density_(density), drawn_(drawn), law_(start_law(law)) {}

void InitialCloud::note_length(std::size_t length, const Origin& origin) {
  if (length_ != 0 && length_ != length)
    throw invalid(origin, "the parts of the mixture disagree: some have momenta, some have none", {"the same length in all parts", "", {}});
  length_ = length;
}

void InitialCloud::check_inside(const std::vector<double>& point, const Origin& origin) const {
  for (std::size_t a = 0; a < walls_.axes.size(); ++a) {
    const AxisWalls& w = walls_.axes[a];
    if (w.low == WallKind::periodic || (point[a] >= w.lower && point[a] <= w.upper)) continue;
    throw invalid(origin, fmt::format("the law is centred at ({:g}), outside of the walls", fmt::join(point, ", ")),
                  {fmt::format("{} in [{:g}, {:g}]", model_.names()[a], w.lower, w.upper), "", {}});
  }
}

StartLaw InitialCloud::start_law(const input::InitialLaw& given) {
  StartLaw law;
  if (const auto* gaussian = std::get_if<input::GaussianLaw>(&given)) {
    note_length(gaussian->mean.size(), gaussian->origin);
    check_inside(gaussian->mean, gaussian->mean_origin);
    law.kind = StartLaw::Kind::gaussian;
    law.mean = gaussian->mean;
    law.covariance = covariance_of(*gaussian);
  } else if (const auto* point = std::get_if<input::PointLaw>(&given)) {
    note_length(point->at.size(), point->origin);
    check_inside(point->at, point->origin);
    law.kind = StartLaw::Kind::point;
    law.mean = point->at;
  } else if (const auto* box = std::get_if<input::UniformLaw>(&given)) {
    note_length(box->lower.size(), box->origin);
    check_inside(box->lower, box->origin);
    check_inside(box->upper, box->origin);
    law.kind = StartLaw::Kind::uniform;
    law.lower = box->lower;
    law.upper = box->upper;
  } else if (const auto* mixture = std::get_if<std::shared_ptr<const input::MixtureLaw>>(&given)) {
    law.kind = StartLaw::Kind::mixture;
    law.weights = (*mixture)->weights;
    for (const input::InitialLaw& part : (*mixture)->parts) law.parts.push_back(start_law(part));
  } else if (const auto* file = std::get_if<input::SamplesLaw>(&given)) {
    Samples samples = read_samples(spec_, *file, model_.dimension(), model_.underdamped());
    const std::size_t d = samples.columns;
    note_length(d, file->origin);
    const auto points = std::make_shared<const std::vector<double>>(std::move(samples.values));
    const auto column = [&](std::size_t i) { return i < model_.dimension() ? model_.names()[i] : input::momentum_name(model_.names()[i - model_.dimension()]); };
    for (std::size_t i = 0; i < points->size(); ++i)
      if (!std::isfinite((*points)[i]))
        throw invalid(file->origin, fmt::format("initial sample {} has {} = {}", i / d, column(i % d), (*points)[i]), {"finite numbers", "", {}});
    law.kind = StartLaw::Kind::custom;
    const NoiseStream stream(static_cast<std::uint64_t>(spec_.langevin->seed.value), Purpose::initial);
    law.sample = [points, d, stream, drawn = drawn_](std::uint64_t particle, std::span<double> x) {
      const std::size_t count = points->size() / d;
      double u = 0;
      double* const rows[] = {&u};
      if (drawn) stream.uniforms(particle, 1, 0, rows);
      const std::size_t row = drawn ? static_cast<std::size_t>(u * static_cast<double>(count)) : static_cast<std::size_t>(particle) % count;
      for (std::size_t i = 0; i < d; ++i) x[i] = (*points)[row * d + i];
    };
  } else {
    law = steady_law(std::get<input::SteadyStateLaw>(given));
    note_length(model_.dimension(), spec_.langevin->origin);
  }
  return law;
}

StartLaw InitialCloud::steady_law(const input::SteadyStateLaw& given) const {
  if (!density_)
    throw invalid(given.origin, "particles can start from the steady state only where it is computed on a grid",
                  {"a section [fokker_planck] beside [langevin], and no friction", "",
                   {"or let them run to it from another law"}});
  const auto seed = static_cast<std::uint64_t>(spec_.langevin->seed.value);
  auto sampler = std::make_shared<CellSampler>(CellSampler{density_->grid(), {}, NoiseStream(seed, Purpose::initial)});
  double sum = 0;
  for (const double p : density_->start_state().p) sampler->cumulative.push_back(sum += p);
  StartLaw law;
  law.kind = StartLaw::Kind::custom;
  law.sample = [sampler](std::uint64_t particle, std::span<double> x) { (*sampler)(particle, x); };
  return law;
}

void InitialCloud::fill(Ensemble& ensemble, double temperature, std::uint64_t seed) const {
  fill_positions(ensemble, length_, law_, seed); // of 2 d numbers: positions and momenta
  if (model_.underdamped() && length_ == model_.dimension()) fill_momenta(ensemble, model_.dimension(), temperature, seed);
  for (std::size_t a = 0; a < walls_.axes.size(); ++a)
    for (double& x : ensemble.row(a)) x = folded(x, walls_.axes[a]);
}

} // namespace driftwell::run

#include "passage.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace driftwell::run {

namespace {

constexpr double never = std::numeric_limits<double>::infinity();
/// Far beyond the draws of the walls, whose stream this is.
constexpr std::uint32_t first_draw = std::uint32_t{1} << 26;

std::vector<Expression> formulas(const Model& model, const Expression& target) {
  const std::size_t d = model.dimension();
  Expression across(0.0);
  if (!model.underdamped()) {
    const std::vector<Expression> slope = target.gradient(d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) across = across + slope[i] * model.diffusion(i, j) * slope[j];
  }
  return {target, across};
}

} // namespace

class Passage::Watch : public BlockObserver {
public:
  explicit Watch(Passage& passage) : passage_(passage), space_(passage.tape_), start_(2), end_(2) {}

  void begin(const Block& block, const Step& at, std::size_t offset) override {
    times_ = std::span(passage_.times_).subspan(offset, block.n);
    evaluate(block, at, start_);
    for (std::size_t k = 0; k < block.n; ++k)
      if (times_[k] == never && start_[0][k] > 0) times_[k] = at.t;
  }

  void after_step(const Block& block, const Step& at) override {
    evaluate(block, at, end_);
    const double factor = 2 * passage_.dynamics_.temperature(at.t) * at.dt;
    for (std::size_t k = 0; k < block.n; ++k)
      if (times_[k] == never) meet(k, block.first + k, factor * start_[1][k], at);
    std::swap(start_, end_);
  }

private:
  void evaluate(const Block& block, const Step& at, RowBuffer& out) {
    const std::size_t d = passage_.dynamics_.dimension();
    passage_.tape_.evaluate(as_const(block.x).first(d), out.rows(), block.n, space_);
    for (std::size_t k = 0; k < block.n; ++k)
      if (std::isnan(out[0][k]) && std::isfinite(block.x[0][k]))
        throw NumericalFailure(fmt::format("target has no value at particle {} near t = {:.6g} ({} = {:.6g}, ...)", block.first + k, at.t,
                                           passage_.dynamics_.model().names()[0], block.x[0][k]));
  }

  void meet(std::size_t k, std::uint64_t particle, double variance, const Step& at) {
    constexpr double certain = 37; // exp(-37) < 2^-53: nothing a uniform variate could be smaller than
    const double a = start_[0][k], b = end_[0][k];
    if (!(b > 0) && !(2 * a * b <= certain * variance)) return;
    if (!(variance > 0)) {
      if (b > 0) times_[k] = at.t + at.dt * (a / (a - b));
      return;
    }
    double u[2] = {}, z = 0;
    double *const uniforms[] = {&u[0], &u[1]}, *const normal[] = {&z};
    passage_.stream_.uniforms(particle, 1, at.number, uniforms, first_draw);
    if (!(b > 0) && !(u[0] < estimators::bridge_crossing_probability(a, b, 0, variance))) return;
    passage_.stream_.normals(particle, 1, at.number, normal, first_draw + 2);
    const double fraction = a < 0 ? estimators::bridge_crossing_time(a, b, 0, variance, z, u[1]) : 0.0;
    times_[k] = at.t + at.dt * (std::isfinite(fraction) ? fraction : 1.0);
  }

  Passage& passage_;
  expression::Tape::Workspace space_;
  RowBuffer start_, end_;
  std::span<double> times_;
};

Passage::Passage(const Dynamics& dynamics, const Expression& target, std::size_t particles, std::uint64_t seed)
    : dynamics_(dynamics), tape_(formulas(dynamics.model(), target), dynamics.dimension()), stream_(seed, Purpose::walls), times_(particles, never) {}

std::unique_ptr<BlockObserver> Passage::on_blocks() { return std::make_unique<Watch>(*this); }

void Passage::look(const Ensemble& ensemble, double t) {
  const auto watch = on_blocks();
  RowBuffer x(dynamics_.dimension());
  for (std::size_t from = 0; from < ensemble.particles(); from += expression::Tape::strip) {
    const Block block{std::min(expression::Tape::strip, ensemble.particles() - from), ensemble.first() + from, x.rows()};
    for (std::size_t i = 0; i < x.size(); ++i) std::copy_n(ensemble.row(i).data() + from, block.n, x[i]);
    watch->begin(block, {0, t, 0}, from);
  }
}

Passage::Watched Passage::watched(const Ensemble& ensemble, double t) const {
  Watched w{std::vector<double>(times_.size()), std::vector<char>(times_.size())};
  for (std::size_t k = 0; k < times_.size(); ++k) {
    const double until = ensemble.death_time().empty() ? t : std::min(t, ensemble.death_time()[k]);
    w.left[k] = static_cast<char>(times_[k] <= until);
    w.time[k] = std::min(times_[k], until);
  }
  return w;
}

estimators::Estimate Passage::not_yet_passed(const Ensemble& ensemble, double t) const {
  const Watched w = watched(ensemble, t);
  std::vector<std::size_t> order(w.time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return w.time[a] != w.time[b] ? w.time[a] < w.time[b] : w.left[a] > w.left[b]; });
  double survival = 1, greenwood = 0, at_risk = static_cast<double>(order.size());
  for (const std::size_t k : order) {
    if (w.left[k] != 0) {
      survival *= (at_risk - 1) / at_risk;
      greenwood += at_risk > 1 ? 1 / (at_risk * (at_risk - 1)) : 0.0;
    }
    at_risk -= 1;
  }
  return {survival, survival * std::sqrt(greenwood)};
}

estimators::ExitTimes Passage::statistics(const Ensemble& ensemble, double t) const {
  const Watched w = watched(ensemble, t);
  return estimators::exit_times(w.time, w.left);
}

std::size_t Passage::passed(const Ensemble& ensemble, double t) const {
  const Watched w = watched(ensemble, t);
  return static_cast<std::size_t>(std::count(w.left.begin(), w.left.end(), 1));
}

} // namespace driftwell::run

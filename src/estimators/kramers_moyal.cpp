// Sums over the cells and the local fits. Equations in kramers_moyal.hpp.
#include "driftwell/estimators/kramers_moyal.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "estimators/local_moments.hpp"
#include "estimators/local_polynomials.hpp"
#include "estimators/random.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::vector<double> deviations(const Trajectories& paths) {
  std::vector<double> result;
  for (std::size_t a = 0; a < paths.dimension; ++a) {
    const double* x = paths.column(a);
    const std::size_t n = paths.replicas * paths.times;
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) mean += (x[i] - x[0]) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) squares += std::pow(x[i] - x[0] - mean, 2);
    result.push_back(std::sqrt(squares / static_cast<double>(n)));
    if (!(result.back() > 0)) throw NumericalFailure(fmt::format("coordinate {} of the trajectories does not move", a + 1));
  }
  return result;
}

void check(const Grid& grid, const Trajectories& paths, const KramersMoyalOptions& options) {
  if (grid.dimension() != paths.dimension || grid.dimension() > 3 || paths.values.size() != paths.dimension * paths.replicas * paths.times || !(paths.dt > 0) ||
      options.lag < 1 || options.blocks < 2 || options.least_points < 1 || (!options.bandwidth.empty() && options.bandwidth.size() != grid.dimension()))
    throw std::invalid_argument("Kramers-Moyal: shapes of grid and trajectories, lag >= 1, at least 2 blocks");
  if (paths.times < 2 * options.lag + 2)
    throw NumericalFailure(fmt::format("{} samples in time are too few for increments over {} and {}", paths.times, options.lag, 2 * options.lag));
  for (std::size_t a = 0; a < paths.dimension; ++a)
    require_finite(std::span(paths.column(a), paths.replicas * paths.times), fmt::format("coordinate {} of the trajectories", a + 1));
}

} // namespace

std::size_t KramersMoyal::quantities() const { return polynomials_->moments() + 2 * target_count() * polynomials_->size(); }

std::array<double, 3> KramersMoyal::coordinate(std::size_t cell) const {
  std::array<double, 3> u{};
  for (std::size_t a = 0; a < d_; ++a) u[a] = (grid_.axis(a).centre(grid_.coordinate(cell, a)) - centre_[a]) / scale_[a];
  return u;
}

KramersMoyal::KramersMoyal(const Grid& grid, const Trajectories& paths, const KramersMoyalOptions& options)
    : grid_(grid), d_(grid.dimension()), n_(grid.size()), options_(options), blocks_(paths.replicas, paths.times, options.blocks),
      tau_(static_cast<double>(options.lag) * paths.dt) {
  check(grid, paths, options);
  polynomials_ = std::make_shared<LocalPolynomials>(d_);
  for (const Axis& axis : grid_.axes()) {
    centre_.push_back((axis.lower + axis.upper) / 2);
    scale_.push_back((axis.upper - axis.lower) / 2);
  }
  const std::vector<double> deviation = deviations(paths);
  accumulate(paths);
  choose(options, deviation);
  find_support(deviation);
}

void KramersMoyal::accumulate(const Trajectories& paths) {
  const std::size_t moments = polynomials_->moments(), targets = target_count(), lag = options_.lag, all = quantities();
  sums_.assign(blocks_.blocks() * all * n_, 0.0);
  samples_.assign(blocks_.blocks() * n_, 0.0);
  std::array<const double*, 3> x{};
  std::array<double, 3> u{};
  std::array<double, 35> powers{};
  for (std::size_t r = 0; r < paths.replicas; ++r) {
    for (std::size_t a = 0; a < d_; ++a) x[a] = paths.path(a, r);
    for (std::size_t t = 0; t < paths.times; ++t) {
      if ((r * paths.times + t) % 65536 == 0) poll_interrupt();
      std::size_t cell = 0;
      bool inside = true;
      for (std::size_t a = 0; a < d_; ++a) {
        inside = inside && x[a][t] >= grid_.axis(a).lower && x[a][t] <= grid_.axis(a).upper;
        if (!inside) break;
        cell += grid_.axis(a).cell_of(x[a][t]) * grid_.stride(a);
        u[a] = (x[a][t] - centre_[a]) / scale_[a];
      }
      if (!inside) {
        ++outside_;
        continue;
      }
      const std::size_t block = blocks_.of(r, t);
      samples_[block * n_ + cell] += 1;
      if (t + 2 * lag >= paths.times) continue;
      ++increments_;
      double* sum = sums_.data() + block * all * n_ + cell;
      polynomials_->evaluate(u.data(), powers.data());
      for (std::size_t m = 0; m < moments; ++m, sum += n_) *sum += powers[m];
      for (const std::size_t steps : {lag, 2 * lag}) {
        const double over = static_cast<double>(steps) * paths.dt;
        std::array<double, 9> y{};
        for (std::size_t i = 0, at = d_; i < d_; ++i) {
          const double dx = x[i][t + steps] - x[i][t];
          y[i] = dx / over;
          for (std::size_t j = i; j < d_; ++j, ++at) y[at] = dx * (x[j][t + steps] - x[j][t]) / (2 * over);
        }
        for (std::size_t target = 0; target < targets; ++target)
          for (std::size_t i = 0; i < polynomials_->size(); ++i, sum += n_) *sum += y[target] * powers[i];
      }
    }
  }
  if (increments_ == 0) throw NumericalFailure("no increment of the trajectories begins in the box");
}

std::vector<double> KramersMoyal::totals(std::span<const double> multiplicity) const {
  const std::size_t length = sums_.size() / blocks_.blocks();
  std::vector<double> result(length, 0.0);
  for (std::size_t b = 0; b < blocks_.blocks(); ++b) {
    if (multiplicity[b] == 0) continue;
    const double* block = sums_.data() + b * length;
    for (std::size_t i = 0; i < length; ++i) result[i] += multiplicity[b] * block[i];
  }
  return result;
}

MatrixXd KramersMoyal::smoothed(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t count) const {
  const Smoother smoother(grid_, h);
  MatrixXd result(static_cast<Index>(n_), static_cast<Index>(firsts.size() * count));
#pragma omp parallel for schedule(dynamic) if (result.size() > 20000)
  for (Index q = 0; q < result.cols(); ++q) {
    const auto [group, member] = std::div(q, static_cast<Index>(count));
    result.col(q) = Eigen::Map<const VectorXd>(totals.data() + (firsts[static_cast<std::size_t>(group)] + static_cast<std::size_t>(member)) * n_, result.rows());
    smoother.apply(result.col(q).data());
  }
  return result;
}

template <int D> void KramersMoyal::regress_cells(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t targets,
                                                  std::vector<MatrixXd>& fit, VectorXd* equivalent) const {
  using Square = Eigen::Matrix<double, D, D>;
  using Column = Eigen::Matrix<double, D, 1>;
  std::vector<std::size_t> places;
  for (const std::size_t first : firsts) places.push_back(polynomials_->moments() + first * D);
  const MatrixXd moments = smoothed(totals, h, {0}, polynomials_->moments()), values = smoothed(totals, h, places, targets * D);
  std::array<double, 3> unit{};
  for (std::size_t a = 0; a < d_; ++a) unit[a] = scale_[a] / h[a];
#pragma omp parallel for schedule(static) if (n_ > 1000)
  for (std::size_t k = 0; k < n_; ++k) {
    const auto cell = static_cast<Index>(k);
    const double weight = moments(cell, 0);
    if (!(weight > 0)) continue;
    const Square L = polynomials_->shifted(coordinate(k), unit); // about the centre, in units of h
    Square A;
    for (std::size_t i = 0; i < D; ++i)
      for (std::size_t j = 0; j < D; ++j) A(static_cast<Index>(i), static_cast<Index>(j)) = moments(cell, static_cast<Index>(polynomials_->product(i, j)));
    A = (L * A * L.transpose()).eval() / weight;
    A.diagonal().template tail<D - 1>().array() += 1e-6; // a lone sample has no slope
    const Eigen::LDLT<Square> factor(A);
    if (equivalent) (*equivalent)[cell] = weight / factor.solve(Column::Unit(0))[0];
    for (std::size_t y = 0; y < fit.size(); ++y) {
      const Column right = values.template middleCols<D>(static_cast<Index>(y) * D).row(cell).transpose();
      fit[y].col(cell) = L.transpose() * factor.solve(L * right / weight);
    }
  }
}

std::vector<MatrixXd> KramersMoyal::regress(const std::vector<double>& totals, const std::vector<double>& h, const std::vector<std::size_t>& firsts, std::size_t targets,
                                            VectorXd* equivalent) const {
  if (equivalent) *equivalent = VectorXd::Zero(static_cast<Index>(n_));
  std::vector<MatrixXd> fit(firsts.size() * targets, MatrixXd::Zero(static_cast<Index>(polynomials_->size()), static_cast<Index>(n_)));
  if (d_ == 1) regress_cells<3>(totals, h, firsts, targets, fit, equivalent);
  else if (d_ == 2) regress_cells<6>(totals, h, firsts, targets, fit, equivalent);
  else regress_cells<10>(totals, h, firsts, targets, fit, equivalent);
  return fit;
}

std::vector<VectorXd> KramersMoyal::at_centres(const std::vector<MatrixXd>& polynomials) const {
  std::vector<VectorXd> result(polynomials.size(), VectorXd(static_cast<Index>(n_)));
  std::array<double, 35> powers{};
  for (std::size_t k = 0; k < n_; ++k) {
    polynomials_->evaluate(coordinate(k).data(), powers.data());
    const Eigen::Map<const VectorXd> basis(powers.data(), static_cast<Index>(polynomials_->size()));
    for (std::size_t y = 0; y < polynomials.size(); ++y) result[y][static_cast<Index>(k)] = polynomials[y].col(static_cast<Index>(k)).dot(basis);
  }
  return result;
}

KramersMoyalFields KramersMoyal::fields() const { return fields(std::vector<double>(blocks_.blocks(), 1.0)); }

VectorXd KramersMoyal::counts(std::span<const double> multiplicity) const {
  VectorXd result = VectorXd::Zero(static_cast<Index>(n_));
  for (std::size_t b = 0; b < blocks_.blocks(); ++b) result += multiplicity[b] * Eigen::Map<const VectorXd>(samples_.data() + b * n_, static_cast<Index>(n_));
  return result;
}

std::vector<double> KramersMoyal::draw(std::uint64_t seed, std::size_t r) const {
  auto random = generator_of(seed, r);
  std::vector<double> multiplicity(blocks_.blocks(), 0.0);
  for (std::size_t i = 0; i < blocks_.blocks(); ++i) multiplicity[below(blocks_.blocks(), random)] += 1;
  return multiplicity;
}

} // namespace driftwell::estimators

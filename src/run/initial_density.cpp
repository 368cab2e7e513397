#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/run/build.hpp"
#include "initial_samples.hpp"

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Outside this share of a law the box is not the one the user meant.
constexpr double most_outside = 1e-3;

Eigen::MatrixXd covariance_of(const input::GaussianLaw& law) {
  const auto d = static_cast<Index>(law.mean.size());
  if (!law.std.empty()) return Eigen::Map<const VectorXd>(law.std.data(), d).cwiseAbs2().asDiagonal();
  Eigen::MatrixXd result(d, d);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) result(i, j) = law.covariance[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  return result;
}

double std_of(const input::GaussianLaw& law, std::size_t a) { return law.std.empty() ? std::sqrt(law.covariance[a][a]) : law.std[a]; }

bool is_diagonal(const Eigen::MatrixXd& m) { return m.isDiagonal(0); }

/// Standard normal distribution function between two points, accurate in both tails.
double normal_between(double a, double b) {
  const double r = std::sqrt(0.5);
  if (a > 0) return 0.5 * (std::erfc(a * r) - std::erfc(b * r));
  return 0.5 * (std::erfc(-b * r) - std::erfc(-a * r));
}

/// Folds a point into the box along periodic axes.
double folded(const Axis& axis, double x) {
  if (!axis.periodic()) return x;
  const double period = axis.upper - axis.lower;
  return x - period * std::floor((x - axis.lower) / period);
}

/// product over axes of weight[a][i_a]
VectorXd product(const Grid& grid, const std::vector<std::vector<double>>& weight) {
  VectorXd p(static_cast<Index>(grid.size()));
  const std::size_t last = grid.dimension() - 1, n = grid.axis(last).cells;
  for (std::size_t row = 0; row < grid.size(); row += n) { // the other axes are constant on a row
    double w = 1;
    for (std::size_t a = 0; a < last; ++a) w *= weight[a][grid.coordinate(row, a)];
    for (std::size_t i = 0; i < n; ++i) p[static_cast<Index>(row + i)] = w * weight[last][i];
  }
  return p;
}

/// A Gaussian's weight in each cell of one axis; images over the neighbouring periods where the axis is periodic.
std::vector<double> gaussian_weights(const Axis& axis, double mean, double std, bool integrate) {
  std::vector<double> weight(axis.cells);
  const double period = axis.upper - axis.lower;
  const int images = axis.periodic() ? static_cast<int>(std::ceil(8 * std / period)) + 1 : 0;
  // The integral over a cell widens a law by h^2/12 (Sheppard): taken off beforehand, the moments stay right.
  const double home = folded(axis, mean), h = axis.width(axis.cell_of(home));
  if (integrate) std = std::sqrt(std::max(std * std - h * h / 12, std * std / 4));
  for (std::size_t i = 0; i < axis.cells; ++i)
    for (int image = -images; image <= images; ++image) {
      const double shift = home + image * period, z = (axis.centre(i) - shift) / std;
      weight[i] += integrate ? normal_between((axis.face(i) - shift) / std, (axis.face(i + 1) - shift) / std)
                             : std::exp(-z * z / 2) * axis.width(i) / (std * std::sqrt(2 * M_PI));
    }
  return weight;
}

VectorXd correlated_gaussian(const Grid& grid, const input::GaussianLaw& law) {
  const Eigen::LLT<Eigen::MatrixXd> factor(covariance_of(law));
  const auto d = static_cast<Index>(grid.dimension());
  const double norm = std::pow(2 * M_PI, static_cast<double>(d) / 2) * factor.matrixL().determinant();
  VectorXd p(static_cast<Index>(grid.size())), x(d);
  for (std::size_t k = 0; k < grid.size(); ++k) {
    for (std::size_t a = 0; a < grid.dimension(); ++a)
      x[static_cast<Index>(a)] = grid.axis(a).centre(grid.coordinate(k, a)) - law.mean[a];
    p[static_cast<Index>(k)] = std::exp(-factor.matrixL().solve(x).squaredNorm() / 2) * grid.volume(k) / norm;
  }
  return p;
}

VectorXd uniform(const Grid& grid, const input::UniformLaw& law) {
  std::vector<std::vector<double>> weight;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    std::vector<double> w(axis.cells);
    for (std::size_t i = 0; i < axis.cells; ++i) {
      // Folded along a periodic axis: the images of the cell in every period that the law reaches.
      const double period = axis.upper - axis.lower;
      const double from = axis.periodic() ? std::floor((law.lower[a] - axis.upper) / period) : 0;
      const double to = axis.periodic() ? std::ceil((law.upper[a] - axis.lower) / period) : 0;
      for (double image = from; image <= to; ++image) {
        const double left = axis.face(i) + image * period, right = axis.face(i + 1) + image * period;
        w[i] += std::max(0.0, std::min(right, law.upper[a]) - std::max(left, law.lower[a])) / (law.upper[a] - law.lower[a]);
      }
    }
    weight.push_back(std::move(w));
  }
  return product(grid, weight);
}

/// Shares a point mass among the nearest centres, so that its mean is kept (cloud in cell).
void deposit(const Grid& grid, const double* point, double mass, VectorXd& p) {
  std::array<std::array<std::size_t, 2>, 3> cell{};
  std::array<std::array<double, 2>, 3> weight{};
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    const auto n = static_cast<long>(axis.cells);
    const double x = folded(axis, point[a]);
    long left = static_cast<long>(axis.cell_of(x)); // the last centre below x
    if (axis.centre(static_cast<std::size_t>(left)) > x) --left;
    const std::size_t from = static_cast<std::size_t>(left < 0 ? n - 1 : left);
    const double below = left < 0 ? axis.centre(0) - axis.step(from) : axis.centre(from);
    const double share = (x - below) / axis.step(from);
    const auto place = [&](long i) {
      return static_cast<std::size_t>(axis.periodic() ? (i % n + n) % n : std::clamp(i, 0L, n - 1));
    };
    cell[a] = {place(left), place(left + 1)};
    weight[a] = {1 - share, share};
  }
  for (std::size_t corner = 0; corner < (1u << grid.dimension()); ++corner) {
    std::size_t k = 0;
    double w = mass;
    for (std::size_t a = 0; a < grid.dimension(); ++a) {
      const std::size_t side = corner >> a & 1;
      k += cell[a][side] * grid.stride(a);
      w *= weight[a][side];
    }
    p[static_cast<Index>(k)] += w;
  }
}

bool inside(const Grid& grid, const double* point) {
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    if (!axis.periodic() && !(point[a] >= axis.lower && point[a] <= axis.upper)) return false;
  }
  return true;
}

std::string box(const Grid& grid) {
  std::string text;
  for (const Axis& axis : grid.axes()) text += fmt::format("{}[{:g}, {:g}]", text.empty() ? "" : " x ", axis.lower, axis.upper);
  return text;
}

/// Walks through a mixture (or a single law) with weights.
void for_each_part(const input::InitialLaw& law, double weight, const std::function<void(const input::InitialLaw&, double)>& visit) {
  if (const auto* mixture = std::get_if<std::shared_ptr<const input::MixtureLaw>>(&law)) {
    for (std::size_t i = 0; i < (*mixture)->parts.size(); ++i)
      for_each_part((*mixture)->parts[i], weight * (*mixture)->weights[i], visit);
    return;
  }
  visit(law, weight);
}

/// Share of a Gaussian outside the box, at most the sum over axes.
double gaussian_outside(const Grid& grid, const input::GaussianLaw& law) {
  double sum = 0;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    if (axis.periodic()) continue;
    const double std = std_of(law, a);
    sum += std::max(0.0, 1 - normal_between((axis.lower - law.mean[a]) / std, (axis.upper - law.mean[a]) / std));
  }
  return std::min(1.0, sum);
}

void check_inside(const Grid& grid, const std::vector<double>& point, const Origin& origin, const char* what) {
  if (!inside(grid, point.data()))
    throw invalid(origin, fmt::format("{} ({:g}) lies outside the box", what, fmt::join(point, ", ")), {"a point in " + box(grid), "", {}});
}

} // namespace

InitialDensity::InitialDensity(const input::Spec& spec, const Grid& coarsest) : spec_(spec) {
  for_each_part(spec.initial, 1.0, [&](const input::InitialLaw& law, double weight) {
    if (const auto* gaussian = std::get_if<input::GaussianLaw>(&law)) {
      check_inside(coarsest, gaussian->mean, gaussian->mean_origin, "the mean of the initial Gaussian");
      const double outside = gaussian_outside(coarsest, *gaussian);
      if (outside > most_outside)
        throw invalid(gaussian->spread_origin, fmt::format("{:.2g} of the initial Gaussian lies outside the box", outside),
                      {fmt::format("at most {:g} outside {}", most_outside, box(coarsest)), "", {"widen the box or narrow the law"}});
      outside_ += weight * outside;
      const Eigen::MatrixXd covariance = covariance_of(*gaussian);
      const double narrowest = std::sqrt(SymmetricEigen(covariance).eigenvalues()[0]);
      double widest_cell = 0;
      const auto cell_width = [&](std::size_t a) { // where the law is
        const Axis& axis = coarsest.axis(a);
        return axis.width(axis.cell_of(folded(axis, gaussian->mean[a])));
      };
      for (std::size_t a = 0; a < coarsest.dimension(); ++a) widest_cell = std::max(widest_cell, cell_width(a));
      if (is_diagonal(covariance)) {
        for (std::size_t a = 0; a < coarsest.dimension(); ++a)
          integrate_ = integrate_ || std_of(*gaussian, a) < cell_width(a);
      } else if (std::any_of(coarsest.axes().begin(), coarsest.axes().end(), [](const Axis& a) { return a.periodic(); })) {
        throw invalid(gaussian->spread_origin, "a correlated Gaussian cannot start on a periodic axis", {"a diagonal covariance, or std", "", {}});
      } else if (narrowest < widest_cell) {
        throw invalid(gaussian->spread_origin,
                      fmt::format("the initial Gaussian is {:.3g} wide along its narrowest direction, less than a cell of the coarsest grid ({:.3g})",
                                  narrowest, widest_cell),
                      {"", "", {"take more cells: the error bars need the law resolved with a quarter of them too"}});
      }
    } else if (const auto* point = std::get_if<input::PointLaw>(&law)) {
      check_inside(coarsest, point->at, point->origin, "the initial point");
    } else if (const auto* box_law = std::get_if<input::UniformLaw>(&law)) {
      check_inside(coarsest, box_law->lower, box_law->origin, "a corner of the initial box");
      check_inside(coarsest, box_law->upper, box_law->origin, "a corner of the initial box");
    } else if (const auto* file = std::get_if<input::SamplesLaw>(&law)) {
      std::vector<double> values = read_samples(spec, *file, coarsest.dimension(), false).values;
      const std::size_t d = coarsest.dimension(), particles = values.size() / d;
      std::size_t lost = 0;
      for (std::size_t k = 0; k < particles; ++k) lost += !inside(coarsest, values.data() + k * d);
      const double outside = static_cast<double>(lost) / static_cast<double>(particles);
      if (outside > most_outside)
        throw invalid(file->origin, fmt::format("{} of {} samples lie outside the box (or are not finite)", lost, particles),
                      {fmt::format("at most {:g} outside {}", most_outside, box(coarsest)), "", {}});
      outside_ += weight * outside;
      samples_.emplace(file, std::move(values));
    }
  });
}

VectorXd InitialDensity::on(const Grid& grid, const SteadyState& steady) const {
  VectorXd p = VectorXd::Zero(static_cast<Index>(grid.size()));
  for_each_part(spec_.initial, 1.0, [&](const input::InitialLaw& law, double weight) {
    VectorXd part = VectorXd::Zero(p.size());
    if (const auto* gaussian = std::get_if<input::GaussianLaw>(&law)) {
      if (is_diagonal(covariance_of(*gaussian))) {
        std::vector<std::vector<double>> weights;
        for (std::size_t a = 0; a < grid.dimension(); ++a)
          weights.push_back(gaussian_weights(grid.axis(a), gaussian->mean[a], std_of(*gaussian, a), integrate_));
        part = product(grid, weights);
      } else {
        part = correlated_gaussian(grid, *gaussian);
      }
    } else if (const auto* point = std::get_if<input::PointLaw>(&law)) {
      deposit(grid, point->at.data(), 1, part);
    } else if (const auto* box_law = std::get_if<input::UniformLaw>(&law)) {
      part = uniform(grid, *box_law);
    } else if (std::holds_alternative<input::SteadyStateLaw>(law)) {
      part = steady.p;
    } else if (const auto* file = std::get_if<input::SamplesLaw>(&law)) {
      const std::vector<double>& samples = samples_.at(file);
      for (std::size_t k = 0; k < samples.size(); k += grid.dimension())
        if (inside(grid, samples.data() + k)) deposit(grid, samples.data() + k, 1, part);
    }
    p += weight / part.sum() * part;
  });
  return p / p.sum();
}

} // namespace driftwell::run

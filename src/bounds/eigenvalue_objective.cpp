#include "eigenvalue_objective.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr std::size_t most_slopes = 150;       ///< derivatives of entries, for the mean-value form
constexpr std::size_t most_slope_nodes = 20000;

std::vector<Expression> upper_triangle(const ExpressionMatrix& a) {
  std::vector<Expression> entries;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != a.size()) throw std::invalid_argument("eigenvalues need a square matrix");
    for (std::size_t j = i; j < a.size(); ++j) entries.push_back(i == j ? a[i][i] : Expression(0.5) * (a[i][j] + a[j][i]));
  }
  return entries;
}

} // namespace

SmallestEigenvalue::SmallestEigenvalue(const ExpressionMatrix& a, const std::vector<Expression>& primitives, std::size_t dimension,
                                       const Eigen::MatrixXd& metric)
    : size_(a.size()), dimension_(dimension), metric_(metric) {
  const std::vector<Expression> entries = upper_triangle(a);
  entries_ = expression::IntervalTape(entries, dimension);
  primitives_ = expression::IntervalTape(primitives, dimension);
  if (entries.size() * dimension <= most_slopes) {
    std::vector<Expression> slopes;
    for (const Expression& entry : entries)
      for (const Expression& slope : entry.gradient(dimension)) slopes.push_back(slope);
    expression::IntervalTape tape(slopes, dimension);
    if (tape.nodes() <= most_slope_nodes) slopes_ = std::move(tape);
  }
  if (metric.size() == 0) return;
  if (metric.rows() != static_cast<Eigen::Index>(size_) || metric.cols() != metric.rows() || metric != metric.transpose())
    throw std::invalid_argument("the metric must be a symmetric matrix of the size of the one whose eigenvalues are sought");
  const Eigen::LLT<Eigen::MatrixXd> factor(metric);
  if (factor.info() != Eigen::Success) throw std::invalid_argument("the metric must be positive definite");
  root_ = factor.matrixL();
}

SmallestEigenvalue::Basis SmallestEigenvalue::basis_of(const Eigen::MatrixXd& middle) const {
  const bool plain = metric_.size() == 0;
  const Eigen::MatrixXd seen = plain ? middle : Eigen::MatrixXd(root_.transpose() * middle * root_);
  Eigen::MatrixXd vectors = SymmetricEigen(0.5 * (seen + seen.transpose())).eigenvectors();
  if (!vectors.allFinite()) vectors.setIdentity();
  const IntervalMatrix y(plain ? vectors : Eigen::MatrixXd(root_.transpose().triangularView<Eigen::Upper>().solve(vectors)));
  if (size_ == 1 && plain) return {IntervalMatrix(Eigen::MatrixXd::Identity(1, 1)), y, 0};
  if (plain) return {y, y, distance_from_identity(congruent(y, IntervalMatrix(Eigen::MatrixXd::Identity(middle.rows(), middle.cols()))))};
  const IntervalMatrix d(metric_);
  return {multiply(d, y), y, distance_from_identity(congruent(y, d))};
}

IntervalMatrix SmallestEigenvalue::matrix_of(std::span<const Image> images) const {
  IntervalMatrix m(size_, size_);
  std::size_t next = 0;
  for (std::size_t i = 0; i < size_; ++i)
    for (std::size_t j = i; j < size_; ++j) m(i, j) = m(j, i) = images[next++].range;
  return m;
}

/// W^T A(m) W + sum_k W^T d_k A(X) W (X_k - m_k); empty when a derivative is not bounded.
IntervalMatrix SmallestEigenvalue::mean_value_form(const Basis& basis, const Box& box, const IntervalMatrix& at_middle, Bound& bound,
                                                   std::vector<Image>& scratch) const {
  std::vector<Image> slopes(slopes_.outputs());
  slopes_.evaluate(box, slopes, scratch);
  for (const Image& slope : slopes)
    if (!slope.defined || !slope.range.bounded()) return {};
  IntervalMatrix sum = congruent(basis.w, at_middle);
  double widest = 0;
  for (std::size_t k = 0; k < dimension_; ++k) {
    if (box[k].is_point()) continue;
    std::vector<Image> along;
    for (std::size_t e = k; e < slopes.size(); e += dimension_) along.push_back(slopes[e]);
    const IntervalMatrix change = congruent(basis.w, matrix_of(along));
    double width = 0;
    for (std::size_t i = 0; i < sum.entries.size(); ++i) {
      const Interval step = change.entries[i] * (box[k] - Interval(bound.point[k]));
      sum.entries[i] = sum.entries[i] + step;
      width = std::max(width, step.width());
    }
    if (width > widest) widest = width, bound.split = k;
  }
  return sum;
}

/// Rayleigh's quotient w^T A w / y^T D y of the first vector, rounded up.
double SmallestEigenvalue::value_above(const Basis& basis, const IntervalMatrix& at_middle) const {
  const Interval top = congruent(basis.w, at_middle)(0, 0);
  const double e = basis.distance;
  return (top / Interval(1.0 - e, 1.0 + e)).upper;
}

Objective::Bound SmallestEigenvalue::bound(Box& box) const { return bound_of(box); }

Objective::Bound SmallestEigenvalue::bound_of(const Box& box) const {
  std::vector<Image> scratch, images(entries_.outputs()), centre(entries_.outputs()), primitives(primitives_.outputs());
  entries_.evaluate(box, images, scratch);
  primitives_.evaluate(box, primitives, scratch);
  Bound bound{-Interval::infinity, Interval::infinity, middle_of(box)};
  bool continuous = true;
  for (const Image& image : images) bound.defined = bound.defined && image.defined, continuous = continuous && image.continuous;
  for (const Image& image : primitives) bound.smooth = bound.smooth && image.continuous && image.defined;
  entries_.evaluate(box_of(bound.point), centre, scratch);
  if (std::any_of(centre.begin(), centre.end(), [](const Image& i) { return !i.defined || !i.range.bounded(); })) return bound;
  const IntervalMatrix at_middle = matrix_of(centre);
  const Basis basis = basis_of(middle_of(at_middle));
  if (!(basis.distance < 0.5)) return bound;
  bound.upper = value_above(basis, at_middle);
  const IntervalMatrix natural = matrix_of(images);
  IntervalMatrix rotated = congruent(basis.w, natural);
  if (continuous && bound.defined && slopes_.outputs() > 0)
    if (const IntervalMatrix mean = mean_value_form(basis, box, at_middle, bound, scratch); !mean.entries.empty())
      for (std::size_t i = 0; i < rotated.entries.size(); ++i) rotated.entries[i] = intersection(rotated.entries[i], mean.entries[i]);
  const double lowest = smallest_eigenvalue_below(rotated), e = basis.distance;
  bound.lower = (Interval(lowest) / Interval(1.0 - e, 1.0 + e)).lower;
  if (metric_.size() == 0) bound.lower = std::max(bound.lower, smallest_eigenvalue_below(natural));
  return bound;
}

} // namespace driftwell::bounds

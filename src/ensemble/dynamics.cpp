#include "driftwell/ensemble/dynamics.hpp"

#include "driftwell/core/simd.hpp"
#include "driftwell/ensemble/field.hpp"
#include "driftwell/ensemble/matrix_product.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell {

std::string name_of(NoiseClass noise) {
  switch (noise) {
  case NoiseClass::additive: return "additive";
  case NoiseClass::diagonal: return "diagonal";
  case NoiseClass::commutative: return "commutative";
  case NoiseClass::general: return "general";
  }
  return {};
}

namespace {

NoiseClass class_of(const Model& model) {
  const std::size_t d = model.dimension();
  bool constant = true, own = true;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      constant = constant && model.diffusion(i, j).is_constant();
      for (std::size_t k = 0; k < d; ++k) own = own && (k == i || !model.diffusion(i, j).depends_on(k));
    }
  if (constant) return NoiseClass::additive;
  return model.diagonal() && own ? NoiseClass::diagonal : NoiseClass::general;
}

/// Cholesky's factor of a constant positive semi-definite matrix; columns of vanishing pivots are zero.
std::vector<double> semidefinite_root(std::vector<double> D, std::size_t d) {
  double largest = 0;
  for (std::size_t i = 0; i < d; ++i) largest = std::max(largest, D[i * d + i]);
  const double least = 1e-13 * static_cast<double>(d) * largest;
  std::vector<double> L(d * d, 0.0);
  for (std::size_t j = 0; j < d; ++j) {
    const double pivot = D[j * d + j];
    if (!(pivot >= -least)) throw std::invalid_argument("the diffusion matrix is not positive semi-definite");
    for (std::size_t i = j; i < d; ++i) {
      if (pivot <= least && std::abs(D[i * d + j]) > std::sqrt(least * largest) + least)
        throw std::invalid_argument("the diffusion matrix is not positive semi-definite");
      L[i * d + j] = pivot > least ? D[i * d + j] / std::sqrt(pivot) : 0.0;
    }
    for (std::size_t i = j + 1; i < d; ++i)
      for (std::size_t k = j + 1; k < d; ++k) D[i * d + k] -= L[i * d + j] * L[k * d + j];
  }
  return L;
}

} // namespace

Dynamics::Dynamics(const Model& model) : Dynamics(model, Schedule(model.temperature())) {}

Dynamics::Dynamics(const Model& model, Schedule temperature)
    : model_(model), dimension_(model.dimension()), noises_(model.dimension()), schedule_(std::move(temperature)), noise_class_(class_of(model)) {
  if (schedule_.constant()) model_ = model_->with_temperature(schedule_.value(0));
  compile_drift();
  compile_diffusion();
}

Dynamics::Dynamics(std::shared_ptr<const Field> field, Schedule temperature)
    : field_(std::move(field)), dimension_(field_->dimension()), noises_(field_->noises()), schedule_(std::move(temperature)), noise_class_(field_->noise_class()), diagonal_(false) {}

const Model& Dynamics::model() const {
  if (!model_) throw std::invalid_argument("this stepper needs drift and noise as formulas");
  return *model_;
}

std::string Dynamics::name(std::size_t variable) const { return model_ ? model_->names()[variable] : field_->name(variable); }

void Dynamics::compile_drift() {
  const std::size_t d = dimension();
  std::vector<Expression> b;
  if (schedule_.constant())
    for (std::size_t i = 0; i < d; ++i) b.push_back(model_->drift(i));
  else { // b is affine in T: what the noise adds to the drift, and the divergence of a circulation
    const Model one = model_->with_temperature(1), two = model_->with_temperature(2);
    std::vector<Expression> slope;
    bool depends = false;
    for (std::size_t i = 0; i < d; ++i) {
      slope.push_back(two.drift(i) - one.drift(i));
      b.push_back(one.drift(i) - slope[i]);
      depends = depends || !slope[i].is_constant(0.0);
    }
    if (depends) b.insert(b.end(), slope.begin(), slope.end());
  }
  if (b.size() == d) find_linear_drift(b);
  drift_ = expression::Tape(b, d);
}

void Dynamics::find_linear_drift(const std::vector<Expression>& b) {
  const std::size_t d = dimension();
  constexpr std::size_t least_dimension = 16; // below it the tape is as fast
  if (d < least_dimension) return;
  std::vector<double> matrix(d * d), constant(d);
  std::size_t filled = 0;
  for (std::size_t i = 0; i < d; ++i) {
    const std::vector<Expression> row = b[i].gradient(d);
    for (std::size_t j = 0; j < d; ++j) {
      if (!row[j].is_constant()) return;
      matrix[i * d + j] = row[j].constant();
      filled += matrix[i * d + j] != 0;
    }
  }
  if (4 * filled < d * d) return; // a sparse one is done better by the tape
  constant = expression::Tape(b, d)(std::vector<double>(d, 0.0));
  product_ = std::make_shared<const MatrixProduct>(matrix, constant);
}

void Dynamics::compile_diffusion() {
  const std::size_t d = dimension();
  const bool diagonal = diagonal_ = model_->diagonal();
  if (noise_class_ == NoiseClass::additive) {
    std::vector<double> D(d * d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) D[i * d + j] = model_->diffusion(i, j).constant();
    root_ = semidefinite_root(D, d);
    if (diagonal)
      for (std::size_t i = 0; i < d; ++i) scale_.push_back(root_[i * d + i]);
    else if (d >= 16)
      noise_product_ = std::make_shared<const MatrixProduct>(root_, std::vector<double>(d, 0.0));
  }
  std::vector<Expression> entries;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = diagonal ? i : 0; j <= i; ++j) entries.push_back(model_->diffusion(i, j));
  diffusion_ = expression::Tape(entries, d);
}

Dynamics::Workspace::Workspace(const Dynamics& dynamics)
    : drift_(dynamics.drift_), diffusion_(dynamics.diffusion_),
      entries_(!dynamics.field_ && dynamics.noise_class() == NoiseClass::additive && dynamics.dimension() > 64 ? dynamics.dimension() : dynamics.diffusion_.outputs()),
      parts_(dynamics.drift_.outputs() > dynamics.dimension() ? dynamics.drift_.outputs() : 0) {
  if (dynamics.field_) field_ = dynamics.field_->scratch();
}

namespace {

DRIFTWELL_MULTIVERSION void affine(const double* at_zero, const double* slope, double T, double* b, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) b[k] = at_zero[k] + slope[k] * T;
}

/// x = sqrt(factor x) where that is positive (or NaN), 0 where x is slightly negative.
DRIFTWELL_MULTIVERSION void root_of(double* x, double factor, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = __builtin_sqrt(factor * x[k]);
}

DRIFTWELL_MULTIVERSION void times(const double* a, const double* b, double* c, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) c[k] = a[k] * b[k];
}

DRIFTWELL_MULTIVERSION void add_product(double* x, const double* a, const double* b, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] + a[k] * b[k];
}

DRIFTWELL_MULTIVERSION void subtract_product(double* x, const double* a, const double* b, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] - a[k] * b[k];
}

DRIFTWELL_MULTIVERSION void fill_scaled(const double* a, double factor, double* c, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) c[k] = a[k] * factor;
}

/// A pivot of Cholesky's factorisation: its root and the reciprocal of that, both 0 where rounding leaves nothing of D_jj. Clearly
/// negative ones become NaN, which is reported where it arises.
DRIFTWELL_MULTIVERSION void pivots(double* pivot, const double* original, double* reciprocal, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) {
    const double least = 1e-13 * __builtin_fabs(original[k]);
    const double root = __builtin_sqrt(pivot[k]);
    const bool vanishes = pivot[k] <= least && pivot[k] >= -least;
    reciprocal[k] = vanishes ? 0.0 : 1.0 / root;
    pivot[k] = vanishes ? 0.0 : root;
  }
}

std::size_t entry(std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; }

/// Lower triangles of n matrices at once, D -> L with L L^T = D.
void cholesky(Rows D, std::size_t d, std::size_t n) {
  double original[expression::Tape::strip], reciprocal[expression::Tape::strip];
  for (std::size_t j = 0; j < d; ++j) {
    std::copy_n(D[entry(j, j)], n, original);
    for (std::size_t k = 0; k < j; ++k) subtract_product(D[entry(j, j)], D[entry(j, k)], D[entry(j, k)], n);
    pivots(D[entry(j, j)], original, reciprocal, n);
    for (std::size_t i = j + 1; i < d; ++i) {
      for (std::size_t k = 0; k < j; ++k) subtract_product(D[entry(i, j)], D[entry(i, k)], D[entry(j, k)], n);
      times(D[entry(i, j)], reciprocal, D[entry(i, j)], n);
    }
  }
}

} // namespace

void Dynamics::drift(ConstRows x, Rows b, std::size_t n, double T, Workspace& workspace) const {
  if (field_) return field_->drift(x, b, n, T, *static_cast<Field::Scratch*>(workspace.field_.get()));
  if (product_) return product_->apply(x, b, n);
  const std::size_t d = dimension();
  if (drift_.outputs() == d) return drift_.evaluate(x, b, n, workspace.drift_);
  drift_.evaluate(x, workspace.parts_.rows(), n, workspace.drift_);
  for (std::size_t i = 0; i < d; ++i) affine(workspace.parts_[i], workspace.parts_[d + i], T, b[i], n);
}

void Dynamics::root(ConstRows x, std::size_t n, Workspace& workspace) const {
  diffusion_.evaluate(x, workspace.entries_.rows(0, diffusion_.outputs()), n, workspace.diffusion_);
  if (!diagonal()) cholesky(workspace.entries_.rows(), dimension(), n);
}

void Dynamics::noise(ConstRows x, ConstRows xi, Rows out, std::size_t n, double T, Workspace& workspace) const {
  if (field_) return field_->noise(x, xi, out, n, T, *static_cast<Field::Scratch*>(workspace.field_.get()));
  const std::size_t d = dimension();
  const double factor = std::sqrt(2 * T);
  if (!scale_.empty()) {
    for (std::size_t i = 0; i < d; ++i) fill_scaled(xi[i], factor * scale_[i], out[i], n);
  } else if (!root_.empty()) {
    if (noise_product_) noise_product_->apply(xi, out, n);
    for (std::size_t i = 0; i < d && !noise_product_; ++i) {
      fill_scaled(xi[0], root_[i * d], out[i], n);
      for (std::size_t j = 1; j <= i; ++j) add_scaled(out[i], xi[j], root_[i * d + j], n);
    }
    for (std::size_t i = 0; i < d; ++i) fill_scaled(out[i], factor, out[i], n);
  } else if (diagonal()) {
    root(x, n, workspace);
    for (std::size_t i = 0; i < d; ++i) {
      root_of(workspace.entries_[i], 2 * T, n);
      times(workspace.entries_[i], xi[i], out[i], n);
    }
  } else {
    root(x, n, workspace);
    for (std::size_t i = 0; i < d; ++i) {
      times(workspace.entries_[entry(i, 0)], xi[0], out[i], n);
      for (std::size_t j = 1; j <= i; ++j) add_product(out[i], workspace.entries_[entry(i, j)], xi[j], n);
      fill_scaled(out[i], factor, out[i], n);
    }
  }
}

void Dynamics::amplitude(ConstRows x, Rows sigma, std::size_t n, double T, Workspace& workspace) const {
  if (field_) return field_->amplitude(x, sigma, n, T, *static_cast<Field::Scratch*>(workspace.field_.get()));
  const std::size_t d = dimension();
  const double factor = std::sqrt(2 * T);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) std::fill_n(sigma[i * d + j], n, root_.empty() ? 0.0 : factor * root_[i * d + j]);
  if (!root_.empty()) return;
  root(x, n, workspace);
  for (std::size_t i = 0; i < d; ++i)
    if (diagonal()) {
      std::copy_n(workspace.entries_[i], n, sigma[i * d + i]);
      root_of(sigma[i * d + i], 2 * T, n);
    } else
      for (std::size_t j = 0; j <= i; ++j) fill_scaled(workspace.entries_[entry(i, j)], factor, sigma[i * d + j], n);
}

void Dynamics::variance(ConstRows x, Rows out, std::size_t n, double T, Workspace& workspace) const {
  if (field_) throw std::logic_error("the variance of a field by itself is not computed");
  const std::size_t d = dimension();
  diffusion_.evaluate(x, workspace.entries_.rows(0, diffusion_.outputs()), n, workspace.diffusion_);
  for (std::size_t i = 0; i < d; ++i) fill_scaled(workspace.entries_[diagonal() ? i : entry(i, i)], 2 * T, out[i], n);
}

} // namespace driftwell

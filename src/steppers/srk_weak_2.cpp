// Platen's explicit scheme of weak order 2 for general Ito noise; dW_j = sqrt(3 dt) times -1, 0, 1 with 1/6, 2/3, 1/6:
//
//   x' = x + (a(y) + a) dt/2
//      + 1/4 sum_j [ (s_j(R_j+) + s_j(R_j-) + 2 s_j) + sum_{r != j} (s_j(U_r+) + s_j(U_r-) - 2 s_j) ] dW_j
//      + 1/4 sum_j [ (s_j(R_j+) - s_j(R_j-)) (dW_j^2 - dt) + sum_{r != j} (s_j(U_r+) - s_j(U_r-)) (dW_j dW_r + V_rj) ] / sqrt(dt)
//   y = x + a dt + sum_j s_j dW_j,  R_j+- = x + a dt +- s_j sqrt(dt),  U_r+- = x +- s_r sqrt(dt)
//
// s_j column j of sigma; V_rj = -V_jr = +-dt with probability 1/2. No derivatives. Additive noise leaves the first line and sigma dW; diagonal
// noise has no mixed terms and one pair R+- for all columns. Weak and stationary order 2.
// Kloeden & Platen (1992), section 15.1, eq. (1.3).
#include "driftwell/core/simd.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

/// x += ((plus + minus) + m s) w/4 + (plus - minus) v/4
DRIFTWELL_MULTIVERSION void add_column(double* x, const double* plus, const double* minus, const double* s, double m, const double* w, const double* v,
                                       std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] + 0.25 * (((plus[k] + minus[k]) + m * s[k]) * w[k] + (plus[k] - minus[k]) * v[k]);
}
/// v = (w u + sign dt)/sqrt(dt); w u = w^2 with sign -1 for the diagonal terms
DRIFTWELL_MULTIVERSION void iterated(double* v, const double* w, const double* u, const double* sign, double factor, double dt, std::size_t n) {
  const double scale = 1 / __builtin_sqrt(dt);
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) v[k] = (w[k] * u[k] + sign[k] * factor * dt) * scale;
}
DRIFTWELL_MULTIVERSION void add_product(double* x, const double* a, const double* b, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] + a[k] * b[k];
}
DRIFTWELL_MULTIVERSION void roots(double* x, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = __builtin_sqrt(x[k]);
}

class SrkWeak2Blocks : public BlockStepper {
public:
  explicit SrkWeak2Blocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), d_(dynamics.dimension()), columns_(kind() == NoiseClass::general ? d_ * d_ : d_),
        a_(d_), a_next_(d_), w_(d_), y_(d_), point_(d_), sigma_(columns_), plus_(columns_), minus_(columns_), result_(d_), v_(2),
        signs_(kind() == NoiseClass::general ? d_ * (d_ - 1) / 2 : 0) {
    std::fill_n(v_[1], expression::Tape::strip, 1.0);
  }

  void step(Block& block, const Step& at, Noise& noise) override {
    const std::size_t n = block.n;
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, a_.rows(), n, T, workspace_);
    noise.three_points(at.number, w_.rows());
    for (std::size_t i = 0; i < d_; ++i) scale_and_add(w_[i], std::sqrt(at.dt), w_[i], 0.0, n);
    copy_rows(x, y_.rows(), n);
    for (std::size_t i = 0; i < d_; ++i) add_scaled(y_[i], a_[i], at.dt, n);
    copy_rows(x, result_.rows(), n);
    switch (kind()) {
    case NoiseClass::additive: additive(block, at); break;
    case NoiseClass::diagonal: diagonal(block, at); break;
    default: general(block, at, noise);
    }
    dynamics_.drift(y_.const_rows(), a_next_.rows(), n, dynamics_.temperature(at.t + at.dt), workspace_);
    for (std::size_t i = 0; i < d_; ++i) {
      add_scaled(result_[i], a_[i], 0.5 * at.dt, n);
      add_scaled(result_[i], a_next_[i], 0.5 * at.dt, n);
      std::copy_n(result_[i], n, block.x[i]);
    }
  }

private:
  [[nodiscard]] NoiseClass kind() const {
    const NoiseClass noise = dynamics_.noise_class();
    return noise == NoiseClass::commutative ? NoiseClass::general : noise;
  }
  /// sigma dW at x goes into y; the means of sigma at both ends of the step into the result.
  void additive(Block& block, const Step& at) {
    const double T = dynamics_.temperature(at.t), T_next = dynamics_.temperature(at.t + at.dt);
    dynamics_.noise(as_const(block.x), w_.const_rows(), plus_.rows(0, d_), block.n, T, workspace_);
    // of weak order 2 when the variance is the mean of those at both ends
    const double factor = std::sqrt(0.5 * (1 + T_next / T));
    for (std::size_t i = 0; i < d_; ++i) {
      add_scaled(y_[i], plus_[i], 1.0, block.n);
      add_scaled(result_[i], plus_[i], factor, block.n);
    }
  }

  void deviations(ConstRows x, RowBuffer& s, std::size_t n, double t) {
    dynamics_.variance(x, s.rows(), n, dynamics_.temperature(t), workspace_);
    for (std::size_t i = 0; i < d_; ++i) roots(s[i], n);
  }

  void diagonal(Block& block, const Step& at) {
    const std::size_t n = block.n;
    const double root = std::sqrt(at.dt);
    deviations(as_const(block.x), sigma_, n, at.t);
    for (const double side : {1.0, -1.0}) {
      copy_rows(y_.const_rows(), point_.rows(), n); // y is still x + a dt
      for (std::size_t i = 0; i < d_; ++i) add_scaled(point_[i], sigma_[i], side * root, n);
      deviations(point_.const_rows(), side > 0 ? plus_ : minus_, n, at.t + at.dt);
    }
    for (std::size_t i = 0; i < d_; ++i) {
      iterated(v_[0], w_[i], w_[i], v_[1], -1.0, at.dt, n);
      add_column(result_[i], plus_[i], minus_[i], sigma_[i], 2.0, w_[i], v_[0], n);
      add_product(y_[i], sigma_[i], w_[i], n);
    }
  }

  /// sigma at `base` +- sqrt(dt) times column j of sigma_.
  void around(const RowBuffer& base, std::size_t j, const Step& at, double t, std::size_t n) {
    for (const double side : {1.0, -1.0}) {
      copy_rows(base.const_rows(), point_.rows(), n);
      for (std::size_t i = 0; i < d_; ++i) add_scaled(point_[i], sigma_[i * d_ + j], side * std::sqrt(at.dt), n);
      dynamics_.amplitude(point_.const_rows(), (side > 0 ? plus_ : minus_).rows(), n, dynamics_.temperature(t), workspace_);
    }
  }

  void general(Block& block, const Step& at, Noise& noise) {
    const std::size_t n = block.n;
    dynamics_.amplitude(as_const(block.x), sigma_.rows(), n, dynamics_.temperature(at.t), workspace_);
    noise.signs(at.number, signs_.rows());
    for (std::size_t j = 0; j < d_; ++j) { // R_j
      around(y_, j, at, at.t + at.dt, n);
      iterated(v_[0], w_[j], w_[j], v_[1], -1.0, at.dt, n);
      for (std::size_t i = 0; i < d_; ++i)
        add_column(result_[i], plus_[i * d_ + j], minus_[i * d_ + j], sigma_[i * d_ + j], 2.0, w_[j], v_[0], n);
    }
    copy_rows(as_const(block.x), a_next_.rows(), n);
    for (std::size_t r = 0; r < d_; ++r) { // U_r
      around(a_next_, r, at, at.t, n);
      for (std::size_t j = 0; j < d_; ++j) {
        if (j == r) continue;
        const std::size_t high = std::max(j, r), low = std::min(j, r);
        iterated(v_[0], w_[j], w_[r], signs_[high * (high - 1) / 2 + low], j < r ? 1.0 : -1.0, at.dt, n);
        for (std::size_t i = 0; i < d_; ++i)
          add_column(result_[i], plus_[i * d_ + j], minus_[i * d_ + j], sigma_[i * d_ + j], -2.0, w_[j], v_[0], n);
      }
    }
    for (std::size_t i = 0; i < d_; ++i)
      for (std::size_t j = 0; j <= i; ++j) add_product(y_[i], sigma_[i * d_ + j], w_[j], n);
  }

  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  std::size_t d_, columns_;
  RowBuffer a_, a_next_, w_, y_, point_, sigma_, plus_, minus_, result_, v_, signs_;
};

class SrkWeak2 : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = StepperTraits::none, .weak_order = 2, .stationary_order = 2, .noise = NoiseClass::general,
            .variates = StepperTraits::Variates::three_points};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<SrkWeak2Blocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"srk_weak_2", "stochastic Runge-Kutta: expectations to order 2 for any noise, without derivatives",
                                    [] { return std::make_unique<SrkWeak2>(); }};

} // namespace

} // namespace driftwell

#pragma once
// Splittings of the underdamped equation  dq = p dt,  dp = (F(q) - gamma p) dt + sqrt(2 gamma T) dW,  named by the letters of their parts in order:
//
//   A  q += h p          B  p += h F(q)          O  p = c p + sqrt(T (1 - c^2)) xi,  c = exp(-gamma h)
//
// h = dt over the number of times that the letter stands. Forces are looked at where positions have moved since; T in the middle of each O.
#include "driftwell/steppers/stepper.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

namespace driftwell {

class SplittingBlocks : public BlockStepper {
public:
  SplittingBlocks(const Dynamics& dynamics, std::string letters)
      : dynamics_(dynamics), letters_(std::move(letters)), workspace_(dynamics), d_(dynamics.dimension()), force_(d_), xi_(count('O') * d_) {}

  void begin(const Block& block, const Step& at, Noise& /*noise*/) override { look(block, at.t); }
  void moved(const Block& block, const Step& next) override { look(block, next.t); }

  void step(Block& block, const Step& at, Noise& noise) override {
    const double a = at.dt / static_cast<double>(count('A')), b = at.dt / static_cast<double>(count('B')), o = at.dt / static_cast<double>(count('O'));
    noise.normals(at.number, xi_.rows());
    std::size_t drifts = 0, frictions = 0;
    for (const char letter : letters_) {
      if (letter == 'A') {
        for (std::size_t i = 0; i < d_; ++i) add_scaled(block.x[i], block.x[d_ + i], a, block.n);
        if (++drifts == count('A')) look(block, at.t + at.dt); // what follows, here and in the next step, sees these positions
      } else if (letter == 'B') {
        for (std::size_t i = 0; i < d_; ++i) add_scaled(block.x[d_ + i], force_[i], b, block.n);
      } else {
        friction(block, o, at.t + (static_cast<double>(frictions) + 0.5) * o, frictions);
        ++frictions;
      }
    }
  }

private:
  [[nodiscard]] std::size_t count(char letter) const { return static_cast<std::size_t>(std::count(letters_.begin(), letters_.end(), letter)); }
  void look(const Block& block, double t) { dynamics_.drift(as_const(block.x).first(d_), force_.rows(), block.n, dynamics_.temperature(t), workspace_); }
  void friction(Block& block, double h, double t, std::size_t which) {
    const double gamma = dynamics_.model().friction(), c = std::exp(-gamma * h);
    const double spread = std::sqrt(dynamics_.temperature(t) * -std::expm1(-2 * gamma * h));
    for (std::size_t i = 0; i < d_; ++i) scale_and_add(block.x[d_ + i], c, xi_[which * d_ + i], spread, block.n);
  }

  const Dynamics& dynamics_;
  std::string letters_;
  Dynamics::Workspace workspace_;
  std::size_t d_;
  RowBuffer force_, xi_;
};

/// Symmetric words with B outside of all A, such as BAOAB and OBABO: one force a step, weak and stationary order 2.
class Splitting : public Stepper {
public:
  explicit Splitting(std::string letters) : letters_(std::move(letters)) {}
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 2, .stationary_order = 2, .noise = NoiseClass::additive, .underdamped = true};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<SplittingBlocks>(dynamics, letters_); }

private:
  std::string letters_;
};

} // namespace driftwell

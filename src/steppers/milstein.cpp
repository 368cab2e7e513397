// Milstein:  x'_i = x_i + b_i dt + sigma_ij dW_j + (1/2) sum_ab (sigma_ka d_k sigma_ib) (dW_a dW_b - delta_ab dt)
//
// for diagonal noise simply + (T/2) D_ii'(x_i) (xi_i^2 - 1) dt. The last sum stands for iterated integrals, which it equals when the
// bracket is symmetric in a and b (commutative noise). Strong order 1, weak order 1.
// Milstein (1974); Kloeden & Platen (1992), section 10.3, eqs. (3.12), (3.16).
#include "detail/symbolic_root.hpp"
#include "driftwell/core/simd.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace driftwell {

namespace {

/// x += factor g (u v - delta)
DRIFTWELL_MULTIVERSION void add_bracket(double* x, const double* g, const double* u, const double* v, double factor, double delta, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] + g[k] * factor * (u[k] * v[k] - delta);
}

/// One term: g xi_a xi_b in x_i.
struct Term {
  std::size_t i, a, b;
};

/// Brackets at unit temperature, symmetric in a and b: those with a <= b, off the diagonal twice.
struct Brackets {
  std::vector<Term> terms;
  std::vector<Expression> formulas;
};

/// Formulas that are to vanish, looked at on normal points; those where they are not defined do not count.
bool vanish(const std::vector<Expression>& differences, const std::vector<Expression>& scales, std::size_t d) {
  constexpr std::size_t points = 256;
  constexpr double tolerance = 1e-9;
  std::vector<Expression> all = differences;
  all.insert(all.end(), scales.begin(), scales.end());
  const expression::Tape tape(all, d);
  expression::Tape::Workspace space(tape);
  RowBuffer x(d), out(all.size());
  NoiseStream(1, Purpose::probes).normals(0, points, 0, x.rows());
  tape.evaluate(x.const_rows(), out.rows(), points, space);
  for (std::size_t m = 0; m < differences.size(); ++m)
    for (std::size_t k = 0; k < points; ++k)
      if (std::abs(out[m][k]) > tolerance * (1 + std::abs(out[differences.size() + m][k]))) return false;
  return true;
}

Brackets brackets_of(const Model& model) {
  const std::size_t d = model.dimension();
  const auto L = symbolic_root(model);
  Brackets brackets;
  std::vector<Expression> differences, scales;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t b = a; b < d; ++b) {
        const Expression g = along(L, i, a, b);
        if (a != b) {
          const Expression other = along(L, i, b, a);
          if (!(g - other).is_constant(0.0)) {
            differences.push_back(g - other);
            scales.push_back(g);
          }
        }
        if (g.is_constant(0.0)) continue;
        brackets.terms.push_back({i, a, b});
        brackets.formulas.push_back(a == b ? g : Expression(2.0) * g);
      }
  if (!differences.empty() && !vanish(differences, scales, d))
    throw std::invalid_argument("milstein needs diagonal or commutative noise; that of this model is general (euler_maruyama and srk_weak_2 accept it)");
  return brackets;
}

class MilsteinBlocks : public BlockStepper {
public:
  explicit MilsteinBlocks(const Dynamics& dynamics)
      : dynamics_(dynamics), workspace_(dynamics), brackets_(dynamics.noise_class() == NoiseClass::diagonal ? own_derivatives(dynamics.model()) : brackets_of(dynamics.model())),
        tape_(brackets_.formulas, dynamics.dimension()), tape_space_(tape_), b_(dynamics.dimension()), xi_(dynamics.dimension()),
        noise_(dynamics.dimension()), g_(tape_.outputs()) {}

  void step(Block& block, const Step& at, Noise& noise) override {
    const ConstRows x = as_const(block.x);
    const double T = dynamics_.temperature(at.t);
    dynamics_.drift(x, b_.rows(), block.n, T, workspace_);
    noise.normals(at.number, xi_.rows());
    dynamics_.noise(x, xi_.const_rows(), noise_.rows(), block.n, T, workspace_);
    if (g_.size() > 0) tape_.evaluate(x, g_.rows(), block.n, tape_space_);
    for (std::size_t i = 0; i < b_.size(); ++i) euler_step(block.x[i], b_[i], at.dt, noise_[i], std::sqrt(at.dt), block.n);
    for (std::size_t m = 0; m < g_.size(); ++m) {
      const Term& term = brackets_.terms[m];
      add_bracket(block.x[term.i], g_[m], xi_[term.a], xi_[term.b], T * at.dt, term.a == term.b ? 1 : 0, block.n);
    }
  }

private:
  /// (1/2) D_ii' = L_ii L_ii', without the root, so that D may vanish.
  static Brackets own_derivatives(const Model& model) {
    Brackets brackets;
    for (std::size_t i = 0; i < model.dimension(); ++i) {
      const Expression g = Expression(0.5) * model.diffusion(i, i).derivative(i);
      if (g.is_constant(0.0)) continue;
      brackets.terms.push_back({i, i, i});
      brackets.formulas.push_back(g);
    }
    return brackets;
  }

  const Dynamics& dynamics_;
  Dynamics::Workspace workspace_;
  Brackets brackets_;
  expression::Tape tape_;
  expression::Tape::Workspace tape_space_;
  RowBuffer b_, xi_, noise_, g_;
};

class Milstein : public Stepper {
public:
  [[nodiscard]] StepperTraits traits() const override {
    return {.strong_order = 1, .weak_order = 1, .stationary_order = 1, .noise = NoiseClass::commutative};
  }
  [[nodiscard]] std::unique_ptr<BlockStepper> on(const Dynamics& dynamics) const override { return std::make_unique<MilsteinBlocks>(dynamics); }
};

const StepperCatalogue::Entry entry{"milstein", "strong order 1 for diagonal and commutative noise",
                                    [] { return std::make_unique<Milstein>(); }};

} // namespace

} // namespace driftwell

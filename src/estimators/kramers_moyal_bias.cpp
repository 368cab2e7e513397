// What the width of the kernel and the finite tau leave in the fields. Equations in kramers_moyal.hpp.
#include "driftwell/estimators/kramers_moyal.hpp"
#include "estimators/local_polynomials.hpp"

#include <cmath>

namespace driftwell::estimators {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

const double widening = std::sqrt(2.0), width_order = std::pow(2.0, 1.5);

/// A polynomial's value, gradient and Hessian in x at the centre of a cell.
struct Jet {
  double value = 0;
  VectorXd gradient;
  MatrixXd hessian;
};

class Jets {
public:
  Jets(const LocalPolynomials& polynomials, std::size_t d, const std::vector<double>& scale) : polynomials_(polynomials), d_(d), scale_(scale) {}

  void move_to(const std::array<double, 3>& u) {
    const auto size = static_cast<Index>(polynomials_.size());
    rows_.resize(static_cast<Index>(1 + d_ + d_ * (d_ + 1) / 2), size);
    VectorXd values(size);
    Index row = 0;
    const auto add = [&](const std::array<int, 3>& orders) {
      polynomials_.differentiate(u.data(), orders, values.data());
      double factor = 1;
      for (std::size_t a = 0; a < d_; ++a) factor /= std::pow(scale_[a], orders[a]);
      rows_.row(row++) = factor * values;
    };
    add({});
    for (std::size_t a = 0; a < d_; ++a) add(orders(a, 3));
    for (std::size_t a = 0; a < d_; ++a)
      for (std::size_t b = a; b < d_; ++b) add(orders(a, b));
  }
  /// Of the polynomial 2 tau less that of tau.
  [[nodiscard]] Jet difference(const MatrixXd& twice, const MatrixXd& once, Index cell) const {
    const VectorXd all = rows_ * (twice.col(cell) - once.col(cell));
    const auto d = static_cast<Index>(d_);
    Jet jet{all[0], all.segment(1, d), MatrixXd(d, d)};
    for (Index a = 0, at = 1 + d; a < d; ++a)
      for (Index b = a; b < d; ++b, ++at) jet.hessian(a, b) = jet.hessian(b, a) = all[at];
    return jet;
  }

private:
  static std::array<int, 3> orders(std::size_t a, std::size_t b) {
    std::array<int, 3> result{};
    ++result[a];
    if (b < 3) ++result[b];
    return result;
  }
  const LocalPolynomials& polynomials_;
  std::size_t d_;
  const std::vector<double>& scale_;
  MatrixXd rows_;
};

} // namespace

KramersMoyalBias KramersMoyal::bias() const {
  const std::vector<double> sums = totals(std::vector<double>(blocks_.blocks(), 1.0));
  const Fits wide = fits(sums, widening);
  const KramersMoyalFields fine = fields_of(fits(sums, 1)), coarse = fields_of(wide);
  KramersMoyalBias bias;
  const auto of_width = [](const std::vector<VectorXd>& h, const std::vector<VectorXd>& wider) {
    std::vector<VectorXd> result;
    for (std::size_t i = 0; i < h.size(); ++i) result.push_back((wider[i] - h[i]) / (width_order - 1));
    return result;
  };
  bias.drift_width = of_width(fine.drift, coarse.drift);
  bias.diffusion_width = of_width(fine.diffusion, coarse.diffusion);
  add_tau_bias(wide, fine, bias); // derivatives: of the smoother fit
  return bias;
}

void KramersMoyal::add_tau_bias(const Fits& fits, const KramersMoyalFields& fields, KramersMoyalBias& bias) const {
  const VectorXd nowhere = VectorXd::Constant(static_cast<Index>(n_), std::nan(""));
  bias.drift_tau.assign(d_, nowhere);
  bias.diffusion_tau.assign(target_count() - d_, nowhere);
  const auto d = static_cast<Index>(d_);
#pragma omp parallel if (n_ > 1000)
  {
    Jets jets(*polynomials_, d_, scale_);
    VectorXd b(d);
    MatrixXd TD(d, d);
    std::vector<Jet> moved(d_);
#pragma omp for schedule(static)
    for (std::size_t k = 0; k < n_; ++k) {
      if (!supported_[k]) continue;
      const auto cell = static_cast<Index>(k);
      jets.move_to(coordinate(k));
      for (std::size_t i = 0, at = 0; i < d_; ++i) {
        b[static_cast<Index>(i)] = fields.drift[i][cell];
        moved[i] = jets.difference(fits.drift[1][i], fits.drift[0][i], cell);
        for (std::size_t j = i; j < d_; ++j, ++at) TD(static_cast<Index>(i), static_cast<Index>(j)) = TD(static_cast<Index>(j), static_cast<Index>(i)) = fields.diffusion[at][cell];
      }
      const auto L = [&](const Jet& g) { return b.dot(g.gradient) + TD.cwiseProduct(g.hessian).sum(); };
      for (std::size_t i = 0, at = 0; i < d_; ++i) {
        bias.drift_tau[i][cell] = -2 * tau_ / 3 * L(moved[i]);
        for (std::size_t j = i; j < d_; ++j, ++at) {
          const Jet square = jets.difference(fits.squares[1][at], fits.squares[0][at], cell);
          const auto row = [&](std::size_t a) { return TD.row(static_cast<Index>(a)); };
          // L of the second moment about the centre z: 2 M + (x - z) b^T + b (x - z)^T
          const double moment = 2 * L(square) + b[static_cast<Index>(i)] * moved[j].value + b[static_cast<Index>(j)] * moved[i].value + 2 * row(i).dot(moved[j].gradient) + 2 * row(j).dot(moved[i].gradient);
          // and what the square of the mean has left: tau (b_2tau b_2tau^T - b_tau b_tau^T)
          const double means = moved[i].value * (fields.drift_tau[j][cell] + moved[j].value) + moved[j].value * fields.drift_tau[i][cell];
          bias.diffusion_tau[at][cell] = -tau_ / 3 * moment + tau_ * means;
        }
      }
    }
  }
}

} // namespace driftwell::estimators

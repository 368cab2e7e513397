#pragma once
// The underdamped side of a subject: the Hermite method at two resolutions, or series that a test has spoilt.
#include "kinetic/kinetic_models.hpp"

#include "driftwell/theorems/theorem.hpp"

#include <complex>
#include <functional>
#include <memory>

namespace kinetic_models {

using namespace driftwell::theorems;

class KineticPair : public KineticEvidence {
public:
  KineticPair(const Model& m, const kinetic::PositionBox& box, const kinetic::PhaseLaw& law, std::vector<double> times)
      : model_(m), times_(std::move(times)), fine_(m, box, 96, 40), coarse_(m, box, 64, 28), start_(kinetic::project(fine_.L, law).u), rows_{fine_.run(law, times_), coarse_.run(law, times_)} {}
  [[nodiscard]] const std::vector<double>& times() const override { return times_; }
  [[nodiscard]] double friction() const override { return model_.friction(); }
  [[nodiscard]] double temperature() const override { return model_.temperature(); }
  [[nodiscard]] std::vector<Measured> series(const std::string& name) const override {
    std::vector<Measured> result;
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const double fine = rows_[0][i].at(name)[0];
      result.push_back({fine, std::abs(fine - rows_[1][i].at(name)[0]) + 1e-10 * std::abs(fine), 0});
    }
    return spoil ? spoil(name, std::move(result)) : result;
  }
  [[nodiscard]] double wall_density() const override {
    const Eigen::VectorXd& s = fine_.basis.log_s();
    return std::exp(2 * (std::max(s[0], s[s.size() - 1]) - s.maxCoeff()));
  }
  [[nodiscard]] double start_at_walls() const override {
    const Eigen::VectorXd density = fine_.space.marginal(start_, fine_.basis.collocation().x);
    return std::max(std::abs(density[0]), std::abs(density[density.size() - 1])) / density.maxCoeff();
  }
  [[nodiscard]] std::vector<Mode> modes(std::size_t count) const override {
    const auto fine = fine_.L.eigenvalues(count), coarse = coarse_.L.eigenvalues(count);
    std::vector<Mode> result;
    for (std::size_t i = 0; i < std::min(fine.size(), coarse.size()); ++i)
      result.push_back({{fine[i].real(), std::abs(fine[i].real() - coarse[i].real()), 0}, {fine[i].imag(), std::abs(fine[i].imag() - coarse[i].imag()), 0}});
    return result;
  }
  std::function<std::vector<Measured>(const std::string&, std::vector<Measured>)> spoil;

private:
  Model model_;
  std::vector<double> times_;
  Setup fine_, coarse_;
  Eigen::VectorXd start_;
  std::vector<std::vector<Setup::Row>> rows_;
};

inline Subject kinetic_subject(const Model& m, const kinetic::PositionBox& box, const kinetic::PhaseLaw& law, std::vector<double> times,
                               std::function<std::vector<Measured>(const std::string&, std::vector<Measured>)> spoil = {}) {
  Subject subject;
  subject.model_ = std::make_shared<Model>(m);
  const auto evidence = std::make_shared<KineticPair>(m, box, law, std::move(times));
  evidence->spoil = std::move(spoil);
  subject.kinetic_ = evidence;
  return subject;
}

} // namespace kinetic_models

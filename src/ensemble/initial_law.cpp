#include "driftwell/ensemble/initial_law.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/ensemble/rows.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <string>

namespace driftwell {

namespace {

constexpr std::uint64_t attempts = 100'000;

/// Cholesky's factor of a positive semi-definite matrix, row by row.
std::vector<double> root_of(const std::vector<std::vector<double>>& C, std::size_t d) {
  std::vector<double> L(d * d, 0.0);
  double largest = 0;
  for (std::size_t i = 0; i < d; ++i) largest = std::max(largest, C[i][i]);
  const double least = 1e-13 * static_cast<double>(d) * largest;
  for (std::size_t j = 0; j < d; ++j)
    for (std::size_t i = j; i < d; ++i) {
      double sum = C[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= L[i * d + k] * L[j * d + k];
      if (i == j) {
        if (!(sum >= -least)) throw std::invalid_argument("the covariance of the initial law is not positive semi-definite");
        L[j * d + j] = sum > least ? std::sqrt(sum) : 0.0;
      } else if (L[j * d + j] > 0) {
        L[i * d + j] = sum / L[j * d + j];
      } else if (std::abs(sum) > std::sqrt(least * largest) + least) {
        throw std::invalid_argument("the covariance of the initial law is not positive semi-definite");
      }
    }
  return L;
}

/// One particle's supply of numbers: the step of the counter is the attempt.
struct Supply {
  const NoiseStream& stream;
  std::uint64_t particle;
  std::uint64_t attempt = 0;

  void normals(std::vector<double>& z) const {
    rows.resize(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) rows[i] = &z[i];
    stream.normals(particle, 1, attempt, rows);
  }
  void uniforms(std::vector<double>& u, std::uint32_t draw) const {
    rows.resize(u.size());
    for (std::size_t i = 0; i < u.size(); ++i) rows[i] = &u[i];
    stream.uniforms(particle, 1, attempt, rows, draw);
  }
  [[nodiscard]] double uniform(std::uint32_t draw) const {
    double value = 0;
    double* const row[] = {&value};
    stream.uniforms(particle, 1, attempt, row, draw);
    return value;
  }

private:
  mutable std::vector<double*> rows{};

public:
  Supply(const NoiseStream& s, std::uint64_t p) : stream(s), particle(p) {}
};

/// A law made ready: checked, roots taken.
class Sampler {
public:
  Sampler(const StartLaw& law, std::size_t d) : law_(law), d_(d) {
    const auto need = [&](bool right, const char* what) {
      if (!right) throw std::invalid_argument(std::string("the initial law needs ") + what);
    };
    switch (law.kind) {
    case StartLaw::Kind::point: need(law.mean.size() == d, "one number a variable"); break;
    case StartLaw::Kind::gaussian:
      need(law.mean.size() == d, "one mean a variable");
      need(law.covariance.size() == d, "a square covariance");
      for (const auto& row : law.covariance) need(row.size() == d, "a square covariance");
      root_ = root_of(law.covariance, d);
      break;
    case StartLaw::Kind::uniform: need(law.lower.size() == d && law.upper.size() == d, "lower and upper bounds of every variable"); break;
    case StartLaw::Kind::mixture:
      need(!law.parts.empty() && law.weights.size() == law.parts.size(), "one weight a part");
      for (std::size_t i = 0; i < law.parts.size(); ++i) {
        need(law.weights[i] > 0 && std::isfinite(law.weights[i]), "positive weights");
        total_ += law.weights[i];
        parts_.emplace_back(law.parts[i], d);
      }
      break;
    case StartLaw::Kind::density:
      need(law.parts.size() == 1 && law.log_ratio != nullptr, "a law to reject from, and a density");
      parts_.emplace_back(law.parts[0], d);
      break;
    case StartLaw::Kind::custom: need(law.sample != nullptr, "a function that samples it"); break;
    }
  }

  /// `level` counts the laws this one is inside of: each uses draws of its own.
  void draw(Supply& supply, std::vector<double>& x, std::uint32_t level = 0) const {
    const std::uint32_t own = (level + 1) << 20; // beyond the draws of dimensions
    switch (law_.kind) {
    case StartLaw::Kind::point: x = law_.mean; return;
    case StartLaw::Kind::gaussian: return gaussian(supply, x);
    case StartLaw::Kind::uniform:
      supply.uniforms(x, 0);
      for (std::size_t i = 0; i < d_; ++i) x[i] = law_.lower[i] + x[i] * (law_.upper[i] - law_.lower[i]);
      return;
    case StartLaw::Kind::mixture: {
      double left = supply.uniform(own) * total_;
      std::size_t part = 0;
      while (part + 1 < parts_.size() && left >= law_.weights[part]) left -= law_.weights[part++];
      return parts_[part].draw(supply, x, level + 1);
    }
    case StartLaw::Kind::density:
      for (std::uint64_t tried = 0; tried < attempts; ++tried, ++supply.attempt) {
        parts_[0].draw(supply, x, level + 1);
        if (std::log(supply.uniform(own)) < law_.log_ratio(x) - law_.log_bound) return;
      }
      throw NumericalFailure("the initial law rejected particle " + std::to_string(supply.particle) + " " + std::to_string(attempts) + " times");
    case StartLaw::Kind::custom: law_.sample(supply.particle, x); return;
    }
  }

private:
  void gaussian(Supply& supply, std::vector<double>& x) const {
    std::vector<double> z(d_);
    supply.normals(z);
    for (std::size_t i = 0; i < d_; ++i) {
      x[i] = law_.mean[i];
      for (std::size_t j = 0; j <= i; ++j) x[i] += root_[i * d_ + j] * z[j];
    }
  }

  const StartLaw& law_;
  std::size_t d_;
  std::vector<double> root_;
  double total_ = 0;
  std::vector<Sampler> parts_;
};

} // namespace

void fill_positions(Ensemble& ensemble, std::size_t dimension, const StartLaw& law, std::uint64_t seed) {
  const NoiseStream stream(seed, Purpose::initial);
  const Sampler sampler(law, dimension);
  std::exception_ptr failure;
  std::atomic<bool> failed = false;
#pragma omp parallel for schedule(static)
  for (std::size_t k = 0; k < ensemble.particles(); ++k) {
    if (failed) continue;
    try {
      std::vector<double> x(dimension);
      Supply supply(stream, ensemble.first() + k);
      sampler.draw(supply, x);
      for (std::size_t i = 0; i < dimension; ++i) ensemble.row(i)[k] = x[i];
    } catch (...) {
#pragma omp critical(driftwell_fill_positions)
      failure = std::current_exception();
      failed = true;
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void fill_momenta(Ensemble& ensemble, std::size_t dimension, double temperature, std::uint64_t seed) {
  const NoiseStream stream(seed, Purpose::momenta);
  const double scale = std::sqrt(temperature);
  std::vector<double*> rows;
  for (std::size_t i = 0; i < dimension; ++i) rows.push_back(ensemble.row(dimension + i).data());
  stream.normals(ensemble.first(), ensemble.particles(), 0, rows);
  for (double* row : rows)
    for (std::size_t k = 0; k < ensemble.particles(); ++k) row[k] *= scale;
}

} // namespace driftwell

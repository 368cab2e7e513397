#pragma once
// Where the particles start.
#include "driftwell/core/random.hpp"
#include "driftwell/ensemble/ensemble.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace driftwell {

/// A law of positions, one of several kinds; which fields count depends on the kind.
struct StartLaw {
  enum class Kind {
    point,    ///< `mean`
    gaussian, ///< `mean`, `covariance` (d x d, positive semi-definite)
    uniform,  ///< `lower`, `upper`
    mixture,  ///< `weights` (> 0, any sum), `parts`
    density,  ///< by rejection from `parts[0]`, with `log_ratio` and `log_bound`
    custom,   ///< `sample`
  } kind = Kind::point;
  std::vector<double> mean{}, lower{}, upper{}, weights{};
  std::vector<std::vector<double>> covariance{};
  std::vector<StartLaw> parts{};
  /// log of the wanted density over that of parts[0], up to a constant; must not exceed log_bound anywhere.
  std::function<double(std::span<const double> x)> log_ratio{};
  double log_bound = 0;
  /// Position of the particle of that number; a pure function, called from several threads.
  std::function<void(std::uint64_t particle, std::span<double> x)> sample{};
};

/// Fills rows 0 .. d - 1 with positions. Each is a function of the particle's number and the seed alone. Throws
/// std::invalid_argument when the law does not make sense in d dimensions (sizes, a covariance that is not positive
/// semi-definite), NumericalFailure when a particle was rejected 100'000 times.
void fill_positions(Ensemble& ensemble, std::size_t dimension, const StartLaw& law, std::uint64_t seed);

/// Fills rows d .. 2 d - 1 with momenta of the Maxwell law N(0, temperature) (unit mass).
void fill_momenta(Ensemble& ensemble, std::size_t dimension, double temperature, std::uint64_t seed);

} // namespace driftwell

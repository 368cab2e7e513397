// Cov[x] = E[(x - E x)(x - E x)^T], of the survivors where walls absorb.
#include "detail/moments.hpp"

#include "driftwell/core/reduce.hpp"

namespace driftwell {

namespace {

class Covariance : public DensityObservable {
public:
  [[nodiscard]] Shape shape() const override { return Shape::matrix; }
  [[nodiscard]] std::string long_name() const override { return "covariance, E[(x - E x)(x - E x)^T]"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    const Grid& grid = state.generator.grid();
    const std::size_t d = grid.dimension();
    const std::vector<double> mean = mean_of(state);
    std::vector<std::vector<double>> x;
    for (std::size_t a = 0; a < d; ++a) {
      x.push_back(grid.centres(a));
      for (double& value : x.back()) value -= mean[a];
    }
    std::vector<double> covariance(d * d);
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t b = a; b < d; ++b)
        covariance[a * d + b] = covariance[b * d + a] = deterministic_sum(grid.size(), [&](std::size_t k) {
          return state.c[static_cast<Eigen::Index>(k)] * x[a][grid.coordinate(k, a)] * x[b][grid.coordinate(k, b)];
        });
    return covariance;
  }
};

const ObservableCatalogue::Entry entry{"covariance", "Cov[x]", [] { return std::make_unique<Covariance>(); }};

} // namespace

} // namespace driftwell

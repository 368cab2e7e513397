// Cov[x] = E[(x - E x)(x - E x)^T], of the survivors where walls absorb.
#include "detail/moments.hpp"

namespace driftwell {

namespace {

class Covariance : public DensityObservable {
public:
  [[nodiscard]] Shape shape() const override { return Shape::matrix; }
  [[nodiscard]] std::string long_name() const override { return "covariance, E[(x - E x)(x - E x)^T]"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return covariance_of(state); }
};

const ObservableCatalogue::Entry entry{"covariance", "Cov[x]", [] { return std::make_unique<Covariance>(); }};

} // namespace

} // namespace driftwell

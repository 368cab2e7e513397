// E[x], of the survivors where walls absorb.
#include "detail/moments.hpp"

namespace driftwell {

namespace {

class Mean : public DensityObservable {
public:
  [[nodiscard]] Shape shape() const override { return Shape::vector; }
  [[nodiscard]] std::string long_name() const override { return "mean, E[x]"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return mean_of(state); }
};

const ObservableCatalogue::Entry entry{"mean", "E[x]", [] { return std::make_unique<Mean>(); }};

} // namespace

} // namespace driftwell

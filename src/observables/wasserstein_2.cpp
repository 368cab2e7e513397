// W2 to the steady state, inf over couplings of (E|x - y|^2)^(1/2), exact for laws constant on cells. One dimension only: in the
// plane a distance costs as much as an output, see PlanarTransport.
#include "driftwell/observables/observable.hpp"
#include "driftwell/observables/transport.hpp"

namespace driftwell {

namespace {

class Wasserstein2 : public DensityObservable {
public:
  [[nodiscard]] bool applies(const Grid& grid) const override { return grid.dimension() == 1; }
  [[nodiscard]] bool cellwise() const override { return true; }
  [[nodiscard]] std::string long_name() const override { return "Wasserstein-2 distance to the steady state, inf (E|x - y|^2)^(1/2)"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    const Axis& axis = state.grid().axis(0);
    std::vector<double> faces(axis.cells + 1);
    for (std::size_t i = 0; i <= axis.cells; ++i) faces[i] = axis.face(i);
    const std::span<const double> c(state.c.data(), axis.cells), q(state.steady.p.data(), axis.cells);
    return {axis.periodic() ? wasserstein_2_circle(faces, c, q) : wasserstein_2_line(faces, c, q)};
  }
};

const ObservableCatalogue::Entry entry{"wasserstein_2", "Wasserstein-2 distance to the steady state (one dimension)",
                                       [] { return std::make_unique<Wasserstein2>(); }};

} // namespace

} // namespace driftwell

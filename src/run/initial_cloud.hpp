#pragma once
// [initial] for particles.
#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/ensemble/walls.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/model/model.hpp"

#include <vector>

namespace driftwell::run {

class DensityResults;

class InitialCloud {
public:
  /// A law of the file, [initial] or another one. `density`: knows the steady state to start from, where the file asks for it; may be nullptr. Reads samples. Throws
  /// InvalidExperiment where a law does not fit the model or the walls. Samples of a file are used in turn, so that each is used equally
  /// often, or drawn independently.
  InitialCloud(const input::Spec& spec, const input::InitialLaw& law, const Model& model, const Walls& walls, const DensityResults* density, bool drawn = false);

  /// Positions, and momenta of an underdamped model: those of the law, or Maxwell's at this temperature.
  void fill(Ensemble& ensemble, double temperature, std::uint64_t seed) const;

private:
  [[nodiscard]] StartLaw start_law(const input::InitialLaw& law);
  [[nodiscard]] StartLaw steady_law(const input::SteadyStateLaw& law) const;
  /// A law has d numbers, or with momenta 2 d.
  void note_length(std::size_t length, const Origin& origin);
  void check_inside(const std::vector<double>& point, const Origin& origin) const;

  const input::Spec& spec_;
  const Model& model_;
  Walls walls_;
  const DensityResults* density_;
  bool drawn_;
  std::size_t length_ = 0; ///< numbers of the law: positions, or positions and momenta
  StartLaw law_;
};

} // namespace driftwell::run

#pragma once
// What a theorem is tested on: the model of an experiment and what its sections can be asked.
#include "driftwell/model/model.hpp"
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/cloud_evidence.hpp"
#include "driftwell/theorems/density_evidence.hpp"
#include "driftwell/theorems/kinetic_evidence.hpp"
#include "driftwell/theorems/sgd_evidence.hpp"
#include "driftwell/theorems/stored_evidence.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace driftwell::theorems {

/// A theorem has nothing to say about this subject.
struct NotApplicable {
  std::string hypothesis, detail;
};

/// What the noise of descent is uniform on: the cube of half side r/sqrt(d), or the ball of radius r.
enum class NoiseShape { cube, ball };

/// Noisy gradient descent on the potential of the model ([verify] learning_rate, noise_radius, noise_shape).
struct DescentOptions {
  std::optional<double> learning_rate;
  std::optional<double> noise_radius;       ///< |w| <= r; none: the r whose uniform noise has the model's temperature
  std::function<double(double)> of_uniform; ///< noise in units of its reach (of a ball: its length) from a uniform variate; empty: 2u - 1 (sqrt(u)). For tests
  NoiseShape shape = NoiseShape::cube;
};

/// Each side may be missing, and then says why. model(), density(), ... throw NotApplicable with that reason.
struct Subject {
  Judgement judgement;
  std::shared_ptr<const Model> model_;
  std::shared_ptr<const DensityEvidence> density_;
  std::shared_ptr<const CloudEvidence> cloud_;
  std::shared_ptr<const SgdEvidence> sgd_;
  std::shared_ptr<const KineticEvidence> kinetic_;
  std::shared_ptr<const StoredEvidence> stored_; ///< of the result file that is verified; nullptr: an experiment is
  DescentOptions descent;
  std::string no_model = "the experiment has no [model]", no_density = "the experiment has no [fokker_planck]",
              no_cloud = "the experiment has no [langevin]", no_sgd = "the experiment has no [sgd]",
              no_kinetic = "the model has no friction";

  [[nodiscard]] const Model& model() const;
  [[nodiscard]] const DensityEvidence& density() const;
  [[nodiscard]] const CloudEvidence& cloud() const;
  [[nodiscard]] const SgdEvidence& sgd() const;
  [[nodiscard]] const KineticEvidence& kinetic() const;
};

} // namespace driftwell::theorems

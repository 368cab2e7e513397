#include "driftwell/steppers/stepper.hpp"

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(StepperCatalogue)

} // namespace driftwell

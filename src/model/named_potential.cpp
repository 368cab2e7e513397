#include "driftwell/model/named_potential.hpp"

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(PotentialCatalogue)

} // namespace driftwell

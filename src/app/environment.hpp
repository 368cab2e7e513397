#pragma once

namespace driftwell::app {

/// Settings that the OpenMP and BLAS libraries read before main() starts; puts them into the environment and starts the
/// program anew, once, where they are missing. What the user has set stays.
void prepare_environment(char** argv);

} // namespace driftwell::app

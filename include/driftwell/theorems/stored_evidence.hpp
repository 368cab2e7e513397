#pragma once
// What a result file holds: series over time as they were written, each number with its error bar.
#include "driftwell/theorems/claim.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwell::theorems {

/// Of one section of the file.
struct StoredSeries {
  std::string side; ///< "density" (a chain on cells), "kinetic", "spectral" or "cloud"
  std::vector<double> times;
  std::map<std::string, std::vector<Measured>> scalars; ///< by observable; NaN where the file has NaN
  std::size_t terms = 1;                                ///< cells that a number of a density is a sum over
};

struct StoredEvidence {
  std::string path;
  bool constant_temperature = true, absorbing = false;
  double temperature = 1;
  std::vector<StoredSeries> sections;
};

} // namespace driftwell::theorems

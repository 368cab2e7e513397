#pragma once
// What CVODE integrates: dy/dt = Q y, either the chain of a problem or a sparse matrix that a file brings.
#include "chain.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// Compressed columns.
struct Columns {
  std::vector<std::int64_t> start, row;
  std::vector<double> value;
};

struct System {
  std::optional<Chain> chain;   ///< else `matrix` is all there is
  Columns matrix;               ///< of a chain only on demand: columns_of()
  std::vector<double> start, steady;
};

[[nodiscard]] Columns columns_of(const Chain& chain);
void product(const Columns& matrix, const double* p, double* out);

/// int64 n, entries, column starts, rows, then doubles: values, start, steady. Throws std::runtime_error.
[[nodiscard]] System read_system(const std::string& file);

} // namespace bench

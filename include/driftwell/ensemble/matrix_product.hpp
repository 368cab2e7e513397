#pragma once
// y = M x + c for blocks of particles in rows: a matrix product whose right factor needs no packing.
#include "driftwell/ensemble/rows.hpp"

#include <cstddef>
#include <vector>

namespace driftwell {

class MatrixProduct {
public:
  /// M row by row, m x d; c has m entries.
  MatrixProduct(const std::vector<double>& matrix, std::vector<double> constant);
  /// y[i][k] = c_i + sum_j M_ij x[j][k], terms added in the order of j: the bits do not depend on n or k.
  void apply(ConstRows x, Rows y, std::size_t n) const;

private:
  std::size_t rows_, columns_;
  std::vector<double> panels_; ///< `height` rows at a time, column by column
  std::vector<double> constant_;
};

} // namespace driftwell

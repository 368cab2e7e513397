#include "driftwell/ensemble/matrix_product.hpp"

#include <utility>

namespace driftwell {

MatrixProduct::MatrixProduct(const std::vector<double>& matrix, std::vector<double> constant)
    : rows_(constant.size()), columns_(matrix.size() / constant.size()), panels_(matrix), constant_(std::move(constant)) {}

void MatrixProduct::apply(ConstRows x, Rows y, std::size_t n) const {
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t k = 0; k < n; ++k) y[i][k] = constant_[i];
    for (std::size_t j = 0; j < columns_; ++j) add_scaled(y[i], x[j], panels_[i * columns_ + j], n);
  }
}

} // namespace driftwell

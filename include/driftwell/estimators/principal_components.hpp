#pragma once
// The directions in which many parameters vary most, from rows that come in blocks and are not kept.
//
//   C = (1/n) sum (x - m)(x - m)^T = sum_i lambda_i v_i v_i^T,   lambda_1 >= lambda_2 >= ...
//
// With few parameters C itself is summed; with more parameters than rows the Gram matrix (x_i - m) . (x_j - m) / n has the same eigenvalues, and
// v is a sum of rows. Where all rows would cost too much, rows at equal distances stand for them.
#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell::estimators {

class PrincipalComponents {
public:
  struct Options {
    std::size_t dense = 1024;     ///< most parameters for which C is summed
    std::size_t gram_rows = 1024; ///< most rows of the Gram matrix
    double work = 2e11;           ///< multiplications C may cost
    double bytes = 1.2e9;         ///< the rows of the Gram matrix may take
  };
  /// std::invalid_argument for fewer than 2 rows, or more components than rows or parameters allow.
  PrincipalComponents(std::size_t parameters, std::size_t rows, std::size_t components, const Options& options);
  PrincipalComponents(std::size_t parameters, std::size_t rows, std::size_t components) : PrincipalComponents(parameters, rows, components, Options()) {}

  /// The next `count` rows, in order.
  void add(const double* rows, std::size_t count);

  struct Result {
    Eigen::VectorXd mean;       ///< m, of the rows used
    Eigen::MatrixXd directions; ///< one row a component, of length 1; its entry of largest modulus is positive
    Eigen::VectorXd variance;   ///< lambda of each
    double total = 0;           ///< trace of C
    std::size_t rows = 0;       ///< used
    const char* method = "";    ///< "covariance" or "gram"
  };
  /// NumericalFailure where C has fewer directions with variance than components.
  [[nodiscard]] Result result() const;

private:
  [[nodiscard]] bool wanted(std::size_t row) const;

  std::size_t parameters_, rows_, components_, used_, seen_ = 0, taken_ = 0;
  bool gram_;
  Eigen::VectorXd origin_, sum_;  ///< the first row; sums of x - origin
  Eigen::MatrixXd second_;        ///< sums of (x - origin)(x - origin)^T
  Eigen::MatrixXf kept_;          ///< columns: x - origin of the rows of the Gram matrix
};

} // namespace driftwell::estimators

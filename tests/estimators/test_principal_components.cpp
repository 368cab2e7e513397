// Principal components of streams against the covariance matrix itself, by both ways.
#include "cloud.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/estimators/principal_components.hpp"

using namespace driftwell;
using namespace driftwell::estimators;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Rows of `parameters` numbers with three directions of large variance far from the origin.
MatrixXd rows_of(Index rows, Index parameters, std::uint64_t seed) {
  cloud::Random random(seed);
  MatrixXd mix(3, parameters), data(rows, parameters);
  for (Index i = 0; i < mix.size(); ++i) mix.data()[i] = random.normal();
  for (Index r = 0; r < rows; ++r) {
    const Eigen::RowVector3d c(3 * random.normal(), 2 * random.normal(), random.normal());
    for (Index p = 0; p < parameters; ++p) data(r, p) = 50 + 0.1 * random.normal();
    data.row(r) += c * mix;
  }
  return data;
}

PrincipalComponents::Result stream(const MatrixXd& data, std::size_t components, const PrincipalComponents::Options& options) {
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = data;
  PrincipalComponents result(static_cast<std::size_t>(data.cols()), static_cast<std::size_t>(data.rows()), components, options);
  for (Index first = 0; first < data.rows(); first += 37) result.add(rows.data() + first * data.cols(), static_cast<std::size_t>(std::min<Index>(37, data.rows() - first)));
  return result.result();
}

} // namespace

TEST_CASE("covariance and Gram matrix give the components of the data") {
  const MatrixXd data = rows_of(150, 40, 1);
  const VectorXd mean = data.colwise().mean();
  const MatrixXd centred = data.rowwise() - mean.transpose(), C = centred.transpose() * centred / 150;
  const SymmetricEigen solver(C);
  for (const std::size_t dense : {100u, 10u}) { // 40 parameters: covariance, Gram matrix
    PrincipalComponents::Options options;
    options.dense = dense;
    const auto found = stream(data, 3, options);
    CHECK(std::string(found.method) == (dense == 100 ? "covariance" : "gram"));
    CHECK(found.rows == 150);
    CHECK(found.total == Approx(C.trace()).epsilon(1e-5));
    CHECK((found.mean - mean).norm() < 1e-9);
    for (Index c = 0; c < 3; ++c) {
      CHECK(found.variance[c] == Approx(solver.eigenvalues()[39 - c]).epsilon(1e-5)); // rows of the Gram matrix are kept in single precision
      CHECK(std::abs(found.directions.row(c).dot(solver.eigenvectors().col(39 - c))) == Approx(1).epsilon(1e-5));
      Index largest = 0;
      found.directions.row(c).cwiseAbs().maxCoeff(&largest);
      CHECK(found.directions(c, largest) > 0);
    }
  }
}

TEST_CASE("more parameters than rows, and rows at equal distances where all would be too many") {
  const MatrixXd data = rows_of(60, 3000, 2);
  const auto all = stream(data, 2, {});
  CHECK(std::string(all.method) == "gram");
  const MatrixXd centred = data.rowwise() - data.colwise().mean();
  CHECK((centred * all.directions.row(0).transpose()).squaredNorm() / 60 == Approx(all.variance[0]).epsilon(1e-5));
  PrincipalComponents::Options options;
  options.gram_rows = 20;
  const auto some = stream(data, 2, options);
  CHECK(some.rows == 20);
  CHECK(std::abs(some.directions.row(0).dot(all.directions.row(0))) > 0.9);
}

TEST_CASE("too few directions are refused") {
  MatrixXd data(30, 4);
  for (Index r = 0; r < 30; ++r) data.row(r) << static_cast<double>(r), 2.0 * static_cast<double>(r), 0, 1;
  CHECK_THROWS_AS(stream(data, 2, {}), NumericalFailure);
  CHECK_NOTHROW(stream(data, 1, {}));
  CHECK_THROWS_AS(PrincipalComponents(4, 30, 5), std::invalid_argument);
}

#pragma once
#include <Eigen/Core>

#include <cstddef>
#include <span>

namespace driftwell::run {

/// A vector as the result file takes it.
[[nodiscard]] inline std::span<const double> span_of(const Eigen::VectorXd& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

} // namespace driftwell::run

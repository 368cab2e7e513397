#pragma once
// An equation known at the centres of cells only, as estimated from trajectories, and its generator.
//
//   dx = b dt + sqrt(2 T D(x)) dW   (Ito),   b and D between the centres by multilinear interpolation
#include "driftwell/generator/generator.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

struct TabulatedEquation {
  double temperature = 1;
  std::vector<Eigen::VectorXd> drift;     ///< b, one vector an axis
  std::vector<Eigen::VectorXd> diffusion; ///< D, upper triangle row by row; positive definite where supported
  std::vector<bool> supported;            ///< where the tables mean something; empty: everywhere
};

/// As for models, second order in the width of the cells; reflecting walls. Cells that are not supported are kept out
/// of the dynamics: the process is reflected where they begin, and what starts in them moves back to the supported cells, so the chain has one
/// class and its steady state no mass there (less than 1e-17 of that of their neighbours). Values in them are ignored.
/// Throws DomainError for a supported cell whose b is not finite or whose D is not positive definite; std::invalid_argument for shapes, for
/// walls that are not reflecting, for stretched axes, and where nothing is supported.
[[nodiscard]] Generator build_tabulated_generator(const TabulatedEquation& equation, const Grid& grid);

/// The supported cells that are connected, across faces, to the one with the largest weight; the others are dropped.
[[nodiscard]] std::vector<bool> connected_support(const std::vector<bool>& supported, const Eigen::VectorXd& weight, const Grid& grid);

} // namespace driftwell

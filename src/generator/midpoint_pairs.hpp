#pragma once
// Weights of the pairs away from walls, from D half-way between the two cells.
//
// The middle of a pair k, k + e lies half a cell off the centres along the axes where e is odd. Offsets of a decomposition are primitive
// and never even along all axes, so every pair has its middle on one of the 2^d - 1 shifted lattices; there D is decomposed, and of its
// terms those count that are odd along just the axes of the shift. Taking half a weight from either end instead is second order, too, but
// an offset of several cells sees D turn between them: where noise is 100 : 1 along directions that turn (bench task fp_d, 128 x 128)
// the largest error of KL was 6.9e-3 and changed its sign with time, with the middle it is 1.6e-3.
#include "flow_terms.hpp"
#include "link_fields.hpp"
#include "offset_pairs.hpp"

#include <vector>

namespace driftwell {

/// Adds to `pairs` those with both ends in cells where `inner` is set. `at_cells`: D at the centres, as fields.diffusion() has it.
void add_midpoint_pairs(const LinkFields& fields, const std::vector<Eigen::VectorXd>& at_cells, const Grid& grid, const FlowTerms& flows, const std::vector<char>& inner,
                        Selling& selling, std::vector<Pair>& pairs);

} // namespace driftwell

#pragma once
// What the flux formulas leave behind before rates are made: for every coupled pair (k, l) a conductance and a local
// potential difference.
//
//   rate k -> l = conductance B(dphi) / measure_k,   rate l -> k = conductance B(-dphi) / measure_l
//
// measure is the volume of a cell over the mean volume, so the chain is in detailed balance with measure e^-phi wherever
// dphi is a difference phi_l - phi_k.
#include "driftwell/generator/generator.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/model/model.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

struct Couplings {
  std::vector<Eigen::VectorXd> dphi, conductance; ///< along the axes: one vector an axis, entry k for the edge above cell k
  Stencil::Links links;                           ///< along other offsets: dphi in `up`, conductance in `down`
  Eigen::VectorXd loss;                           ///< rate through absorbing walls, empty without
  std::vector<Generator::WallRate> walls;
  Eigen::VectorXd exact;    ///< a potential that holds the exact part of dphi: its differences lose no digits
  std::vector<Eigen::VectorXd> inverse_diffusion; ///< of a full D at the centres, upper triangle
  bool degenerate = false;  ///< some pair carries drift without diffusion
};

/// Is there an edge above cell k along axis a, and to which cell?
[[nodiscard]] bool has_edge(const Grid& grid, std::size_t k, std::size_t a);
[[nodiscard]] std::size_t cell_above(const Grid& grid, std::size_t k, std::size_t a);
/// Cells of the first or last layer along an axis.
[[nodiscard]] std::vector<std::size_t> layer(const Grid& grid, std::size_t axis, bool last);
/// Volume over the mean volume; exactly 1 where all cells are equal.
[[nodiscard]] double measure(const Grid& grid, std::size_t k);

/// Diagonal D: neighbours along the axes. `with_circulation` treats the circulation as a force like any other.
[[nodiscard]] Couplings axis_couplings(const Model& model, const Grid& grid, bool with_circulation);
/// Full D: lattice offsets of Selling's decomposition, with enough weight along the axes for the steady `flows` that will be laid on top.
[[nodiscard]] Couplings tensor_couplings(const Model& model, const Grid& grid, bool with_circulation, const std::vector<Eigen::VectorXd>& flows = {});
class LinkFields;
[[nodiscard]] Couplings tensor_couplings(const LinkFields& fields, const Grid& grid, const std::vector<Eigen::VectorXd>& flows = {});

/// The generator of couplings without flows on top: rates, and detailed balance where there is any.
[[nodiscard]] Generator assemble(Couplings couplings, const Grid& grid, double temperature);

/// Steady flow along every axis edge that the circulation drives, divided by e^(-f_k/T) of the lower cell; differences of
/// a stream function at the corners, so that what enters a cell leaves it.
[[nodiscard]] std::vector<Eigen::VectorXd> circulation_flows(const Model& model, const Grid& grid);

} // namespace driftwell

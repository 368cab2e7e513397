#pragma once
// The table: boundary x dimension x noise x drift x spacing.
#include "manufactured.hpp"

#include <fmt/format.h>

namespace engine {

enum class Walls { reflecting, periodic, absorbing, mixed, channel };
enum class Noise { isotropic, diagonal, diagonal_of_x, full, full_of_x };
enum class Drift { gradient, force, circulation };

inline const std::array<std::string, 5> wall_names{"reflecting", "periodic", "absorbing", "mixed", "channel"};
inline const std::array<std::string, 5> noise_names{"isotropic", "diagonal", "diagonal(x)", "full", "full(x)"};
inline const std::array<std::string, 3> drift_names{"gradient", "force", "circulation"};

struct Combination {
  std::size_t dimension;
  Walls walls;
  Noise noise;
  Interpretation interpretation;
  Drift drift;
  bool stretched;

  [[nodiscard]] std::string name() const {
    return fmt::format("{}-D {:10} {:11} {:12} {:11} {}", dimension, wall_names[static_cast<std::size_t>(walls)], noise_names[static_cast<std::size_t>(noise)],
                       name_of(interpretation), drift_names[static_cast<std::size_t>(drift)], stretched ? "stretched" : "uniform");
  }
};

/// Every combination that means something: interpretations matter where D depends on x (and for an anisotropic mobility), a circulation and a full
/// matrix need two axes.
inline std::vector<Combination> combinations(std::size_t dimension) {
  std::vector<Combination> all;
  for (int w = 0; w < 5; ++w)
    for (int n = 0; n < 5; ++n)
      for (int i = 0; i < 3; ++i)
        for (int d = 0; d < 3; ++d)
          for (const bool stretched : {false, true}) {
            const Combination c{dimension, static_cast<Walls>(w), static_cast<Noise>(n), static_cast<Interpretation>(i), static_cast<Drift>(d), stretched};
            if (dimension == 1 && (n == 1 || n == 3 || n == 4 || d == 2 || c.walls == Walls::channel)) continue;
            if (n == 0 && i > 0) continue;
            if ((c.noise == Noise::diagonal || c.noise == Noise::full) && c.interpretation == Interpretation::stratonovich) continue; // Ito's
            all.push_back(c);
          }
  return all;
}

struct Experiment {
  ModelText text;
  std::vector<std::vector<std::string>> root{}; ///< of a full D(x)
  std::vector<Axis> axes;                     ///< with the coarsest numbers of cells
  [[nodiscard]] ItoEquation equation() const { return ito_equation(text, root); }
  [[nodiscard]] Grid grid(std::size_t factor) const {
    std::vector<Axis> finer;
    for (const Axis& a : axes) finer.push_back(a.with_cells(a.cells * factor));
    return Grid(finer);
  }
};

inline std::vector<Axis> axes_of(const Combination& c, std::size_t cells) {
  constexpr std::array<double, 3> lower{-0.9, 0.2, -0.6}, length{1.7, 1.5, 1.3};
  const Boundary R = Boundary::reflecting, A = Boundary::absorbing, P = Boundary::periodic;
  using Sides = std::array<Boundary, 2>;
  const std::array<std::array<Sides, 3>, 5> sides{{{Sides{R, R}, Sides{R, R}, Sides{R, R}}, {Sides{P, P}, Sides{P, P}, Sides{P, P}}, {Sides{A, A}, Sides{A, A}, Sides{A, A}},
                                                   {Sides{R, A}, Sides{A, R}, Sides{P, P}}, {Sides{R, R}, Sides{P, P}, Sides{R, A}}}};
  std::vector<Axis> axes;
  for (std::size_t a = 0; a < c.dimension; ++a) {
    const Sides s = sides[static_cast<std::size_t>(c.walls)][a];
    Axis plain = axis(lower[a], lower[a] + length[a], cells + a, s[0], s[1]);
    if (c.stretched && a != 1) {
      const double share = a ? -0.3 : 0.35;
      if (plain.periodic()) plain = plain.stretched([share](double t) { return t + share / 4 * std::sin(2 * M_PI * t); });
      else plain = plain.stretched([share](double t) { return t + share * t * (1 - t); });
    }
    axes.push_back(plain);
  }
  return axes;
}

/// Texts of one combination; what depends on a periodic variable is a wave.
inline Experiment experiment(const Combination& c, std::size_t cells) {
  Experiment e;
  e.axes = axes_of(c, cells);
  const std::size_t d = c.dimension;
  e.text.names = {"x", "y", "z"};
  e.text.names.resize(d);
  e.text.temperature = 0.4;
  e.text.interpretation = c.interpretation;
  const auto s = [&](std::size_t a, double shift = 0) { // of size one, smooth
    const Axis& axis = e.axes[a];
    const double k = (axis.periodic() ? 2 * M_PI : 1.9) / (axis.upper - axis.lower);
    return fmt::format("sin({:.17g}*{} + {})", k, e.text.names[a], 0.3 + shift);
  };
  const std::size_t y = d > 1 ? 1 : 0, z = d > 2 ? 2 : 0;
  e.text.potential = fmt::format("0.5*{} + 0.3*{}*{}", s(0), s(y, 0.5), s(z, 1));
  if (c.drift == Drift::force) e.text.force = {fmt::format("0.8*{} + 0.2", s(y, 1)), fmt::format("-0.9*{}", s(0, 0.7)), fmt::format("0.5*{} - 0.3", s(0, 2))};
  e.text.force.resize(c.drift == Drift::force ? d : 0);
  if (c.noise == Noise::diagonal) e.text.diffusion = {"1.2", "0.5", "0.8"};
  if (c.noise == Noise::diagonal_of_x)
    e.text.diffusion = {fmt::format("1 + 0.4*{}*{}", s(0, 1), s(y)), fmt::format("0.7 + 0.3*{}", s(y, 2)), fmt::format("0.8 + 0.3*{}", s(0))};
  if (c.noise == Noise::diagonal || c.noise == Noise::diagonal_of_x) e.text.diffusion.resize(d);
  if (c.noise == Noise::full) e.text.tensor = {{"1", "0.5", "0.2"}, {"0.5", "0.7", "-0.25"}, {"0.2", "-0.25", "0.6"}};
  if (c.noise == Noise::full_of_x) { // the square of a symmetric root; the third variable stays apart from the others where the root is needed
    const std::string p = fmt::format("(1 + 0.2*{})", s(0, 1)), q = fmt::format("(0.3 + 0.25*{}*{})", s(y, 1), s(0)), r = fmt::format("(0.7 + 0.15*{})", s(y));
    const std::string t = fmt::format("(0.8 + 0.1*{})", s(z)), w = d > 2 && c.interpretation != Interpretation::stratonovich ? fmt::format("(0.25*{})", s(0, 0.5)) : "0";
    e.root = {{p, q, w}, {q, r, "0"}, {w, "0", t}};
    e.text.tensor.assign(3, std::vector<std::string>(3));
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        for (std::size_t k = 0; k < 3; ++k) e.text.tensor[i][j] += fmt::format("{}{}*{}", k ? " + " : "", e.root[i][k], e.root[k][j]);
    if (w == "0") e.text.tensor[0][2] = e.text.tensor[2][0] = e.text.tensor[1][2] = e.text.tensor[2][1] = "0";
    e.root.resize(d);
    for (auto& row : e.root) row.resize(d);
  }
  if (!e.text.tensor.empty()) {
    e.text.tensor.resize(d);
    for (auto& row : e.text.tensor) row.resize(d);
  }
  if (c.drift == Drift::circulation) {
    // Its stream function vanishes at the walls: then no flux means the same for the chain and for J (see test_walls.cpp for others).
    std::string shape = "0.9";
    for (std::size_t a = 0; a < 2; ++a)
      if (!e.axes[a].periodic()) shape += fmt::format("*3*({0} - {1:.17g})*({2:.17g} - {0})", e.text.names[a], e.axes[a].lower, e.axes[a].upper);
    const std::string q = fmt::format("{}*(1 + 0.3*{}*{})", shape, s(0), s(z));
    e.text.circulation.assign(d, std::vector<std::string>(d, "0"));
    e.text.circulation[0][1] = q;
    e.text.circulation[1][0] = "-(" + q + ")";
  }
  return e;
}

/// Errors on grids of 1, 2, 4, ... times the coarsest numbers of cells, and the order between the last two.
struct Measured {
  std::vector<ResolventError> errors;
  [[nodiscard]] double order() const { return std::log2(errors[errors.size() - 2].mean / errors.back().mean); }
  [[nodiscard]] double order_of_worst() const { return std::log2(errors[errors.size() - 2].worst / errors.back().worst); }
};

inline constexpr double resolvent_lambda = 0.7;

/// `chain` builds the generator; that of another model is a fault which has to show.
template <class Chain> Measured measure(const Experiment& e, const ItoEquation& equation, Direction direction, std::size_t grids, const Chain& chain) {
  const Manufactured made = manufacture(equation, e.axes, direction, resolvent_lambda);
  Measured result;
  for (std::size_t i = 0; i < grids; ++i) result.errors.push_back(resolvent_error(chain(e.grid(std::size_t{1} << i)), made, direction, resolvent_lambda));
  return result;
}

inline Measured measure(const Experiment& e, Direction direction, std::size_t grids) {
  const Model m = model(e.text);
  return measure(e, e.equation(), direction, grids, [&](const Grid& grid) { return build_generator(m, grid).rates(); });
}

} // namespace engine

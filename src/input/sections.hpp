#pragma once
// One function for each section of the experiment file. `origin` is where the section stands, for missing keys.
#include "driftwell/input/spec.hpp"
#include "input/toml_tree.hpp"

namespace driftwell::input {

[[nodiscard]] ModelSpec read_model(const Node& section, const Origin& origin);
/// With `momenta` laws may also have twice the dimension: positions, then momenta.
[[nodiscard]] InitialLaw read_initial(const Node& section, const Origin& origin, std::size_t dimension, bool momenta);
/// A law anywhere else: the keys of [initial] in a table that messages call `name`.
[[nodiscard]] InitialLaw read_law(const Node& table, const Origin& origin, std::string_view name, std::size_t dimension, bool momenta);
[[nodiscard]] TimeSpec read_time(const Node& section, const Origin& origin);
[[nodiscard]] FokkerPlanckSpec read_fokker_planck(const Node& section, const Origin& origin, std::size_t dimension);
/// What [fokker_planck] may say with and without friction.
void check_kinetic(const Node& section, const Origin& origin, const Spec& spec);
[[nodiscard]] LangevinSpec read_langevin(const Node& section, const Origin& origin, std::size_t dimension, bool momenta);
/// `grid`: that of [fokker_planck], where there is one; the section may have its own.
[[nodiscard]] StationarySpec read_stationary(const Node& section, const Origin& origin, std::size_t dimension, const GridSpec* grid);
[[nodiscard]] SgdSpec read_sgd(const Node& section, const Origin& origin);
[[nodiscard]] TrajectoriesSpec read_trajectories(const Node& section, const Origin& origin);
[[nodiscard]] VerifySpec read_verify(const Node& section, const Origin& origin);
[[nodiscard]] OutputSpec read_output(const Node& section, const Origin& origin);

class Table;
/// lower, upper, cells, stretch and boundary of a section.
void read_grid(const Table& table, std::size_t dimension, GridSpec& grid);

/// temperature, or learning_rate and batch_size, into a model: numbers, or schedules.
void read_temperature(const Node& section, const Origin& origin, ModelSpec& model);

/// Variables or dimension, and parameters, into a model: names that expressions can use without ambiguity.
void read_names(const Node& section, const Origin& origin, ModelSpec& model);

} // namespace driftwell::input

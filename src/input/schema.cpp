#include "input/schema.hpp"
#include "input/schema_sgd.hpp"
#include "input/schema_trajectories.hpp"

#include "driftwell/core/source.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace driftwell::input {
namespace {

constexpr std::array<KeySchema, 13> file_keys{{
    {"title", "a string", "empty", "One line of words, kept in the result file."},
    {"memory_limit", "a number > 0, in GB (1e9 bytes)", "what is free", "Methods that need more are not chosen, or refused before they start."},
    {"model", "a section [model]", "required; not with [sgd] or [trajectories] alone", "The equation: variables, potential, force, diffusion, temperature."},
    {"initial", "a section [initial]", "required; not with [sgd] or [trajectories] alone", "The law at time 0."},
    {"time", "a section [time]", "required; not with [sgd] or [trajectories] alone", "How long, and when to record."},
    {"fokker_planck", "a section [fokker_planck]", "none", "The density on a grid."},
    {"langevin", "a section [langevin]", "none", "A cloud of particles."},
    {"stationary", "a section [stationary]", "none", "The steady state and what follows from it: currents, eigenvalues, passages."},
    {"sgd", "a section [sgd]", "none", "Stochastic gradient descent on a loss of data."},
    {"sweep", "a section [sweep]", "none", "Lists of values for keys of the other sections: the experiment at each combination."},
    {"trajectories", "a section [trajectories]", "none", "Drift, noise and steady state of paths that another program has saved."},
    {"verify", "a section [verify]", "none", "Theorems tested on the experiment."},
    {"output", "a section [output]", "empty", "How the result file is written."},
}};

constexpr std::string_view number_or_schedule =
    "a number > 0, an expression in t, or a table { t = [...], value = [...], interpolation = \"linear\" or \"step\" }";

constexpr std::array<KeySchema, 12> model_keys{{
    {"variables", "a list of names: letters, digits and _, e.g. [\"x\", \"y\"]", "required, or dimension",
     "Names of the variables; there are as many dimensions as names."},
    {"dimension", "an integer from 1 to 10000", "required, or variables",
     "Number of variables, used in expressions as x[1] ... x[d]; x1 ... xd in the result file."},
    {"potential", "a string with an expression, or a table { name = \"...\", options }", "none",
     "The loss f(x): the drift is -grad f. Needed unless there is a force."},
    {"force", "a list of expressions, one for each variable", "none", "Drift added to -grad potential."},
    {"diffusion", "one expression, a list of them (diagonal) or a list of lists (matrix)", "the identity",
     "D(x); the noise is sqrt(2 temperature D)."},
    {"circulation", "one expression, a matrix of them, or a table { stream_function = \"...\" }", "none",
     "Q(x), antisymmetric: adds a drift that leaves exp(-f/T) stationary."},
    {"friction", "a number > 0", "none: overdamped", "gamma of the underdamped equation in positions and momenta."},
    {"temperature", number_or_schedule, "required, or learning_rate with batch_size", "Strength of the noise."},
    {"learning_rate", number_or_schedule, "none", "With batch_size: temperature = learning_rate / (2 batch_size)."},
    {"batch_size", number_or_schedule, "none", "With learning_rate: temperature = learning_rate / (2 batch_size)."},
    {"interpretation", "\"ito\", \"stratonovich\" or \"anti_ito\"", "\"ito\"",
     "How the noise is read where D depends on x."},
    {"parameters", "a table of numbers, e.g. { lambda = 1.5 }", "empty", "Constants that expressions use by name."},
}};

constexpr std::array<KeySchema, 1> circulation_keys{{
    {"stream_function", "an expression, in two variables", "required", "psi(x, y): the steady current times Z is (d psi/dy, -d psi/dx)."},
}};

constexpr std::array<KeySchema, 3> schedule_keys{{
    {"t", "an increasing list of numbers, e.g. [0, 5, 10]", "required", "Times of the table."},
    {"value", "a list of numbers > 0, one for each time", "required", "Values at these times."},
    {"interpolation", "\"linear\" or \"step\"", "\"linear\"",
     "linear: straight lines; step: each value holds until the next time."},
}};

constexpr std::string_view numbers_per_variable = "a number, or a list of numbers, one for each variable";

constexpr std::array<KeySchema, 6> initial_keys{{
    {"gaussian", "a table { mean = ..., std = ... } or { mean = ..., covariance = ... }", "none", "A normal law."},
    {"point", numbers_per_variable, "none", "All mass at one point."},
    {"uniform", "a table { lower = ..., upper = ... }", "none", "Constant density in a box."},
    {"mixture", "a list of tables, each with weight and one law", "none", "A weighted sum of laws."},
    {"steady_state", "true", "none", "The steady state of the model itself."},
    {"samples", "a file name, or a table { file = ..., dataset = ... }", "none", "Points read from an HDF5 file."},
}};

constexpr std::array<KeySchema, 3> gaussian_keys{{
    {"mean", numbers_per_variable, "required", "The centre."},
    {"std", "a number > 0, or a list of them, one for each variable", "required, or covariance",
     "Standard deviation along each axis."},
    {"covariance", "a symmetric positive definite matrix, e.g. [[1.0, 0.2], [0.2, 0.5]]", "required, or std",
     "The whole covariance matrix."},
}};

constexpr std::array<KeySchema, 2> uniform_keys{{
    {"lower", numbers_per_variable, "required", "Lower corner of the box."},
    {"upper", numbers_per_variable, "required", "Upper corner of the box; above lower on every axis."},
}};

constexpr std::array<KeySchema, 2> samples_keys{{
    {"file", "a file name, relative to the experiment file", "required", "An HDF5 file."},
    {"dataset", "the path of a dataset of shape (particle, variable) or (snapshot, particle, variable)", "\"sample\"", "Where the points are in it."},
}};

constexpr std::array<KeySchema, 6> mixture_keys{{
    {"weight", "a number > 0", "required", "Share of this part; the weights are divided by their sum."},
    {"gaussian", initial_keys[0].allowed, "none", "As in [initial]."},
    {"point", numbers_per_variable, "none", "As in [initial]."},
    {"uniform", initial_keys[2].allowed, "none", "As in [initial]."},
    {"steady_state", "true", "none", "As in [initial]."},
    {"samples", initial_keys[5].allowed, "none", "As in [initial]."},
}};

constexpr std::array<KeySchema, 5> time_keys{{
    {"end", "a number > 0", "required, or the last of at", "The last time."},
    {"outputs", "an integer from 2 to 1000000", "101", "Number of recorded times, 0 and end included."},
    {"spacing", "\"linear\" or \"log\"", "\"linear\"", "log: 0, then a geometric sequence from first to end."},
    {"first", "a number > 0 and < end", "end / 10000", "First time after 0 with spacing = \"log\"."},
    {"at", "an increasing list of numbers >= 0", "none", "The recorded times themselves; 0 is added if missing."},
}};

constexpr std::array<KeySchema, 11> fokker_planck_keys{{
    {"lower", "a number, or a list of numbers, one for each variable", "required", "Lower corner of the domain."},
    {"upper", "a number, or a list of numbers, one for each variable", "required",
     "Upper corner of the domain; above lower on every axis."},
    {"cells", "an integer >= 4, or a list of them, one for each variable", "required", "Cells along each axis; points with propagator = \"spectral\"."},
    {"stretch", "a list of expressions in s, one for each variable", "none",
     "Unequal cells: an increasing map of s in [0, 1] for each axis, scaled to lower and upper."},
    {"boundary",
     "\"reflecting\", \"periodic\" or \"absorbing\": one word, a list with one for each variable, or a list "
     "of [lower, upper] pairs",
     "\"reflecting\"", "What happens at the walls."},
    {"propagator", "the name of a propagator, or \"auto\"", "\"auto\"", "How the density is advanced in time."},
    {"tolerance", "a number > 1e-14 and < 1", "1e-9", "Relative error of the evolution in time."},
    {"snapshots", "an integer from 0 to 1000000", "11", "Number of densities kept, spread evenly over the outputs."},
    {"dt", "a number > 0", "chosen from tolerance", "Step of the propagators that go step by step."},
    {"hermite", "an integer from 6 to 1000", "64", "With friction: number of Hermite functions of the momentum."},
    {"wasserstein", "true or false", "false", "Wasserstein-2 distance of the kept densities to the steady state in two dimensions."},
}};

constexpr std::array<KeySchema, 17> langevin_keys{{
    {"particles", "an integer from 2 to 2000000000", "10000", "Number of particles; with extrapolation and multilevel, those of the first look at a level."},
    {"dt", "a number > 0", "required", "Longest step in time; shortened so that steps end at the outputs."},
    {"stepper", "the name of a stepper, or \"auto\"", "\"auto\"", "How a particle is advanced by a step."},
    {"seed", "an integer >= 0", "1", "Names the noise: same seed, same bits."},
    {"snapshots", "an integer from 0 to 1000000", "2", "Number of clouds kept, spread evenly over the outputs."},
    {"checkpoint_seconds", "a number >= 0", "30", "Time between two checkpoints, for --resume; 0: only on a signal."},
    {"kept", "an integer from 1 to 2000000000", "10000", "Particles kept of each cloud."},
    {"lower", "a number, or a list of numbers, one for each variable", "of [fokker_planck]", "Lower corner of the walls."},
    {"upper", "a number, or a list of numbers, one for each variable", "of [fokker_planck]", "Upper corner of the walls."},
    {"boundary", fokker_planck_keys[4].allowed, "of [fokker_planck]; \"reflecting\" with lower and upper", "What happens at the walls."},
    {"target", "an expression", "none", "First-passage times into the set where it is > 0."},
    {"series", "a table { of = [...], every = ..., lags = ..., segment = ..., plane = [...] }", "none", "Autocorrelation, spectrum of increments and rotation along the paths."},
    {"distance_to", "a table with one law as in [initial]", "none", "Law to which the sliced Wasserstein-2 distance is told at every output."},
    {"log_partition", "a number", "of [fokker_planck], or a closed form", "log of the integral of exp(-f/T), for the KL divergence."},
    {"method", "\"plain\", \"extrapolation\" or \"multilevel\"", "\"plain\"",
     "plain: one run; the others estimate one mean at the end to a standard error."},
    {"estimate", "an expression", "the potential", "Whose mean at the end is estimated."},
    {"standard_error", "a number > 0", "required with extrapolation and multilevel", "That the estimate must reach, bias included."},
}};

constexpr std::array<KeySchema, 8> langevin_series_keys{{
    {"of", "an expression, or a list of them", "the variables, up to ten", "Whose values are followed."},
    {"every", "an integer from 1 to 1000000000", "1", "Steps between two samples."},
    {"from", "a number >= 0", "0", "Time of the first sample."},
    {"particles", "an integer from 2 to 2000000000", "1000", "Number of particles followed, the first ones; at most those there are."},
    {"lags", "an integer from 0 to 1000000", "100", "Longest lag of the autocorrelation, in samples; 0: none."},
    {"segment", "an integer from 8 to 1048576, or 0", "256", "Increments in a segment of their spectrum; 0: no spectrum."},
    {"plane", "a list of two expressions", "none", "Plane in which rotation is told: angle and area swept."},
    {"centre", "a list of two numbers", "[0, 0]", "Point of the plane about which angles are told."},
}};

constexpr std::array<KeySchema, 10> stationary_keys{{
    {"lower", fokker_planck_keys[0].allowed, "that of [fokker_planck]", "Lower corner of a grid of its own."},
    {"upper", fokker_planck_keys[1].allowed, "that of [fokker_planck]", "Upper corner of a grid of its own."},
    {"cells", fokker_planck_keys[2].allowed, "those of [fokker_planck]", "Cells along each axis of a grid of its own."},
    {"stretch", fokker_planck_keys[3].allowed, "as in [fokker_planck]", "Unequal cells of a grid of its own."},
    {"boundary", fokker_planck_keys[4].allowed, "as in [fokker_planck]", "Walls of a grid of its own."},
    {"eigenvalues", "an integer from 0 to 100", "6", "How many of the slowest eigenvalues, with their functions."},
    {"source", "a condition, e.g. \"x < -0.8 and y < 0\"", "none", "Where transition paths begin."},
    {"target", "a condition, e.g. \"x > 0.8\"", "none", "The set to be reached."},
    {"start", "a list of numbers, one for each variable", "none", "A point from which passages are told."},
    {"method", "\"auto\", \"closed_form\", \"state_reduction\", \"direct\" or \"iterative\"", "\"auto\"", "How the steady state is found."},
}};

constexpr std::array<KeySchema, 3> sweep_keys{{
    {"zip", "a list of swept keys, e.g. [\"sgd.start\", \"sgd.target\"]", "none: every combination", "Keys that take their values together, the first with the first."},
    {"tolerance", "a number > 0", "0.1", "Relative deviation from which a measured law of SGD counts as broken."},
    {"files", "true or false", "false", "Keep the result file of every point."},
}};

constexpr std::array<KeySchema, 7> verify_keys{{
    {"theorems", "\"all\", or a list of names of theorems", "\"all\"", "Which theorems are tested."},
    {"confidence", "a number > 0 and < 1", "0.999", "Probability that sampling alone makes no comparison of a claim fail."},
    {"precision", "a number > 0 and < 1", "0.01", "Share of its size to which an equality must be known to be decided."},
    {"learning_rate", "a number > 0", "none", "Of noisy gradient descent on the potential: theorem kleinberg is tested where it is given."},
    {"noise_radius", "a number >= 0", "that of the temperature", "Bound of the length of the gradient's noise there; by default its variance is that of the temperature."},
    {"noise_shape", "\"cube\" or \"ball\"", "\"cube\"", "On what that noise is uniform: the cube whose corners have the length noise_radius, or the ball."},
    {"expect", "a table of verdicts, e.g. { bakry_emery = \"not applicable\" }", "empty",
     "Verdicts of theorems, or of \"theorem.claim\": any other one is an error, and a violation expected here is none."},
}};

constexpr std::array<KeySchema, 1> output_keys{{
    {"keep_bits", "an integer from 1 to 52", "all 52",
     "Bits kept of the significand of every number in large arrays: fewer compress better."},
}};

constexpr std::array<TableSchema, 24> tables{{
    {"", "outside of any section", file_keys},
    {"model", "in [model]", model_keys},
    {"model.circulation", "in circulation = { ... }", circulation_keys},
    {"model.temperature", "in a schedule", schedule_keys},
    {"initial", "in [initial]", initial_keys},
    {"initial.gaussian", "in a gaussian law", gaussian_keys},
    {"initial.uniform", "in a uniform law", uniform_keys},
    {"initial.samples", "in samples = { ... }", samples_keys},
    {"initial.mixture", "in a part of a mixture", mixture_keys},
    {"time", "in [time]", time_keys},
    {"fokker_planck", "in [fokker_planck]", fokker_planck_keys},
    {"langevin", "in [langevin]", langevin_keys},
    {"langevin.series", "in series = { ... }", langevin_series_keys},
    {"stationary", "in [stationary]", stationary_keys},
    {"sgd", "in [sgd]", sgd_keys},
    {"sgd.dataset", "in dataset = { ... }", dataset_keys},
    {"sgd.loss", "in loss = { ... }", loss_keys},
    {"sgd.diffusion", "in diffusion = { ... }", sgd_diffusion_keys},
    {"sgd.projection", "in projection = { ... }", sgd_projection_keys},
    {"sweep", "in [sweep]", sweep_keys},
    {"trajectories", "in [trajectories]", trajectories_keys},
    {"trajectories.projection", "in projection = { ... }", projection_keys},
    {"verify", "in [verify]", verify_keys},
    {"output", "in [output]", output_keys},
}};

constexpr std::array<std::string_view, 1> later_sections{"landscape"};

constexpr std::array<std::string_view, 31> reserved{"exp",      "log",     "log1p", "expm1", "sqrt", "sin",  "cos",
                                                    "tan",      "asin",    "acos",  "atan",  "sinh", "cosh", "tanh",
                                                    "erf",      "abs",     "sign",  "min",   "max",  "pow",  "relu",
                                                    "softplus", "sigmoid", "step",  "where", "sum",  "pi",   "t",
                                                    "and",      "or",      "not"};

constexpr std::array<std::string_view, 58> result_names{
    "mean_kinetic_energy", "kl_decay_rate",
    "temperature",
    "time",        "snapshot_time",  "variable",     "variable_2", "particle",
    "sample",      "mean",           "mass",         "covariance", "kl",
    "free_energy", "mean_potential", "mean_loss",    "entropy",    "fisher_information",
    "dissipation", "density",        "steady_state", "potential",  "implicit_potential",
    "wasserstein_2", "wasserstein_2_error", "sliced_wasserstein_2",
    "series", "lag", "increment_lag", "frequency", "autocorrelation", "integrated_time",
    "mode", "ri", "minimum", "wall",
    "eigenvalue", "eigenvalue_residual", "left_eigenfunction", "right_eigenfunction",
    "circulation_divergence", "current_divergence", "along_gradient", "loss_minimum",
    "implicit_minimum", "minimum_shift", "mean_first_passage_time", "first_passage_variance",
    "mean_exit_time", "exit_time_variance", "forward_committor", "backward_committor",
    "reactive_density", "survival_amplitude", "exit_probability", "source",
    "target", "start"};

} // namespace

const KeySchema& TableSchema::key(std::string_view name) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeySchema& k) { return k.name == name; });
  if (found == keys.end()) throw std::logic_error("no key '" + std::string(name) + "' in the schema");
  return *found;
}

std::vector<std::string> TableSchema::names() const {
  std::vector<std::string> all;
  for (const KeySchema& key : keys) all.emplace_back(key.name);
  return all;
}

std::string section_list() {
  std::vector<std::string> names;
  for (const KeySchema& key : file_keys)
    if (key.name != "title" && key.name != "memory_limit") names.push_back("[" + std::string(key.name) + "]");
  return list_of(names);
}

std::string_view allowed_for(std::string_view section, std::string_view key) {
  const KeySchema* found = nullptr;
  for (const TableSchema& table : tables)
    for (const KeySchema& candidate : table.keys)
      if (candidate.name == key && (found == nullptr || table.path == section)) found = &candidate;
  return found == nullptr ? "" : found->allowed;
}

std::string nearest_key(std::string_view words) {
  std::string name(words);
  std::replace(name.begin(), name.end(), ' ', '_');
  std::vector<std::string> names;
  for (const TableSchema& table : tables)
    for (const KeySchema& key : table.keys) names.emplace_back(key.name);
  return nearest_name(name, names);
}

std::span<const TableSchema> all_tables() { return tables; }

const TableSchema& table_schema(std::string_view path) {
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const TableSchema& t) { return t.path == path; });
  if (found == tables.end()) throw std::logic_error("no table '" + std::string(path) + "' in the schema");
  return *found;
}

std::span<const std::string_view> unavailable_sections() { return later_sections; }
std::span<const std::string_view> expression_names() { return reserved; }

bool is_result_name(std::string_view name) {
  return std::find(result_names.begin(), result_names.end(), name) != result_names.end() || name.ends_with("_error") ||
         name.ends_with("_stderr") || name.ends_with("_width") ||
         name.starts_with("current_") || name.starts_with("marginal_") || name.starts_with("circulation_") || name.starts_with("reversible_current_") ||
         name.starts_with("irreversible_current_");
}

} // namespace driftwell::input

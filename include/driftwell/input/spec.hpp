#pragma once
// The experiment file as plain data: every default filled in, every value with its origin. It knows the schema
// (docs/experiment_file.md) but no physics: names of potentials and propagators and the texts of expressions are
// checked later, by the rooms that own them, with errors that point back here.
#include "driftwell/core/source.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace driftwell::input {

/// A value and where it stands. `given` is false where a default was filled in (then origin is the section's).
template <class T> struct Setting {
  T value{};
  Origin origin{};
  bool given = false;
};

/// A string of the file (a name or an expression). at(offset, length) is the origin of a stretch of its characters,
/// right for multi-line strings and for escapes.
struct Text {
  std::string value;
  Origin origin{};                        ///< the whole TOML value, quotes included
  std::vector<std::uint32_t> positions{}; ///< byte of origin.source->text for every byte of value, and for its end;
                                          ///< empty where they are not known
  [[nodiscard]] Origin at(std::size_t offset, std::size_t length = 1) const;
};

/// potential = "expression", or potential = { name = "double_well", barrier = 2.0, ... }
struct PotentialSpec {
  Text expression;                                                     ///< empty value: a named one
  Text name;                                                           ///< empty value: an expression
  std::vector<std::pair<Text, Setting<std::vector<double>>>> options; ///< of a named one; a number is a list of one
};

/// diffusion = one expression (a multiple of the identity), a list (diagonal) or a matrix. Absent: identity.
struct DiffusionSpec {
  enum class Kind { identity, scalar, diagonal, matrix } kind = Kind::identity;
  std::vector<std::vector<Text>> entries; ///< scalar 1x1; diagonal 1xd; matrix dxd. Numbers are kept as text.
  Origin origin{};
};

/// circulation = one expression (two variables: Q_12), a matrix Q, or { stream_function = "psi" } (two variables). Absent: none.
struct CirculationSpec {
  enum class Kind { none, scalar, matrix, stream_function } kind = Kind::none;
  std::vector<std::vector<Text>> entries; ///< 1x1, or dxd
  Origin origin{};
};

/// A quantity of [model] that changes with time: an expression in t, or a table. Given as a number it is a Setting.
struct ScheduleSpec {
  Text expression;              ///< empty value: a table
  std::vector<double> t, value; ///< of a table: as many of each, t increasing, values > 0
  Text interpolation;           ///< "linear" or "step"
  Origin origin{};
};

struct ModelSpec {
  Origin origin{};
  bool indexed = false;                  ///< `dimension` was given instead of `variables`: names x[1], ..., x[d]
  std::vector<Text> variables;           ///< one a dimension, also when indexed ("x1", ...: names in the result file)
  std::optional<PotentialSpec> potential;
  std::vector<Text> force;               ///< empty or one a dimension
  DiffusionSpec diffusion;
  CirculationSpec circulation;
  std::optional<Setting<double>> friction; ///< > 0: the equation is underdamped; absent: overdamped
  Setting<double> temperature;           ///< > 0; from learning_rate / (2 batch_size) where those are given; 0: a schedule
  std::optional<Setting<double>> learning_rate, batch_size;
  std::optional<ScheduleSpec> temperature_schedule, learning_rate_schedule, batch_size_schedule; ///< instead of numbers
  Text interpretation;                   ///< "ito", "stratonovich" or "anti_ito"
  std::vector<std::pair<Text, double>> parameters;
};

/// With friction a law may be one of the positions (d numbers; the momenta then begin in Maxwell's law, variance T) or of
/// positions and momenta (2 d numbers, positions first): the length of its lists says which. d stands for either below.
struct GaussianLaw {
  std::vector<double> mean;
  std::vector<double> std;                     ///< of independent variables; empty where a covariance is given
  std::vector<std::vector<double>> covariance; ///< d x d, symmetric positive definite; empty where std is given
  Origin origin{}, mean_origin{}, spread_origin{};
};
struct PointLaw { std::vector<double> at; Origin origin{}; };
struct UniformLaw { std::vector<double> lower, upper; Origin origin{}; };
struct SteadyStateLaw { Origin origin{}; };
/// HDF5 dataset of shape (particle, variable); the path is relative to the experiment file.
struct SamplesLaw { std::string file, dataset; Origin origin{}; };
struct MixtureLaw;
using InitialLaw = std::variant<GaussianLaw, PointLaw, UniformLaw, SteadyStateLaw, SamplesLaw, std::shared_ptr<const MixtureLaw>>;
/// mixture = [ { weight = 0.3, gaussian = {...} }, { weight = 0.7, point = [...] } ]; weights > 0, normalised here.
struct MixtureLaw {
  std::vector<double> weights;
  std::vector<InitialLaw> parts;
  Origin origin{};
};

struct TimeSpec {
  Origin origin{};
  double end = 0;             ///< > 0
  std::vector<double> at;     ///< resolved output times, strictly increasing, all in [0, end]; first one 0
  std::string spacing;        ///< "linear", "log" or "list"
  Origin end_origin{}, at_origin{};
};

enum class Boundary { reflecting, periodic, absorbing };

/// A box and its walls.
struct BoxSpec {
  Setting<std::vector<double>> lower, upper;     ///< one a dimension, lower < upper
  std::vector<std::array<Boundary, 2>> boundary; ///< per axis: lower side, upper side; periodic on both or none
  Origin boundary_origin{};
};

/// A box cut into cells.
struct GridSpec : BoxSpec {
  Origin origin{};                           ///< of the section
  Setting<std::vector<std::int64_t>> cells;  ///< one a dimension, >= 4
  std::vector<Text> stretch;                 ///< maps of s in [0, 1], one a dimension, or empty
};

struct FokkerPlanckSpec : GridSpec {
  Text propagator;                           ///< a catalogue name or "auto"
  Setting<double> tolerance;                 ///< relative, of the evolution in time; 1e-14 < tolerance < 1
  Setting<std::int64_t> snapshots;           ///< number of densities kept; >= 0
  std::optional<Setting<double>> dt;         ///< step of the step-wise propagators
  Setting<std::int64_t> hermite;             ///< with friction: number of Hermite functions of the momentum
  Setting<bool> wasserstein;                 ///< W2 of the kept densities in two dimensions
};

/// Time series of the first particles, and what is told from them.
struct LangevinSeriesSpec {
  Origin origin{};
  std::vector<Text> of;               ///< expressions; never empty
  Setting<std::int64_t> every;        ///< steps between two samples
  Setting<double> from;               ///< time of the first sample, or the first step behind it; >= 0
  Setting<std::int64_t> particles;    ///< at most those there are
  Setting<std::int64_t> lags;         ///< of the autocorrelation; 0: none
  Setting<std::int64_t> segment;      ///< increments in a segment of their spectrum; 0: none
  std::vector<Text> plane;            ///< two expressions whose rotation is told, or none
  std::vector<double> centre;         ///< of the rotation
};

struct LangevinSpec {
  Origin origin{};
  Setting<std::int64_t> particles;      ///< >= 1
  Setting<double> dt;                   ///< > 0; shortened where an output time asks for it
  Text stepper;                         ///< a catalogue name or "auto"
  Setting<std::int64_t> seed;           ///< >= 0
  Setting<std::int64_t> snapshots;      ///< number of clouds kept
  Setting<std::int64_t> kept;           ///< particles kept of each
  Setting<double> checkpoint_seconds;   ///< between two checkpoints; 0: none but on a signal
  std::optional<BoxSpec> walls;         ///< none: those of [fokker_planck], or none at all
  std::optional<Text> target;           ///< first-passage times into the set where this is > 0
  std::optional<LangevinSeriesSpec> series;
  std::optional<InitialLaw> distance_to; ///< law to which the sliced Wasserstein distance is told
  std::optional<Setting<double>> log_partition; ///< log Z of exp(-f/T), where the user knows it
  Text method;                          ///< "plain", "extrapolation" or "multilevel"
  std::optional<Text> estimate;         ///< the expression whose mean at the end is asked for; none: the potential
  std::optional<Setting<double>> standard_error; ///< that extrapolation and multilevel go for
};

struct StationarySpec {
  Origin origin{};
  std::optional<GridSpec> grid;      ///< its own; else that of [fokker_planck]
  Setting<std::int64_t> eigenvalues; ///< how many, 0..100
  std::optional<Text> source, target; ///< conditions on the variables
  std::optional<Setting<std::vector<double>>> start; ///< a point of the box; needs target, or a wall that absorbs
  Text method;                       ///< of the steady state
};

/// dataset = "name or file", or a table. Which keys go together depends on the name; the others are refused by the run.
struct DatasetSpec {
  Text name, file, images, labels, target;                    ///< empty: not given
  std::map<std::string, Setting<std::int64_t>> counts;        ///< samples, features, classes, rows, columns, rank, pool, seed
  std::map<std::string, Setting<double>> numbers;             ///< noise, separation, observed
  std::optional<Setting<bool>> standardise;
  Origin origin{};
};

/// loss = "name", or a table { name = ..., options }.
struct LossSpec {
  Text name;
  std::optional<Setting<std::vector<std::int64_t>>> hidden;
  Text activation, objective, term;                           ///< empty: not given
  std::optional<Setting<double>> weight_decay;
  std::optional<Setting<bool>> bias;
  std::optional<Setting<std::vector<std::vector<double>>>> hessian, covariance;
  std::optional<Setting<std::vector<double>>> minimum;
  std::optional<Setting<std::int64_t>> rank;
  std::vector<Text> weights;
  std::vector<std::pair<Text, double>> parameters;
  std::map<std::string, Origin> given;                        ///< options that stand in the file
  Origin origin{};
};

/// diffusion = { ... } of [sgd]: the modified equations run beside it.
struct SgdDiffusionSpec {
  Origin origin{};
  Setting<std::vector<std::int64_t>> order;  ///< 1, 2 or both, increasing
  Text noise;                                ///< "state_dependent" or "at_minimum"
  std::optional<Setting<double>> dt;
  Text stepper;
  std::optional<Setting<std::int64_t>> particles;
};

/// projection = { ... } of [sgd]: what SGD, diffusion and density are compared in.
struct SgdProjectionSpec {
  Origin origin{};
  std::optional<Setting<std::vector<std::vector<double>>>> directions; ///< 1 to 3 of equal length
  Setting<std::int64_t> principal_components; ///< where no directions are given
  Setting<bool> fokker_planck;
  Setting<std::int64_t> cells, degree;
};

struct SgdSpec {
  Origin origin{};
  std::optional<DatasetSpec> dataset;
  LossSpec loss;
  std::optional<Setting<double>> learning_rate, batch_size;
  std::optional<ScheduleSpec> learning_rate_schedule, batch_size_schedule; ///< instead of numbers
  Text sampling;
  Setting<double> momentum, label_noise;
  Setting<bool> nesterov;
  Setting<std::int64_t> svag, replicas, steps, outputs, snapshots, loss_replicas, seed, leading;
  Text start;                                                 ///< "random", "zero", "minimum"; empty: start_at
  std::optional<Setting<std::vector<double>>> start_at;       ///< of one number: all weights
  std::optional<Setting<double>> start_std;
  Setting<bool> noise, minimum;
  std::optional<Text> target;                                 ///< condition, or set where it is > 0: in the weights, loss and distance
  Setting<std::int64_t> target_every;                         ///< steps between two looks
  Text directions;                                            ///< "", "principal", "hessian", "random" or "list": then directions_at
  std::optional<Setting<std::vector<std::vector<double>>>> directions_at;
  Setting<std::int64_t> direction_count;
  Setting<bool> spectrum;
  Setting<std::int64_t> spectrum_every, spectrum_length;
  Setting<double> checkpoint_seconds;                         ///< between two checkpoints; 0: none but on a signal
  Setting<double> stationary_from;                            ///< share of the outputs that is left out of stationary averages
  std::optional<SgdDiffusionSpec> diffusion;
  SgdProjectionSpec projection;                               ///< of the diffusion
};

/// section.key = [values] of [sweep].
struct SweepKey {
  std::string name;                     ///< "sgd.learning_rate"
  Origin origin{};
  std::vector<std::string> values;      ///< as spelled in the file
  std::vector<double> numbers;          ///< of a list of numbers alone
  bool zipped = false;                  ///< advances together with the others that are
};

struct SweepSpec {
  Origin origin{};
  std::vector<SweepKey> keys;           ///< at least one; the first varies slowest
  Setting<double> tolerance;            ///< relative deviation from which a law counts as broken
  Setting<bool> files;                  ///< every point keeps its result file
  [[nodiscard]] std::vector<std::size_t> lengths() const;              ///< of the axes: zipped keys are one
  [[nodiscard]] std::size_t points() const;
  [[nodiscard]] std::vector<std::size_t> choice(std::size_t point) const; ///< which value of every key
};

/// One to three coordinates of the parameters; nothing given: chosen by their number.
struct ProjectionSpec {
  Origin origin{};
  std::int64_t components = 0;                              ///< principal components; 0: not given
  std::vector<Setting<std::int64_t>> parameters;            ///< counted from 0
  std::vector<Setting<std::vector<double>>> directions;     ///< one list an axis
  Text directions_dataset;                                  ///< of the same file
  [[nodiscard]] bool given() const { return components > 0 || !parameters.empty() || !directions.empty() || !directions_dataset.value.empty(); }
};

/// Lists have one to three entries; whether they fit the projection is for the run to say.
struct TrajectoriesSpec {
  Origin origin{};
  Text file, dataset;
  Setting<double> time_step;
  std::optional<Text> time;                                 ///< a dataset, in place of time_step
  ProjectionSpec projection;
  Setting<double> burn_in, temperature;
  Setting<std::int64_t> lag, least_points, resamples, blocks, seed;
  std::optional<Setting<std::vector<double>>> bandwidth, lower, upper; ///< bandwidth: none is "auto"
  std::optional<Setting<std::vector<std::int64_t>>> cells;
  std::vector<Text> names;
};

struct VerifySpec {
  Origin origin{};
  std::vector<Text> theorems;                ///< names; empty: all
  Setting<double> confidence{0.999, {}, {}}; ///< that sampling makes no comparison of a claim fail
  Setting<double> precision{0.01, {}, {}};   ///< share of its size to which an equality must be known
  std::optional<Setting<double>> learning_rate, noise_radius; ///< of noisy gradient descent on the potential (kleinberg)
  Text noise_shape{"cube", {}};              ///< or "ball"
  std::vector<std::pair<Text, Text>> expect; ///< verdicts that are no surprise: "theorem" or "theorem.claim", verdict
};

struct OutputSpec {
  std::optional<Setting<std::int64_t>> keep_bits; ///< of the 52 bits of the significand, 1..52
};

struct Spec {
  std::shared_ptr<const Source> source; ///< the file as read
  std::string directory;                ///< of the file: relative paths start here
  std::vector<std::string> overrides;   ///< the --set arguments as typed
  std::string title;
  std::optional<Setting<double>> memory_limit; ///< GB
  bool has_model = true;                ///< false: [sgd] or [trajectories] alone, without [model], [initial] and [time]
  ModelSpec model;
  InitialLaw initial;
  TimeSpec time;      ///< end = 0, and no initial law, where nothing evolves
  std::optional<FokkerPlanckSpec> fokker_planck;
  std::optional<StationarySpec> stationary;
  std::optional<LangevinSpec> langevin;
  std::optional<SgdSpec> sgd;
  std::optional<SweepSpec> sweep;
  std::optional<TrajectoriesSpec> trajectories;
  std::optional<VerifySpec> verify;
  OutputSpec output;
};

/// Reads and validates an experiment file. `overrides` are "section.key=value" with a TOML value (a bare word that is
/// no TOML value is taken as a string). Throws InvalidExperiment (what is wrong in the text) or IoError (no such file,
/// a directory, unreadable).
[[nodiscard]] Spec read(const std::string& path, const std::vector<std::string>& overrides = {});

/// The same from a text in memory; `name` stands for the file in messages.
[[nodiscard]] Spec parse(const std::string& text, const std::string& name, const std::vector<std::string>& overrides = {});

/// The experiment at one point of its sweep: the values of [sweep] in their places, and no [sweep]. Throws InvalidExperiment, at the
/// value in the list, where the file is not valid with it.
[[nodiscard]] Spec sweep_point(const Spec& spec, std::size_t point);

/// The name of a momentum in the result file: "p_q" for the position "q".
[[nodiscard]] std::string momentum_name(std::string_view position);

/// Every value in force, defaults included, as one JSON object (the `resolved` attribute of the result file).
[[nodiscard]] std::string resolved_json(const Spec& spec);

} // namespace driftwell::input

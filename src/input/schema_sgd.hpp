#pragma once
// The keys of [sgd], a part of schema.cpp.
#include "input/schema.hpp"

#include <array>

namespace driftwell::input {

inline constexpr std::string_view sgd_quantity =
    "a number > 0, an expression in t, or a table { t = [...], value = [...], interpolation = \"linear\" or \"step\" }";

inline constexpr std::array<KeySchema, 31> sgd_keys{{
    {"dataset", "a name (digits, iris, wine, breast_cancer, fashion_mnist, teacher, gaussian_mixture, low_rank), a .csv file, or a table", "required by losses of data",
     "The samples."},
    {"loss", "the name of a loss, or a table { name = \"...\", options }", "required", "The mean of it over the samples is f."},
    {"learning_rate", sgd_quantity, "required", "Length eta of a step; the clock is t = steps times eta."},
    {"batch_size", sgd_quantity, "1", "Samples b of a step; a schedule is rounded."},
    {"sampling", "\"with_replacement\", \"without_replacement\" or \"epochs\"", "\"with_replacement\"",
     "How batches are drawn; epochs: every sample once, in a new order each time."},
    {"momentum", "a number >= 0 and < 1", "0", "Share of the last step that is added to the next."},
    {"nesterov", "true or false", "false", "Nesterov's momentum in place of the heavy ball."},
    {"label_noise", "a number >= 0", "0", "Standard deviation added to targets; for classes the probability of a wrong one."},
    {"svag", "an integer from 1 to 1000000", "1", "l of SVAG: steps of eta/l with the noise of eta."},
    {"replicas", "an integer from 1 to 10000000", "100", "Independent runs."},
    {"steps", "an integer from 1 to 1000000000000", "required", "Steps of each run."},
    {"outputs", "an integer from 2 to 1000000", "101", "Recorded times, the first and the last step included."},
    {"snapshots", "an integer from 0 to 1000000", "2", "Number of times at which weights are kept and the noise is measured, spread over the outputs."},
    {"start", "\"random\", \"zero\", \"minimum\", a number, or a list of numbers, one for each weight", "\"random\"",
     "Where the runs begin; minimum: at a minimum of f sought from 0, or from random weights for networks."},
    {"start_std", "a number >= 0", "the loss's with random, else 0", "Spread of the first weights over the runs."},
    {"seed", "an integer from 0 to 281474976710655", "1", "Names the noise: same seed, same bits."},
    {"noise", "true or false", "true", "Measure the gradient noise D at the snapshots of the first run and at the minimum."},
    {"leading", "an integer from 1 to 1000", "10", "Eigenvectors of D and of the Hessian that are compared."},
    {"minimum", "true or false", "false", "Seek the minimum below the last cloud: Hessian, noise and local implicit potential there."},
    {"stationary_from", "a number >= 0 and < 1", "0.5", "Share of the run that is left out of stationary averages."},
    {"loss_replicas", "an integer from 1 to 10000000", "all", "Runs whose loss and gradient over all samples are recorded."},
    {"diffusion", "a table, e.g. { order = [1, 2], noise = \"state_dependent\" }", "none", "Run the stochastic modified equations beside it, from the same start in the same clock."},
    {"projection", "a table, e.g. { principal_components = 2 }", "{ principal_components = 2 }", "Directions in which SGD, diffusion and Fokker-Planck density are compared; needs diffusion."},
    {"target", "a condition or an expression in the weights, loss and distance", "none", "First-passage times into the set where it holds, or where it is > 0."},
    {"target_every", "an integer from 1 to 1000000000", "1", "Steps between two looks at the target."},
    {"directions", "\"principal\", \"hessian\", \"random\", or a list of vectors with one number for each weight", "none; \"principal\" with spectrum",
     "Along which variances, spectra and rotation of the cloud are measured."},
    {"direction_count", "an integer from 1 to 100", "3", "How many principal, Hessian or random directions."},
    {"spectrum", "true or false", "false", "Spectrum and autocorrelation of the increments in the stationary part, with the bands of white noise."},
    {"spectrum_every", "an integer from 1 to 1000000000", "1", "Steps between two samples of the spectrum."},
    {"spectrum_length", "an integer from 8 to 1048576", "256", "Increments of a segment that is transformed."},
    {"checkpoint_seconds", "a number >= 0", "30", "Time between two checkpoints, for --resume; 0: only on a signal."},
}};

inline constexpr std::array<KeySchema, 5> sgd_diffusion_keys{{
    {"order", "1, 2, or [1, 2]", "[1, 2]; 1 with momentum", "Weak order of the modified equation."},
    {"noise", "\"state_dependent\" or \"at_minimum\"", "\"state_dependent\"", "D(x) at every place, or that of the minimum below the last cloud."},
    {"dt", "a number > 0", "learning_rate/2", "Largest time step; outputs are met exactly."},
    {"stepper", "the name of an overdamped stepper, see `driftwell list steppers`", "\"small_noise_heun\"", "The time step of the particles."},
    {"particles", "an integer from 100 to 10000000", "replicas", "Size of the cloud of each order."},
}};

inline constexpr std::array<KeySchema, 5> sgd_projection_keys{{
    {"directions", "a list of 1 to 3 lists of numbers, one for each weight, e.g. [[1.0, 0.0], [0.0, 1.0]]", "principal components", "Directions in the space of weights; made unit vectors."},
    {"principal_components", "an integer from 1 to 3", "2, or the number of weights if that is 1", "So many leading principal components of the trajectories of SGD."},
    {"fokker_planck", "true or false", "true", "Solve the Fokker-Planck equation of the projected drift and noise, in one or two directions."},
    {"cells", "an integer from 16 to 4096", "256 in one direction, 64 in two", "Cells of its grid along each direction."},
    {"degree", "an integer from 1 to 5", "3", "Of the polynomials that are fitted to the projected drift."},
}};

inline constexpr std::array<KeySchema, 17> dataset_keys{{
    {"name", "digits, iris, wine, breast_cancer, fashion_mnist, teacher, gaussian_mixture or low_rank", "none", "A shipped set, or a generator."},
    {"file", "a file name ending in .csv or .csv.gz, relative to the experiment file", "none", "A table of your own."},
    {"images", "a file name, relative to the experiment file", "none", "Images in the idx format, packed or not."},
    {"labels", "a file name, relative to the experiment file", "required with images", "Their labels in the idx format."},
    {"target", "the name of a column, or its number from 1", "the last", "What is to be predicted."},
    {"pool", "an integer from 1 to 1000", "1", "Side of the squares of pixels that are averaged."},
    {"standardise", "true or false", "true for tables, false for images and generators", "Mean 0 and variance 1 for every feature."},
    {"samples", "an integer from 1 to 100000000", "all; 2000 for teacher, 1000 for gaussian_mixture", "The first so many, or the number generated."},
    {"features", "an integer from 1 to 1000000", "64 for teacher, 2 for gaussian_mixture", "Inputs of a sample."},
    {"classes", "an integer from 2 to 10000", "2", "Of gaussian_mixture."},
    {"separation", "a number >= 0", "2", "Distance of the centres of gaussian_mixture from the origin."},
    {"noise", "a number >= 0", "0.1", "Standard deviation of the noise in the targets of teacher and low_rank."},
    {"rows", "an integer from 1 to 100000", "20", "Of the matrix of low_rank."},
    {"columns", "an integer from 1 to 100000", "20", "Of the matrix of low_rank."},
    {"rank", "an integer from 1 to 1000", "2", "Of the matrix of low_rank."},
    {"observed", "a number > 0 and <= 1", "1", "Share of the entries of low_rank that are samples."},
    {"seed", "an integer from 0 to 281474976710655", "1", "Of a generator."},
}};

inline constexpr std::array<KeySchema, 13> loss_keys{{
    {"name", "the name of a loss", "required", "See `driftwell list losses`."},
    {"hidden", "a list of integers from 1 to 1000000", "[]", "Widths of the hidden layers of mlp."},
    {"activation", "\"tanh\", \"relu\", \"sigmoid\", \"gelu\" or \"softplus\"", "\"tanh\"", "Of the hidden layers of mlp."},
    {"objective", "\"cross_entropy\" or \"squared\"", "\"cross_entropy\" for classes, else \"squared\"", "What mlp minimises."},
    {"weight_decay", "a number >= 0", "0", "c of the term c |w|^2 / 2 in the loss of every sample."},
    {"bias", "true or false", "true", "A constant term beside the inputs."},
    {"hessian", "a symmetric matrix, e.g. [[2.0, 0.5], [0.5, 1.0]]", "required by quadratic", "H of (w - m)^T H (w - m) / 2."},
    {"covariance", "a symmetric positive semi-definite matrix", "the identity", "Noise D of the gradients of quadratic."},
    {"minimum", "a list of numbers", "the origin", "m of quadratic."},
    {"rank", "an integer from 1 to 1000000", "2", "Of matrix_factorisation."},
    {"term", "an expression in the weights, x1 ... xp and y", "required by expression", "The loss of one sample."},
    {"weights", "a list of names", "required by expression", "Names of the weights in term."},
    {"parameters", "a table of numbers, e.g. { c = 1.5 }", "empty", "Constants that term uses by name."},
}};

} // namespace driftwell::input

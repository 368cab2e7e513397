#pragma once
// The keys of [trajectories], a part of schema.cpp.
#include "input/schema.hpp"

#include <array>

namespace driftwell::input {

inline constexpr std::string_view number_per_coordinate = "a number, or a list of numbers, one for each coordinate of the projection";

inline constexpr std::array<KeySchema, 17> trajectories_keys{{
    {"file", "a file name, relative to the experiment file", "required", "An HDF5 file with the paths."},
    {"dataset", "the path of a dataset of shape (time), (time, parameter) or (time, replica, parameter)", "\"weights\"", "Where the paths are in it."},
    {"time_step", "a number > 0", "1", "Time between two samples."},
    {"time", "the path of a dataset with one time for each sample, equally spaced", "none", "In place of time_step."},
    {"projection", "a table with one of principal_components, parameters, directions", "all parameters up to 3, else { principal_components = 2 }",
     "The one to three coordinates that are analysed."},
    {"burn_in", "a number >= 0 and < 1", "0", "Share of the samples in time that is left out at the beginning."},
    {"lag", "an integer from 1 to 1000000", "1", "Samples between the two ends of an increment; twice as many for the extrapolation."},
    {"temperature", "a number > 0", "1", "T of dx = b dt + sqrt(2 T D) dW: paths show T D only."},
    {"bandwidth", "\"auto\", a number > 0, or a list of them, one for each coordinate of the projection", "\"auto\"", "Width of the kernel; auto: by cross-validation."},
    {"lower", number_per_coordinate, "the least value found", "Lower corner of the box."},
    {"upper", number_per_coordinate, "the largest value found", "Upper corner of the box."},
    {"cells", "an integer from 8 to 10000, or a list of them, one for each coordinate of the projection", "200, 64 or 20 in one, two or three dimensions", "Cells along each axis."},
    {"least_points", "an integer from 1 to 1000000000", "100", "Samples that a cell rests on, for it to be analysed; the others are masked."},
    {"resamples", "an integer from 4 to 10000", "32", "Replicates of the block bootstrap that makes the error bars."},
    {"blocks", "an integer from 8 to 10000", "32", "Blocks of samples it draws: whole replicas, or stretches of time."},
    {"seed", "an integer from 0 to 281474976710655", "1", "Of the bootstrap."},
    {"names", "a list of names, one for each coordinate of the projection", "pc1, pc2, ... or u1, u2, ... or w0, w1, ...", "Names of the coordinates in the result file."},
}};

inline constexpr std::array<KeySchema, 3> projection_keys{{
    {"principal_components", "an integer from 1 to 3", "none", "Directions of largest variance."},
    {"parameters", "a list of one to three integers >= 0", "none", "Some parameters as they are, counted from 0."},
    {"directions", "a list of one to three lists of numbers, or the path of a dataset of shape (direction, parameter)", "none", "Coordinates direction . parameters."},
}};

} // namespace driftwell::input

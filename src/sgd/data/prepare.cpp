// Classes and scales of a data set.
#include "driftwell/sgd/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::sgd {

namespace {

constexpr double most_classes = 10'000;

/// How often each whole number from `least` on appears; empty, with the reason, where the targets are no such numbers.
std::vector<std::size_t> class_counts(Dataset& data, double& least) {
  least = *std::min_element(data.targets.begin(), data.targets.end());
  const double most = *std::max_element(data.targets.begin(), data.targets.end());
  const auto fraction = std::find_if(data.targets.begin(), data.targets.end(), [](double y) { return y != std::floor(y); });
  if (fraction != data.targets.end()) data.why_no_classes = fmt::format("target {} is no class: classes are words, or whole numbers from 0 or 1 on", *fraction);
  else if (least < 0 || most > most_classes) data.why_no_classes = fmt::format("targets from {} to {} are no classes: those are words, or whole numbers from 0 or 1 on", least, most);
  if (!data.why_no_classes.empty()) return {};
  if (least > 1) least = 0;
  std::vector<std::size_t> counts(static_cast<std::size_t>(most - least) + 1, 0);
  for (const double y : data.targets) ++counts[static_cast<std::size_t>(y - least)];
  return counts;
}

} // namespace

void find_classes(Dataset& data) {
  data.classes = 0;
  double least = 0;
  const std::vector<std::size_t> counts = class_counts(data, least);
  if (counts.empty()) return;
  const auto empty = std::find(counts.begin(), counts.end(), 0);
  if (empty != counts.end()) {
    data.why_no_classes = fmt::format("class {} of the classes {} to {} is empty: no sample has it", least + static_cast<double>(empty - counts.begin()), least,
                                      least + static_cast<double>(counts.size()) - 1);
    return;
  }
  if (counts.size() < 2) {
    data.why_no_classes = fmt::format("all targets are {}: one class only", least);
    return;
  }
  data.classes = counts.size();
  for (std::size_t c = 0; c < counts.size(); ++c) data.class_names.push_back(fmt::format("{}", least + static_cast<double>(c)));
  for (double& y : data.targets) y -= least;
}

void require_classes(const Dataset& data, std::size_t exactly) {
  if (data.classes == 0) throw DataError(data.name, 0, data.why_no_classes.empty() ? "the targets are no classes" : data.why_no_classes);
  if (data.classes < 2) throw DataError(data.name, 0, fmt::format("one class only (\"{}\")", data.class_names.at(0)));
  if (exactly != 0 && data.classes != exactly) throw DataError(data.name, 0, fmt::format("{} classes; this loss is for {}", data.classes, exactly));
}

void standardise(Dataset& data) {
  const auto n = static_cast<double>(data.samples);
  for (std::size_t j = 0; j < data.features; ++j) {
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < data.samples; ++i) mean += data.input(i)[j] / n;
    for (std::size_t i = 0; i < data.samples; ++i) square += std::pow(data.input(i)[j] - mean, 2) / n;
    // The spread of a constant feature is its rounding.
    const double factor = square > 1e-24 * mean * mean ? 1 / std::sqrt(square) : 0;
    for (std::size_t i = 0; i < data.samples; ++i) data.inputs[i * data.features + j] = (data.input(i)[j] - mean) * factor;
  }
}

void scale(Dataset& data, double factor) {
  for (double& x : data.inputs) x *= factor;
}

} // namespace driftwell::sgd

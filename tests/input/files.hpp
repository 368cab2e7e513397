#pragma once
// Files of the tests of this room, and the errors they give.
#include "driftwell/input/spec.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace files {

inline const std::filesystem::path folder = std::filesystem::path(DRIFTWELL_SOURCE_DIR) / "tests" / "input";

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::filesystem::path> toml_files(const std::string& name) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder / name))
    if (entry.path().extension() == ".toml") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The message of the error that a call throws; "" when it throws none.
template <class Call> std::string message_of(Call call) {
  try {
    call();
  } catch (const driftwell::Error& error) {
    return error.what();
  }
  return {};
}

/// A valid one-dimensional experiment in which single lines can be replaced.
struct Experiment {
  std::string model = "variables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = 0.25\n";
  std::string initial = "gaussian = { mean = 1.0, std = 0.2 }\n";
  std::string time = "end = 10.0\n";
  std::string fokker_planck = "lower = -4\nupper = 4\ncells = 200\n";
  std::string rest{};

  [[nodiscard]] std::string text() const {
    return "[model]\n" + model + "\n[initial]\n" + initial + "\n[time]\n" + time + "\n[fokker_planck]\n" +
           fokker_planck + "\n" + rest;
  }
  [[nodiscard]] driftwell::input::Spec parse(const std::vector<std::string>& overrides = {}) const {
    return driftwell::input::parse(text(), "test.toml", overrides);
  }
};

inline Experiment plane() {
  Experiment e;
  e.model = "variables = [\"x\", \"y\"]\npotential = \"x^2/2 + y^2\"\ntemperature = 0.25\n";
  e.initial = "point = [0, 1]\n";
  return e;
}

} // namespace files

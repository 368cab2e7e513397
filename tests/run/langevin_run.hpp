#pragma once
// An experiment with section [langevin] from its text to the numbers in its file.
#include "driftwell/record/reader.hpp"
#include "driftwell/run/commands.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <variant>
#include <vector>

/// Runs a text and keeps its result file until the end.
class LangevinRun {
public:
  explicit LangevinRun(const std::string& text, std::vector<std::string> overrides = {}, int threads = 0) {
    static int number = 0;
    base_ = std::filesystem::temp_directory_path() / fmt::format("driftwell_langevin_{}_{}", ::getpid(), number++);
    std::ofstream(base_.string() + ".toml") << text;
    driftwell::run::RunOptions options;
    options.file = base_.string() + ".toml";
    options.out = base_.string() + ".h5";
    options.overrides = std::move(overrides);
    options.threads = threads;
    options.verbosity = 0;
    options.json = true;
    (void)driftwell::run::run_experiment(options);
  }
  ~LangevinRun() {
    for (const char* ending : {".toml", ".h5", ".h5.part"}) std::filesystem::remove(base_.string() + ending);
  }
  [[nodiscard]] std::vector<double> read(const std::string& name, const std::string& group = "langevin") const {
    return driftwell::record::Reader(base_.string() + ".h5").read("/" + group + "/" + name).first;
  }
  [[nodiscard]] double attribute(const std::string& wanted, const std::string& group = "langevin") const {
    for (const auto& [name, value] : driftwell::record::Reader(base_.string() + ".h5").attributes(group))
      if (name == wanted) return std::holds_alternative<double>(value) ? std::get<double>(value) : static_cast<double>(std::get<std::int64_t>(value));
    return std::nan("");
  }
  /// (value - truth) / standard error at the last output.
  [[nodiscard]] double score(const std::string& name, double truth, std::size_t component = 0, std::size_t of = 1) const {
    const auto value = read(name), error = read(name + "_stderr");
    const std::size_t at = value.size() - of + component;
    return (value[at] - truth) / error[at];
  }

private:
  std::filesystem::path base_;
};

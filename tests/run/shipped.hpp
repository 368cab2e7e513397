#pragma once
// Shipped experiments through the command, and back from the file.
#include "driftwell/record/reader.hpp"
#include "driftwell/run/commands.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace shipped_runs {

namespace fs = std::filesystem;

inline fs::path shipped(const std::string& name) { return fs::path(DRIFTWELL_SOURCE_DIR) / "models" / (name + ".toml"); }

/// The result of an experiment, one group of it; the file lives as long.
struct Result {
  std::string group;
  fs::path file = fs::temp_directory_path() / fmt::format("driftwell_{}_{}.h5", group, ::getpid());
  Result(const std::string& name, const fs::path& experiment, const std::vector<std::string>& overrides) : group(name) {
    driftwell::run::RunOptions options;
    options.file = experiment.string();
    options.out = file.string();
    options.overrides = overrides;
    options.overwrite = true;
    options.verbosity = 0;
    CHECK(driftwell::run::run_experiment(options) == 0);
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() { fs::remove(file); }
  [[nodiscard]] std::vector<double> read(const std::string& name) const { return driftwell::record::Reader(file).read(group + "/" + name).first; }
  [[nodiscard]] double number(const std::string& name) const {
    for (const auto& [key, value] : driftwell::record::Reader(file).attributes(group))
      if (key == name) return std::holds_alternative<double>(value) ? std::get<double>(value) : static_cast<double>(std::get<std::int64_t>(value));
    FAIL("no attribute " + name);
    return 0;
  }
};

} // namespace shipped_runs

#pragma once
// An experiment from a text, run through the command, and what the file then holds.
#include "driftwell/record/reader.hpp"
#include "driftwell/run/commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

namespace sweeps {

namespace fs = std::filesystem;
using namespace driftwell;

/// A folder that goes with the object.
struct Folder {
  static inline int made = 0;
  fs::path path = fs::temp_directory_path() / fmt::format("driftwell_sweep_{}_{}", ::getpid(), made++);
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

struct Result {
  Folder folder;
  fs::path file = folder.path / "out.h5";

  explicit Result(const std::string& text, bool sweep_only = false, const std::vector<std::string>& overrides = {}) {
    std::ofstream(folder.path / "e.toml") << text;
    run((folder.path / "e.toml").string(), sweep_only, overrides);
  }
  struct Shipped {
    std::string name;
  };
  Result(const Shipped& shipped, bool sweep_only, const std::vector<std::string>& overrides) {
    run((fs::path(DRIFTWELL_SOURCE_DIR) / "models" / (shipped.name + ".toml")).string(), sweep_only, overrides);
  }

  [[nodiscard]] std::vector<double> column(const std::string& path) const { return record::Reader(file).read(path).first; }
  [[nodiscard]] double value(const std::string& path) const { return column(path).at(0); }
  [[nodiscard]] double attribute(const std::string& group, const std::string& name) const {
    for (const auto& [key, value] : record::Reader(file).attributes(group)) {
      if (key != name) continue;
      if (const auto* number = std::get_if<double>(&value)) return *number;
      if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    }
    return std::nan("");
  }
  [[nodiscard]] bool has(const std::string& group) const {
    const auto groups = record::Reader(file).groups();
    return std::find(groups.begin(), groups.end(), group) != groups.end();
  }

private:
  void run(const std::string& experiment, bool sweep_only, const std::vector<std::string>& overrides) {
    run::RunOptions options;
    options.file = experiment;
    options.out = file.string();
    options.overrides = overrides;
    options.verbosity = 0;
    options.sweep_only = sweep_only;
    if (run::run_experiment(options) != 0) throw std::runtime_error("interrupted");
  }
};

} // namespace sweeps

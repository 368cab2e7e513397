#pragma once
// The checkpoint of a run: what each of its sections saved last, in one pair of files beside the result.
#include "driftwell/input/spec.hpp"
#include "driftwell/record/checkpoint.hpp"
#include "driftwell/record/result_file.hpp"

#include <Eigen/Core>

#include <chrono>
#include <concepts>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

/// What a section needs to go on. One list of members serves both ways: state("name", member) saves it, or loads it.
class SectionState {
public:
  std::map<std::string, std::vector<double>> arrays;
  std::map<std::string, std::string> texts;
  bool loading = false;

  void operator()(const std::string& name, std::vector<double>& values);
  void operator()(const std::string& name, std::string& text);
  void operator()(const std::string& name, Eigen::MatrixXd& matrix);
  void operator()(const std::string& name, record::Frames& frames);
  void operator()(const std::string& name, std::vector<std::string>& list);
  /// Numbers: integers are exact up to 2^53.
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  void operator()(const std::string& name, T& number) {
    std::vector<double> one{static_cast<double>(number)};
    (*this)(name, one);
    if (loading) number = static_cast<T>(one.at(0));
  }
  /// Lists of what is above, or of objects with a member keep(state, name); they have their length before.
  template <class T> void operator()(const std::string& name, std::vector<T>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string each = name + "/" + std::to_string(i);
      if constexpr (requires { list[i].keep(*this, each); }) list[i].keep(*this, each);
      else (*this)(each, list[i]);
    }
  }
};

class Checkpoints {
public:
  /// Beside the result file `out`. Without `resume` what an older run has left goes when the first is saved.
  Checkpoints(const std::filesystem::path& out, const input::Spec& spec, bool resume);

  /// Whether the run was asked to go on from them.
  [[nodiscard]] bool resuming() const { return resume_; }
  /// Whether there are files to go on from, or that would be lost.
  [[nodiscard]] bool exist() const { return files_.exist(); }
  /// More than `every` seconds have passed since the last one, or a signal asks to stop; 0: on a signal only.
  [[nodiscard]] bool due(double every) const;
  /// Throws IoError.
  void save(const std::string& section, const SectionState& state);
  /// What the section saved last; nothing where it is to begin anew. What was odd about the files goes to `warnings`, once. Throws IoError: the files are
  /// damaged, or of another run.
  [[nodiscard]] std::optional<SectionState> saved(const std::string& section, std::vector<std::string>& warnings);
  /// The run is complete.
  void remove() const { files_.remove(); }

private:
  void load(std::vector<std::string>& warnings);

  record::CheckpointFiles files_;
  record::Checkpoint checkpoint_; ///< names: "section:name"
  bool resume_, loaded_ = false, clean_ = false;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

} // namespace driftwell::run

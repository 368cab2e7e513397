#include "driftwell/run/commands.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/memory.hpp"
#include "checkpoints.hpp"
#include "run_record.hpp"
#include "section.hpp"
#include "stdout.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <csignal>
#include <filesystem>

namespace driftwell::run {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using Sections = std::vector<std::unique_ptr<Section>>;

std::filesystem::path output_path(const RunOptions& options) {
  if (!options.out.empty()) return options.out;
  return std::filesystem::path(options.file).stem().string() + ".h5";
}

const char* signal_name(int signal) { return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "a signal"; }

/// "12 of 101 outputs", of the section that was not finished.
std::string progress_of(const Sections& sections, bool named) {
  for (const auto& section : sections) {
    const auto [outputs, all] = section->done();
    if (outputs < all || all == 0) return fmt::format("{} of {} outputs{}", outputs, all, named ? " of " + section->name() : "");
  }
  return "all outputs";
}

bool wrote_nothing(const Sections& sections) {
  return std::all_of(sections.begin(), sections.end(), [](const auto& section) { return section->done().outputs == 0; });
}

/// Returns the signal that interrupted, or 0.
int compute(const Sections& sections, record::ResultFile& file) {
  try {
    for (const auto& section : sections) section->compute(file);
  } catch (const Interrupted& interrupted) {
    return interrupted.signal;
  } catch (const NumericalFailure& failure) {
    file.attribute("stop_reason", fmt::format("failed: {}", failure.what()));
    file.flush();
    throw;
  }
  return 0;
}

/// What to do with a file that an interrupt has cut short; false: it is closed, and nothing more is to be said.
bool keeps_interrupted(const Sections& sections, record::ResultFile& file, const std::filesystem::path& out, int signal, const std::string& reason) {
  if (wrote_nothing(sections)) { // nothing to keep, and an older result must not give way to nothing
    file.discard();
    throw Interrupted{signal};
  }
  std::error_code none;
  if (!std::filesystem::exists(out, none)) return true;
  file.attribute("stop_reason", reason); // an older result, complete, stays
  file.flush();
  fmt::print(stderr, "{}; they are in {}.part, the older {} stays\n", reason, out.string(), out.string());
  return false;
}

void say(const Sections& sections, const std::string& path, double seconds, int verbosity) {
  if (verbosity == 0) return;
  for (const auto& section : sections) {
    fmt::print(stderr, "{}", section->words(verbosity));
    for (const std::string& warning : section->warnings()) fmt::print(stderr, "warning: {}\n", warning);
  }
  fmt::print(stderr, "wrote {} in {:.2f} s\n", path, seconds);
}

std::optional<Model> model_of(const input::Spec& spec) {
  if (!spec.has_model) return {};
  return build_model(spec);
}

} // namespace

int run_experiment(const RunOptions& options) {
  const auto start = Clock::now();
  if (options.threads > 0) omp_set_num_threads(options.threads);
  const input::Spec spec = input::read(options.file, options.overrides);
  limit_memory(spec, options.memory);
  const std::filesystem::path out = output_path(options);
  record::Options record_options;
  // What an interrupted run has left may give way to what it becomes when it goes on.
  Checkpoints checkpoints(out, spec, options.resume);
  record_options.replace = options.overwrite || (options.resume && checkpoints.exist());
  if (spec.output.keep_bits) record_options.keep_bits = static_cast<int>(spec.output.keep_bits->value);
  record::ResultFile::probe(out, record_options);
  if (!options.resume && !options.overwrite && checkpoints.exist())
    throw IoError(fmt::format("{}: an interrupted run has left a checkpoint beside it. Go on from it with --resume, or begin anew with --overwrite.", out.string()));
  std::error_code ignored;
  if (std::filesystem::equivalent(out, options.file, ignored))
    throw IoError(fmt::format("{}: is the experiment itself; choose another name with -o", out.string()));

  Progress progress(options.verbosity);
  const std::optional<Model> model = model_of(spec);
  if (options.sweep_only && !spec.sweep) throw invalid({spec.source, 0, 0, 1}, "no section [sweep]", {"[sweep] with section.key = [values]; 'driftwell run' computes a file without", {}, {}});
  SectionContext context{spec, model ? &*model : nullptr, progress, out, &checkpoints, options.resume};
  context.overwrite = options.overwrite;
  context.sweep_only = options.sweep_only;
  context.command = options.command;
  const Sections sections = make_sections(context);
  for (const auto& section : sections) section->prepare();

  record::ResultFile file(out, record_options);
  write_root(file, spec, options);
  const int signal = compute(sections, file);
  progress.clear();
  const std::string done = progress_of(sections, sections.size() > 1);
  const std::string reason = signal ? fmt::format("interrupted by {} after {}", signal_name(signal), done) : "reached the end time";
  if (signal && !keeps_interrupted(sections, file, out, signal, reason)) return 128 + signal;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  file.attribute("stop_reason", reason);
  file.attribute("wall_seconds", seconds);
  file.finish();
  if (!signal) checkpoints.remove();
  if (options.verbosity > 1) fmt::print(stderr, "{}", progress.phases());
  if (signal) fmt::print(stderr, "interrupted by {}: {} holds the first {}\n", signal_name(signal), out.string(), done);
  else say(sections, out.string(), seconds, options.verbosity);
  if (options.json) {
    Json json{{"file", out.string()}, {"wall_seconds", seconds}, {"interrupted", signal != 0}};
    for (const auto& section : sections) json[section->name()] = section->json();
    print_line(to_text(json));
  } else {
    print_line(out.string());
  }
  if (signal) return 128 + signal;
  for (const auto& section : sections)
    if (section->exit_code() != ExitCode::done) return static_cast<int>(section->exit_code());
  return 0;
}

void check_experiment(const RunOptions& options) {
  const input::Spec spec = input::read(options.file, options.overrides);
  limit_memory(spec, options.memory);
  const std::optional<Model> model = model_of(spec);
  Progress progress(0);
  std::string words = fmt::format("{}: valid\n", options.file);
  Json json{{"file", options.file}, {"valid", true}};
  if (model) {
    words += model->description() + "\n";
    json["equation"] = model->description();
  }
  double bytes = 0, seconds = 0;
  for (const auto& section : make_sections({spec, model ? &*model : nullptr, progress})) {
    const Section::Outlook outlook = section->check();
    json.update(outlook.json);
    words += outlook.words;
    bytes = std::max(bytes, outlook.bytes);
    seconds += outlook.seconds;
  }
  json["memory_bytes"] = bytes;
  json["seconds"] = seconds;
  json["resolved"] = Json::parse(input::resolved_json(spec));
  if (options.json) print_line(to_text(json));
  else fmt::print("{}", words);
}

} // namespace driftwell::run

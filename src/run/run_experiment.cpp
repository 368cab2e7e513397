#include "driftwell/run/commands.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/provenance.hpp"
#include "fokker_planck.hpp"
#include "stdout.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <omp.h>

#include <chrono>
#include <csignal>
#include <filesystem>

namespace driftwell::run {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

std::filesystem::path output_path(const RunOptions& options) {
  if (!options.out.empty()) return options.out;
  return std::filesystem::path(options.file).stem().string() + ".h5";
}

void write_root(record::ResultFile& file, const input::Spec& spec, const RunOptions& options) {
  file.attribute("title", spec.title);
  file.attribute("Conventions", std::string("CF-1.8"));
  file.attribute("driftwell_version", version());
  file.attribute("driftwell_schema", std::int64_t{1});
  file.attribute("git_commit", git_commit());
  file.attribute("build", build());
  file.attribute("experiment", spec.source->text);
  file.attribute("resolved", input::resolved_json(spec));
  file.attribute("command", options.command);
  file.attribute("threads", static_cast<std::int64_t>(omp_get_max_threads()));
  file.attribute("seed", std::int64_t{0});
  file.attribute("started", utc_now());
  file.attribute("stop_reason", std::string("running"));
}

const char* signal_name(int signal) { return signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "a signal"; }

std::string stop_reason(int signal, const DensitySummary& summary) {
  if (signal == 0) return "reached the end time";
  return fmt::format("interrupted by {} after {} of {} outputs", signal_name(signal), summary.outputs_done, summary.outputs);
}

Json to_json(const DensitySummary& s) {
  Json json;
  json["propagator"] = s.propagator;
  json["propagator_report"] = s.report;
  json["outputs"] = s.outputs_done;
  json["time"] = s.last_time;
  for (const auto& [name, value] : s.last) {
    json[name] = value.first;
    json[name + "_error"] = value.second; // null where there is none
  }
  if (s.gap) json["spectral_gap"] = *s.gap;
  if (s.order) json["grid_halving_order"] = *s.order;
  json["entropy_production"] = s.entropy_production;
  json["warnings"] = s.warnings;
  return json;
}

/// "0.014715(23)" is for papers; here both numbers in full.
std::string with_error(const std::pair<double, double>& value) {
  return std::isnan(value.second) ? fmt::format("{:.10g}", value.first) : fmt::format("{:<14.10g} +- {:.1e}", value.first, value.second);
}

void say(const DensitySummary& s, const std::string& path, double seconds, int verbosity) {
  if (verbosity == 0) return;
  fmt::print(stderr, "fokker_planck at t = {:g}\n", s.last_time);
  for (const char* name : {"kl", "free_energy", "mean_potential", "entropy", "fisher_information", "dissipation", "wasserstein_2", "mass"})
    if (const auto it = s.last.find(name); it != s.last.end()) fmt::print(stderr, "  {:<20} {}\n", name, with_error(it->second));
  if (s.gap) fmt::print(stderr, "  {:<20} {:.8g}{}\n", "leading eigenvalue", (*s.gap)[0], (*s.gap)[1] != 0 ? fmt::format(" +- {:.8g} i", (*s.gap)[1]) : "");
  if (s.entropy_production != 0) fmt::print(stderr, "  {:<20} {:.10g}\n", "entropy production", s.entropy_production);
  if (verbosity > 1) {
    fmt::print(stderr, "  {} ({})\n  {}\n", s.propagator, s.report, s.reason);
    if (s.order) fmt::print(stderr, "  order of grid halving {:.3f}\n", *s.order);
  }
  for (const std::string& warning : s.warnings) fmt::print(stderr, "warning: {}\n", warning);
  fmt::print(stderr, "wrote {} in {:.2f} s\n", path, seconds);
}

} // namespace

int run_experiment(const RunOptions& options) {
  const auto start = Clock::now();
  if (options.threads > 0) omp_set_num_threads(options.threads);
  const input::Spec spec = input::read(options.file, options.overrides);
  const std::filesystem::path out = output_path(options);
  record::Options record_options;
  record_options.replace = options.overwrite;
  if (spec.output.keep_bits) record_options.keep_bits = static_cast<int>(spec.output.keep_bits->value);
  record::ResultFile::probe(out, record_options);
  std::error_code ignored;
  if (std::filesystem::equivalent(out, options.file, ignored))
    throw IoError(fmt::format("{}: is the experiment itself; choose another name with -o", out.string()));

  Progress progress(options.verbosity);
  const Model model = build_model(spec);
  FokkerPlanckSection section(spec, model, progress);
  section.prepare();

  record::ResultFile file(out, record_options);
  write_root(file, spec, options);
  DensitySummary summary;
  int signal = 0;
  try {
    section.compute(file, summary);
  } catch (const Interrupted& interrupted) {
    signal = interrupted.signal;
  } catch (const NumericalFailure& failure) {
    file.attribute("stop_reason", fmt::format("failed: {}", failure.what()));
    file.flush();
    throw;
  }
  progress.clear();
  std::error_code none;
  if (signal && summary.outputs_done > 0 && std::filesystem::exists(out, none)) { // an older result, complete, stays
    file.attribute("stop_reason", stop_reason(signal, summary));
    file.flush();
    fmt::print(stderr, "{}; they are in {}.part, the older {} stays\n", stop_reason(signal, summary), out.string(), out.string());
    return 128 + signal;
  }
  if (signal && summary.outputs_done == 0) { // nothing to keep, and an older result must not give way to nothing
    file.discard();
    throw Interrupted{signal};
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  file.attribute("stop_reason", stop_reason(signal, summary));
  file.attribute("wall_seconds", seconds);
  file.finish();
  if (options.verbosity > 1) fmt::print(stderr, "{}", progress.phases());
  if (signal)
    fmt::print(stderr, "interrupted by {}: {} holds the first {} of {} outputs\n", signal_name(signal), out.string(), summary.outputs_done, summary.outputs);
  else say(summary, out.string(), seconds, options.verbosity);
  if (options.json) {
    Json json{{"file", out.string()}, {"wall_seconds", seconds}, {"interrupted", signal != 0}, {"fokker_planck", to_json(summary)}};
    print_line(to_text(json));
  } else {
    print_line(out.string());
  }
  return signal ? 128 + signal : 0;
}

void check_experiment(const RunOptions& options) {
  const input::Spec spec = input::read(options.file, options.overrides);
  const Model model = build_model(spec);
  const Grid grid = build_grid(*spec.fokker_planck);
  const CostEstimate cost = estimate_cost(spec, model, grid);
  // The box is looked at on a grid of at most some 60 000 cells: cheap, and finds what is not finite there.
  Grid probe = grid;
  while (probe.size() > 60'000) probe = probe.coarsened();
  const InitialDensity initial(spec, halvings(grid).back());
  const DensityRun run(spec, model, probe);
  (void)run.choose(initial, spec.time.at);
  if (options.json) {
    Json json{{"file", options.file}, {"valid", true}, {"equation", model.description()}, {"cells", grid.size()},
              {"reversible", run.generator().reversible()}, {"memory_bytes", cost.bytes}, {"seconds", cost.seconds},
              {"resolved", Json::parse(input::resolved_json(spec))}};
    print_line(to_text(json));
    return;
  }
  fmt::print("{}: valid\n{}\n", options.file, model.description());
  fmt::print("  {} detailed balance\n", run.generator().reversible() ? "with" : "without");
  fmt::print("  {} cells, {} outputs to t = {:g}\n  about {:.2g} MB and {:.2g} s, error bars included\n", grid.size(), spec.time.at.size(),
             spec.time.end, cost.bytes / 1e6, cost.seconds);
}

} // namespace driftwell::run

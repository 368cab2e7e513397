#include "run_record.hpp"

#include "driftwell/core/provenance.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <cstdint>

namespace driftwell::run {

void write_root(record::ResultFile& file, const input::Spec& spec, const RunOptions& options) {
  file.attribute("title", spec.title);
  file.attribute("Conventions", std::string("CF-1.8"));
  file.attribute("driftwell_version", version());
  file.attribute("driftwell_schema", std::int64_t{1});
  file.attribute("git_commit", git_commit());
  file.attribute("build", build());
  file.attribute("experiment", spec.source->text);
  if (!spec.overrides.empty()) file.attribute("overrides", fmt::format("{}", fmt::join(spec.overrides, "\n")));
  file.attribute("resolved", input::resolved_json(spec));
  file.attribute("command", options.command);
  file.attribute("threads", static_cast<std::int64_t>(omp_get_max_threads()));
  file.attribute("seed", spec.langevin ? spec.langevin->seed.value : spec.sgd ? spec.sgd->seed.value : std::int64_t{0});
  file.attribute("started", utc_now());
  file.attribute("stop_reason", std::string("running"));
}

} // namespace driftwell::run

// `driftwell verify`: the certificates of one or several experiments, and nothing else of what they would compute.
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/record/reader.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/commands.hpp"
#include "driftwell/run/memory.hpp"
#include "run_record.hpp"
#include "section.hpp"
#include "stored_evidence.hpp"
#include "stdout.hpp"
#include "verify.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include <unistd.h>

namespace driftwell::run {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool is_result_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> head{};
  file.read(head.data(), head.size());
  return file && std::string_view(head.data(), head.size()) == "\x89HDF\r\n\x1a\n";
}

/// The experiment that a result file holds, as it was run.
input::Spec spec_in(const std::string& path, const std::vector<std::string>& overrides) {
  std::string text;
  std::vector<std::string> all;
  for (const auto& [name, value] : record::Reader(path).attributes()) {
    const auto* words = std::get_if<std::string>(&value);
    if (name == "experiment" && words) text = *words;
    if (name != "overrides" || !words) continue;
    for (std::size_t at = 0; at < words->size();) {
      const std::size_t end = std::min(words->find('\n', at), words->size());
      all.push_back(words->substr(at, end - at));
      at = end + 1;
    }
  }
  if (text.empty()) throw IoError(fmt::format("{}: holds no experiment; is it a result of driftwell?", path));
  all.insert(all.end(), overrides.begin(), overrides.end());
  input::Spec spec = input::parse(text, path, all);
  const fs::path folder = fs::path(path).parent_path();
  spec.directory = folder.empty() ? "." : folder.string();
  return spec;
}

/// The result of `verify`: what -o names, or a file that is taken away again.
class Scratch {
public:
  explicit Scratch(const std::string& out, const record::Options& options) : kept_(!out.empty()) {
    if (!kept_) {
      std::string name = (fs::temp_directory_path() / "driftwell-verify-XXXXXX").string();
      if (!mkdtemp(name.data())) throw IoError("cannot make a folder in " + fs::temp_directory_path().string());
      folder_ = name;
    }
    file_.emplace(kept_ ? fs::path(out) : folder_ / "theorems.h5", options);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (kept_) return;
    file_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] record::ResultFile& file() { return *file_; }
  void finish() {
    if (kept_) file_->finish();
  }

private:
  bool kept_;
  fs::path folder_;
  std::optional<record::ResultFile> file_;
};

struct Verified {
  ExitCode code;
  Json json;
  std::string markdown;
};

Verified verify_one(const std::string& path, const VerifyOptions& options) {
  const bool stored = is_result_file(path);
  input::Spec spec = stored ? spec_in(path, options.run.overrides) : input::read(path, options.run.overrides);
  limit_memory(spec, options.run.memory);
  if (!spec.verify) spec.verify = input::VerifySpec{};
  if (stored && !spec.verify->theorems.empty()) spec.verify->theorems.push_back({"stored_series", {}}); // whatever the experiment asked for
  record::Options record_options;
  record_options.replace = options.run.overwrite;
  if (!options.run.out.empty()) record::ResultFile::probe(options.run.out, record_options);
  Progress progress(options.run.verbosity);
  std::optional<Model> model;
  if (spec.has_model) model = build_model(spec);
  SectionContext context{spec, model ? &*model : nullptr, progress};
  context.only_verify = true;
  const auto sections = make_sections(context);
  if (stored) dynamic_cast<VerifySection&>(*sections.back()).set_stored(read_stored(path, spec));
  for (const auto& section : sections) section->prepare();
  Scratch scratch(options.run.out, record_options);
  write_root(scratch.file(), spec, options.run);
  for (const auto& section : sections) section->compute(scratch.file());
  scratch.file().attribute("stop_reason", std::string("all theorems tested"));
  scratch.finish();
  progress.clear();
  const auto& verify = dynamic_cast<const VerifySection&>(*sections.back());
  if (!options.run.json && options.run.verbosity > 0) {
    const bool colour = isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR");
    fmt::print("{}: {}\n{}", path, verdict_counts(verify.certificates()), certificate_table(verify.certificates(), options.run.verbosity > 1, colour));
    for (const Surprise& s : verify.surprises()) fmt::print("  {}: {}, expected: {}\n", s.what, s.found, s.expected);
    std::fflush(stdout);
  }
  Json json = verify.json();
  json["file"] = path;
  return {verify.exit_code(), json, options.markdown.empty() ? "" : certificate_markdown(spec, model ? &*model : nullptr, verify.certificates())};
}

} // namespace

int verify_experiments(const VerifyOptions& options) {
  if (options.run.threads > 0) omp_set_num_threads(options.run.threads);
  if (!options.run.out.empty() && options.files.size() > 1) throw UsageError("-o takes the result of one experiment; there are several");
  std::ofstream appendix;
  if (!options.markdown.empty()) {
    appendix.open(options.markdown); // before hours of work
    if (!appendix) throw IoError("cannot write " + options.markdown);
  }
  ExitCode worst = ExitCode::done;
  std::string markdown;
  Json all = Json::array();
  try {
    for (const std::string& path : options.files) {
      Verified verified = verify_one(path, options);
      if (verified.code != ExitCode::done) worst = verified.code;
      markdown += verified.markdown + (options.files.size() > 1 ? "\n" : "");
      all.push_back(std::move(verified.json));
    }
  } catch (const Interrupted& interrupted) {
    fmt::print(stderr, "interrupted; the theorems tested so far are above\n");
    return 128 + interrupted.signal;
  }
  if (!options.markdown.empty()) {
    appendix << markdown << std::flush;
    if (!appendix) throw IoError("cannot write " + options.markdown);
  }
  if (options.run.json) print_line(to_text(options.files.size() == 1 ? all[0] : all));
  return static_cast<int>(worst);
}

} // namespace driftwell::run

#include "checkpoints.hpp"

#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/provenance.hpp"

#include <nlohmann/json.hpp>

namespace driftwell::run {

namespace {

/// What makes two runs the same: all values in force, and the program. The file's words, the memory and the number of threads do not count.
std::string identity_of(const input::Spec& spec) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(input::resolved_json(spec));
  for (const char* key : {"title", "output", "memory_limit"}) json.erase(key);
  json["driftwell"] = version();
  return json.dump();
}

/// Takes out what begins with a prefix, which the names lose.
template <class Map> Map with_prefix(const Map& all, const std::string& prefix) {
  Map part;
  for (auto i = all.lower_bound(prefix); i != all.end() && i->first.starts_with(prefix); ++i) part[i->first.substr(prefix.size())] = i->second;
  return part;
}

template <class Map> void replace_prefix(Map& all, const std::string& prefix, const Map& part) {
  std::erase_if(all, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  for (const auto& [name, value] : part) all[prefix + name] = value;
}

} // namespace

void SectionState::operator()(const std::string& name, std::vector<double>& values) {
  if (loading) values = arrays.at(name);
  else arrays[name] = values;
}

void SectionState::operator()(const std::string& name, std::string& text) {
  if (loading) text = texts.at(name);
  else texts[name] = text;
}

void SectionState::operator()(const std::string& name, Eigen::MatrixXd& matrix) {
  std::vector<double> values{static_cast<double>(matrix.rows()), static_cast<double>(matrix.cols())};
  values.insert(values.end(), matrix.data(), matrix.data() + matrix.size());
  (*this)(name, values);
  if (loading) matrix = Eigen::Map<const Eigen::MatrixXd>(values.data() + 2, static_cast<Eigen::Index>(values.at(0)), static_cast<Eigen::Index>(values.at(1)));
}

void SectionState::operator()(const std::string& name, record::Frames& frames) {
  const std::string prefix = name + "/";
  if (!loading) {
    for (const auto& [at, frame] : frames) arrays[prefix + at.first + "/" + std::to_string(at.second)] = frame;
    return;
  }
  for (const auto& [key, frame] : with_prefix(arrays, prefix)) {
    const std::size_t slash = key.rfind('/');
    frames[{key.substr(0, slash), std::stoul(key.substr(slash + 1))}] = frame;
  }
}

void SectionState::operator()(const std::string& name, std::vector<std::string>& list) {
  std::string text = nlohmann::ordered_json(list).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  (*this)(name, text);
  if (loading) list = nlohmann::ordered_json::parse(text).get<std::vector<std::string>>();
}

Checkpoints::Checkpoints(const std::filesystem::path& out, const input::Spec& spec, bool resume) : files_(out), checkpoint_{identity_of(spec), {}}, resume_(resume) {}

bool Checkpoints::due(double every) const {
  const bool late = every > 0 && std::chrono::duration<double>(std::chrono::steady_clock::now() - saved_).count() > every;
  return late || interrupt_signal.load(std::memory_order_relaxed) != 0;
}

void Checkpoints::save(const std::string& section, const SectionState& state) {
  if (!resume_ && !clean_) files_.remove(); // of another run: it might count as newer than this one
  clean_ = true;
  replace_prefix(checkpoint_.arrays, section + ":", state.arrays);
  replace_prefix(checkpoint_.texts, section + ":", state.texts);
  files_.save(checkpoint_);
  saved_ = std::chrono::steady_clock::now();
}

void Checkpoints::load(std::vector<std::string>& warnings) {
  loaded_ = true;
  std::string note;
  auto found = files_.latest(checkpoint_.identity, note);
  if (!note.empty()) warnings.push_back("resumed from the older checkpoint: " + note);
  if (found) checkpoint_ = std::move(*found);
  else warnings.emplace_back("there is no checkpoint to resume from: the run began anew");
}

std::optional<SectionState> Checkpoints::saved(const std::string& section, std::vector<std::string>& warnings) {
  if (!resume_) return {};
  if (!loaded_) load(warnings);
  SectionState state;
  state.loading = true;
  state.arrays = with_prefix(checkpoint_.arrays, section + ":");
  state.texts = with_prefix(checkpoint_.texts, section + ":");
  if (state.arrays.empty() && state.texts.empty()) return {};
  return state;
}

} // namespace driftwell::run

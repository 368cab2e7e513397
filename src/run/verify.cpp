#include "verify.hpp"

#include "langevin.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/source.hpp"
#include "verify_subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace driftwell::run {

using theorems::Certificate;
using theorems::Claim;
using theorems::Verdict;
using Json = nlohmann::ordered_json;

VerifySection::VerifySection(const input::Spec& spec, const Model* model, Progress& progress) : spec_(spec), model_(model), progress_(progress) { choose(); }

VerifySection::~VerifySection() = default;

void VerifySection::choose() {
  const std::vector<std::string> names = TheoremCatalogue::names();
  const auto known = [&](const std::string& name, const Origin& origin) {
    if (TheoremCatalogue::find(name)) return;
    throw invalid(origin, "unknown theorem \"" + name + "\"", {list_of(names), nearest_name(name, names), {}});
  };
  for (const input::Text& text : spec_.verify->theorems) {
    known(text.value, text.origin);
    if (std::find(chosen_.begin(), chosen_.end(), text.value) == chosen_.end()) chosen_.push_back(text.value);
  }
  if (chosen_.empty()) chosen_ = names;
  for (const auto& [name, verdict] : spec_.verify->expect) known(name.value.substr(0, name.value.find('.')), name.origin);
}

theorems::Subject& VerifySection::subject() {
  if (!subject_) {
    progress_.phase("what the theorems are tested on");
    subject_ = build_subject(spec_, model_);
  }
  return *subject_;
}

const DensityResults* VerifySection::density() {
  if (!density_ && subject().density_) density_ = std::make_unique<EvidenceResults>(subject().density_);
  return density_.get();
}

Section::Outlook VerifySection::check() const {
  return {0, 0, {{"theorems", chosen_}}, fmt::format("  {} theorem{} to test\n", chosen_.size(), chosen_.size() == 1 ? "" : "s")};
}

void VerifySection::prepare() { (void)subject(); }

void VerifySection::compute(record::ResultFile& file) {
  if (cloud_) subject().cloud_ = cloud_evidence(spec_, *cloud_);
  subject().stored_ = stored_;
  for (const std::string& name : chosen_) {
    progress_.phase("theorem " + name);
    poll_interrupt();
    certificates_.push_back(theorems::certify(name, subject()));
  }
  find_surprises();
  write(file);
}

void VerifySection::find_surprises() {
  std::map<std::string, std::string> expected;
  for (const auto& [name, verdict] : spec_.verify->expect) expected[name.value] = verdict.value;
  const auto look = [&](const std::string& what, Verdict verdict, bool counts) {
    const auto it = expected.find(what);
    if (it != expected.end() && it->second != name_of(verdict)) surprises_.push_back({what, name_of(verdict), it->second});
    if (it == expected.end() && counts && verdict == Verdict::violated) surprises_.push_back({what, name_of(verdict), "holds"});
    if (it != expected.end()) expected.erase(it);
  };
  for (const Certificate& certificate : certificates_) {
    look(certificate.theorem, certificate.verdict, true);
    for (const Claim& claim : certificate.claims) look(certificate.theorem + "." + claim.name, claim.verdict, false);
  }
  for (const auto& [what, verdict] : expected) surprises_.push_back({what, "not tested", verdict});
}

void VerifySection::write(record::ResultFile& file) const {
  record::Group group = file.group("theorems");
  std::vector<std::string> names, statements, sources, verdicts, details;
  std::vector<double> left, right, margin, tolerance, seconds, applying, counted;
  std::vector<std::string> claims, claim_statements, claim_verdicts, claim_sides, claim_details;
  std::vector<double> claim_numbers[4], printed, companion;
  const auto numbers = [](const Claim* claim) {
    const double nan = std::nan("");
    if (!claim) return std::array{nan, nan, nan, nan};
    const theorems::Comparison& c = claim->worst;
    return claim->comparisons ? std::array{c.left.value, c.right.value, c.margin, c.tolerance} : std::array{nan, nan, nan, nan};
  };
  for (const Certificate& certificate : certificates_) {
    const Claim* claim = certificate.deciding();
    names.push_back(certificate.theorem);
    statements.push_back(certificate.statement);
    sources.push_back(certificate.source);
    verdicts.emplace_back(name_of(certificate.verdict));
    details.push_back(claim ? claim->detail : "");
    const auto n = numbers(claim);
    left.push_back(n[0]), right.push_back(n[1]), margin.push_back(n[2]), tolerance.push_back(n[3]), seconds.push_back(certificate.seconds);
    applying.push_back(static_cast<double>(certificate.applying())), counted.push_back(static_cast<double>(certificate.counted()));
    for (const Claim& c : certificate.claims) {
      claims.push_back(certificate.theorem + "." + c.name);
      claim_statements.push_back(c.statement);
      claim_verdicts.emplace_back(name_of(c.verdict));
      claim_sides.push_back(c.side);
      claim_details.push_back(c.detail);
      printed.push_back(c.as_printed ? 1 : 0), companion.push_back(c.companion ? 1 : 0);
      const auto m = numbers(&c);
      for (std::size_t i = 0; i < 4; ++i) claim_numbers[i].push_back(m[i]);
    }
  }
  const auto text = [&](const std::string& name, const std::string& dimension, const std::vector<std::string>& values, const std::string& words) {
    group.text(name, dimension, values, {{"long_name", words}});
  };
  const auto column = [&](const std::string& name, const std::string& dimension, const std::vector<double>& values, const std::string& words) {
    group.variable(name, {dimension}, {{"long_name", words}});
    group.write(name, values);
  };
  group.attribute("confidence", spec_.verify->confidence.value);
  group.attribute("precision", spec_.verify->precision.value);
  group.dimension("theorem", names, {{"long_name", std::string("name of a theorem")}});
  text("statement", "theorem", statements, "what it says");
  text("source_text", "theorem", sources, "where it stands");
  text("verdict", "theorem", verdicts, "holds, violated, undecided or not applicable");
  text("detail", "theorem", details, "where it is decided, which hypothesis fails, or what would decide");
  column("left", "theorem", left, "left side of the comparison that decides");
  column("right", "theorem", right, "its right side");
  column("margin", "theorem", margin, "how far it is on the side of the theorem; -|left - right| for an equality");
  column("tolerance", "theorem", tolerance, "error bars of both sides together");
  column("claims_applying", "theorem", applying, "how many of its claims apply");
  column("claims_counted", "theorem", counted, "how many claims it makes here, printed ones left out");
  column("seconds", "theorem", seconds, "time it took");
  group.dimension("claim", claims, {{"long_name", std::string("theorem.claim")}});
  text("claim_statement", "claim", claim_statements, "what is compared");
  text("claim_side", "claim", claim_sides, "density, cloud, sgd, kinetic or model");
  text("claim_verdict", "claim", claim_verdicts, "as verdict");
  text("claim_detail", "claim", claim_details, "as detail");
  column("claim_companion", "claim", companion, "1: holds without the theorem's hypotheses, and alone does not make the theorem hold");
  column("claim_as_printed", "claim", printed, "1: a paper's claim that does not hold in general as printed; not counted as the theorem's");
  constexpr std::array columns{"claim_left", "claim_right", "claim_margin", "claim_tolerance"};
  for (std::size_t i = 0; i < 4; ++i) column(columns[i], "claim", claim_numbers[i], "as " + std::string(columns[i]).substr(6));
}

Json VerifySection::json() const {
  Json json{{"theorems", Json::array()}, {"surprises", Json::array()}};
  for (const Certificate& certificate : certificates_) json["theorems"].push_back(json_of(certificate));
  for (const Surprise& s : surprises_) json["surprises"].push_back({{"what", s.what}, {"found", s.found}, {"expected", s.expected}});
  return json;
}

} // namespace driftwell::run

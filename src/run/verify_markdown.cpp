// Certificates as an appendix of a paper.
#include "driftwell/core/provenance.hpp"
#include "verify.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

using theorems::Certificate;
using theorems::Claim;
using theorems::Hypothesis;
using theorems::Relation;

namespace {

/// Bars would end a cell of the table; a star or a backtick would begin a mark-up.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '`' || c == '<') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string number(double x) { return std::isfinite(x) ? fmt::format("{:.8g}", x) : "-"; }

std::string row(const std::string& name, const std::string& verdict, const Claim* claim) {
  const bool numbers = claim && claim->comparisons > 0 && claim->verdict != theorems::Verdict::not_applicable;
  const auto of = [&](double x) { return numbers ? number(x) : std::string("-"); };
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", cell(name), verdict, of(claim ? claim->worst.left.value : NAN), of(claim ? claim->worst.right.value : NAN),
                     of(claim ? claim->worst.margin : NAN), numbers ? fmt::format("{:.1e}", claim->worst.tolerance) : "-");
}

std::string section(const Certificate& certificate) {
  std::string text = fmt::format("\n### {}: {}\n\n{}. ({})\n", cell(certificate.theorem), name_of(certificate.verdict), cell(certificate.statement), cell(certificate.source));
  if (certificate.applying() < certificate.counted()) text += fmt::format("\n{} of {} claims apply.\n", certificate.applying(), certificate.counted());
  for (const Claim& claim : certificate.claims) {
    text += fmt::format("\n- **{}** {}{} ({}): {}", name_of(claim.verdict), cell(claim.statement.empty() ? claim.name : claim.statement), claim.as_printed ? ", as printed" : claim.companion ? ", companion" : "", claim.side,
                        cell(claim.detail));
    for (const Hypothesis& h : claim.hypotheses) {
      constexpr std::array words{"met", "not met", "open"};
      text += fmt::format("\n  - {}: {}{}", words[static_cast<std::size_t>(h.state)], cell(h.text), h.detail.empty() ? "" : " (" + cell(h.detail) + ")");
    }
  }
  return text + "\n";
}

} // namespace

std::string certificate_markdown(const input::Spec& spec, const Model* model, const std::vector<Certificate>& certificates) {
  std::string text = fmt::format("## Certificates: {}\n\n", cell(spec.title.empty() ? spec.source->name : spec.title));
  if (model) text += "```\n" + model->description() + "\n```\n\n";
  text += fmt::format("Confidence {:g} against sampling, precision {:g} of equalities; driftwell {} ({}).\n\n", spec.verify->confidence.value, spec.verify->precision.value, version(), git_commit());
  text += "| theorem | verdict | left | right | margin | tolerance |\n|---|---|---|---|---|---|\n";
  for (const Certificate& certificate : certificates) text += row(certificate.theorem, name_of(certificate.verdict), certificate.deciding());
  for (const Certificate& certificate : certificates) text += section(certificate);
  return text;
}

} // namespace driftwell::run

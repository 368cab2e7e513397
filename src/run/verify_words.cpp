// Certificates for people: the table of the terminal, its details, and JSON for machines.
#include "stdout.hpp"
#include "verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <unistd.h>

namespace driftwell::run {

using theorems::Certificate;
using theorems::Claim;
using theorems::Hypothesis;
using theorems::Relation;
using theorems::Verdict;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::array verdicts{Verdict::holds, Verdict::violated, Verdict::undecided, Verdict::not_applicable};

std::string painted(const std::string& text, Verdict verdict, bool colour) {
  if (!colour) return text;
  constexpr std::array codes{"32", "1;31", "33", "2"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(verdict)], text);
}

const char* sign_of(Relation relation) { return relation == Relation::at_most ? "<=" : relation == Relation::at_least ? ">=" : relation == Relation::above ? ">" : "="; }

std::string compared(const Claim& claim) {
  if (claim.comparisons == 0 || claim.verdict == Verdict::not_applicable) return {};
  const theorems::Comparison& c = claim.worst;
  return fmt::format("{:<13.7g} {:<2} {:<13.7g}  +- {:.1e}", c.left.value, sign_of(claim.relation), c.right.value, c.tolerance);
}

/// "3 of 5 claims apply" where not all do.
std::string share_of_claims(const Certificate& certificate) {
  const std::size_t applying = certificate.applying(), counted = certificate.counted();
  return applying > 0 && applying < counted ? fmt::format("{} of {} claims apply", applying, counted) : "";
}

/// Numbers with errors, in full.
Json json_of(const theorems::Measured& m) {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  return {{"value", number(m.value)}, {"error", number(m.error)}, {"standard_error", number(m.standard_error)}};
}

Json json_of(const Claim& claim) {
  constexpr std::array states{"met", "failed", "open"};
  Json json{{"name", claim.name}, {"statement", claim.statement}, {"side", claim.side}, {"verdict", name_of(claim.verdict)}, {"relation", sign_of(claim.relation)}, {"companion", claim.companion}, {"as_printed", claim.as_printed}};
  if (claim.comparisons > 0) {
    json["left"] = json_of(claim.worst.left);
    json["right"] = json_of(claim.worst.right);
    json["margin"] = std::isfinite(claim.worst.margin) ? Json(claim.worst.margin) : Json(nullptr);
    json["tolerance"] = std::isfinite(claim.worst.tolerance) ? Json(claim.worst.tolerance) : Json(nullptr);
  }
  json["comparisons"] = claim.comparisons;
  json["detail"] = claim.detail;
  json["hypotheses"] = Json::array();
  for (const Hypothesis& h : claim.hypotheses) json["hypotheses"].push_back({{"text", h.text}, {"state", states[static_cast<std::size_t>(h.state)]}, {"detail", h.detail}});
  return json;
}

std::string detail_lines(const Certificate& certificate, bool colour) {
  std::string text = fmt::format("    {}\n    {}\n", certificate.statement, certificate.source);
  for (const Claim& claim : certificate.claims) {
    text += fmt::format("    {} {}{} ({}): {}\n", painted(fmt::format("{:<14}", name_of(claim.verdict)), claim.verdict, colour), claim.name, claim.as_printed ? ", as printed" : claim.companion ? ", companion" : "", claim.side,
                        claim.statement);
    if (const std::string numbers = compared(claim); !numbers.empty())
      text += fmt::format("        {}, margin {:.2g}, {} comparison{}\n", numbers, claim.worst.margin, claim.comparisons, claim.comparisons == 1 ? "" : "s");
    for (const Hypothesis& h : claim.hypotheses) {
      constexpr std::array signs{"met", "not met", "open"};
      text += fmt::format("        {}: {}{}\n", signs[static_cast<std::size_t>(h.state)], h.text, h.detail.empty() ? "" : " (" + h.detail + ")");
    }
    if (!claim.detail.empty()) text += fmt::format("        {}\n", claim.detail);
  }
  return text;
}

} // namespace

Json json_of(const Certificate& certificate) {
  Json json{{"theorem", certificate.theorem}, {"verdict", name_of(certificate.verdict)}, {"statement", certificate.statement}, {"source", certificate.source}, {"claims_applying", certificate.applying()}, {"claims_counted", certificate.counted()}, {"seconds", certificate.seconds}, {"claims", Json::array()}};
  for (const Claim& claim : certificate.claims) json["claims"].push_back(json_of(claim));
  return json;
}

std::string certificate_table(const std::vector<Certificate>& certificates, bool details, bool colour) {
  std::size_t width = 7;
  for (const Certificate& c : certificates) width = std::max(width, c.theorem.size());
  std::string text;
  for (const Certificate& certificate : certificates) {
    const Claim* claim = certificate.deciding();
    std::vector<std::string> remarks{share_of_claims(certificate), claim && !details ? claim->detail : ""}, words{claim ? compared(*claim) : ""};
    std::erase(remarks, "");
    words.push_back(fmt::format("{}", fmt::join(remarks, "; ")));
    std::erase(words, "");
    text += fmt::format("  {:<{}}  {}  {}", certificate.theorem, width, painted(fmt::format("{:<14}", name_of(certificate.verdict)), certificate.verdict, colour), fmt::join(words, "  "));
    text += "\n";
    if (details) text += detail_lines(certificate, colour);
  }
  for (const Certificate& certificate : certificates)
    for (const Claim& claim : certificate.claims)
      if (claim.as_printed && !details && claim.verdict != Verdict::not_applicable)
        text += fmt::format("  as printed: {}  {}  {}\n", claim.statement, painted(name_of(claim.verdict), claim.verdict, colour), compared(claim));
  return text;
}

std::string verdict_counts(const std::vector<Certificate>& certificates) {
  std::vector<std::string> parts;
  for (const Verdict verdict : verdicts) {
    const auto count = std::count_if(certificates.begin(), certificates.end(), [&](const Certificate& c) { return c.verdict == verdict; });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, verdict == Verdict::holds && count > 1 ? "hold" : name_of(verdict)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string VerifySection::words(int verbosity) const {
  const bool colour = isatty(STDERR_FILENO) != 0 && !std::getenv("NO_COLOR");
  std::string text = fmt::format("theorems: {}\n{}", verdict_counts(certificates_), certificate_table(certificates_, verbosity > 1, colour));
  for (const Surprise& s : surprises_) text += fmt::format("  {}: {}, expected: {}\n", s.what, s.found, s.expected);
  return text;
}

} // namespace driftwell::run

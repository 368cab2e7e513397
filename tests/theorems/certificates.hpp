#pragma once
// Claims of a certificate by name, and what it says in words.
#include "driftwell/theorems/theorem.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <ctime>
#include <string>

namespace engine {

using namespace driftwell::theorems;

/// Seconds of the processor from here on: those of a clock say more of the others who use the machine.
class ProcessorTime {
public:
  [[nodiscard]] double seconds() const { return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC; }

private:
  std::clock_t start_ = std::clock();
};

inline const Claim& claim_of(const Certificate& certificate, const std::string& name) {
  for (const Claim& claim : certificate.claims)
    if (claim.name == name) return claim;
  std::string names;
  for (const Claim& claim : certificate.claims) names += " " + claim.name + " (" + claim.detail + ")";
  FAIL("no claim " << name << " among" << names);
  throw 0;
}

/// For the messages of failing tests.
inline std::string words(const Certificate& c) {
  std::string text = fmt::format("{}: {}\n", c.theorem, name_of(c.verdict));
  for (const Claim& claim : c.claims) {
    const Comparison& w = claim.worst;
    text += fmt::format("  {} {}: {:.12g} +- {:.1e} beside {:.12g} +- {:.1e}, {} comparisons; {}\n", claim.name, name_of(claim.verdict), w.left.value, w.left.error, w.right.value, w.right.error,
                        claim.comparisons, claim.detail);
    for (const Hypothesis& h : claim.hypotheses)
      text += fmt::format("    {} {} {}\n", h.state == Hypothesis::State::met ? "+" : h.state == Hypothesis::State::failed ? "-" : "?", h.text, h.detail);
  }
  return text;
}

} // namespace engine

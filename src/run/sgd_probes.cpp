#include "sgd_passage.hpp"
#include "sgd_spectrum.hpp"

#include "driftwell/core/interrupt.hpp"

#include <algorithm>

namespace driftwell::run {

SgdProbes::SgdProbes(const input::Spec& spec, const sgd::Loss& loss, const std::vector<double>& start) {
  const auto add = [&](auto probe) {
    auto* const pointer = probe.get();
    all.push_back(std::move(probe));
    return pointer;
  };
  if (spec.sgd->target) passage = add(std::make_unique<SgdPassage>(spec, loss, start));
  if (!spec.sgd->directions.value.empty()) directions = add(std::make_unique<SgdDirections>(spec, loss));
  if (spec.sgd->spectrum.value) add(std::make_unique<SgdSpectrum>(spec, loss, *directions));
}

void SgdProbes::advance(sgd::Process& process, std::uint64_t last, const std::function<void()>& pause) {
  const auto look = [&] {
    for (const auto& probe : all)
      if (probe->next(process.steps()) == process.steps()) probe->look(process);
    looked_ = process.steps();
  };
  try {
    if (looked_ != process.steps()) look(); // the first one, or one that an interrupt has cut short
    while (process.steps() < last) {
      const std::uint64_t from = process.steps();
      std::uint64_t until = std::min(last, from + process.stride());
      for (const auto& probe : all) until = std::min(until, probe->next(from + 1));
      process.advance(until - from);
      look();
      pause();
    }
  } catch (const Interrupted&) {
    pause();
    throw;
  }
}

void SgdProbes::keep(SectionState& state) {
  state("looked", looked_);
  for (const auto& probe : all) probe->keep(state);
}

} // namespace driftwell::run

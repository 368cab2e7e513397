#include "sgd_passage.hpp"
#include "sgd_spectrum.hpp"

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

void SgdProbes::advance(sgd::Process& process, std::uint64_t last) const {
  const auto look = [&] {
    for (const auto& probe : all)
      if (probe->next(process.steps()) == process.steps()) probe->look(process);
  };
  if (process.steps() == 0 && last == 0) look(); // the first output
  while (process.steps() < last) {
    std::uint64_t until = last;
    for (const auto& probe : all) until = std::min(until, probe->next(process.steps() + 1));
    process.advance(until - process.steps());
    look();
  }
}

} // namespace driftwell::run

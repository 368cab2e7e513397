#pragma once
// The contract of the potentials shelf: a named potential is a formula with documented options. Being a formula it has
// exact derivatives and the speed of the tape, and one file on the shelf is all it takes.
#include "driftwell/core/catalogue.hpp"
#include "driftwell/model/model.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwell {

struct PotentialOption {
  std::string name;
  std::vector<double> standard; ///< default value; a list of one stands for a number
  std::string meaning;
};

class NamedPotential {
public:
  virtual ~NamedPotential() = default;
  [[nodiscard]] virtual std::vector<PotentialOption> options() const = 0;
  /// 0: any number of variables.
  [[nodiscard]] virtual std::size_t dimension() const = 0;
  /// The formula in variables 0 .. d-1. `values` holds every option, defaults filled in. Throws std::invalid_argument
  /// with a sentence for values that make no sense.
  [[nodiscard]] virtual Expression formula(std::size_t d, const std::map<std::string, std::vector<double>>& values) const = 0;
};

using PotentialCatalogue = Catalogue<NamedPotential>;
template <> std::map<std::string, PotentialCatalogue::Item>& PotentialCatalogue::items();

} // namespace driftwell

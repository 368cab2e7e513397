#pragma once
// Makes a NamedPotential from a formula text in x[1] .. x[d].
#include "driftwell/model/named_potential.hpp"

namespace driftwell {

class FormulaPotential : public NamedPotential {
public:
  /// `text` may use every option by its name; they are single numbers.
  FormulaPotential(std::string text, std::size_t dimension, std::vector<PotentialOption> options)
      : text_(std::move(text)), dimension_(dimension), options_(std::move(options)) {}

  [[nodiscard]] std::vector<PotentialOption> options() const override { return options_; }
  [[nodiscard]] std::size_t dimension() const override { return dimension_; }
  [[nodiscard]] Expression formula(std::size_t d, const std::map<std::string, std::vector<double>>& values) const override;

private:
  std::string text_;
  std::size_t dimension_;
  std::vector<PotentialOption> options_;
};

} // namespace driftwell

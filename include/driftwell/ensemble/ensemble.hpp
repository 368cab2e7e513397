#pragma once
// A cloud of particles: structure of arrays, so that one coordinate of many particles is one contiguous row.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace driftwell {

class Ensemble {
public:
  /// `rows` numbers a particle: d for overdamped models; positions, then momenta (2 d) for underdamped ones. `first` is
  /// the number of particle 0 in the whole ensemble: shards of one ensemble differ in it and in nothing else.
  Ensemble(std::size_t rows, std::size_t particles, std::uint64_t first = 0)
      : rows_(rows), particles_(particles), first_(first), x_(rows * particles, 0.0) {}

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t particles() const { return particles_; }
  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::span<double> row(std::size_t i) { return {x_.data() + i * particles_, particles_}; }
  [[nodiscard]] std::span<const double> row(std::size_t i) const { return {x_.data() + i * particles_, particles_}; }
  /// All rows one after the other, for checkpoints.
  [[nodiscard]] std::span<double> data() { return x_; }
  [[nodiscard]] std::span<const double> data() const { return x_; }

  /// Times at which particles met an absorbing wall, infinity for the living; empty as long as there is no such wall.
  /// A dead particle stays where it died.
  [[nodiscard]] std::span<double> death_time() { return death_; }
  [[nodiscard]] std::span<const double> death_time() const { return death_; }
  void make_mortal() {
    if (death_.empty()) death_.assign(particles_, std::numeric_limits<double>::infinity());
  }
  [[nodiscard]] bool alive(std::size_t k) const { return death_.empty() || death_[k] == std::numeric_limits<double>::infinity(); }

private:
  std::size_t rows_, particles_;
  std::uint64_t first_;
  std::vector<double> x_, death_;
};

} // namespace driftwell

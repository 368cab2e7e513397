#include "driftwell/bounds/log_sobolev.hpp"

#include <numeric>

namespace driftwell::bounds {

std::vector<std::vector<std::size_t>> coupled_variables(const Expression& f, std::size_t dimension) {
  std::vector<std::size_t> group(dimension);
  std::iota(group.begin(), group.end(), std::size_t{0});
  const std::vector<Expression> gradient = f.gradient(dimension);
  for (std::size_t i = 0; i < dimension; ++i)
    for (std::size_t j = 0; j < dimension; ++j)
      if (group[i] != group[j] && gradient[i].depends_on(j) && !gradient[i].derivative(j).is_constant(0.0)) {
        const std::size_t from = group[j], into = group[i];
        for (std::size_t& g : group) g = g == from ? into : g;
      }
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t g = 0; g < dimension; ++g) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < dimension; ++i)
      if (group[i] == g) members.push_back(i);
    if (!members.empty()) groups.push_back(members);
  }
  return groups;
}

} // namespace driftwell::bounds

#include "system.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace bench {

Columns columns_of(const Chain& chain) {
  Columns q;
  q.start.push_back(0);
  const auto add = [&](std::size_t row, double value) {
    q.row.push_back(static_cast<std::int64_t>(row));
    q.value.push_back(value);
  };
  for (std::size_t k = 0; k < chain.size; ++k) {
    // rows in increasing order: lower neighbours from the outer axis inwards, the cell, upper ones outwards
    for (std::size_t a = 0; a < chain.dimension; ++a)
      if (const std::size_t s = chain.stride(a); k / s % chain.cells > 0) add(k - s, chain.down[a][k - s]);
    add(k, chain.diagonal[k]);
    for (std::size_t a = chain.dimension; a-- > 0;)
      if (const std::size_t s = chain.stride(a); k / s % chain.cells + 1 < chain.cells) add(k + s, chain.up[a][k]);
    q.start.push_back(static_cast<std::int64_t>(q.row.size()));
  }
  return q;
}

void product(const Columns& q, const double* p, double* out) {
  const std::size_t n = q.start.size() - 1;
  std::fill(out, out + n, 0.0);
  for (std::size_t k = 0; k < n; ++k)
    for (std::int64_t i = q.start[k]; i < q.start[k + 1]; ++i)
      out[q.row[static_cast<std::size_t>(i)]] += q.value[static_cast<std::size_t>(i)] * p[k];
}

System read_system(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  const auto read = [&](auto& values, std::size_t count) {
    values.resize(count);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(values[0])));
    if (!file) throw std::runtime_error(name + ": cannot read");
  };
  std::vector<std::int64_t> sizes;
  read(sizes, 2);
  const auto n = static_cast<std::size_t>(sizes[0]), entries = static_cast<std::size_t>(sizes[1]);
  System system;
  read(system.matrix.start, n + 1);
  read(system.matrix.row, entries);
  read(system.matrix.value, entries);
  read(system.start, n);
  read(system.steady, n);
  return system;
}

} // namespace bench

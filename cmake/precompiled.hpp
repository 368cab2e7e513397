// What nearly every file includes, parsed once: a third of the time of a build from nothing. Files still include what they use.
#include <Eigen/Dense>
#include <Eigen/SparseCore>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

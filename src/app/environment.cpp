#include "environment.hpp"

#include <array>
#include <cstdlib>
#include <unistd.h>

namespace driftwell::app {

void prepare_environment(char** argv) {
  bool changed = false;
  const auto set = [&](const char* name, const char* value) {
    if (std::getenv(name)) return;
    changed = setenv(name, value, 1) == 0 || changed;
  };
  // Threads that wait by spinning take the processor from the very thread they wait for when other programs run:
  // a shared machine made runs 10 times slower. A short spin (some 20 us) keeps an idle machine as fast.
  if (!std::getenv("OMP_WAIT_POLICY")) set("GOMP_SPINCOUNT", "500");
  // One thread in the BLAS: the factors of a plane grid are made of small blocks, which two threads do not speed up, and
  // the bits of a result then do not depend on the number of threads.
  set("OPENBLAS_NUM_THREADS", "1");
#if defined(__x86_64__) && defined(__GNUC__)
  // OpenBLAS 0.3.21 takes processors newer than itself for ones without AVX.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) set("OPENBLAS_CORETYPE", "SkylakeX");
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) set("OPENBLAS_CORETYPE", "Haswell");
#endif
  // A failed exec only costs speed.
  if (!changed) return;
  // The link resolved, so that the process keeps its name in ps and top.
  std::array<char, 4096> path{};
  if (readlink("/proc/self/exe", path.data(), path.size() - 1) > 0) execv(path.data(), argv);
}

} // namespace driftwell::app

// driftwell: prepares what the OpenMP and BLAS libraries read while they are loaded, then loads the program and starts it.
//
// They read the environment before main() of a program that is linked with them. Starting such a program anew with another
// environment would load its sixty libraries twice, 15 ms of a run that may take 60.
#include "signals.hpp"

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <pthread.h>

namespace {

/// What the user has set stays.
void prepare_environment() {
  // Threads that wait by spinning take the processor from the very thread they wait for when other programs run:
  // a shared machine made runs 10 times slower. A short spin (some 20 us) keeps an idle machine as fast.
  if (!std::getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "500", 0);
  // One thread in the BLAS: the factors of a plane grid are made of small blocks, which two threads do not speed up, and
  // the bits of a result then do not depend on the number of threads.
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
#if defined(__x86_64__) && defined(__GNUC__)
  // OpenBLAS 0.3.21 takes processors newer than itself for ones without AVX.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
}

} // namespace

int main(int argc, char** argv) {
  const sigset_t set = driftwell::app::stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  prepare_environment();
  if (void* program = dlopen(DRIFTWELL_PROGRAM, RTLD_LAZY | RTLD_GLOBAL))
    if (void* entry = dlsym(program, "driftwell_main")) return reinterpret_cast<int (*)(int, char**)>(entry)(argc, argv);
  std::fprintf(stderr, "driftwell: error: cannot load the program: %s\nInstall it anew: " DRIFTWELL_PROGRAM " belongs in the library folder beside bin\n", dlerror());
  return 4;
}

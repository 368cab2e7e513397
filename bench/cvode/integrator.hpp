#pragma once
// CVODE's backward differentiation formulas on a System, with the linear solver that is asked for.
#include "line_preconditioner.hpp"
#include "system.hpp"

#include <sundials/sundials_linearsolver.h>
#include <sundials/sundials_matrix.h>
#include <sundials/sundials_nvector.h>

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::string solver;     ///< band (one dimension), klu, lines (SPGMR with the line preconditioner)
  double rtol = 1e-6;
  double atol = 1e-6;     ///< of a cell probability, in units of 1 / cells
  int threads = 1;
};

struct Counts {
  long steps = 0, rates = 0, setups = 0;
};

class Integrator {
public:
  Integrator(const System& system, const Options& options);
  ~Integrator();
  Integrator(const Integrator&) = delete;
  Integrator& operator=(const Integrator&) = delete;

  /// The state at t, later than the time of the last call. Throws std::runtime_error.
  const double* advance(double t);
  [[nodiscard]] Counts counts() const;

private:
  void choose_solver(const std::string& name);
  static int rates(double t, N_Vector y, N_Vector dydt, void* self);
  static int jacobian(double t, N_Vector y, N_Vector dydt, SUNMatrix J, void* self, N_Vector, N_Vector, N_Vector);
  static int prepare(double t, N_Vector y, N_Vector dydt, int reuse, int* renewed, double gamma, void* self);
  static int precondition(double t, N_Vector y, N_Vector dydt, N_Vector r, N_Vector z, double gamma, double delta, int side, void* self);
  static int times(N_Vector v, N_Vector Jv, double t, N_Vector y, N_Vector dydt, void* self, N_Vector);

  const System& system_;
  int threads_;
  Columns columns_;
  std::optional<LinePreconditioner> lines_;
  SUNContext context_ = nullptr;
  N_Vector y_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver solver_ = nullptr;
  void* cvode_ = nullptr;
};

} // namespace bench

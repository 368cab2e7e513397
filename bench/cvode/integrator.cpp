#include "integrator.hpp"

#include <cvode/cvode.h>
#include <cvode/cvode_ls.h>
#include <nvector/nvector_openmp.h>
#include <sunlinsol/sunlinsol_band.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_band.h>
#include <sunmatrix/sunmatrix_sparse.h>

#include <algorithm>
#include <stdexcept>

namespace bench {

namespace {

double* data(N_Vector v) { return NV_DATA_OMP(v); }

void check(int flag, const char* what) {
  if (flag < 0) throw std::runtime_error(std::string(what) + ": flag " + std::to_string(flag));
}

} // namespace

Integrator::Integrator(const System& system, const Options& options) : system_(system), threads_(options.threads) {
  check(SUNContext_Create(nullptr, &context_), "SUNContext_Create");
  const auto n = static_cast<sunindextype>(system.start.size());
  y_ = N_VNew_OpenMP(n, options.threads, context_);
  std::copy(system.start.begin(), system.start.end(), data(y_));
  cvode_ = CVodeCreate(CV_BDF, context_);
  if (y_ == nullptr || cvode_ == nullptr) throw std::runtime_error("CVodeCreate: no memory");
  check(CVodeInit(cvode_, rates, 0, y_), "CVodeInit");
  check(CVodeSetUserData(cvode_, this), "CVodeSetUserData");
  check(CVodeSStolerances(cvode_, options.rtol, options.atol / static_cast<double>(n)), "CVodeSStolerances");
  check(CVodeSetMaxNumSteps(cvode_, 1'000'000), "CVodeSetMaxNumSteps");
  choose_solver(options.solver);
}

Integrator::~Integrator() {
  CVodeFree(&cvode_);
  if (solver_ != nullptr) SUNLinSolFree(solver_);
  if (matrix_ != nullptr) SUNMatDestroy(matrix_);
  if (y_ != nullptr) N_VDestroy(y_);
  SUNContext_Free(&context_);
}

void Integrator::choose_solver(const std::string& name) {
  const auto n = static_cast<sunindextype>(system_.start.size());
  if (name == "lines") {
    if (!system_.chain) throw std::runtime_error("solver lines needs a chain of axis neighbours");
    lines_.emplace(*system_.chain, threads_);
    solver_ = SUNLinSol_SPGMR(y_, SUN_PREC_LEFT, 20, context_);
    check(CVodeSetLinearSolver(cvode_, solver_, nullptr), "CVodeSetLinearSolver");
    check(CVodeSetPreconditioner(cvode_, prepare, precondition), "CVodeSetPreconditioner");
    check(CVodeSetJacTimes(cvode_, nullptr, times), "CVodeSetJacTimes");
    return;
  }
  if (name == "klu") {
    columns_ = system_.chain ? columns_of(*system_.chain) : system_.matrix;
    matrix_ = SUNSparseMatrix(n, n, static_cast<sunindextype>(columns_.row.size()), CSC_MAT, context_);
    solver_ = SUNLinSol_KLU(y_, matrix_, context_);
    check(SUNLinSol_KLUSetOrdering(solver_, 0), "SUNLinSol_KLUSetOrdering"); // minimum degree of A + A^T
  } else if (name == "band" && system_.chain && system_.chain->dimension == 1) {
    matrix_ = SUNBandMatrix(n, 1, 1, context_);
    solver_ = SUNLinSol_Band(y_, matrix_, context_);
  } else {
    throw std::runtime_error("no solver " + name + " for this problem");
  }
  check(CVodeSetLinearSolver(cvode_, solver_, matrix_), "CVodeSetLinearSolver");
  check(CVodeSetJacFn(cvode_, jacobian), "CVodeSetJacFn");
}

const double* Integrator::advance(double t) {
  double reached = 0;
  check(CVode(cvode_, t, y_, &reached, CV_NORMAL), "CVode");
  return data(y_);
}

Counts Integrator::counts() const {
  Counts c;
  CVodeGetNumSteps(cvode_, &c.steps);
  CVodeGetNumRhsEvals(cvode_, &c.rates);
  CVodeGetNumLinSolvSetups(cvode_, &c.setups);
  return c;
}

int Integrator::rates(double, N_Vector y, N_Vector dydt, void* self) {
  const auto& me = *static_cast<Integrator*>(self);
  if (me.system_.chain) product(*me.system_.chain, data(y), data(dydt), me.threads_);
  else product(me.system_.matrix, data(y), data(dydt));
  return 0;
}

int Integrator::jacobian(double, N_Vector, N_Vector, SUNMatrix J, void* self, N_Vector, N_Vector, N_Vector) {
  const auto& me = *static_cast<Integrator*>(self);
  if (SUNMatGetID(J) == SUNMATRIX_BAND) {
    const Chain& chain = *me.system_.chain;
    for (std::size_t k = 0; k < chain.size; ++k) {
      const auto j = static_cast<sunindextype>(k);
      SM_ELEMENT_B(J, j, j) = chain.diagonal[k];
      if (k + 1 == chain.size) break;
      SM_ELEMENT_B(J, j + 1, j) = chain.up[0][k];
      SM_ELEMENT_B(J, j, j + 1) = chain.down[0][k];
    }
    return 0;
  }
  std::copy(me.columns_.start.begin(), me.columns_.start.end(), SM_INDEXPTRS_S(J));
  std::copy(me.columns_.row.begin(), me.columns_.row.end(), SM_INDEXVALS_S(J));
  std::copy(me.columns_.value.begin(), me.columns_.value.end(), SM_DATA_S(J));
  return 0;
}

int Integrator::prepare(double, N_Vector, N_Vector, int, int* renewed, double gamma, void* self) {
  static_cast<Integrator*>(self)->lines_->factorise(gamma);
  *renewed = 0; // of the Jacobian, which never changes
  return 0;
}

int Integrator::precondition(double, N_Vector, N_Vector, N_Vector r, N_Vector z, double, double, int, void* self) {
  N_VScale(1.0, r, z);
  static_cast<Integrator*>(self)->lines_->solve(data(z));
  return 0;
}

int Integrator::times(N_Vector v, N_Vector Jv, double t, N_Vector, N_Vector, void* self, N_Vector) { return rates(t, v, Jv, self); }

} // namespace bench

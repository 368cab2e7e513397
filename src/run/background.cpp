#include "background.hpp"

#include <omp.h>

#include <utility>

namespace driftwell::run {

Background::Background(bool beside, std::function<void()> task) : threads_(omp_get_max_threads()) {
  const auto run = [this, task = std::move(task)] {
    try {
      task();
    } catch (...) {
      failure_ = std::current_exception();
    }
  };
  if (!beside || threads_ == 1) {
    run();
    return;
  }
  omp_set_num_threads(threads_ - 1);
  worker_ = std::thread([run] {
    omp_set_num_threads(1);
    run();
  });
}

Background::~Background() { join(); }

void Background::join() {
  if (!worker_.joinable()) return;
  worker_.join();
  omp_set_num_threads(threads_);
}

void Background::finish() {
  join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

} // namespace driftwell::run

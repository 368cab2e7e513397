#pragma once
// A task beside the main one, on a processor of its own.
#include <exception>
#include <functional>
#include <thread>

namespace driftwell::run {

/// Runs `task` on another thread and takes one OpenMP thread away from this one until finish(): two teams larger than the machine
/// would wait for each other at every loop. With one thread (or where not asked for) the task runs at once, before anything else.
class Background {
public:
  Background(bool beside, std::function<void()> task);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Waits; throws what the task threw, once.
  void finish();

private:
  void join();
  int threads_;
  std::exception_ptr failure_;
  std::thread worker_;
};

} // namespace driftwell::run

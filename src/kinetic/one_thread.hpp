#pragma once
// The matrices of this room are small: threads cost more than they bring, and one thread has the same bits everywhere.
#include <Eigen/Core>

namespace driftwell::kinetic {

class OneThread {
public:
  OneThread() : before_(Eigen::nbThreads()) { Eigen::setNbThreads(1); }
  ~OneThread() { Eigen::setNbThreads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

private:
  int before_;
};

} // namespace driftwell::kinetic

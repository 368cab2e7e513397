#pragma once
// What several theorems ask of the same evidence is made once.
#include <exception>
#include <map>
#include <memory>
#include <typeindex>

namespace driftwell::theorems {

/// One value a type T, or the exception that its maker threw. Copies share nothing: a copy of the evidence may be spoilt in other ways.
class Remembered {
public:
  Remembered() = default;
  Remembered(const Remembered&) {}
  Remembered& operator=(const Remembered&) = delete;

  template <class T, class Make> const T& get(const Make& make) const {
    Entry& entry = entries_[typeid(T)];
    if (entry.failure) std::rethrow_exception(entry.failure);
    if (!entry.value) {
      try {
        entry.value = std::make_shared<const T>(make());
      } catch (...) {
        entry.failure = std::current_exception();
        throw;
      }
    }
    return *static_cast<const T*>(entry.value.get());
  }

private:
  struct Entry {
    std::shared_ptr<const void> value{};
    std::exception_ptr failure{};
  };
  mutable std::map<std::type_index, Entry> entries_;
};

} // namespace driftwell::theorems

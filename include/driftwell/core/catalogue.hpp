#pragma once
// A shelf's register: one entry a file, made when the library is loaded.
//
//   namespace { const Catalogue<Propagator>::Entry entry{"krylov", "one line of help", [] { ... }}; }
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwell {

/// All instances of one concept, by name. `Maker` is the signature that makes one.
template <class Concept, class Maker = std::unique_ptr<Concept>()> class Catalogue {
public:
  struct Item {
    std::string summary; ///< one line, for `driftwell list` and the docs
    std::function<Maker> make;
  };

  /// Static object of a shelf file: its constructor is the registration.
  struct Entry {
    Entry(const std::string& name, const std::string& summary, std::function<Maker> make) {
      items().emplace(name, Item{summary, std::move(make)});
    }
  };

  [[nodiscard]] static const Item* find(const std::string& name) {
    const auto it = items().find(name);
    return it == items().end() ? nullptr : &it->second;
  }
  [[nodiscard]] static std::vector<std::string> names() {
    std::vector<std::string> result;
    for (const auto& [name, item] : items()) result.push_back(name);
    return result;
  }

private:
  // Ordered, so that listings and results do not depend on the order in which the linker met the files.
  static std::map<std::string, Item>& items();
};

/// Each concept defines its register once, in its room, with this line in a .cpp file.
#define DRIFTWELL_DEFINE_CATALOGUE(...)                                                                                \
  template <> std::map<std::string, __VA_ARGS__::Item>& __VA_ARGS__::items() {                                         \
    static std::map<std::string, Item> instance;                                                                       \
    return instance;                                                                                                   \
  }

} // namespace driftwell

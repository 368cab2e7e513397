// Data sets by name: those of data/, wherever the library lies, and Fashion-MNIST where Debian puts it.
#include "driftwell/sgd/dataset.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace driftwell::sgd {

namespace {

namespace fs = std::filesystem;

constexpr const char* fashion = "/usr/share/datasets/fashion-mnist/train-";

/// From the library upwards: an installed share/driftwell/data, or the data/ of a source tree.
fs::path find_file(const std::string& file) {
  Dl_info library{};
  std::error_code error;
  fs::path folder;
  if (dladdr(reinterpret_cast<const void*>(&fashion), &library) != 0 && library.dli_fname != nullptr) folder = fs::canonical(library.dli_fname, error).parent_path();
  const fs::path start = folder;
  for (int up = 0; up < 5 && !folder.empty(); ++up, folder = folder.parent_path())
    for (const char* inside : {"share/driftwell/data", "data"})
      if (fs::is_regular_file(folder / inside / file, error)) return folder / inside / file;
  throw IoError(file + ": not found in share/driftwell/data or data of " + start.string() + " and the folders above it");
}

} // namespace

std::vector<std::string> shipped_datasets() { return {"breast_cancer", "digits", "fashion_mnist", "iris", "wine"}; }

Dataset shipped_dataset(const std::string& name, std::size_t rows) {
  Dataset data;
  if (name == "fashion_mnist") {
    std::error_code error;
    const std::string images = std::string(fashion) + "images-idx3-ubyte.gz";
    if (!fs::exists(images, error)) throw IoError(images + ": not found; Debian's package dataset-fashion-mnist installs it");
    data = read_idx(images, std::string(fashion) + "labels-idx1-ubyte.gz", {4, rows});
  } else {
    data = read_csv(find_file(name + ".csv.gz").string(), {"", rows});
    if (name == "digits") scale(data, 1.0 / 16);
  }
  return data;
}

} // namespace driftwell::sgd

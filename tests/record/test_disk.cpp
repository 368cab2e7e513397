// A disk that fills up, a disk that breaks, and a process that is killed: at every single write call.
#include "record/disk.hpp"
#include "scratch.hpp"

#include <catch2/catch.hpp>
#include <hdf5.h>

#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

using namespace driftwell;
using namespace driftwell::record;
using namespace driftwell::record::test;
using Catch::Matchers::Contains;

namespace {

struct NoFault {
  ~NoFault() { Disk::inject({}); }
};

void run_to_the_end(const fs::path& out, std::size_t frames) {
  Options options;
  options.replace = true;
  ResultFile file(out, options);
  small_run(file, frames, true);
  file.finish();
}

/// checked_frames, or -10 when the file opens but not all of it can be read, or -20 when it does not open. In a child
/// process, since HDF5 leaks memory over a file that contradicts itself.
long look_at(const fs::path& part) {
  const int status = in_child([&] {
    long frames = -20;
    static_cast<void>(io_error([&] {
      static_cast<void>(Reader(part).groups());
      frames = -10;
      frames = checked_frames(part);
    }));
    return static_cast<int>(frames + 20);
  });
  return WIFEXITED(status) ? WEXITSTATUS(status) - 20 : -30;
}

} // namespace

TEST_CASE("a disk that is full from any write on: one IoError, the old result and a readable .part", "[record]") {
  const Scratch scratch;
  const NoFault cleanup;
  const fs::path out = scratch / "out.h5", part = scratch / "out.h5.part";
  run_to_the_end(out, 2);
  const std::string old = bytes_of(out);
  const int error = GENERATE(ENOSPC, EIO); // EIO: from then on nothing at all can be written
  long n = 0, readable = 0, torn = 0;
  for (;; ++n) {
    fs::remove(part);
    Disk::inject({n, error});
    const std::string message = io_error([&] { run_to_the_end(out, 5); });
    Disk::inject({});
    REQUIRE(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL) == 0);
    if (message.empty()) {
      break;
    }
    INFO("write " << n << ": " << message);
    REQUIRE_THAT(message, Contains(std::strerror(error)) && Contains("out.h5.part"));
    REQUIRE(bytes_of(out) == old);
    REQUIRE_FALSE(fs::exists(scratch / "out.h5.part.lock"));
    if (message.find("can be read") != std::string::npos) {
      CHECK(checked_frames(part) >= -1);
      ++readable;
    } else if (message.find("damaged") != std::string::npos) {
      ++torn;
    } else {
      CHECK_FALSE(fs::exists(part)); // refused before the empty file was complete
    }
  }
  CHECK(n > 20);
  CHECK(readable > 10);
  if (error == ENOSPC) {
    CHECK(torn == 0);
  }
  CHECK(checked_frames(out) == 5);
}

TEST_CASE("a run killed at any write leaves a .part that opens", "[record]") {
  const Scratch scratch;
  const bool spare_commits = GENERATE(true, false);
  const fs::path out = scratch / "out.h5", part = scratch / "out.h5.part";
  long n = 0, opened = 0, complete = 0, most = -1;
  for (;; ++n) {
    fs::remove(part);
    const int status = in_child([&] {
      Disk::inject({n, 0, spare_commits});
      run_to_the_end(out, 5);
      return 0;
    });
    if (WIFEXITED(status)) {
      break;
    }
    REQUIRE(WTERMSIG(status) == SIGKILL);
    REQUIRE_FALSE(fs::exists(out));
    const long frames = look_at(part);
    INFO("write " << n << ": " << frames << " frames");
    if (frames >= -10) {
      ++opened;
    }
    if (frames >= -1) {
      ++complete;
    }
    if (spare_commits && n > 2) { // between commits the state of the last one is untouched
      CHECK(frames >= std::max(most, -1L));
      most = std::max(most, frames);
    }
  }
  INFO(n << " kills, " << opened << " opened, " << complete << " complete");
  CHECK(n > 10);
  CHECK(opened >= n - 3); // the first writes make the empty file
  CHECK(checked_frames(out) == 5);
}

TEST_CASE("a full file system: IoError, the old result survives, no new one appears", "[record]") {
  if (::geteuid() != 0) {
    return;
  }
  const Scratch scratch;
  const fs::path mount = scratch / "tiny";
  fs::create_directory(mount);
  if (::mount("tmpfs", mount.c_str(), "tmpfs", 0, "size=256k") != 0) {
    WARN("no right to mount a tmpfs: not tested");
    return;
  }
  std::string message, old, now;
  long frames = -9;
  {
    run_to_the_end(mount / "out.h5", 1);
    old = bytes_of(mount / "out.h5");
    message = io_error([&] { run_to_the_end(mount / "out.h5", 5000); });
    now = bytes_of(mount / "out.h5");
    frames = checked_frames(mount / "out.h5.part");
  }
  ::umount(mount.c_str());
  CHECK_THAT(message, Contains("No space left on device"));
  CHECK(now == old);
  CHECK(frames > 0);
}

TEST_CASE("a limit on the size of files is an IoError too", "[record]") {
  const Scratch scratch;
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{150'000, 150'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = io_error([&] { run_to_the_end(scratch / "out.h5", 5000); });
    return message.find("File too large") != std::string::npos ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK_FALSE(fs::exists(scratch / "out.h5"));
  CHECK(checked_frames(scratch / "out.h5.part") > 0);
}

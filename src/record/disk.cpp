#include "record/disk.hpp"

#include "driftwell/core/error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace driftwell::record {

namespace {

Disk::Fault fault_to_come;

} // namespace

void Disk::inject(const Fault& fault) { fault_to_come = fault; }

bool Disk::fault_is_due(std::uint64_t stop) const {
  Fault& fault = fault_to_come;
  if (fault.writes < 0 || (fault.spare_commits && committing_)) {
    return false;
  }
  if (fault.writes > 0) {
    --fault.writes;
    return false;
  }
  if (fault.error == 0) {
    raise(SIGKILL);
  }
  return fault.error != ENOSPC || stop > length_; // and it stays so: a full disk stays full
}

Disk::Disk(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) {
    throw IoError(fmt::format("{}: cannot create it: {}", path.string(), std::strerror(errno)));
  }
}

Disk::~Disk() { close(); }

void Disk::close() {
  if (descriptor_ < 0) {
    return;
  }
  // After a failure: back to the last commit, so that the file ends where its superblock says. Not earlier, since
  // HDF5 reads back what was written beyond while it closes.
  if (failed() && has_state() && ::ftruncate(descriptor_, static_cast<off_t>(committed_)) != 0) {
  }
  pages_.clear();
  if (::close(std::exchange(descriptor_, -1)) != 0) {
    fail(errno);
  }
}

std::string Disk::failure() const { return std::strerror(error_); }

void Disk::fail(int error) {
  if (error_ == 0) {
    error_ = error;
  }
}

void Disk::read(std::uint64_t address, void* buffer, std::size_t size) {
  read_file(address, buffer, size);
  const std::uint64_t stop = address + size;
  for (auto it = pages_.lower_bound(address / page_size); it != pages_.end() && it->first * page_size < stop; ++it) {
    const std::uint64_t start = it->first * page_size;
    const std::uint64_t from = std::max(start, address), to = std::min<std::uint64_t>(start + page_size, stop);
    std::memcpy(static_cast<std::byte*>(buffer) + (from - address), it->second.data() + (from - start), to - from);
  }
}

void Disk::read_file(std::uint64_t address, void* buffer, std::size_t size) const {
  auto* out = static_cast<char*>(buffer);
  while (size > 0) {
    const ssize_t n = ::pread(descriptor_, out, size, static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) { // beyond the end: zeros, as HDF5's own driver has it
      std::memset(out, 0, size);
      return;
    }
    out += n;
    address += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

Disk::Page& Disk::page_for_change(std::uint64_t index) {
  const auto [it, fresh] = pages_.try_emplace(index);
  if (fresh) {
    read_file(index * page_size, it->second.data(), page_size);
  }
  return it->second;
}

void Disk::write(std::uint64_t address, const void* buffer, std::size_t size) {
  const auto* from = static_cast<const std::byte*>(buffer);
  end_ = std::max(end_, address + size);
  while (size > 0) {
    const std::uint64_t index = address / page_size;
    const bool in_memory = failed() || index < committed_pages_;
    if (!in_memory) {
      write_file(address, from, size);
      if (!failed()) {
        return;
      }
      continue; // refused: the rest goes to memory
    }
    const std::size_t offset = address % page_size, n = std::min(size, page_size - offset);
    std::memcpy(page_for_change(index).data() + offset, from, n);
    from += n;
    address += n;
    size -= n;
  }
}

void Disk::write_file(std::uint64_t address, const void* buffer, std::size_t size) {
  const auto* from = static_cast<const char*>(buffer);
  while (size > 0 && !failed()) {
    const ssize_t n = fault_is_due(address + size) ? (errno = fault_to_come.error, ssize_t{-1})
                                                   : ::pwrite(descriptor_, from, size, static_cast<off_t>(address));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return fail(n == 0 ? ENOSPC : errno);
    }
    from += n;
    address += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
    length_ = std::max(length_, address);
  }
}

void Disk::set_length(std::uint64_t length) {
  if (failed() || length == length_) {
    return;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(length)) != 0) {
    return fail(errno);
  }
  length_ = length;
}

/// HDF5 rewrites much that stays the same (a chunk for one new value), and the fewer pages the shorter the burst.
void Disk::drop_unchanged_pages() {
  Page old;
  for (auto it = pages_.begin(); it != pages_.end();) {
    read_file(it->first * page_size, old.data(), page_size);
    it = old == it->second ? pages_.erase(it) : std::next(it);
  }
}

void Disk::reserve_pages() {
  for (const auto& [index, page] : pages_) {
    const auto start = static_cast<off_t>(index * page_size);
    if (::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, start, page_size) != 0 && (errno == ENOSPC || errno == EDQUOT)) {
      return fail(errno); // anything else: a file system that cannot reserve
    }
  }
}

/// Writes the pages, superblock first and upwards. When one is refused the ones before get their old bytes back.
bool Disk::apply_pages() {
  std::vector<Page> old(pages_.size());
  auto saved = old.begin();
  for (const auto& [index, page] : pages_) {
    read_file(index * page_size, (saved++)->data(), page_size);
  }
  for (const auto& [index, page] : pages_) {
    write_file(index * page_size, page.data(), page_size);
    if (failed()) {
      break;
    }
  }
  if (!failed()) {
    return true;
  }
  const int error = std::exchange(error_, 0);
  saved = old.begin();
  for (const auto& [index, page] : pages_) {
    write_file(index * page_size, (saved++)->data(), page_size);
  }
  torn_ = failed();
  error_ = error;
  return false;
}

void Disk::commit() {
  if (failed()) {
    return;
  }
  committing_ = true;
  // Length first: the superblock, in page 0, names it, and a shorter file does not open. Whole pages, since the pages
  // in memory are written whole; what is too much is cut off at the end.
  const std::uint64_t longest = std::max({length_, allocated_, committed_});
  set_length((longest + page_size - 1) / page_size * page_size);
  drop_unchanged_pages();
  reserve_pages();
  if (!failed() && apply_pages()) {
    set_length(allocated_);
    pages_.clear();
    committed_ = end_ = allocated_;
    committed_pages_ = (committed_ + page_size - 1) / page_size;
  }
  committing_ = false;
}

void Disk::synchronise() {
  if (!failed() && ::fsync(descriptor_) != 0) {
    fail(errno);
  }
}

} // namespace driftwell::record

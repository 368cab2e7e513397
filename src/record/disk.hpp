#pragma once
// The bytes below HDF5: a file whose content jumps from one consistent state to the next.
//
// HDF5 promises nothing about a file that was not closed, and after a failed write (disk full) closing may abort the
// process. Disk takes away both troubles:
//  * Between two commits nothing that the last commit contains is touched. Pages of the committed part that HDF5
//    rewrites are kept in memory; data beyond its end go straight to the file, where no committed byte refers to
//    them. So a killed run, or a full disk, leaves the state of the last commit.
//  * When the operating system refuses a write, Disk remembers why, stops touching the file and serves HDF5 from
//    memory, so that the library never sees an error it cannot digest. Callers ask failed() after each HDF5 call.
// What is left is a kill, or a broken medium, during the commit itself: a burst of page writes of a fraction of a
// millisecond that first makes sure that the pages have their blocks, so that a full disk shows before it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace driftwell::record {

class Disk {
public:
  /// Creates or empties the file. Throws IoError.
  explicit Disk(const std::filesystem::path& path);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  void read(std::uint64_t address, void* buffer, std::size_t size);
  void write(std::uint64_t address, const void* buffer, std::size_t size);

  /// The end of what HDF5 has allocated: the length the file gets at the next commit.
  [[nodiscard]] std::uint64_t allocated() const { return allocated_; }
  void set_allocated(std::uint64_t end) { allocated_ = end; }
  /// The end of what was written so far.
  [[nodiscard]] std::uint64_t end() const { return end_; }

  /// Makes what was written since the last commit part of the file. To be called after H5Fflush and H5Fclose only.
  void commit();
  /// Waits until the committed state is on the medium; a late "no space left" of a network file system shows here.
  void synchronise();
  void close();

  [[nodiscard]] bool failed() const { return error_ != 0; }
  /// True when the file holds the state of some commit: then it opens.
  [[nodiscard]] bool has_state() const { return committed_ > 0 && !torn_; }
  [[nodiscard]] bool is_torn() const { return torn_; } ///< a commit stopped half-way and could not be undone
  /// Why the file cannot be written, in the words of the operating system.
  [[nodiscard]] std::string failure() const;

  /// For tests: after `writes` more write calls the operating system "refuses" with `error` (an errno; ENOSPC only
  /// for writes beyond the end), or the process is killed when error is 0. Negative: never.
  struct Fault {
    long writes = -1;
    int error = 0;
    bool spare_commits = false; ///< count and hit only the writes between commits
  };
  static void inject(const Fault& fault);

private:
  static constexpr std::size_t page_size = 4096;
  using Page = std::array<std::byte, page_size>;

  Page& page_for_change(std::uint64_t index);
  void read_file(std::uint64_t address, void* buffer, std::size_t size) const;
  void write_file(std::uint64_t address, const void* buffer, std::size_t size);
  void set_length(std::uint64_t length);
  void drop_unchanged_pages();
  void reserve_pages();
  bool apply_pages();
  [[nodiscard]] bool fault_is_due(std::uint64_t stop) const;
  void fail(int error);

  int descriptor_ = -1;
  int error_ = 0;
  bool committing_ = false;
  bool torn_ = false;
  std::uint64_t allocated_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t length_ = 0;          ///< of the file itself
  std::uint64_t committed_ = 0;       ///< length at the last commit
  std::uint64_t committed_pages_ = 0; ///< pages that hold committed bytes
  std::map<std::uint64_t, Page> pages_;
};

} // namespace driftwell::record

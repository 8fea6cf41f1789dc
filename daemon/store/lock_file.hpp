#pragma once
#include <filesystem>

namespace vigil::store {

/// DIR/vigil.lock, held as long as this lives (flock, so that no crash leaves it behind); the holder's pid
/// stands in it for whoever is refused.
class LockFile {
 public:
  /// Throws std::runtime_error: held (and by which pid), or the folder cannot be written.
  explicit LockFile(const std::filesystem::path& directory);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace vigil::store

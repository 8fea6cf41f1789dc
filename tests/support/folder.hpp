#pragma once
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <stdlib.h>
#include <sys/mount.h>

namespace vigil {

/// A folder of its own under the temporary one, gone afterwards.
class Folder {
 public:
  Folder() {
    auto name = (std::filesystem::temp_directory_path() / "vigil-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A real file system in memory of so many MiB, mounted on a folder; needs the right to mount.
class SmallDisk {
 public:
  explicit SmallDisk(int mib) {
    const auto options = "mode=0700,size=" + std::to_string(mib) + "m";
    if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0)
      mounted_ = true;
    else
      why_ = std::string("a small tmpfs cannot be mounted here: ") + std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const std::string& why() const { return why_; }  ///< not mounted
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

  /// Fills what is free but for about this many KiB.
  void fill(std::uintmax_t but_kib = 0) const {
    const auto available = std::filesystem::space(path()).available;
    const auto keep = but_kib * 1024;
    std::ofstream ballast(path() / "ballast", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    for (std::uintmax_t n = 0; available > keep && n < (available - keep) / page.size(); ++n)
      ballast << page;
  }
  void free() const { std::filesystem::remove(path() / "ballast"); }
  void read_only(bool on) const {
    unsigned long flags = MS_REMOUNT;
    if (on) flags |= MS_RDONLY;
    if (::mount("tmpfs", path().c_str(), "tmpfs", flags, nullptr) != 0)
      throw std::runtime_error(std::string("remount: ") + std::strerror(errno));
  }

 private:
  Folder folder_;
  bool mounted_ = false;
  std::string why_;
};

}  // namespace vigil

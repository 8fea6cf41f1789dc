#include "store/lock_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace vigil::store {

LockFile::LockFile(const std::filesystem::path& directory) {
  const auto file = directory / "vigil.lock";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0)
    throw std::runtime_error("cannot write in " + directory.string() + ": " + std::strerror(errno) +
                             ": choose another folder with --data");
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    std::array<char, 32> pid{};
    if (::pread(fd_, pid.data(), pid.size() - 1, 0) < 0) pid[0] = '\0';
    ::close(fd_);
    std::string holder(pid.data());
    while (!holder.empty() && holder.back() == '\n')
      holder.pop_back();
    if (error == EWOULDBLOCK)
      throw std::runtime_error("the log in " + directory.string() + " is in use by another vigild (pid " +
                               (holder.empty() ? "unknown" : holder) +
                               "): stop that one, or choose another folder with --data");
    throw std::runtime_error("cannot lock " + file.string() + ": " + std::strerror(error));
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  // The pid is for people; on a full disk the lock holds without it.
  if (::ftruncate(fd_, 0) == 0) [[maybe_unused]]
    const auto written = ::pwrite(fd_, pid.data(), pid.size(), 0);
}

LockFile::~LockFile() { ::close(fd_); }

}  // namespace vigil::store

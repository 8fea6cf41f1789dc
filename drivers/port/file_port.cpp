#include "drivers/port/file_port.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace vigil::drivers {

FilePort::FilePort(const asio::any_io_executor& executor, const Clock& clock,
                   const std::filesystem::path& file)
    : idle_(executor, clock, file.string()) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    throw DeviceRefused(file.string() + ": expected a recording, found " +
                        (error ? error.message() : std::string("no regular file")));
  if (::access(file.c_str(), R_OK) != 0)
    throw DeviceRefused(file.string() + ": cannot be read: " + std::strerror(errno) +
                        "; give the daemon's user the right to read it");
}

asio::awaitable<Arrival> FilePort::read(std::optional<std::chrono::milliseconds> timeout) {
  return idle_.read(timeout);
}

asio::awaitable<void> FilePort::write(std::span<const std::byte> bytes) { return idle_.write(bytes); }

}  // namespace vigil::drivers

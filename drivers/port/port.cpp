#include <stdexcept>

#include "drivers/driver.hpp"

namespace vigil::drivers {

asio::awaitable<std::vector<std::byte>> Port::control(std::uint8_t, std::uint8_t, std::uint16_t,
                                                      std::uint16_t, std::span<const std::byte>,
                                                      std::uint16_t) {
  throw std::logic_error("a control transfer was asked of a port that is not USB");
}

void Port::line(const Line&) {}

}  // namespace vigil::drivers

#include "drivers/port/idle_port.hpp"

namespace vigil::drivers {

asio::awaitable<Arrival> IdlePort::read(std::optional<std::chrono::milliseconds> timeout) {
  co_await wakeup_.wait(timeout);
  co_return Arrival{{}, clock_.now()};
}

asio::awaitable<void> IdlePort::write(std::span<const std::byte>) { co_return; }

}  // namespace vigil::drivers

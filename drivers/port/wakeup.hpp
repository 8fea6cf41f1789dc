#pragma once
#include <chrono>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"

namespace vigil::drivers {

namespace asio = boost::asio;

/// Lets one coroutine sleep until it is woken or a time-out of the daemon's time has passed. One thread.
class Wakeup {
 public:
  Wakeup(const asio::any_io_executor& executor, const Clock& clock) : timer_(executor), clock_(clock) {}

  /// true: woken (also when wake() came before); false: the time-out passed. No time-out: waits for wake().
  /// Throws boost::system::system_error (operation_aborted) when the coroutine is cancelled.
  asio::awaitable<bool> wait(std::optional<std::chrono::milliseconds> timeout);
  void wake();

 private:
  asio::steady_timer timer_;
  const Clock& clock_;
  bool woken_ = false;
};

}  // namespace vigil::drivers

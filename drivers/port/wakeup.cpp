#include "drivers/port/wakeup.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace vigil::drivers {

asio::awaitable<bool> Wakeup::wait(std::optional<std::chrono::milliseconds> timeout) {
  if (!woken_) {
    if (timeout)
      timer_.expires_after(clock_.machine(*timeout));
    else
      timer_.expires_at(asio::steady_timer::time_point::max());
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error && !woken_) throw boost::system::system_error(asio::error::operation_aborted);
  }
  const bool woken = woken_;
  woken_ = false;
  co_return woken;
}

void Wakeup::wake() {
  woken_ = true;
  timer_.cancel();
}

}  // namespace vigil::drivers

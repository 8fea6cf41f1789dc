#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace vigil::serve {

/// Listens on one loopback address and hands over what connects.
class Listener {
 public:
  using Taken = std::function<void(boost::asio::ip::tcp::socket)>;

  /// "localhost" is 127.0.0.1. Port 0: any.
  /// Throws std::runtime_error: one clear line, for an address that is none, not loopback, or in use.
  Listener(boost::asio::io_context& io, const std::string& address, std::uint16_t port);

  void start(Taken taken);
  void stop();
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void accept();

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Taken taken_;
  std::uint16_t port_ = 0;
};

}  // namespace vigil::serve

#pragma once
#include <cstddef>
#include <list>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "serve/routes.hpp"

namespace vigil::serve {

/// The HTTP connections that are open, so that closing can end them. Serve thread only.
class Sessions {
 public:
  explicit Sessions(House& house) : house_(house) {}

  /// Takes a connection that was accepted. It ends by itself: at its client's wish, a deadline, or
  /// end_idle().
  void begin(boost::asio::ip::tcp::socket socket);
  /// From now on no connection is kept after its answer; those that wait for a request are closed.
  void end_idle();
  /// Closes all, whatever they do.
  void end_all();
  [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }

  struct Connection;

 private:
  House& house_;
  std::list<Connection*> open_;
};

}  // namespace vigil::serve

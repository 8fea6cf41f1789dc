#include "serve/listener.hpp"

#include <stdexcept>

#include <boost/asio/ip/address.hpp>

#include "base/log.hpp"

namespace vigil::serve {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

}  // namespace

Listener::Listener(boost::asio::io_context& io, const std::string& address, std::uint16_t port)
    : acceptor_(io), pause_(io) {
  error_code ec;
  const auto ip = boost::asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  if (ec)
    throw std::runtime_error("'" + address +
                             "' is no address to listen on: expected 127.0.0.1, ::1 or localhost");
  if (!ip.is_loopback())
    throw std::runtime_error(address +
                             " is not a loopback address: as long as there are no accounts, Vigil listens on "
                             "127.0.0.1 or ::1 only");
  const tcp::endpoint endpoint(ip, port);
  const auto where = (ip.is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(port);
  acceptor_.open(endpoint.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_.bind(endpoint, ec);
  if (!ec) acceptor_.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (ec == boost::asio::error::address_in_use)
    throw std::runtime_error(where + " is in use, perhaps by another vigild; choose another with --listen");
  if (ec) throw std::runtime_error("cannot listen on " + where + ": " + ec.message());
  port_ = acceptor_.local_endpoint().port();
}

void Listener::start(Taken taken) {
  taken_ = std::move(taken);
  accept();
}

void Listener::stop() {
  error_code ec;
  acceptor_.close(ec);
  pause_.cancel();
}

void Listener::accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!ec) {
      taken_(std::move(socket));
      return accept();
    }
    if (ec == boost::asio::error::connection_aborted) return accept();
    log::warn("cannot accept a connection: {}", ec.message());  // no descriptors left: some will end
    pause_.expires_after(std::chrono::milliseconds(200));
    pause_.async_wait([this](error_code failed) {
      if (!failed) accept();
    });
  });
}

}  // namespace vigil::serve

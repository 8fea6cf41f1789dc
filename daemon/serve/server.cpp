#include "serve/server.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/resource.h>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "serve/door.hpp"
#include "serve/hub.hpp"
#include "serve/listener.hpp"
#include "serve/pages.hpp"
#include "serve/routes.hpp"
#include "serve/session.hpp"
#include "serve/work.hpp"

namespace vigil::serve {
namespace {

constexpr std::size_t http_connections = 256;  // beside the WebSocket clients
constexpr rlim_t other_descriptors = 128;      // sensors, files, database

void raise_descriptor_limit(std::size_t clients) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto wanted = std::min<rlim_t>(limit.rlim_max, clients + http_connections + other_descriptors);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Inside {
  Inside(Options o, Backend b)
      : options(std::move(o)),
        backend(std::move(b)),
        pages(options.web),
        listener(io, options.address, options.port),
        work(options.max_clients + http_connections),
        hub(io, door, options, backend, work),
        house{io, door, options, backend, hub, work, pages, listener.port()},
        sessions(house),
        beat(io) {}

  void run();
  void stop();
  void await_end(std::chrono::steady_clock::time_point until);

  const Options options;
  const Backend backend;
  const Pages pages;
  boost::asio::io_context io{1};
  std::shared_ptr<Door> door = std::make_shared<Door>(io);
  Listener listener;
  Work work;
  Hub hub;
  House house;
  Sessions sessions;
  boost::asio::steady_timer beat;  ///< while stopping: looks whether all are gone
  std::thread thread;
};

void Server::Inside::run() {
  hub.start();
  listener.start([this](boost::asio::ip::tcp::socket socket) {
    if (sessions.open() + hub.clients() >= options.max_clients + http_connections) return;  // closes it
    sessions.begin(std::move(socket));
  });
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& e) {  // a handler's mistake costs its connection, not the server
      log::error("serving went wrong: {}", e.what());
    }
  }
}

/// Serve thread.
void Server::Inside::stop() {
  house.closing = true;
  listener.stop();
  sessions.end_idle();
  hub.close_all(CloseCode::going_away, "the daemon is stopping");
  await_end(std::chrono::steady_clock::now() + options.deadlines.close);
}

void Server::Inside::await_end(std::chrono::steady_clock::time_point until) {
  if ((hub.clients() == 0 && sessions.open() == 0) || std::chrono::steady_clock::now() >= until) {
    sessions.end_all();
    return io.stop();
  }
  beat.expires_after(std::chrono::milliseconds(5));
  beat.async_wait([this, until](boost::system::error_code ec) {
    if (!ec) await_end(until);
  });
}

Server::Server(Options options, Backend backend) {
  raise_descriptor_limit(options.max_clients);
  in_ = std::make_unique<Inside>(std::move(options), std::move(backend));
}

Server::~Server() { stop(); }

void Server::stop() {
  if (in_->thread.joinable()) {
    auto stop = [in = in_.get()] { in->stop(); };
    in_->door->post(std::move(stop));
    in_->thread.join();
  }
  in_->work.stop();
  in_->door->close();
}

void Server::start() {
  in_->work.start();
  in_->thread = start_thread("vigil-serve", [in = in_.get()] { in->run(); });
}

std::uint16_t Server::port() const noexcept { return in_->listener.port(); }

void Server::publish(std::vector<Event> committed) {
  in_->door->post([&hub = in_->hub, e = std::move(committed)]() mutable { hub.events(std::move(e)); });
}
void Server::publish_unrecorded(std::vector<Event> events) {
  in_->door->post([&hub = in_->hub, e = std::move(events)]() mutable { hub.unrecorded(std::move(e)); });
}
void Server::publish(std::vector<Reading> readings) {
  in_->door->post([&hub = in_->hub, r = std::move(readings)]() mutable { hub.readings(std::move(r)); });
}
void Server::publish_waves(std::vector<wire::BedWave> waves, WallTime first) {
  in_->door->post(
      [&hub = in_->hub, w = std::move(waves), first]() mutable { hub.waves(std::move(w), first); });
}
void Server::publish_beds(std::vector<wire::BedSnapshot> beds) {
  in_->door->post([&hub = in_->hub, b = std::move(beds)]() mutable { hub.beds(std::move(b)); });
}
void Server::publish_devices(std::vector<DeviceHealth> devices) {
  in_->door->post([&hub = in_->hub, d = std::move(devices)]() mutable { hub.devices(std::move(d)); });
}
void Server::publish_recording(bool writing, std::string trouble) {
  in_->door->post(
      [&hub = in_->hub, writing, t = std::move(trouble)]() mutable { hub.recording(writing, std::move(t)); });
}
std::uint64_t Server::turns() const noexcept { return in_->hub.turns(); }
std::size_t Server::clients() const noexcept { return in_->hub.clients(); }

}  // namespace vigil::serve

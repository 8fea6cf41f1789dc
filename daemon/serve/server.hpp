#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "core/device_health.hpp"
#include "core/event.hpp"
#include "core/reading.hpp"
#include "wire/live.hpp"

namespace vigil::serve {

/// What the server needs of the rest of the daemon, as plain functions: serve/ knows neither store nor
/// acquire.
struct Backend {
  /// Any thread; the answer may come on any thread, also within the call, also after the server is gone.
  /// Mirrors store::Store::enter.
  enum class Refusal : std::uint8_t { disk, busy, closing, conflict };
  struct Accepted {
    Event event;
    bool repeated = false;
  };
  std::function<void(Event draft, std::function<void(boost::system::result<Accepted, Refusal>)>)> enter;

  /// History, called on the work thread only. They throw std::runtime_error when the database cannot be read.
  /// Events with seq > since, oldest first; an empty bed: all events.
  std::function<std::vector<Event>(std::uint64_t since, std::size_t limit, const Name& bed)> events;
  /// The whole JSON body of the answer, made by wire/. An empty one: there is no such thing.
  std::function<std::string(const Name& bed, std::size_t limit)> nights;
  std::function<std::string(const Name& night)> night;  ///< with its events and epochs
  std::function<std::string(const Name& bed, WallTime from, WallTime to)> epochs, readings;

  /// Any thread: what is wrong with the driver or the settings of an assignment, for a device of this driver
  /// (empty: none claims it); empty: nothing.
  std::function<std::string(const Name& driver, const event::DeviceAssigned&)> objection;
  std::function<std::string()> validation;   ///< any thread: the body of GET /api/v1/validation
  std::function<std::string()> definitions;  ///< any thread: the body of GET /api/v1/definitions
  std::function<std::string()> drivers;      ///< any thread: the body of GET /api/v1/drivers, made by wire/

  /// Any thread: clocks, and what /health adds (queue depths, disk, threads).
  std::function<wire::Now()> now;
  std::function<std::string()> health;  ///< a JSON object; its members are laid over the server's own
};

/// How long anyone may take, in the machine's time.
struct Deadlines {
  using milliseconds = std::chrono::milliseconds;
  milliseconds header =
      std::chrono::seconds(10);  ///< a request's header, from its first byte (or the connection's start)
  milliseconds body = std::chrono::seconds(15);
  milliseconds idle = std::chrono::seconds(30);    ///< a kept connection between requests
  milliseconds answer = std::chrono::seconds(20);  ///< the daemon's own answer; then 503
  milliseconds ping =
      std::chrono::seconds(20);  ///< a WebSocket client that is silent for two of them is closed
  milliseconds close = std::chrono::seconds(2);         ///< from our close to the end of the connection
  milliseconds gather = std::chrono::milliseconds(50);  ///< readings and waves wait this long for company
  milliseconds standing = std::chrono::seconds(1);      ///< beds and devices frames come no oftener
};

struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8580;  ///< 0: any (tests)
  std::filesystem::path web;  ///< folder of the built page; empty: built in
  std::string version;
  std::string log_id;
  std::uint64_t head = 0;
  double time_scale = 1;
  std::size_t max_clients = 2000;
  Deadlines deadlines{};
};

/// HTTP, WebSocket and the page. Own io_context and thread, plus the work thread for history.
/// Publishing functions are thread-safe and never block: they post.
class Server {
 public:
  /// Raises the process's soft limit of descriptors towards max_clients.
  /// Throws std::runtime_error: "127.0.0.1:8580 is in use ... choose another with --listen", or an address
  /// that is not loopback (refused until accounts exist).
  Server(Options options, Backend backend);
  ~Server();  ///< stops; takes at most Deadlines::close and a running history query

  void start();
  /// Closes clients with 1001 and joins; from then on the backend is not called. Again: nothing.
  void stop();
  [[nodiscard]] std::uint16_t port() const noexcept;

  void publish(std::vector<Event> committed);  ///< in order of seq
  void publish_unrecorded(std::vector<Event> events);
  void publish(std::vector<Reading> readings);
  void publish_waves(std::vector<wire::BedWave> waves, WallTime first);
  void publish_beds(std::vector<wire::BedSnapshot> beds);  ///< the snapshot `hello` is made of; replaces
  void publish_devices(std::vector<DeviceHealth> devices);
  /// Recording ceased or resumed: clients are told at once.
  void publish_recording(bool writing, std::string trouble);
  /// Counts the turns of the serve loop, at least one a second while it lives.
  [[nodiscard]] std::uint64_t turns() const noexcept;
  [[nodiscard]] std::size_t clients() const noexcept;  ///< open WebSocket clients

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::serve

#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.hpp"
#include "bed/bed.hpp"
#include "core/device_health.hpp"
#include "core/event.hpp"
#include "core/reading.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"
#include "wire/live.hpp"

namespace vigil::acquire {

struct BedSpec {
  Name bed;
  std::string label, person;
  bed::Settings settings;
};

struct DeviceSpec {  ///< from the configuration
  const drivers::Driver* driver = nullptr;
  Name bed;
  std::string identity;  ///< empty: any of this driver not claimed otherwise
  std::string port;      ///< empty: found by identity
  std::shared_ptr<const drivers::Settings> settings;
  std::string toml;
  std::string source{};  ///< for people: "vigil.toml line 12"
};

/// Settings as a person wrote them, lines of a [[device]] table. Throws std::invalid_argument naming each
/// mistake.
using ReadSettings =
    std::function<std::shared_ptr<const drivers::Settings>(const drivers::Driver&, const std::string& lines)>;

/// Where acquire puts what happens. All called on the acquire thread; none may block.
struct Sinks {
  std::function<void(Event)> event;                       ///< stamped, seq 0: to the store
  std::function<void(const Reading&, WallTime)> reading;  ///< 1 Hz, to store and server
  std::function<void(const Epoch&, WallTime)> epoch;
  std::function<void(const Rescore&, WallTime)> rescore;
  std::function<void(std::vector<Reading>)> readings;  ///< the same, gathered per tick for the server
  std::function<void(std::vector<wire::BedWave>, WallTime)> waves;
  std::function<void(std::vector<wire::BedSnapshot>)> beds;
  std::function<void(std::vector<DeviceHealth>)> devices;
  std::function<void(const Name& device, const Name& driver, const std::string& toml, WallTime, Instant,
                     bool simulated)>
      raw_open;
  std::function<void(const Name& device, Instant, std::uint8_t kind, std::span<const std::byte>)> raw;
  std::function<void(const Name& device)> raw_close;
};

struct Options {
  std::vector<BedSpec> beds;
  std::vector<DeviceSpec> devices;
  /// Opens what the configuration places, instead of the finder: ports in memory, for benches. Acquire
  /// thread.
  std::function<std::unique_ptr<drivers::Port>(const boost::asio::any_io_executor&, const drivers::Driver&,
                                               const std::string& port, drivers::Tap)>
      open;
  ReadSettings read_settings{};  ///< none: only a driver's defaults can be had
  bool demo = false;             ///< two synthetic beds when, after the first look, no sensor is attached
};

/// One thread that owns all ports and all beds: finds devices by identity, runs each under supervise(),
/// admits samples, steps the beds, and says what happened.
class Acquire {
 public:
  Acquire(const Clock& clock, Options options, Sinks sinks);
  ~Acquire();
  /// Before start: the fold of the log (events oldest first) by which the night goes on.
  void restore(const Name& bed, const Event& event, Instant at);
  void restore(const Name& bed, const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from);
  /// The log tells of this bed up to then: a device that begins with its past tells only what is later.
  void restore(const Name& bed, Instant last);
  /// A device.assigned of the log, of any bed or none, oldest first.
  void restore_assignment(const Event& event);
  /// Returns once what is attached has been looked at and the beds are known (and told to `beds`), which
  /// takes at most 4 s of the machine's time.
  void start();
  void stop();  ///< cancels, waits up to 10 s, joins
  /// Any thread: a check-in is evidence; a device that was given a bed, or taken from one, goes there at
  /// once.
  void entered(Event committed);
  [[nodiscard]] std::uint64_t turns() const noexcept;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::acquire

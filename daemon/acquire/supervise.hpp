#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "acquire/admit.hpp"
#include "acquire/bedside.hpp"
#include "acquire/health.hpp"
#include "drivers/port/finder.hpp"
#include "drivers/port/wakeup.hpp"
#include "drivers/rate_fit.hpp"

namespace vigil::acquire {

namespace asio = boost::asio;

/// One device for as long as the daemon runs, plugged in or not: opens it, runs its driver, admits its
/// samples for its bed, and says once what became of it. Acquire thread only; stays where it was made.
///
/// Stale is not gone: a silent device keeps its place, and its state is `stale` until its next sample. One of
/// a regular rate that is silent for longer is reset, once in each silence, and opened anew with back-off.
/// Only what cannot be opened or says itself that it is lost, is `lost`.
class Device final : public drivers::SampleSink {
 public:
  /// Opens the device's port, wherever it is now. Throws DeviceRefused, DeviceLost.
  using Open = std::function<std::unique_ptr<drivers::Port>(drivers::Tap)>;
  /// Stamps and sends what happened to the device.
  using Say = std::function<void(Payload, const Name& bed, bool simulated)>;

  struct Plan {
    Name identity;
    const drivers::Driver* driver = nullptr;
    std::string model;  ///< of the match, until the device says more
    std::shared_ptr<const drivers::Settings> settings;
    std::string toml;
    std::string expected{};  ///< whom the configuration names at an explicit port; empty: whoever is there
    Bedside* bed = nullptr;  ///< null: not assigned, never opened
    bool told = false;       ///< the log has its device.attached and device.assigned of this run
  };

  Device(const asio::any_io_executor& executor, const Clock& clock, const Sinks& sinks, Say say, Plan plan);

  /// Until cancelled or the device's data ends. The back-off goes from 1 s to 30 s; a refusal is tried again
  /// every 30 s; `came` cuts a wait short.
  asio::awaitable<void> supervise();

  void came(Open open, std::string where);  ///< it is attached (again)
  void went();                              ///< it is attached no more: not tried again until it comes
  /// It is not to be opened: it has no bed, or (refused) cannot be used as things stand.
  void unassigned(std::string mend, DeviceState state = DeviceState::unassigned);
  void tick();  ///< about ten times a second: is it silent for too long?

  [[nodiscard]] const Name& identity() const noexcept { return plan_.identity; }
  [[nodiscard]] bool told() const noexcept { return attached_told_; }
  [[nodiscard]] DeviceHealth health() const;
  /// Once after each change that people want to see at once.
  [[nodiscard]] bool take_changed() noexcept { return std::exchange(changed_, false); }

  ChannelIndex announce(const Channel& channel) override;
  void sample(ChannelIndex channel, Instant at, std::span<const float> values) override;
  void reject(Reject reason, std::uint64_t count) override;
  void describe(std::string what) override;
  void battery(float percent) override;
  void note(std::string what) override;
  /// Throws DeviceRefused when the configuration names another.
  void identify(std::string_view identity) override;

 private:
  struct Stream {
    Admit admit;
    ChannelIndex at_bed;
    std::optional<drivers::RateFit> fit;  ///< of a regular channel
  };
  enum class Outcome { ended, lost, refused, stalled };

  asio::awaitable<Outcome> run_once(std::string& why);
  asio::awaitable<void> drive(drivers::Port& port);
  void reset_once(drivers::Port& port);
  void close(Outcome outcome, const std::string& why);
  void become(DeviceState state);
  void say(Payload payload) {
    say_(std::move(payload), plan_.bed != nullptr ? plan_.bed->name() : Name(), simulated());
  }
  /// Of all regular channels together, as nominal_hz counts them; absent until each is known.
  [[nodiscard]] std::optional<double> fitted_hz() const;
  [[nodiscard]] bool simulated() const noexcept { return plan_.driver->simulated; }

  const Clock& clock_;
  const Sinks& sinks_;
  const Say say_;
  const Plan plan_;
  const Duration stale_after_;
  const Duration stalled_after_;  ///< silent for so long: reset and opened anew
  drivers::Wakeup wakeup_;
  Open open_;
  Bedside::Feed* feed_ = nullptr;
  std::vector<Stream> streams_;
  DeviceHealth health_;
  Rate rate_;
  Instant heard_;  ///< when the last sample came, or the port was opened
  std::optional<Instant> lost_at_;
  std::optional<Instant> silent_since_;  ///< stale since then
  std::optional<Instant> flooded_at_;
  drivers::Port* port_ = nullptr;   ///< while the driver runs
  asio::cancellation_signal halt_;  ///< ends the driver
  bool stalled_ = false;            ///< halted for its silence, and not heard since
  bool halting_ = false;
  bool flooding_ = false;
  bool reset_ = false;  ///< in this silence
  bool present_ = false;
  bool came_ = false;           ///< since the last opening began
  bool attached_told_ = false;  ///< device.attached is in the log for this run of the daemon
  bool live_ = false;           ///< its channels are announced since the last opening
  bool changed_ = true;
  std::string last_trouble_;
};

}  // namespace vigil::acquire

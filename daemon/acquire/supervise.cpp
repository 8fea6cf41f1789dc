#include "acquire/supervise.hpp"

#include <algorithm>
#include <cmath>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "base/log.hpp"
#include "drivers/settings.hpp"

namespace vigil::acquire {
namespace {

constexpr std::chrono::seconds shortest_wait{1}, longest_wait{30};
/// A flood is shown for as long after it ended.
constexpr std::chrono::seconds flood_told{10};

/// With time scaled a scheduler's hiccup of the machine would look like silence: never less than a quarter
/// second.
Duration silence_allowed(const drivers::Driver& driver, const drivers::Settings& settings,
                         const Clock& clock) {
  return std::max<Duration>(drivers::stale_after(driver, settings), from_seconds(0.25 * clock.scale()));
}

/// Three times the silence that makes it stale, and at least 10 s, which a driver may need to wake its device
/// by itself. Never where silence is natural (a button) or made by ourselves (files).
Duration stall_allowed(const drivers::Driver& driver, Duration stale_after) {
  const bool hardware =
      driver.transport == drivers::Transport::serial || driver.transport == drivers::Transport::usb;
  if (!hardware || stale_after > std::chrono::hours(1)) return Duration::max();
  return std::max<Duration>(3 * stale_after, std::chrono::seconds(10));
}

/// A sample as the one number by which people see which device moves; nullopt: no cell gives one.
std::optional<float> told_as_one(Quantity quantity, std::span<const float> values) {
  std::optional<float> told;
  for (const float v : values) {
    if (!std::isfinite(v)) continue;
    told = told.value_or(0) + (quantity == Quantity::acceleration ? v * v : v);
  }
  if (told && quantity == Quantity::acceleration) told = std::sqrt(*told);
  return told;
}

}  // namespace

Device::Device(const asio::any_io_executor& executor, const Clock& clock, const Sinks& sinks, Say say,
               Plan plan)
    : clock_(clock),
      sinks_(sinks),
      say_(std::move(say)),
      plan_(std::move(plan)),
      stale_after_(silence_allowed(*plan_.driver, *plan_.settings, clock)),
      stalled_after_(stall_allowed(*plan_.driver, stale_after_)),
      wakeup_(executor, clock) {
  health_.device = plan_.identity;
  health_.driver = plan_.driver->name;
  health_.what = plan_.model;
  health_.simulated = simulated();
  attached_told_ = plan_.told;
  if (plan_.bed != nullptr) {
    health_.bed = plan_.bed->name();
    feed_ = &plan_.bed->feed(plan_.identity, simulated());
  }
}

asio::awaitable<void> Device::supervise() {
  Duration wait = shortest_wait;
  for (;;) {
    while (!present_)
      co_await wakeup_.wait(std::nullopt);
    came_ = false;
    std::string why;
    const auto outcome = co_await run_once(why);
    const bool worked = live_ && !stalled_;
    close(outcome, why);
    if (outcome == Outcome::ended) co_return;
    if (outcome == Outcome::refused)
      wait = longest_wait;
    else if (worked || !present_)
      wait = shortest_wait;
    const auto until = clock_.now() + wait;
    wait = std::min<Duration>(2 * wait, longest_wait);
    // A wake-up from before is no reason to hurry; an arrival is.
    while (present_ && !came_ && clock_.now() < until)
      co_await wakeup_.wait(std::chrono::ceil<std::chrono::milliseconds>(until - clock_.now()));
    if (came_) wait = shortest_wait;
  }
}

asio::awaitable<Device::Outcome> Device::run_once(std::string& why) {
  if (!stalled_) become(DeviceState::opening);
  const auto tap = [this](Instant at, std::uint8_t kind, std::span<const std::byte> bytes) {
    if (kind == static_cast<std::uint8_t>(drivers::Passed::read)) health_.bytes += bytes.size();
    if (sinks_.raw) sinks_.raw(plan_.identity, at, kind, bytes);
  };
  bool recording = false;
  auto outcome = Outcome::lost;
  try {
    const auto port = open_(tap);
    health_.where = port->where();
    heard_ = clock_.now();
    // What has no bytes of its own has nothing to record: its night can be made again from the settings.
    recording = plan_.driver->transport == drivers::Transport::serial ||
                plan_.driver->transport == drivers::Transport::usb;
    if (recording && sinks_.raw_open)
      sinks_.raw_open(plan_.identity, plan_.driver->name, plan_.toml, clock_.wall(), heard_, simulated());
    co_await drive(*port);
    why = "its data has ended";
    outcome = Outcome::ended;
  } catch (const drivers::DeviceLost& lost) {
    why = lost.what();
  } catch (const drivers::DeviceRefused& refused) {
    why = refused.what();
    outcome = Outcome::refused;
  } catch (const boost::system::system_error& error) {
    if (std::exchange(halting_, false)) {
      why = "silent for too long";
      outcome = Outcome::stalled;
    } else if (error.code() == asio::error::operation_aborted) {  // the daemon stops
      if (recording && sinks_.raw_close) sinks_.raw_close(plan_.identity);
      throw;
    } else {
      why = error.what();
    }
  } catch (const std::exception& error) {
    why = error.what();
  }
  if (std::exchange(halting_, false)) outcome = Outcome::stalled;
  if (recording && sinks_.raw_close) sinks_.raw_close(plan_.identity);
  co_return outcome;
}

/// The driver's coroutine for itself, so that tick() can end it wherever it waits.
asio::awaitable<void> Device::drive(drivers::Port& port) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  // What stops this coroutine stops the driver's: the wait below listens to halt_ alone.
  auto slot = state.slot();
  const auto pass_on = [this](asio::cancellation_type type) { halt_.emit(type); };
  if (slot.is_connected()) slot.assign(pass_on);
  port_ = &port;
  std::exception_ptr ended;
  try {
    co_await asio::co_spawn(executor, plan_.driver->run(port, *plan_.settings, *this),
                            asio::bind_cancellation_slot(halt_.slot(), asio::use_awaitable));
  } catch (const drivers::DeviceLost&) {
    // It answers nothing although it is attached: the port is closed anyway.
    if (present_ && (health_.state == DeviceState::stale || !live_)) reset_once(port);
    ended = std::current_exception();
  } catch (...) {
    ended = std::current_exception();
  }
  port_ = nullptr;
  if (slot.is_connected()) slot.clear();
  if (ended) std::rethrow_exception(ended);
}

void Device::reset_once(drivers::Port& port) {
  if (std::exchange(reset_, true)) return;
  if (port.reset()) log::info("{}: reset", plan_.identity.view());
}

void Device::close(Outcome outcome, const std::string& why) {
  const auto now = clock_.now();
  streams_.clear();
  if (feed_ != nullptr) plan_.bed->detach(*feed_);
  if (outcome == Outcome::stalled) {
    live_ = false;
    return;
  }
  if (std::exchange(live_, false) || std::exchange(stalled_, false)) {
    stalled_ = false;
    silent_since_.reset();
    lost_at_ = now;
    say(event::DeviceLost{.device = plan_.identity, .reason = why});
    last_trouble_.clear();
  }
  if (why != last_trouble_) {
    if (outcome == Outcome::refused)
      log::error("{}: refused: {}", plan_.identity.view(), why);
    else
      log::warn("{}: lost: {}", plan_.identity.view(), why);
    last_trouble_ = why;
  }
  health_.mend = outcome == Outcome::refused ? why : "";
  become(outcome == Outcome::refused ? DeviceState::refused : DeviceState::lost);
}

void Device::came(Open open, std::string where) {
  open_ = std::move(open);
  health_.where = std::move(where);
  present_ = came_ = true;
  changed_ = true;
  wakeup_.wake();
}

void Device::went() {
  present_ = false;
  if (health_.state == DeviceState::refused) {  // a refusal goes with the device
    health_.mend.clear();
    become(DeviceState::lost);
  }
}

void Device::unassigned(std::string mend, DeviceState state) {
  health_.mend = std::move(mend);
  become(state);
  if (!std::exchange(attached_told_, true))
    say(event::DeviceAttached{.device = plan_.identity,
                              .driver = plan_.driver->name,
                              .what = health_.what,
                              .simulated = simulated()});
}

void Device::tick() {
  const auto now = clock_.now();
  if (const bool flooding = flooded_at_ && now - *flooded_at_ < flood_told; flooding != flooding_) {
    if (flooding) log::warn("{}: floods: what is too much is dropped", plan_.identity.view());
    flooding_ = flooding;
    changed_ = true;
  }
  if (!live_) return;
  const auto silent = now - heard_;
  if (health_.state == DeviceState::live && silent > stale_after_) {
    log::warn("{}: silent for {:.1f} s", plan_.identity.view(), seconds(silent));
    silent_since_ = heard_;
    become(DeviceState::stale);
    say(event::DeviceStale{.device = plan_.identity, .silent = silent});
  }
  // What speaks only when something changes is silent by right: a scale that is reset may call zero what lies
  // on it.
  const bool regular = health_.nominal_hz > 0;
  if (regular && health_.state == DeviceState::stale && silent > stalled_after_ && port_ != nullptr &&
      !halting_) {
    if (!std::exchange(stalled_, true))
      log::warn("{}: still silent: it is opened anew", plan_.identity.view());
    halting_ = true;
    reset_once(*port_);
    halt_.emit(asio::cancellation_type::terminal);
  }
}

DeviceHealth Device::health() const {
  auto now = health_;
  now.measured_hz = rate_.hz(clock_.now());
  now.fitted_hz = fitted_hz();
  if (now.note.empty() && flooding_)
    now.note = "sends far more than the " + std::to_string(std::lround(health_.nominal_hz)) +
               " samples a second that it should: what is too much is dropped; does something else speak on "
               "its port?";
  return now;
}

std::optional<double> Device::fitted_hz() const {
  std::optional<double> sum;
  for (const auto& stream : streams_) {
    if (!stream.fit) continue;
    const auto hz = stream.fit->hz();
    if (!hz) return std::nullopt;
    sum = sum.value_or(0) + *hz;
  }
  return sum;
}

ChannelIndex Device::announce(const Channel& channel) {
  if (feed_ == nullptr) throw std::logic_error("a device without a bed is never run");
  if (streams_.empty()) {
    health_.nominal_hz = 0;
    health_.newest_of = channel.quantity;
  }
  health_.nominal_hz += double{channel.rate_hz};
  streams_.push_back(
      {Admit(channel), plan_.bed->attach(*feed_, channel, stale_after_),
       channel.rate_hz > 0 ? std::optional(drivers::RateFit(double{channel.rate_hz})) : std::nullopt});
  if (!std::exchange(live_, true)) {
    const auto now = clock_.now();
    heard_ = now;
    last_trouble_.clear();
    health_.mend.clear();
    become(stalled_ ? DeviceState::stale : DeviceState::live);
    if (!std::exchange(attached_told_, true)) {
      log::info("{}: {} at {}", plan_.identity.view(), health_.what, health_.where);
      say(event::DeviceAttached{.device = plan_.identity,
                                .driver = plan_.driver->name,
                                .what = health_.what,
                                .simulated = simulated()});
      say(event::DeviceAssigned{.device = plan_.identity});
    }
    if (lost_at_) {
      log::info("{}: is back after {:.1f} s", plan_.identity.view(), seconds(now - *lost_at_));
      say(event::DeviceRecovered{.device = plan_.identity, .away = now - *lost_at_});
      lost_at_.reset();
    }
  }
  return static_cast<ChannelIndex>(streams_.size() - 1);
}

void Device::sample(ChannelIndex channel, Instant at, std::span<const float> values) {
  auto& stream = streams_.at(channel);
  if (const auto why = stream.admit(at, values)) {
    reject(*why, 1);
    if (*why == Reject::flood) flooded_at_ = clock_.now();
    return;
  }
  const auto now = clock_.now();
  if (silent_since_) {
    const auto away = now - *std::exchange(silent_since_, std::nullopt);
    log::info("{}: speaks again after {:.1f} s", plan_.identity.view(), seconds(away));
    stalled_ = false;
    become(DeviceState::live);
    say(event::DeviceRecovered{.device = plan_.identity, .away = away});
  }
  reset_ = false;
  heard_ = now;
  rate_.count(at);
  if (stream.fit) stream.fit->add(at);
  ++health_.samples;
  health_.last_sample = at;
  if (channel == 0) health_.newest = told_as_one(health_.newest_of, values);
  if (!plan_.bed->sample(*feed_, {.channel = stream.at_bed, .at = at, .values = values}))
    reject(Reject::order, 1);
}

void Device::reject(Reject reason, std::uint64_t count) {
  health_.rejects[static_cast<std::size_t>(reason)] += count;
}

void Device::describe(std::string what) {
  if (what == health_.what) return;
  health_.what = std::move(what);
  changed_ = true;
}

void Device::identify(std::string_view identity) {
  if (plan_.expected.empty() || identity == plan_.expected) return;
  throw drivers::DeviceRefused("at " + health_.where + " expected " + plan_.expected +
                               ", as `device =` says, found " + std::string(identity) +
                               ": plug in the right one, or change `device` or `port`");
}

void Device::battery(float percent) { health_.battery_percent = percent; }
void Device::note(std::string what) {
  if (health_.note == what) return;
  health_.note = std::move(what);
  changed_ = true;
}

void Device::become(DeviceState state) {
  if (health_.state == state) return;
  health_.state = state;
  changed_ = true;
}

}  // namespace vigil::acquire

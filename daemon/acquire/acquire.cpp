#include "acquire/acquire.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <list>
#include <map>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "acquire/assign.hpp"
#include "acquire/bedside.hpp"
#include "acquire/health.hpp"
#include "acquire/supervise.hpp"
#include "base/log.hpp"
#include "base/thread.hpp"
#include "drivers/port/finder.hpp"
#include "drivers/settings.hpp"

namespace vigil::acquire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration beat_every = milliseconds(100);     // of the daemon's time
constexpr Duration beat_at_least = milliseconds(5);    // of the machine's, however time is scaled
constexpr Duration waves_every = milliseconds(200);    // of the machine's
constexpr Duration look_every = seconds(1);            // of the machine's
constexpr Duration devices_every = milliseconds(250);  // of the machine's
constexpr Duration stop_within = seconds(10);
constexpr std::string_view first_bed = "bed-1";  // where the configuration has none
constexpr auto demo_runs = "the simulated beds are shown: start Vigil again to use this sensor";

struct DemoNight {
  const char* bed;
  const char* label;
  const char* seed;
  const char* started_ago_h;
};
constexpr DemoNight demo_nights[] = {{"bed-1", "Bed 1", "7", "4"}, {"bed-2", "Bed 2", "23", "2.5"}};

}  // namespace

struct Acquire::Inside {
  Inside(const Clock& c, Options o, Sinks s)
      : clock(c),
        options(std::move(o)),
        sinks(std::move(s)),
        assign(options.devices),
        work(asio::make_work_guard(io)) {
    // Without any [[device]] there is no doubt where a sensor belongs when there is one bed.
    implicit = options.devices.empty() && options.beds.size() <= 1;
    for (const auto& bed : options.beds)
      make_bed(bed);
  }

  // ---- beds
  Bedside& make_bed(BedSpec spec) {
    auto& bed =
        beds.emplace_back(clock, sinks, gathered, std::move(spec), static_cast<std::uint16_t>(beds.size()));
    auto told = restored.extract(bed.name());
    if (!told.empty())
      for (auto& tell : told.mapped())
        tell(bed);
    gathered.beds_changed = true;
    return bed;
  }
  Bedside* find_bed(const Name& name) {
    const auto bed = std::ranges::find(beds, name, &Bedside::name);
    return bed == beds.end() ? nullptr : &*bed;
  }
  void restore(const Name& bed, std::function<void(Bedside&)> tell) {
    if (auto* known = find_bed(bed))
      tell(*known);
    else
      restored[bed].push_back(std::move(tell));
  }

  // ---- events of devices and of the machine
  void say(Payload payload, const Name& bed, bool simulated) const {
    Event event;
    event.bed = bed;
    event.at = clock.now();
    event.wall = clock.wall_at(event.at);
    event.zone = clock.zone();
    event.boot = clock.boot();
    event.simulated = simulated;
    event.payload = std::move(payload);
    if (sinks.event) sinks.event(std::move(event));
  }

  // ---- devices
  /// A device, where it belongs, and what runs it there.
  struct Seat {
    Seat(Inside& in, Device::Plan plan, Place where)
        : device(
              in.io.get_executor(), in.clock, in.sinks,
              [&in](Payload payload, const Name& bed, bool simulated) {
                in.say(std::move(payload), bed, simulated);
              },
              std::move(plan)),
          place(std::move(where)) {}
    Device device;
    const Place place;
    Bedside* at = nullptr;  ///< the bed that it runs at
    asio::cancellation_signal cancel;
    bool running = false, leaving = false;
  };
  /// One that the configuration places by its port, or that needs none: it is not looked for.
  struct Placed {
    const DeviceSpec* spec = nullptr;
    std::string port;
  };

  Seat* find_seat(const Name& identity) {
    const auto seat =
        std::ranges::find_if(seats, [&](const Seat& s) { return s.device.identity() == identity; });
    return seat == seats.end() ? nullptr : &*seat;
  }
  Bedside* bed_for(const Name& name) {
    auto* bed = find_bed(name);
    if (bed == nullptr && options.beds.empty() && name == first_bed) bed = &make_first_bed();
    return bed;
  }
  Bedside& make_first_bed() {
    return make_bed({.bed = first_bed, .label = "Bed 1", .person = {}, .settings = {}});
  }

  void place(const DeviceSpec& spec) {
    auto at = spec;
    // A recording's file may be told by its setting.
    if (at.port.empty() && spec.driver->transport == drivers::Transport::file)
      at.port = settings_of(&spec, *spec.driver)->text("path");
    auto identity = placed_identity(at);
    for (int again = 2; placed.contains(identity); ++again)
      identity = short_name(placed_identity(at).str() + "#" + std::to_string(again));
    placed[identity] = {.spec = &spec, .port = at.port};
    settle(identity);
  }

  Place whereabouts(const drivers::Attached& attached) {
    auto place = assign.place(attached);
    if (showing_demo) {
      place.bed = {};
      place.fixed = place.trouble = demo_runs;
    }
    if (implicit && !showing_demo && place.bed.empty() && attached.driver != nullptr && !attached.keyboard &&
        !assign.given().contains(short_name(attached.identity)))
      place.bed = beds.empty() ? make_first_bed().name() : beds.front().name();
    return place;
  }

  /// Brings a device to where it belongs now; to be called whenever that may have changed.
  void settle(const Name& identity, bool came = false) {
    auto* seat = find_seat(identity);
    if (seat != nullptr && seat->leaving) return;  // again once it has left
    const auto fixed = placed.find(identity);
    const auto here = present.find(identity);
    if (fixed == placed.end() && here == present.end()) return settle_absent(identity, seat);

    const auto place =
        fixed != placed.end() ? assign.place(identity, *fixed->second.spec) : whereabouts(here->second);
    if (seat != nullptr && seat->place == place) {
      if (came) seat->device.came(opener(here->second), here->second.where);
      return;
    }
    devices_changed = true;
    const bool told = seat != nullptr && seat->device.told();
    if (seat != nullptr && !retire(*seat)) return;
    bystanders.erase(identity);
    if (place.driver == nullptr) {
      bystanders[identity] = unclaimed(identity, place, here->second);
      return;
    }
    auto& made = seat_device(identity, place, told);
    if (fixed != placed.end())
      made.device.came(opener(*place.driver, fixed->second.port), fixed->second.port);
    else
      made.device.came(opener(here->second), here->second.where);
    if (made.at != nullptr) {
      run(made);
      return;
    }
    if (!told) log::info("{}: at {}, has no bed", identity.view(), made.device.health().where);
  }

  /// Not plugged in: it is shown as long as it has a bed.
  void settle_absent(const Name& identity, Seat* seat) {
    const auto given = assign.given().find(identity);
    if (seat != nullptr) {
      const bool stays = given == assign.given().end()
                             ? !seat->place.bed.empty()
                             : !given->second.bed.empty() && given->second.bed == seat->place.bed &&
                                   given->second.settings == seat->place.settings;
      if (stays || !retire(*seat)) return;
    }
    devices_changed = true;
    bystanders.erase(identity);
    if (given == assign.given().end() || given->second.bed.empty()) return;
    const auto colon = identity.view().find(':');
    const auto name =
        given->second.driver.empty() ? identity.view().substr(0, colon) : given->second.driver.view();
    const auto* driver = drivers::find(name);
    DeviceHealth absent;
    absent.device = identity;
    absent.driver = driver != nullptr ? driver->name : std::string_view();
    absent.bed = given->second.bed;
    absent.what = driver != nullptr ? driver->title : "device";
    absent.state = DeviceState::lost;
    absent.mend = "it is not plugged in";
    absent.unclaimed = !given->second.driver.empty();
    absent.settings = given->second.settings;
    bystanders[identity] = std::move(absent);
  }

  static DeviceHealth unclaimed(const Name& identity, const Place& place, const drivers::Attached& attached) {
    DeviceHealth health;
    health.device = identity;
    health.what = attached.model;
    health.where = attached.where;
    health.state = place.trouble.empty() ? DeviceState::unassigned : DeviceState::refused;
    health.mend =
        place.trouble.empty() ? "no driver knows it by itself: choose one, and its bed" : place.trouble;
    health.fixed = place.fixed;
    health.unclaimed = true;
    return health;
  }

  /// Makes the device for its place; its bed is null when it cannot be used there.
  Seat& seat_device(const Name& identity, const Place& place, bool told) {
    auto trouble = place.trouble;
    auto settings = settings_of(place.spec, *place.driver);
    auto toml = place.spec != nullptr
                    ? place.spec->toml
                    : "driver = \"" + std::string(place.driver->name) + "\"\n" + place.settings;
    if (!place.settings.empty() && trouble.empty()) {
      try {
        if (options.read_settings) settings = options.read_settings(*place.driver, place.settings);
      } catch (const std::invalid_argument& error) {
        trouble = error.what();
      }
    }
    auto* bed = place.bed.empty() || !trouble.empty() ? nullptr : bed_for(place.bed);
    const auto here = present.find(identity);
    auto& seat = seats.emplace_back(
        *this,
        Device::Plan{.identity = identity,
                     .driver = place.driver,
                     .model = here != present.end() ? here->second.model : std::string(place.driver->title),
                     .settings = std::move(settings),
                     .toml = std::move(toml),
                     .expected = placed.contains(identity) ? place.spec->identity : "",
                     .bed = bed,
                     .told = told},
        place);
    seat.at = bed;
    if (!trouble.empty())
      seat.device.unassigned(trouble, DeviceState::refused);
    else if (bed == nullptr && !place.bed.empty())
      seat.device.unassigned("it was given to " + place.bed.str() +
                             ", which is no bed here: give it another");
    else if (bed == nullptr)
      seat.device.unassigned("it has no bed yet: give it one on the page of devices");
    return seat;
  }

  void run(Seat& seat) {
    seat.running = true;
    const auto left = [this, &seat] {
      seat.running = false;
      if (!seat.leaving) return;
      const auto identity = seat.device.identity();
      retire(seat);
      settle(identity);
    };
    spawn(seat.device.supervise(), seat.device.identity().str(), seat.cancel, left);
  }

  /// False: it has yet to end, and is settled again then.
  bool retire(Seat& seat) {
    if (seat.running) {
      seat.leaving = true;
      seat.cancel.emit(asio::cancellation_type::terminal);
      return false;
    }
    if (seat.at != nullptr) seat.at->remove(seat.at->feed(seat.device.identity(), false));
    std::erase_if(seats, [&](const Seat& s) { return &s == &seat; });
    return true;
  }

  Device::Open opener(const drivers::Driver& driver, const std::string& port) {
    return [this, driver = &driver, port](drivers::Tap tap) {
      if (options.open) return options.open(io.get_executor(), *driver, port, std::move(tap));
      return finder->open(*driver, port, std::move(tap));
    };
  }
  Device::Open opener(const drivers::Attached& attached) {
    return [this, attached](drivers::Tap tap) { return finder->open(attached, std::move(tap)); };
  }

  void arrived(const drivers::Attached& attached) {
    found_any = found_any || (attached.driver != nullptr && !attached.keyboard);
    for (const auto& [identity, at] : placed)
      if ((attached.driver == nullptr || at.spec->driver == attached.driver) && names(at.port, attached)) {
        // It was placed by its port: a failed try need not wait any longer.
        if (auto* seat = find_seat(identity))
          seat->device.came(opener(*at.spec->driver, at.port), attached.where);
        return;
      }
    const auto identity = short_name(attached.identity);
    present.insert_or_assign(identity, attached);
    settle(identity, true);
  }

  void departed(const drivers::Attached& attached) {
    const auto identity = short_name(attached.identity);
    assign.left(identity);
    if (present.erase(identity) == 0) return;
    if (auto* seat = find_seat(identity)) seat->device.went();
    settle(identity);
  }

  /// A person gave a device a bed, or took it from one, and the log has it.
  void assigned(const Event& event) {
    const auto& told = std::get<event::DeviceAssigned>(event.payload);
    log::info("{}: {} {}", told.device.view(), told.taken ? "taken from" : "given to", event.bed.view());
    assign.remember(event.bed, told, true);
    settle(told.device);
    // What it held by the configuration may be another's now.
    std::vector<Name> others;
    for (const auto& [identity, attached] : present)
      others.push_back(identity);
    for (const auto& identity : others)
      settle(identity);
  }

  static std::shared_ptr<const drivers::Settings> settings_of(const DeviceSpec* spec,
                                                              const drivers::Driver& driver) {
    if (spec != nullptr && spec->settings) return spec->settings;
    return std::make_shared<drivers::WrittenSettings>(driver);
  }

  // ---- coroutines
  void spawn(asio::awaitable<void> coroutine, std::string what) {
    spawn(std::move(coroutine), std::move(what), cancels.emplace_back(), {});
  }
  /// `then` has its turn after the coroutine is gone, unless the daemon stops.
  void spawn(asio::awaitable<void> coroutine, std::string what, asio::cancellation_signal& signal,
             std::function<void()> then) {
    ++running;
    auto ended = [this, what = std::move(what), then = std::move(then)](const std::exception_ptr& error) {
      --running;
      if (error) {
        try {
          std::rethrow_exception(error);
        } catch (const boost::system::system_error& e) {
          if (e.code() != asio::error::operation_aborted) log::error("{}: ended: {}", what, e.what());
        } catch (const std::exception& e) {
          log::error("{}: ended: {}", what, e.what());
        }
      }
      if (stopping && running == 0) io.stop();
      if (!stopping && then) asio::post(io, then);
    };
    asio::co_spawn(io, std::move(coroutine), asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
  }

  asio::awaitable<void> look_around() {
    for (const auto& spec : options.devices)
      if (!spec.port.empty() || spec.driver->transport == drivers::Transport::none ||
          spec.driver->transport == drivers::Transport::file)
        place(spec);
    spawn(follow_changes(), "finder");
    co_await finder->first_look();
    for (const auto& trouble : finder->troubles())
      log::warn("{}", trouble);
    // What has been looked at is told by next(), which has its turn first.
    for (const auto& attached : finder->present())
      found_any = found_any || (attached.driver != nullptr && !attached.keyboard);
    // Somebody's keyboard, or a serial port that nothing is known of, is no sensor.
    const bool any_at_bed = std::ranges::any_of(seats, [](const Seat& s) { return s.at != nullptr; });
    if (options.demo && !found_any && !any_at_bed && options.devices.empty()) show_demo();
    if (beds.empty()) make_first_bed();
    for (const auto& [identity, given] : assign.given())
      if (find_seat(identity) == nullptr && !present.contains(identity)) settle(identity);
    publish_beds();
    publish_devices();
    looked.set_value();
    spawn(beat(), "beat");
  }

  asio::awaitable<void> follow_changes() {
    for (;;) {
      const auto change = co_await finder->next();
      if (change.arrived)
        arrived(change.device);
      else
        departed(change.device);
    }
  }

  void show_demo() {
    const auto* synthetic = drivers::find("synthetic");
    if (synthetic == nullptr) return;
    showing_demo = true;
    log::info("no sensor is attached: two SIMULATED beds are shown");
    const bool own_beds = beds.empty();
    for (std::size_t i = 0; const auto& night : demo_nights) {
      if (own_beds) make_bed({.bed = night.bed, .label = night.label, .person = {}, .settings = {}});
      if (i == beds.size()) break;
      demo.push_back(
          {.driver = synthetic,
           .bed = beds[i++].name(),
           .identity = {},
           .port = {},
           .settings = std::make_shared<drivers::WrittenSettings>(
               *synthetic, drivers::WrittenSettings::Written{{"seed", night.seed},
                                                             {"started_ago_h", night.started_ago_h}}),
           .toml = {},
           .source = "the demonstration"});
      place(demo.back());
    }
  }

  asio::awaitable<void> beat() {
    asio::steady_timer timer(io);
    const auto every = std::max(clock.machine(beat_every), beat_at_least);
    auto kernel = kernel_clocks();
    Duration waves_due = kernel.boottime + waves_every, look_due = kernel.boottime,
             devices_due = kernel.boottime;
    for (;;) {
      timer.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(every));
      co_await timer.async_wait(asio::use_awaitable);
      turns.fetch_add(1, std::memory_order_relaxed);
      for (auto& bed : beds)
        bed.tick();
      bool changed = std::exchange(devices_changed, false);
      for (auto& seat : seats) {
        seat.device.tick();
        changed = seat.device.take_changed() || changed;
      }
      kernel = kernel_clocks();
      if (!gathered.readings.empty() && sinks.readings) sinks.readings(std::exchange(gathered.readings, {}));
      if (kernel.boottime >= waves_due) {
        waves_due = kernel.boottime + waves_every;
        flush_waves();
      }
      if (std::exchange(gathered.beds_changed, false)) publish_beds();
      if (kernel.boottime >= look_due) {
        look_due = kernel.boottime + look_every;
        watch_clocks(kernel);
      }
      if (changed || kernel.boottime >= devices_due) {
        devices_due = kernel.boottime + devices_every;
        publish_devices();
      }
    }
  }

  void flush_waves() {
    if (gathered.points.empty()) return;
    Instant first;
    auto waves = align(gathered.points, first);
    gathered.points.clear();
    if (sinks.waves) sinks.waves(std::move(waves), clock.wall_at(first));
  }

  void publish_beds() {
    std::vector<wire::BedSnapshot> snapshots;
    for (const auto& bed : beds)
      snapshots.push_back(bed.snapshot());
    if (sinks.beds) sinks.beds(std::move(snapshots));
  }

  void publish_devices() {
    std::vector<DeviceHealth> healths;
    for (const auto& seat : seats) {
      auto& health = healths.emplace_back(seat.device.health());
      health.fixed = seat.place.fixed;
      health.unclaimed = present.contains(health.device) && present.at(health.device).driver == nullptr;
      health.settings = seat.place.settings;
    }
    for (const auto& [identity, health] : bystanders)
      healths.push_back(health);
    if (sinks.devices) sinks.devices(std::move(healths));
  }

  void watch_clocks(const KernelClocks& kernel) {
    const auto news = clock_watch.look(kernel.boottime, kernel.monotonic, kernel.realtime, look_every);
    const auto daemons = [this](Duration d) { return from_seconds(vigil::seconds(d) * clock.scale()); };
    if (news.step) {
      log::warn("the wall clock was set {:+.1f} s", vigil::seconds(*news.step));
      say(event::ClockStepped{.step = *news.step}, {}, false);
    }
    if (news.suspended) {
      log::warn("the machine slept for {:.0f} s", vigil::seconds(*news.suspended));
      say(event::RecordingGap{.lasted = daemons(*news.suspended), .cause = "machine suspended"}, {}, false);
    }
    if (news.held_up) {
      log::warn("nothing ran for {:.0f} s", vigil::seconds(*news.held_up));
      say(event::RecordingGap{.lasted = daemons(*news.held_up), .cause = "daemon held up"}, {}, false);
    }
  }

  void run() {
    finder.emplace(io.get_executor(), clock);
    spawn(look_around(), "first look");
    io.run();
    // Whatever is left of coroutines goes with the context; the finder outlives their ports.
  }

  void stop_on_thread() {
    stopping = true;
    if (running == 0) {
      io.stop();
      return;
    }
    for (auto& cancel : cancels)
      cancel.emit(asio::cancellation_type::terminal);
    for (auto& seat : seats)
      seat.cancel.emit(asio::cancellation_type::terminal);
    force.emplace(io, std::chrono::duration_cast<asio::steady_timer::duration>(stop_within));
    force->async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      log::error("{} of its coroutines did not stop within 10 s", running);
      io.stop();
    });
  }

  const Clock& clock;
  Options options;
  const Sinks sinks;
  asio::io_context io{1};
  Assign assign;
  bool implicit = false, showing_demo = false, found_any = false, stopping = false, devices_changed = false;
  std::atomic<std::uint64_t> turns{0};
  std::map<Name, std::vector<std::function<void(Bedside&)>>> restored;
  Gathered gathered;
  std::deque<Bedside> beds;                   ///< addresses stay
  std::list<Seat> seats;                      ///< addresses stay
  std::map<Name, Placed> placed;              ///< by identity
  std::map<Name, drivers::Attached> present;  ///< what is plugged in and not placed, by identity
  std::map<Name, DeviceHealth> bystanders;    ///< known, but nothing to run
  std::deque<DeviceSpec> demo;
  ClockWatch clock_watch;
  std::optional<drivers::Finder> finder;
  std::list<asio::cancellation_signal> cancels;
  std::size_t running = 0;
  std::optional<asio::steady_timer> force;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::promise<void> looked;
  std::thread thread;
};

Acquire::Acquire(const Clock& clock, Options options, Sinks sinks)
    : in_(std::make_unique<Inside>(clock, std::move(options), std::move(sinks))) {}

Acquire::~Acquire() { stop(); }

void Acquire::restore(const Name& bed, const Event& event, Instant at) {
  in_->restore(bed, [event, at](Bedside& b) { b.restore(event, at); });
}

void Acquire::restore(const Name& bed, const Epoch& epoch, const std::optional<Rescore>& rescored,
                      Instant from) {
  in_->restore(bed, [epoch, rescored, from](Bedside& b) { b.restore(epoch, rescored, from); });
}

void Acquire::restore(const Name& bed, Instant last) {
  in_->restore(bed, [last](Bedside& b) { b.restore(last); });
}

void Acquire::restore_assignment(const Event& event) {
  if (const auto* told = std::get_if<event::DeviceAssigned>(&event.payload))
    in_->assign.remember(event.bed, *told, !event.client_id.empty());
}

void Acquire::start() {
  auto looked = in_->looked.get_future();
  in_->thread = start_thread("acquire", [in = in_.get()] { in->run(); });
  looked.wait_for(std::chrono::seconds(4));
}

void Acquire::stop() {
  if (!in_->thread.joinable()) return;
  asio::post(in_->io, [in = in_.get()] { in->stop_on_thread(); });
  in_->thread.join();
}

void Acquire::entered(Event committed) {
  asio::post(in_->io, [in = in_.get(), event = std::move(committed)] {
    if (std::holds_alternative<event::DeviceAssigned>(event.payload))
      in->assigned(event);
    else if (auto* bed = in->find_bed(event.bed))
      bed->entered(event);
  });
}

std::uint64_t Acquire::turns() const noexcept { return in_->turns.load(std::memory_order_relaxed); }

}  // namespace vigil::acquire

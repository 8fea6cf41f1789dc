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
  Device& make_device(Device::Plan plan) {
    return devices.emplace_back(
        io.get_executor(), clock, sinks,
        [this](Payload payload, const Name& bed, bool simulated) { say(std::move(payload), bed, simulated); },
        std::move(plan));
  }
  Device* find_device(const Name& identity) {
    const auto device = std::ranges::find(devices, identity, &Device::identity);
    return device == devices.end() ? nullptr : &*device;
  }

  /// A device of the configuration that is not looked for: a port, a file, a driver without hardware.
  void place(const DeviceSpec& spec) {
    auto* bed = find_bed(spec.bed);
    auto placed = spec;
    const auto settings = settings_of(&spec, *spec.driver);
    // A recording's file may be told by its setting.
    if (placed.port.empty() && spec.driver->transport == drivers::Transport::file)
      placed.port = settings->text("path");
    auto identity = placed_identity(placed);
    for (int again = 2; find_device(identity) != nullptr; ++again)
      identity = short_name(placed_identity(placed).str() + "#" + std::to_string(again));
    auto& device = make_device({.identity = identity,
                                .driver = spec.driver,
                                .model = std::string(spec.driver->title),
                                .settings = settings,
                                .toml = spec.toml,
                                .expected = spec.identity,
                                .bed = bed});
    if (bed == nullptr) {
      device.unassigned("it has no bed: give it `bed = ` in the configuration");
      return;
    }
    device.came(opener(*spec.driver, placed.port), placed.port);
    spawn(device.supervise(), device.identity().str());
  }
  Device::Open opener(const drivers::Driver& driver, const std::string& port) {
    return [this, driver = &driver, port](drivers::Tap tap) {
      if (options.open) return options.open(io.get_executor(), *driver, port, std::move(tap));
      return finder->open(*driver, port, std::move(tap));
    };
  }

  void arrived(const drivers::Attached& attached) {
    if (attached.driver == nullptr) return;
    for (const auto& spec : options.devices)
      if (spec.driver == attached.driver && names(spec.port, attached)) {
        // It was placed by its port: a failed try need not wait any longer.
        if (auto* placed = find_device(placed_identity(spec))) {
          placed->came(opener(*spec.driver, spec.port), attached.where);
          found_any = true;
          return;
        }
      }
    found_any = found_any || !attached.keyboard;
    const auto identity = short_name(attached.identity);
    const auto claimed = assign.claim(attached);
    auto* bed = claimed ? find_bed(options.devices[*claimed].bed) : nullptr;
    if (implicit && !attached.keyboard)
      bed = beds.empty() ? &make_bed({.bed = "bed-1", .label = "Bed 1", .person = {}, .settings = {}})
                         : &beds.front();
    if (showing_demo) bed = nullptr;

    auto* device = find_device(identity);
    if (device == nullptr) {
      const auto* spec = claimed ? &options.devices[*claimed] : nullptr;
      device = &make_device(
          {.identity = identity,
           .driver = attached.driver,
           .model = attached.model,
           .settings = settings_of(spec, *attached.driver),
           .toml = spec != nullptr ? spec->toml : "driver = \"" + std::string(attached.driver->name) + "\"\n",
           .expected = {},
           .bed = bed});
      if (bed != nullptr) spawn(device->supervise(), identity.str());
    }
    device->came([this, attached](drivers::Tap tap) { return finder->open(attached, std::move(tap)); },
                 attached.where);
    if (bed == nullptr) {
      device->unassigned(showing_demo
                             ? "the simulated beds are shown: start Vigil again to use this sensor"
                             : "not assigned to a bed: add to the configuration [[device]] with driver = \"" +
                                   std::string(attached.driver->name) + "\", device = \"" +
                                   attached.identity + "\" and bed = \"...\"");
      log::info("{}: attached at {}, not assigned to a bed", identity.view(), attached.where);
    }
  }

  void departed(const drivers::Attached& attached) {
    assign.left(attached);
    if (auto* device = find_device(short_name(attached.identity))) device->went();
  }

  static std::shared_ptr<const drivers::Settings> settings_of(const DeviceSpec* spec,
                                                              const drivers::Driver& driver) {
    if (spec != nullptr && spec->settings) return spec->settings;
    return std::make_shared<drivers::WrittenSettings>(driver);
  }

  // ---- coroutines
  void spawn(asio::awaitable<void> coroutine, std::string what) {
    auto& signal = cancels.emplace_back();
    ++running;
    auto ended = [this, what = std::move(what)](const std::exception_ptr& error) {
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
    if (options.demo && !found_any && devices.empty() && options.devices.empty()) show_demo();
    if (beds.empty()) make_bed({.bed = "bed-1", .label = "Bed 1", .person = {}, .settings = {}});
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
           .toml = {}});
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
      bool changed = false;
      for (auto& device : devices) {
        device.tick();
        changed = device.take_changed() || changed;
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
    for (const auto& device : devices)
      healths.push_back(device.health());
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
  bool implicit = false, showing_demo = false, found_any = false, stopping = false;
  std::atomic<std::uint64_t> turns{0};
  std::map<Name, std::vector<std::function<void(Bedside&)>>> restored;
  Gathered gathered;
  std::deque<Bedside> beds;  ///< addresses stay
  std::list<Device> devices;
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
  if (const auto* assigned = std::get_if<event::DeviceAssigned>(&event.payload))
    in_->assign.remember(bed, assigned->device);
  in_->restore(bed, [event, at](Bedside& b) { b.restore(event, at); });
}

void Acquire::restore(const Name& bed, const Epoch& epoch, Instant from) {
  in_->restore(bed, [epoch, from](Bedside& b) { b.restore(epoch, from); });
}

void Acquire::restore(const Name& bed, Instant last) {
  in_->restore(bed, [last](Bedside& b) { b.restore(last); });
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
    if (auto* bed = in->find_bed(event.bed)) bed->entered(event);
  });
}

std::uint64_t Acquire::turns() const noexcept { return in_->turns.load(std::memory_order_relaxed); }

}  // namespace vigil::acquire

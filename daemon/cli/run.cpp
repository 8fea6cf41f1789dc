#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include <CLI/CLI.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "acquire/acquire.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/notify.hpp"
#include "cli/cli.hpp"
#include "cli/restore.hpp"
#include "drivers/settings.hpp"
#include "record/recorder.hpp"
#include "serve/server.hpp"
#include "sleep/night.hpp"
#include "store/store.hpp"
#include "wire/daemon_health.hpp"
#include "wire/definitions.hpp"
#include "wire/drivers.hpp"
#include "wire/event_json.hpp"
#include "wire/history.hpp"

#ifndef VIGIL_WEB_DIR
#define VIGIL_WEB_DIR "/usr/share/vigil/web"
#endif

namespace vigil::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string config, listen, data, web;
  bool demo = false;
  double time_scale = 1;
};

/// The folder of the night, for this user alone.
fs::path make_data_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    throw Refused(directory.string() + ": cannot be made: " + std::generic_category().message(errno) +
                  "; choose another with --data");
  if (!fs::is_directory(directory, error))
    throw Refused(directory.string() + ": is no folder; choose another with --data");
  return directory;
}

/// The built page: as said, else of the build tree, else where it is installed. Empty: there is none.
fs::path web_directory(const std::string& option) {
  std::error_code error;
  if (!option.empty()) {
    if (!fs::is_regular_file(fs::path(option) / "index.html", error))
      throw Refused(option + ": no index.html in it: build the page first, or leave --web out");
    return option;
  }
  const auto binary = fs::read_symlink("/proc/self/exe", error);
  for (const auto& folder : {binary.parent_path() / "../../web/dist", fs::path(VIGIL_WEB_DIR)})
    if (fs::is_regular_file(folder / "index.html", error)) return fs::weakly_canonical(folder, error);
  return {};
}

bed::Settings detection(const config::DetectionSettings& set) {
  bed::Settings to;
  const auto minutes = [](double m) { return from_seconds(60 * m); };
  if (set.present_kg) to.present_kg = static_cast<float>(*set.present_kg);
  if (set.absent_kg) to.absent_kg = static_cast<float>(*set.absent_kg);
  if (set.enter_after_s) to.enter_after = from_seconds(*set.enter_after_s);
  if (set.leave_after_s) to.leave_after = from_seconds(*set.leave_after_s);
  if (set.night_ends_after_min) to.night_ends_after = minutes(*set.night_ends_after_min);
  if (set.minimum_night_min) to.minimum_night = minutes(*set.minimum_night_min);
  return to;
}

/// As check-config would read them.
std::shared_ptr<const drivers::Settings> read_settings(const drivers::Driver& driver,
                                                       const std::string& lines) {
  const auto rules = driver_rules();
  const auto rule = std::ranges::find(rules, driver.name, &config::DriverRule::name);
  const auto read = config::parse_settings(lines, *rule);
  std::string wrong;
  for (const auto& mistake : read.mistakes)
    wrong += (wrong.empty() ? "" : "; ") + mistake.text();
  if (!wrong.empty()) throw std::invalid_argument(wrong);
  return std::make_shared<drivers::WrittenSettings>(driver, read.settings);
}

/// A serial port says nothing of what hangs at it: these speak once they are told where.
bool choosable(const drivers::Driver& driver) {
  return driver.transport == drivers::Transport::serial &&
         std::ranges::any_of(driver.matches, [](const drivers::Match& match) {
           return std::holds_alternative<drivers::ExplicitOnly>(match);
         });
}

std::string drivers_body() {
  std::vector<wire::DriverNote> notes;
  for (const auto* driver : drivers::all()) {
    auto& note = notes.emplace_back();
    note = {.name = driver->name, .title = driver->title, .choosable = choosable(*driver), .settings = {}};
    for (const auto& s : driver->settings)
      note.settings.push_back({.key = s.key,
                               .type = s.type == drivers::Setting::Type::number    ? "number"
                                       : s.type == drivers::Setting::Type::boolean ? "boolean"
                                                                                   : "text",
                               .unit = s.unit,
                               .minimum = s.minimum,
                               .maximum = s.maximum,
                               .fallback = s.fallback,
                               .help = s.help});
  }
  return wire::drivers_text(notes);
}

/// What is wrong with what a person chose for a device of this driver (none: no driver claims it).
std::string objection(const Name& of, const event::DeviceAssigned& assigned) {
  const auto* driver = drivers::find(of.view());
  if (driver == nullptr || (!assigned.driver.empty() && !choosable(*driver))) {
    std::string list;
    for (const auto* d : drivers::all())
      if (choosable(*d)) list += (list.empty() ? "" : ", ") + std::string(d->name);
    return "driver: no driver knows this device by itself: expected one of " +
           (list.empty() ? "none" : list) + (of.empty() ? "" : "; found " + of.str());
  }
  try {
    read_settings(*driver, assigned.settings);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

acquire::Options acquire_options(const config::Config& config, const Options& options) {
  acquire::Options to;
  to.demo = options.demo;
  to.read_settings = read_settings;
  const auto source = fs::path(options.config).filename().string() + " line ";
  for (const auto& bed : config.beds)
    to.beds.push_back({.bed = bed.bed,
                       .label = bed.label.empty() ? bed.bed.str() : bed.label,
                       .person = bed.person,
                       .settings = detection(bed.detection)});
  for (const auto& device : config.devices) {
    const auto* driver = drivers::find(device.driver.view());
    if (driver == nullptr) throw Refused("no driver is called " + device.driver.str());
    try {
      to.devices.push_back({.driver = driver,
                            .bed = device.bed,
                            .identity = device.identity,
                            .port = device.port,
                            .settings = std::make_shared<drivers::WrittenSettings>(*driver, device.settings),
                            .toml = device.toml,
                            .source = source + std::to_string(device.line)});
    } catch (const std::invalid_argument& error) {
      throw Refused(error.what());
    }
  }
  return to;
}

/// The beds that this run may show: those of the configuration, else those that it makes itself.
std::vector<Name> bed_names(const config::Config& config) {
  std::vector<Name> names;
  for (const auto& bed : config.beds)
    names.push_back(bed.bed);
  if (names.empty()) names = {"bed-1", "bed-2"};
  return names;
}

serve::Backend::Refusal told(store::Refusal refusal) {
  switch (refusal) {
    case store::Refusal::disk:
      return serve::Backend::Refusal::disk;
    case store::Refusal::busy:
      return serve::Backend::Refusal::busy;
    case store::Refusal::closing:
      return serve::Backend::Refusal::closing;
    case store::Refusal::conflict:
      return serve::Backend::Refusal::conflict;
  }
  return serve::Backend::Refusal::closing;
}

std::optional<Event> newest_validation(const store::Reader& reader) {
  auto all = reader.of_kind(event::ValidationStored::kind);
  if (all.empty()) return {};
  return std::move(all.back());
}

/// SIGTERM, SIGINT and SIGHUP, taken by main alone. Threads made after this inherit the mask.
class StopSignals {
 public:
  StopSignals() {
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    for (const int s : {SIGTERM, SIGINT, SIGHUP})
      sigaddset(&set_, s);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// The signal's name, or nullptr when none came for a while.
  const char* wait(std::chrono::milliseconds patience) {
    const timespec time{.tv_sec = patience.count() / 1000, .tv_nsec = patience.count() % 1000 * 1'000'000};
    switch (sigtimedwait(&set_, nullptr, &time)) {
      case SIGTERM:
        return "SIGTERM";
      case SIGINT:
        return "SIGINT";
      case SIGHUP:
        return "SIGHUP";
      default:
        return nullptr;
    }
  }
  /// From now on a second signal ends the program at once.
  void let_through() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_{};
};

/// The daemon: store, recorder, server and acquire, wired. What one of them says goes to the others from
/// here.
class Daemon {
 public:
  Daemon(const config::Config& config, const Options& options, const fs::path& directory)
      : clock_(options.time_scale, ahead(directory, options.time_scale)),
        store_(std::make_unique<store::Store>(directory, listener(), &clock_)),
        reader_(std::make_shared<store::Reader>(directory)),
        beds_(bed_names(config)),
        before_(look_back(*reader_, beds_)),
        validation_(newest_validation(*reader_)) {
    if (config.record_raw) recorder_ = std::make_unique<record::Recorder>(directory);
    server_ = std::make_shared<serve::Server>(serve::Options{.address = config.listen_address,
                                                             .port = config.listen_port,
                                                             .web = web_directory(options.web),
                                                             .version = VIGIL_VERSION,
                                                             .log_id = store_->log_id(),
                                                             .head = store_->head(),
                                                             .time_scale = options.time_scale},
                                              backend());
    publish_to_ = server_;
    acquire_ = std::make_unique<acquire::Acquire>(clock_, acquire_options(config, options), sinks());
    restore(*reader_, beds_, clock_, *acquire_);
  }

  ~Daemon() {
    if (acquire_) acquire_->stop();
    // The server goes before the store: nothing asks any more. What the store still commits finds no server.
    server_->stop();  // its thread reads the pointer: not until it has ended may that be reset
    server_.reset();
    store_.reset();
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  void start() {
    store_->start();
    server_->start();
    if (const auto gap = gap_since(before_, clock_)) say(*gap);
    say(event::DaemonStarted{.version = VIGIL_VERSION,
                             .schema = store_->schema(),
                             .clean = before_.clean,
                             .time_scale = clock_.scale()});
    acquire_->start();
  }

  void stop(const char* reason) {
    acquire_->stop();
    say(event::DaemonStopped{.reason = reason});
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  /// Whether each loop has turned since this was last asked.
  [[nodiscard]] bool turned() {
    const std::array now{acquire_->turns(), store_->turns(), server_->turns()};
    const bool all = now[0] != turns_[0] && now[1] != turns_[1] && now[2] != turns_[2];
    if (all) turns_ = now;
    return all;
  }
  [[nodiscard]] std::string wedged() const {
    return acquire_->turns() == turns_[0] ? "acquire" : store_->turns() == turns_[1] ? "store" : "serve";
  }

 private:
  /// A log written in scaled time may end in what is still the future of the machine's clock: go on from
  /// there.
  static Duration ahead(const fs::path& directory, double scale) {
    if (scale == 1) return {};
    try {
      const auto before = look_back(store::Reader(directory), {});
      if (!before.any) return {};
      const Duration gap = before.last.since_epoch - Clock().wall().since_epoch;
      return std::max(gap, Duration{});
    } catch (const std::runtime_error&) {  // no log yet; else the store says what is wrong with it
      return {};
    }
  }

  void say(Payload payload) {
    Event event;
    event.at = clock_.now();
    event.wall = clock_.wall();
    event.zone = clock_.zone();
    event.boot = clock_.boot();
    event.payload = std::move(payload);
    store_->append(std::move(event));
  }

  store::Store::Listener listener() {
    return {.committed =
                [this](const std::vector<Event>& events) {
                  for (const auto& event : events) {
                    if (!event.client_id.empty()) acquire_->entered(event);
                    if (std::holds_alternative<event::ValidationStored>(event.payload)) {
                      const std::lock_guard lock(validation_mutex_);
                      validation_ = event;
                    }
                  }
                  if (const auto server = publish_to_.lock()) server->publish(events);
                },
            .unrecorded =
                [this](const std::vector<Event>& events) {
                  if (const auto server = publish_to_.lock()) server->publish_unrecorded(events);
                },
            .changed =
                [this](const store::Status& status) {
                  if (status.writing)
                    log::info("the log is being written again");
                  else
                    log::error("the log is not being written: {}", status.trouble);
                  if (const auto server = publish_to_.lock())
                    server->publish_recording(status.writing, status.trouble);
                }};
  }

  serve::Backend backend() {
    serve::Backend to;
    to.enter = [this](Event draft, auto answer) {
      draft.at = clock_.now();
      draft.wall = clock_.wall();
      draft.zone = clock_.zone();
      draft.boot = clock_.boot();
      store_->enter(std::move(draft), [answer = std::move(answer)](
                                          boost::system::result<store::Accepted, store::Refusal> result) {
        if (result)
          answer(serve::Backend::Accepted{.event = std::move(result->event), .repeated = result->repeated});
        else
          answer(told(result.error()));
      });
    };
    to.events = [reader = reader_](std::uint64_t since, std::size_t limit, const Name& bed) {
      return reader->events(since, limit, bed);
    };
    to.nights = [reader = reader_](const Name& bed, std::size_t limit) {
      return wire::nights_text(reader->nights(bed, limit));
    };
    to.night = [reader = reader_](const Name& name) -> std::string {
      const auto night = reader->night(name);
      if (!night) return {};
      const auto until = night->closed.value_or(night->opened + std::chrono::hours(48));
      return wire::night_text(*night, reader->night_events(name),
                              reader->epochs(night->bed, night->opened, until));
    };
    to.epochs = [reader = reader_](const Name& bed, WallTime from, WallTime until) {
      return wire::epochs_text(reader->epochs(bed, from, until));
    };
    to.readings = [reader = reader_](const Name& bed, WallTime from, WallTime until) {
      return wire::readings_text(reader->readings(bed, from, until, 3600));
    };
    to.objection = [](const Name& driver, const event::DeviceAssigned& assigned) {
      return objection(driver, assigned);
    };
    to.validation = [this] {
      const std::lock_guard lock(validation_mutex_);
      return wire::validation_answer(validation_);
    };
    to.drivers = drivers_body;
    to.definitions = [] { return wire::definitions_text(sleep::Night::algorithm()); };
    to.now = [this] { return wire::Now{clock_.now(), clock_.wall()}; };
    to.health = [this] { return health(); };
    return to;
  }

  acquire::Sinks sinks() {
    acquire::Sinks to;
    to.event = [this](Event event) { store_->append(std::move(event)); };
    to.reading = [this](const Reading& reading, WallTime wall) { store_->record(reading, wall); };
    to.epoch = [this](const Epoch& epoch, WallTime from) { store_->record(epoch, from); };
    to.rescore = [this](const Rescore& rescore, WallTime from) { store_->record(rescore, from); };
    to.readings = [this](std::vector<Reading> readings) { server_->publish(std::move(readings)); };
    to.waves = [this](std::vector<wire::BedWave> waves, WallTime first) {
      server_->publish_waves(std::move(waves), first);
    };
    to.beds = [this](std::vector<wire::BedSnapshot> beds) { server_->publish_beds(std::move(beds)); };
    to.devices = [this](std::vector<DeviceHealth> devices) { server_->publish_devices(std::move(devices)); };
    if (!recorder_) return to;
    to.raw_open = [this](const Name& device, const Name& driver, const std::string& toml, WallTime wall,
                         Instant at, bool simulated) {
      recorder_->open(device, driver, toml, wall, at, clock_.boot(), simulated);
    };
    to.raw = [this](const Name& device, Instant at, std::uint8_t kind, std::span<const std::byte> bytes) {
      recorder_->bytes(device, at, kind, bytes);
    };
    to.raw_close = [this](const Name& device) { recorder_->close(device); };
    return to;
  }

  std::string health() const {
    const auto log = store_->status();
    const auto raw = recorder_ ? recorder_->status() : record::Status{};
    return wire::daemon_health_text(
        {.log = {.schema = store_->schema(),
                 .writing = log.writing,
                 .trouble = log.trouble,
                 .unrecorded = log.unrecorded,
                 .commits = log.commits,
                 .last_commit_ms = log.last_commit_ms,
                 .broken_at = log.broken_at},
         .raw = {.recording = recorder_ != nullptr,
                 .writing = raw.writing,
                 .trouble = raw.trouble,
                 .bytes = raw.bytes,
                 .dropped = raw.dropped},
         .store_queue = log.queued,
         .raw_queue = raw.queued,
         .turns = {.acquire = acquire_->turns(), .store = store_->turns(), .serve = server_->turns()}});
  }

  std::weak_ptr<serve::Server> publish_to_;  ///< set before the store's thread runs
  Clock clock_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Reader> reader_;  ///< main's until start, then the server's work thread's
  std::vector<Name> beds_;
  Before before_;
  std::mutex validation_mutex_;      ///< set by the store's thread, read by the server's
  std::optional<Event> validation_;  ///< the newest validation.stored
  std::unique_ptr<record::Recorder> recorder_;
  std::unique_ptr<acquire::Acquire> acquire_;
  std::shared_ptr<serve::Server> server_;
  std::array<std::uint64_t, 3> turns_{};
};

void watch(Daemon& daemon, StopSignals& signals, ServiceManager& manager, const char*& reason) {
  using namespace std::chrono_literals;
  // A loop turns at least once a second, so three looks a watchdog's patience are enough.
  using std::chrono::milliseconds;
  const auto patience = manager.watchdog().value_or(15s) / 3;
  const auto every =
      std::clamp(std::chrono::duration_cast<milliseconds>(patience), milliseconds(200), milliseconds(5000));
  auto fed = std::chrono::steady_clock::now();
  bool said = false;
  while ((reason = signals.wait(every)) == nullptr) {
    if (daemon.turned()) {
      manager.alive();
      fed = std::chrono::steady_clock::now();
      said = false;
    } else if (std::chrono::steady_clock::now() - fed > 15s && !std::exchange(said, true)) {
      log::error("the {} loop does not turn", daemon.wedged());
    }
  }
}

int run(const Options& options) {
  auto config = load_config(options.config);
  if (!options.listen.empty()) {
    std::string what;
    const auto listen = config::parse_listen(options.listen, what);
    if (!listen) throw Refused("--listen " + options.listen + ": " + what);
    config.listen_address = listen->address;
    config.listen_port = listen->port;
  }
  start_log(config.log_level);
  StopSignals signals;
  ServiceManager manager;
  std::unique_ptr<Daemon> daemon;
  try {
    daemon =
        std::make_unique<Daemon>(config, options, make_data_directory(data_directory(options.data, config)));
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  daemon->start();
  const auto address =
      (config.listen_address.find(':') == std::string::npos ? config.listen_address
                                                            : "[" + config.listen_address + "]") +
      ":" + std::to_string(daemon->port());
  std::printf("Vigil is at http://%s/\n", address.c_str());
  std::fflush(stdout);
  manager.ready("at http://" + address + "/");

  const char* reason = nullptr;
  watch(*daemon, signals, manager, reason);
  manager.stopping();
  log::info("stopping: {}", reason);
  signals.let_through();
  daemon->stop(reason);
  daemon.reset();
  return 0;
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("run", "watch the beds: read the sensors, keep the log, serve the page");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config,
                      "configuration, TOML (vigild check-config FILE says its mistakes)");
  command->add_option("--listen", options->listen,
                      "ADDRESS:PORT, loopback only; default 127.0.0.1:8580; port 0: any free one");
  command->add_option(
      "--data", options->data,
      "folder of log and nights; default: $STATE_DIRECTORY, $XDG_STATE_HOME/vigil, ~/.local/state/vigil");
  command->add_flag("--demo", options->demo, "two SIMULATED beds when no sensor is attached");
  command
      ->add_option("--time-scale", options->time_scale,
                   "let the daemon's time run so much faster; for tests and demonstrations")
      ->check(CLI::Range(1.0, 3600.0));
  command->add_option("--web", options->web, "folder of the built page");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace vigil::cli

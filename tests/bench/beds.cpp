// links: vigil_acquire
// One core, many beds: the real acquire loop with four sensors at each bed (a wrist at 100 Hz, four load
// cells at 125 Hz, a 16 x 16 pressure image at 10 Hz, a radar), from the bytes of their ports at real rates:
// decoded, admitted, scored, shown. The ports are in memory and hand out what a real one would in the same
// bunches: FTDI's and CDC's every 16 ms, USB reports one by one. What reading them costs the kernel is not
// counted.
//   beds_bench [BEDS ...]     how many at once (1 1000), each for `measured_s`
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "acquire/acquire.hpp"
#include "base/log.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/port/wakeup.hpp"
#include "drivers/settings.hpp"

namespace {

using namespace vigil;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using Bytes = std::vector<std::byte>;
using Steady = std::chrono::steady_clock;

constexpr double begins_s = 6;  ///< until all have announced themselves
constexpr double measured_s = 12;
constexpr auto turn = milliseconds(2);

void put(Bytes& to, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  to.insert(to.end(), bytes.begin(), bytes.end());
}
void put(Bytes& to, std::initializer_list<int> values) {
  for (const int v : values)
    to.push_back(static_cast<std::byte>(v));
}

/// What one kind of device sends, over and over, and how it answers.
struct Kind {
  std::string driver;
  milliseconds every;                               ///< between bunches
  std::vector<Bytes> loop;                          ///< a bunch each; an empty one is not handed out
  bool speaks_at_once = false, in_reports = false;  ///< in_reports: each bunch is a read of its own
  std::function<Bytes(std::string_view written, bool& streaming)> answer;
};

/// A device's whole stream cut into what arrives together.
std::vector<Bytes> bunched(const Bytes& stream, std::size_t bunches) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < bunches; ++i) {
    const auto part = [&](std::size_t k) {
      return stream.begin() + static_cast<std::ptrdiff_t>(stream.size() * k / bunches);
    };
    out.emplace_back(part(i), part(i + 1));
  }
  return out;
}

Kind wrist() {
  Kind kind{.driver = "axivity", .every = milliseconds(16), .loop = {}, .answer = {}};
  Bytes stream;
  for (int i = 0; i < 1600; ++i) {  // 16 s
    const double t = i / 100.0;
    char line[48];
    const int n =
        std::snprintf(line, sizeof line, "%d,%d,%d\r\n", static_cast<int>(-150 + 3 * std::sin(1.6 * t)),
                      i % 7, static_cast<int>(200 + 4 * std::sin(0.9 * t)));
    put(stream, std::string_view(line, static_cast<std::size_t>(n)));
  }
  kind.loop = bunched(stream, 1000);
  kind.answer = [](std::string_view written, bool& streaming) {
    Bytes out;
    streaming = written == "STREAM\r";
    if (written == "ID\r") put(out, "ID=CWA,17,50,123,0\r\n");
    if (written == "RATE\r") put(out, "RATE=74,100\r\n");
    if (written == "SAMPLE 1\r") put(out, "$BATT=700,4101,mV,87,0\r\n");
    return out;
  };
  return kind;
}

Kind cells() {
  Kind kind{
      .driver = "phidget_bridge", .every = milliseconds(8), .loop = {}, .in_reports = true, .answer = {}};
  for (int i = 0; i < 2000; ++i) {  // 16 s
    Bytes packet;
    put(packet, {0xFF, 0x00, 0x77, 0x77, 0x00, 0x01});
    for (int cell = 0; cell < 4; ++cell) {
      // 20 kg of 100 kg at 2 mV/V: 0.4 mV/V, times the gain of 128; breath and heart on top of it.
      const double t = i / 125.0;
      const double v = 0.4e-3 * (1 + 2e-3 * std::sin(1.57 * t) + 2e-4 * std::sin(7.5 * t + cell)) * 128;
      const auto raw = static_cast<std::int32_t>(0x800000 + std::lround(v * 0x800000));
      put(packet, {raw >> 16 & 0xFF, raw >> 8 & 0xFF, raw & 0xFF});
    }
    kind.loop.push_back(std::move(packet));
  }
  kind.answer = [](std::string_view, bool& streaming) {
    streaming = true;
    return Bytes();
  };
  return kind;
}

Kind mat() {
  Kind kind{.driver = "sensing_tex", .every = milliseconds(16), .loop = {}, .answer = {}};
  // 100 ms a frame of 576 bytes, of which the line needs 50: it comes in four of six bunches.
  for (int frame = 0; frame < 80; ++frame) {
    Bytes stream;
    for (int column = 0; column < 16; ++column) {
      put(stream, {'M', 16, column});
      for (int row = 0; row < 16; ++row) {
        const bool lain_on = row > 2 && row < 13 && column > 4 && column < 11;
        const int sample = 4095 - (lain_on ? 900 + static_cast<int>(200 * std::sin(0.157 * frame + row)) : 0);
        put(stream, {sample & 0xFF, sample >> 8});
      }
      put(stream, {'\n'});
    }
    auto parts = bunched(stream, 4);
    kind.loop.insert(kind.loop.end(), parts.begin(), parts.end());
    // 100 ms are 6.25 bunches.
    kind.loop.resize(kind.loop.size() + (frame % 4 == 3 ? 3 : 2));
  }
  kind.answer = [](std::string_view written, bool& streaming) {
    if (written == "X\r") streaming = false;
    if (written == "S\r") streaming = true;
    return Bytes();
  };
  return kind;
}

Kind radar() {
  Kind kind{.driver = "radar", .every = milliseconds(500), .loop = {}, .speaks_at_once = true, .answer = {}};
  const auto frame = [](int ctrl, int cmd, int value) {
    Bytes out;
    put(out, {0x53, 0x59, ctrl, cmd, 0, 1, value, (0x53 + 0x59 + ctrl + cmd + 1 + value) & 0xFF, 0x54, 0x43});
    return out;
  };
  for (int i = 0; i < 36; ++i)
    kind.loop.push_back(i % 2 == 0   ? frame(0x80, 0x03, 3 + i % 5)
                        : i % 6 == 1 ? frame(0x85, 0x02, 58 + i % 3)
                        : i % 6 == 3 ? frame(0x81, 0x02, 15)
                                     : frame(0x84, 0x01, 1));
  kind.answer = [](std::string_view, bool& streaming) {
    streaming = true;
    return Bytes();
  };
  return kind;
}

class Ports;

class MemoryPort final : public drivers::Port {
 public:
  MemoryPort(Ports& ports, const Kind& kind, const asio::any_io_executor& executor, const Clock& clock,
             std::size_t phase, drivers::Tap tap);
  ~MemoryPort() override;

  asio::awaitable<drivers::Arrival> read(std::optional<milliseconds> timeout) override {
    current_.clear();
    while (waiting_.empty()) {
      const bool woken = co_await wakeup_.wait(timeout);
      if (!woken && waiting_.empty()) {
        tap_(clock_.now(), static_cast<std::uint8_t>(drivers::Passed::time_out), {});
        co_return drivers::Arrival{{}, clock_.now()};
      }
    }
    if (kind_.in_reports && waiting_.size() > kind_.loop.front().size()) {
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(kind_.loop.front().size());
      current_.assign(waiting_.begin(), end);
      waiting_.erase(waiting_.begin(), end);
    } else {
      current_.swap(waiting_);
    }
    tap_(at_, static_cast<std::uint8_t>(drivers::Passed::read), current_);
    co_return drivers::Arrival{current_, at_};
  }
  asio::awaitable<void> write(std::span<const std::byte> bytes) override {
    const auto answer = kind_.answer({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, streaming_);
    if (!answer.empty()) hand_out(answer, clock_.now());
    co_return;
  }
  asio::awaitable<Bytes> control(std::uint8_t type, std::uint8_t, std::uint16_t value, std::uint16_t,
                                 std::span<const std::byte>, std::uint16_t) override {
    Bytes out;
    if (type == 0x80 && value == 0x0100)
      put(out, {18, 1, 0x10, 1, 0, 0, 0, 64, 0xC2, 0x06, 0x3B, 0x00, 2, 1, 1, 2, 0, 1});
    co_return out;
  }
  [[nodiscard]] Instant now() const override { return clock_.now(); }
  [[nodiscard]] std::string_view where() const override { return "memory"; }

  void step(Instant at) {
    if (!streaming_) return;
    const auto& bunch = kind_.loop[next_];
    next_ = next_ + 1 == kind_.loop.size() ? 0 : next_ + 1;
    if (!bunch.empty()) hand_out(bunch, at);
  }
  [[nodiscard]] const Kind& kind() const { return kind_; }
  [[nodiscard]] bool unread() const { return !waiting_.empty(); }

 private:
  void hand_out(const Bytes& bytes, Instant at) {
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    at_ = at;
    wakeup_.wake();
  }

  Ports& ports_;
  const Kind& kind_;
  const Clock& clock_;
  drivers::Wakeup wakeup_;
  drivers::Tap tap_;
  Bytes waiting_, current_;
  Instant at_;
  std::size_t next_ = 0;
  bool streaming_;
};

/// All ports, and the time that passes for them: every 2 ms those whose turn it is hand out a bunch.
class Ports {
 public:
  explicit Ports(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}

  std::unique_ptr<drivers::Port> open(const asio::any_io_executor& executor, const Clock& clock,
                                      const drivers::Driver& driver, drivers::Tap tap) {
    if (!running_) {
      running_ = true;
      const auto done = [](const std::exception_ptr&) {};
      asio::co_spawn(executor, run(executor, clock), done);
    }
    const auto kind = std::ranges::find(kinds_, driver.name, &Kind::driver);
    return std::make_unique<MemoryPort>(*this, *kind, executor, clock, opened_++, std::move(tap));
  }
  void add(MemoryPort& port, std::size_t phase) {
    auto& wheel = wheels_[port.kind().every];
    const auto slots = static_cast<std::size_t>(port.kind().every / turn);
    wheel.resize(slots);
    wheel[phase % slots].push_back(&port);
  }
  void remove(MemoryPort& port) {
    for (auto& slot : wheels_[port.kind().every])
      std::erase(slot, &port);
  }

  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }
  std::atomic<bool> measuring = false;
  std::vector<double> late_ms;  ///< each turn, while measuring

 private:
  asio::awaitable<void> run(asio::any_io_executor executor, const Clock& clock) {
    asio::steady_timer timer(executor);
    auto due = Steady::now();
    for (std::size_t i = 0;;) {
      // A machine without ports would not wake, either: on to the next turn that hands something out.
      for (int skipped = 0; skipped == 0 || (skipped < 5 && !anything(i)); ++skipped)
        ++i, due += turn;
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
      if (measuring)
        late_ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - due).count());
      const auto at = clock.now();
      for (auto& [every, wheel] : wheels_)
        for (auto* port : wheel[i % wheel.size()])
          port->step(at);
    }
  }

  [[nodiscard]] bool anything(std::size_t i) const {
    return std::ranges::any_of(wheels_,
                               [i](const auto& w) { return !w.second[i % w.second.size()].empty(); });
  }

  std::vector<Kind> kinds_;
  std::map<milliseconds, std::vector<std::vector<MemoryPort*>>> wheels_;
  std::size_t opened_ = 0;
  bool running_ = false;
};

MemoryPort::MemoryPort(Ports& ports, const Kind& kind, const asio::any_io_executor& executor,
                       const Clock& clock, std::size_t phase, drivers::Tap tap)
    : ports_(ports),
      kind_(kind),
      clock_(clock),
      wakeup_(executor, clock),
      tap_(std::move(tap)),
      next_(phase * 37 % kind.loop.size()),
      streaming_(kind.speaks_at_once) {
  waiting_.reserve(4096), current_.reserve(4096);
  ports_.add(*this, phase);
}
MemoryPort::~MemoryPort() { ports_.remove(*this); }

double thread_cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// For how long this thread was ready to run and had no core: other programs' doing, not ours.
double thread_waited_s() {
  double waited_ns = 0;
  if (std::FILE* file = std::fopen("/proc/thread-self/schedstat", "r")) {
    if (std::fscanf(file, "%*f %lf", &waited_ns) != 1) waited_ns = 0;
    std::fclose(file);
  }
  return 1e-9 * waited_ns;
}

/// What the acquire thread told last.
struct Told {
  double cpu_s = 0, waited_s = 0;
  Steady::time_point at;
  std::uint64_t samples = 0, rejects = 0, bytes = 0;
  std::size_t live = 0, devices = 0;
  std::string trouble;
};

struct Result {
  double share = 0;   ///< of a core
  double waited = 0;  ///< of the time
  double late_p99_ms = 0, late_worst_ms = 0;
  std::uint64_t samples = 0, dropped = 0;
  double samples_a_second = 0, expected_a_second = 0;
  std::uint64_t readings = 0;
  std::string trouble;
};

Result run(std::size_t beds, const std::vector<Kind>& kinds) {
  Ports ports(kinds);
  const Clock clock;
  acquire::Options options;
  options.open = [&](const asio::any_io_executor& executor, const drivers::Driver& driver, const std::string&,
                     drivers::Tap tap) -> std::unique_ptr<drivers::Port> {
    return ports.open(executor, clock, driver, std::move(tap));
  };
  for (std::size_t b = 0; b < beds; ++b) {
    const auto bed = "bed-" + std::to_string(b);
    options.beds.push_back({.bed = bed, .label = bed, .person = {}, .settings = {}});
    for (const auto& kind : kinds) {
      const auto* driver = drivers::find(kind.driver);
      options.devices.push_back({.driver = driver,
                                 .bed = bed,
                                 .identity = {},
                                 .port = kind.driver + "-" + std::to_string(b),
                                 .settings = std::make_shared<drivers::WrittenSettings>(*driver),
                                 .toml = {}});
    }
  }
  std::mutex mutex;
  Told told;
  std::atomic<std::uint64_t> readings{0};
  std::vector<std::byte> kept;  // what the recorder's mailbox would copy
  kept.reserve(1 << 16);
  acquire::Sinks sinks;
  sinks.event = [](const Event&) {};
  sinks.reading = [&](const Reading&, WallTime) { readings.fetch_add(1, std::memory_order_relaxed); };
  sinks.epoch = [](const Epoch&, WallTime) {};
  sinks.readings = [](const std::vector<Reading>&) {};
  sinks.waves = [](const std::vector<wire::BedWave>&, WallTime) {};
  sinks.beds = [](const std::vector<wire::BedSnapshot>&) {};
  sinks.raw = [&](const Name&, Instant, std::uint8_t, std::span<const std::byte> bytes) {
    kept.assign(bytes.begin(), bytes.end());
  };
  sinks.devices = [&](const std::vector<DeviceHealth>& healths) {
    const std::lock_guard lock(mutex);
    told = {.cpu_s = thread_cpu_s(),
            .waited_s = thread_waited_s(),
            .at = Steady::now(),
            .devices = healths.size(),
            .trouble = {}};
    for (const auto& health : healths) {
      told.samples += health.samples;
      told.bytes += health.bytes;
      for (const auto n : health.rejects)
        told.rejects += n;
      if (health.state == DeviceState::live)
        ++told.live;
      else
        told.trouble = health.device.str() + " is " + std::string(name(health.state)) + " " + health.mend;
    }
  };
  acquire::Acquire acquire(clock, std::move(options), sinks);
  acquire.start();
  const auto now = [&] {
    const std::lock_guard lock(mutex);
    return told;
  };
  for (int i = 0; i < 40 && (i < 10 * begins_s / 5 || now().live < beds * kinds.size()); ++i)
    std::this_thread::sleep_for(milliseconds(500));
  std::this_thread::sleep_for(milliseconds(500));
  const auto from = now();
  const auto readings_from = readings.load();
  ports.measuring = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(measured_s));
  const auto to = now();
  ports.measuring = false;
  Result result;
  result.readings = readings.load() - readings_from;
  acquire.stop();

  const double wall_s = std::chrono::duration<double>(to.at - from.at).count();
  result.share = (to.cpu_s - from.cpu_s) / wall_s;
  result.waited = (to.waited_s - from.waited_s) / wall_s;
  result.samples = to.samples - from.samples;
  result.samples_a_second = static_cast<double>(result.samples) / wall_s;
  result.dropped = to.rejects - from.rejects;
  result.trouble = to.trouble;
  std::ranges::sort(ports.late_ms);
  if (!ports.late_ms.empty()) {
    result.late_p99_ms = ports.late_ms[ports.late_ms.size() * 99 / 100];
    result.late_worst_ms = ports.late_ms.back();
  }
  return result;
}

/// CPU of one read of a tty through the real port, of many that have something every 16 ms; microseconds.
double tty_read_us() {
  constexpr std::size_t ttys = 64, bunches = 200;
  asio::io_context loop(1);
  const Clock clock;
  std::vector<int> masters;
  std::vector<std::unique_ptr<drivers::SerialPort>> ports;
  std::size_t reads = 0, open = ttys;
  const auto listen = [&](drivers::SerialPort& port) -> asio::awaitable<void> {
    for (std::size_t bytes = 0; bytes < 32 * bunches;) {
      const auto arrival = co_await port.read(std::chrono::seconds(2));
      bytes += arrival.bytes.size();
      ++reads;
    }
  };
  const auto done = [&](const std::exception_ptr&) {
    if (--open == 0) loop.stop();
  };
  for (std::size_t i = 0; i < ttys; ++i) {
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return 0;
    masters.push_back(master);
    ports.push_back(std::make_unique<drivers::SerialPort>(loop.get_executor(), clock, ::ptsname(master)));
    asio::co_spawn(loop, listen(*ports.back()), done);
  }
  std::thread devices([&] {
    const std::array<char, 32> bunch{};
    for (std::size_t i = 0; i < bunches; ++i) {
      for (const int master : masters)
        if (::write(master, bunch.data(), bunch.size()) < 0) return;
      std::this_thread::sleep_for(milliseconds(16));
    }
  });
  const double from = thread_cpu_s();
  loop.run();
  const double took = thread_cpu_s() - from;
  devices.join();
  ports.clear();
  for (const int master : masters)
    ::close(master);
  return 1e6 * took / static_cast<double>(reads);
}

void row(const std::string& name, double value, const char* unit, const char* aim = "") {
  std::printf(R"({"row":"%s","value":%.6g,"unit":"%s")", name.c_str(), value, unit);
  if (*aim != '\0') std::printf(R"(,"aim":"%s")", aim);
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::size_t> ladder;
  for (int i = 1; i < argc; ++i)
    ladder.push_back(static_cast<std::size_t>(std::atoi(argv[i])));
  if (ladder.empty()) ladder = {1, 1000};

  std::vector<Kind> kinds;
  std::string sensors;
  for (auto make : {wrist, cells, mat, radar}) {
    auto kind = make();
    if (drivers::find(kind.driver) == nullptr) continue;
    sensors += (sensors.empty() ? "" : ", ") + kind.driver;
    kinds.push_back(std::move(kind));
  }
  start_log("error");
  row("a read of a tty, not counted below", tty_read_us(), "us CPU");
  for (const auto beds : ladder) {
    const auto result = run(beds, kinds);
    const auto of = std::to_string(beds) + (beds == 1 ? " bed (" + sensors + ")" : " beds");
    if (!result.trouble.empty())
      std::fprintf(stderr, "beds_bench: %s: %s\n", of.c_str(), result.trouble.c_str());
    row(of + ", CPU", 100 * result.share, "% of a core", beds == 1 ? "<= 2" : "");
    row(of + ", beds a core by that", static_cast<double>(beds) / result.share, "beds", ">= 1000");
    row(of + ", kept waiting for a core", 100 * result.waited, "% of the time",
        "0, or the rest means little");
    row(of + ", samples", result.samples_a_second, "samples/s");
    row(of + ", samples dropped", static_cast<double>(result.dropped), "samples", "0");
    row(of + ", a turn is late by, p99", result.late_p99_ms, "ms", "<< 3000");
    row(of + ", a turn is late by, worst", result.late_worst_ms, "ms");
  }
}

// An Axivity AX3 or AX6 on a pty, written from the protocol sheet and from nothing else.
//
//   axivity_simulator --link PATH [--night FILE] [--speed X] [--device CWA17_00123] [--ax6]
//
// PATH becomes a symbolic link to the pty; it is renewed under another number after `vanish`. The night is a
// text of lines `ms x y z ...` in g, plain or gzip, each value held until the next; without one the device
// lies still. It is worn from the first STREAM on, whether anybody listens or not. Says on standard output, a
// line each: `ready PATH`, `stream`, `stopped`, `end` (the night is over, the device falls silent),
// `vanished`, `back`. Commands on standard input: lock, unlock, stall, go, mute (answers nothing any more,
// until go), garbage, tilde, six, split, flood (the stream comes as fast as the host takes it), vanish
// SECONDS, quit.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>

namespace {

using Steady = std::chrono::steady_clock;

struct Point {
  double t_s = 0;
  double x = 0, y = 0, z = 0;
};

std::vector<Point> read_night(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error(path + ": cannot be opened");
  std::vector<Point> night;
  char line[512];
  while (gzgets(file, line, sizeof line) != nullptr) {
    double ms = 0;
    Point p;
    if (std::sscanf(line, "%lf %lf %lf %lf", &ms, &p.x, &p.y, &p.z) != 4) continue;
    p.t_s = ms / 1000;
    night.push_back(p);
  }
  gzclose(file);
  if (night.empty()) throw std::runtime_error(path + ": no line `ms x y z`");
  const double first = night.front().t_s;
  for (auto& p : night)
    p.t_s -= first;
  return night;
}

struct Options {
  std::string link, night;
  std::string device = "CWA17_00123";
  double speed = 1;
  bool six = false;  // columns: the gyroscope is on
};

class Device {
 public:
  explicit Device(Options options) : options_(std::move(options)) {
    if (!options_.night.empty()) night_ = read_night(options_.night);
    open_pty();
  }
  ~Device() { close_pty(); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  void run() {
    while (running_) {
      if (master_ < 0 && Steady::now() >= back_at_) {
        open_pty();
        say("back");
      }
      pollfd watched[2] = {{0, static_cast<short>(input_open_ ? POLLIN : 0), 0}, {master_, POLLIN, 0}};
      poll(watched, 2, streaming_ ? (flood_ ? 0 : 1) : 20);
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0) read_commands();
      if (master_ >= 0 && (watched[1].revents & POLLIN) != 0) read_host();
      // Nobody has the other end open: poll says so at once and for ever.
      if (master_ >= 0 && (watched[1].revents & POLLHUP) != 0) usleep(5000);
      if (streaming_ && !stalled_) stream();
    }
  }

 private:
  static void say(const std::string& what) {
    std::printf("%s\n", what.c_str());
    std::fflush(stdout);
  }

  void open_pty() {
    master_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0)
      throw std::runtime_error("no pty to be had");
    termios raw{};
    tcgetattr(master_, &raw);
    cfmakeraw(&raw);
    tcsetattr(master_, TCSANOW, &raw);
    const std::string slave = ptsname(master_);
    // Renamed into place, so that a reader never meets a half-made link.
    const std::string fresh = options_.link + ".new";
    std::filesystem::remove(fresh);
    std::filesystem::create_symlink(slave, fresh);
    std::filesystem::rename(fresh, options_.link);
    say("ready " + slave);
  }
  void close_pty() {
    if (master_ >= 0) close(master_);
    master_ = -1;
    std::error_code ec;
    std::filesystem::remove(options_.link, ec);
    streaming_ = false;
    line_.clear();
  }

  void put(std::string_view text) {
    // A real device drops its output when the host does not read; a torn line is what the host then sees.
    if (master_ >= 0) (void)!write(master_, text.data(), text.size());
  }

  void read_commands() {
    char buffer[256];
    const auto n = read(0, buffer, sizeof buffer);
    if (n <= 0) {
      input_open_ = false;
      return;
    }
    commands_.append(buffer, static_cast<std::size_t>(n));
    for (auto end = commands_.find('\n'); end != std::string::npos; end = commands_.find('\n')) {
      command(commands_.substr(0, end));
      commands_.erase(0, end + 1);
    }
  }
  void command(const std::string& word) {
    if (word == "lock")
      locked_ = true;
    else if (word == "unlock")
      locked_ = false;
    else if (word == "stall")
      stalled_ = true;
    else if (word == "mute")
      stalled_ = mute_ = true;
    else if (word == "go")
      stalled_ = mute_ = false, resume();
    else if (word == "flood")
      flood_ = !flood_;
    else if (word == "garbage")
      put("\x01\xff\x80nonsense,,;9999999999999999999999,1\r\n12,,4\r\n1,2\r\n99999,99999,99999\r\n");
    else if (word == "tilde")
      put("~~~~AT~");
    else if (word == "six")
      options_.six = !options_.six;
    else if (word == "split")
      split_ = !split_;
    else if (word == "quit")
      running_ = false;
    else if (word.rfind("vanish ", 0) == 0) {
      close_pty();
      back_at_ = Steady::now() + std::chrono::milliseconds(std::lround(std::stod(word.substr(7)) * 1000));
      say("vanished");
    } else {
      std::fprintf(stderr, "axivity_simulator: unknown command '%s'\n", word.c_str());
    }
  }

  void read_host() {
    char buffer[256];
    const auto n = read(master_, buffer, sizeof buffer);
    for (ssize_t i = 0; i < n; ++i) {
      const char c = buffer[i];
      if (c == '\n') continue;
      if (c == '\r') {
        host_line(line_);
        line_.clear();
      } else if (line_.size() < 127) {
        line_.push_back(c);
      }
    }
  }

  /// True when the line begins with the word, in any case, as the firmware compares.
  static bool begins(std::string_view line, std::string_view word) {
    return line.size() >= word.size() &&
           std::equal(word.begin(), word.end(), line.begin(),
                      [](char a, char b) { return std::toupper(static_cast<unsigned char>(b)) == a; });
  }

  void host_line(const std::string& line) {
    if (mute_) return;
    if (streaming_) {
      streaming_ = false;  // any line, even an empty one, stops the stream
      say("stopped");
    }
    if (line.empty()) return;
    const auto dot = options_.device.find('_');
    const std::string type = options_.device.substr(0, 3);
    const std::string hardware = options_.device.substr(3, dot - 3);
    const std::string id = std::to_string(std::stoi(options_.device.substr(dot + 1)));
    if (begins(line, "AT"))
      put("OK\r\n");
    else if (begins(line, "ID"))
      put("ID=" + type + "," + hardware + ",50," + id + ",0\r\n");
    else if (begins(line, "SAMPLE 1"))
      put("$BATT=700,4101,mV,87,0\r\n");
    else if (begins(line, "SAMPLE 3"))
      put("$TEMP=330,245,0.1dC\r\n");
    else if (begins(line, "SAMPLE 4"))
      put("$TIME=2026/11/22,03:00:00.000\r\n");
    else if (begins(line, "TIME"))
      put("$TIME=2026/11/22,03:00:00\r\n");
    else if (begins(line, "RATE"))
      put(type == "AX6" ? "RATE=74,100,2000\r\n" : "RATE=74,100\r\n");
    else if (begins(line, "LOCK"))
      put(locked_ ? "LOCK=1\r\n" : "LOCK=0\r\n");
    else if (begins(line, "LED"))
      put("LED=0\r\n");
    else if (begins(line, "STREAM")) {
      if (locked_) {
        put("ERROR: Locked.\r\n");
      } else {
        streaming_ = true;
        if (!worn_since_) worn_since_ = Steady::now();
        resume();
        say("stream");
      }
    } else {
      put("ERROR: Unknown command: " + line + "\r\n");
    }
  }

  [[nodiscard]] double worn_for_s() const {
    return std::chrono::duration<double>(Steady::now() - *worn_since_).count() * options_.speed;
  }
  void resume() {
    if (worn_since_) sent_ = static_cast<std::int64_t>(worn_for_s() * rate_hz);
  }

  void stream() {
    if (flood_) {
      // As full as the host lets it be: what does not fit is dropped, as the real one does.
      std::string much;
      while (much.size() < 4000)
        much += "-12,3,251\r\n";
      put(much);
      return;
    }
    const double t = worn_for_s();
    const auto due = static_cast<std::int64_t>(t * rate_hz);
    // The firmware does not make up for more than two intervals; scaled time comes in coarser steps.
    const auto allowed = static_cast<std::int64_t>(2 + 0.05 * options_.speed * rate_hz);
    if (due - sent_ > allowed) sent_ = due - allowed;
    std::string out;
    while (sent_ < due) {
      ++sent_;
      const auto sample = at(static_cast<double>(sent_) / rate_hz);
      if (!sample) {
        put(out);
        streaming_ = false;
        stalled_ = true;
        say("end");
        return;
      }
      char text[96];
      const double lsb = options_.device.rfind("AX6", 0) == 0 ? 4096 : 256;
      int n = std::snprintf(text, sizeof text, "%ld,%ld,%ld", std::lround(sample->x * lsb),
                            std::lround(sample->y * lsb), std::lround(sample->z * lsb));
      if (options_.six) n += std::snprintf(text + n, sizeof text - static_cast<std::size_t>(n), ",0,-1,2");
      out.append(text, static_cast<std::size_t>(n)).append("\r\n");
      if (split_) {  // one byte a write
        for (const char c : out)
          put({&c, 1});
        out.clear();
      } else if (out.size() > 2000) {
        put(out);
        out.clear();
      }
    }
    put(out);
  }

  [[nodiscard]] std::optional<Point> at(double t_s) {
    if (night_.empty()) return Point{t_s, -0.047, 0.012, 0.98};
    if (t_s > night_.back().t_s) return std::nullopt;
    while (place_ + 1 < night_.size() && night_[place_ + 1].t_s <= t_s)
      ++place_;
    return night_[place_];
  }

  static constexpr double rate_hz = 65536.0 / 655;  // 100.05 by the device's own clock

  Options options_;
  std::vector<Point> night_;
  std::size_t place_ = 0;
  int master_ = -1;
  bool running_ = true, input_open_ = true;
  bool streaming_ = false, locked_ = false, stalled_ = false, split_ = false, mute_ = false, flood_ = false;
  std::string line_, commands_;
  std::optional<Steady::time_point> worn_since_;
  std::int64_t sent_ = 0;
  Steady::time_point back_at_{};
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) throw std::runtime_error(std::string(word) + " wants a value");
      return std::string(argv[++i]);
    };
    try {
      if (word == "--link")
        options.link = value();
      else if (word == "--night")
        options.night = value();
      else if (word == "--speed")
        options.speed = std::stod(value());
      else if (word == "--device")
        options.device = value();
      else if (word == "--ax6")
        options.six = true, options.device = "AX664_06077";
      else
        throw std::runtime_error("unknown option " + std::string(word));
    } catch (const std::exception& e) {
      std::fprintf(stderr, "axivity_simulator: %s\n", e.what());
      return 2;
    }
  }
  if (options.link.empty()) {
    std::fprintf(stderr, "axivity_simulator: --link PATH is needed\n");
    return 2;
  }
  try {
    Device(options).run();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "axivity_simulator: %s\n", e.what());
    return 1;
  }
}

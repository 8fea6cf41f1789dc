// Boards that print a line for each measurement, on a pty, written from the protocol sheet and from nothing
// else.
//
//   line_simulator --link PATH --firmware NAME [--rate HZ] [--speed X] [--cells N] [--kg X] [--checksum]
//                  [--start-ms N] [--triggered]
//
// NAME: openscale, hx711, hx711-full, cells, json, esphome, esphome-raw. PATH becomes a symbolic link to the
// pty. The load is --kg (70) and a cell's share of it; raw counts are 84200 + kg / 0.0000238. Says on
// standard output, a line each: `ready PATH`, `menu` (an OpenScale got an x: it is silent until the next),
// `sent HEX` (whatever else the host wrote), `vanished`. Commands on standard input, the faults of the sheet:
//   boot       noise of a boot loader at another baud       banner     what the firmware prints at its start
//   reset      the board restarts: banner, time from 0      torn       a line without its head
//   merged     two lines without an end between             crcrlf     CR CR LF from now on
//   nul        NUL bytes within a line                      garbage    bytes of eight bits
//   wrongbaud  all that follows is garbage; again: stop     burst      16 ms of lines at once from now on
//   fault      the sensor's own error line                  unit       lbs <-> kg
//   saturate   the next reading is at the converter's end   nan        the next reading is not a number
//   wrongsum   the next line's checksum is wrong            other      another log line, torn into the next
//   kg X, stall, go, vanish S, quit
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "../pty.hpp"

namespace {

using pty::say;

using Steady = std::chrono::steady_clock;

struct Options {
  std::string link, firmware = "openscale";
  double rate = 2, speed = 1, kg = 70;
  int cells = 4;
  long start_ms = 1523;
  bool checksum = false, triggered = false;
};

std::string text(const char* format, auto... values) {
  char out[256];
  const int n = std::snprintf(out, sizeof out, format, values...);
  return std::string(out, static_cast<std::size_t>(std::max(n, 0)));
}

class Board {
 public:
  explicit Board(Options options) : options_(std::move(options)), kg_(options_.kg) {
    power_on(options_.start_ms);
    line_.appear();
  }

  void run() {
    while (running_) {
      if (!line_.there() && Steady::now() >= back_at_) {
        power_on(0);
        line_.appear();
      }
      pollfd watched[2] = {{0, static_cast<short>(commands_.open() ? POLLIN : 0), 0},
                           {line_.fd(), POLLIN, 0}};
      poll(watched, 2, burst_ ? 16 : 1);
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0)
        commands_.read([this](const std::string& line) { command(line); });
      if (line_.there() && (watched[1].revents & POLLIN) != 0) read_host();
      if (line_.there() && (watched[1].revents & POLLHUP) != 0) usleep(2000);
      std::string due;
      while (!options_.triggered && !menu_ && static_cast<double>(lines_) < on_for_s() * options_.rate) {
        ++lines_;
        if (!stalled_) due += framed(record());
      }
      put(due);
    }
  }

 private:
  void power_on(long ms) {
    on_since_ = Steady::now();
    start_ms_ = ms;
    lines_ = 0;
    menu_ = false;
  }
  [[nodiscard]] double on_for_s() const {
    return std::chrono::duration<double>(Steady::now() - on_since_).count() * options_.speed;
  }

  void put(std::string bytes) {
    if (wrong_baud_)
      for (auto& c : bytes)
        c = static_cast<char>((c ^ 0xA5) | 0x80);
    if (line_.there() && !bytes.empty()) (void)!write(line_.fd(), bytes.data(), bytes.size());
  }
  std::string framed(std::string line) {
    if (options_.checksum) {
      unsigned sum = 0;
      for (const char c : line)
        sum ^= static_cast<unsigned char>(c);
      line += text("*%02X", sum ^ (std::exchange(wrong_sum_, false) ? 1U : 0U));
    }
    if (std::exchange(torn_, false)) line = line.substr(line.size() / 2);
    if (std::exchange(nul_, false)) line.insert(line.size() / 2, 2, '\0');
    if (std::exchange(other_, false))
      line = line.substr(0, line.size() / 2) + "[D][wifi:123]: connected\r\n" + line;
    if (std::exchange(merged_, false)) return line;
    return line + (cr_cr_ ? "\r\r\n" : "\r\n");
  }

  /// The counts of the board's clock; it wraps at 2^32 ms.
  [[nodiscard]] unsigned long millis() const {
    const double ms = 1000.0 * static_cast<double>(lines_) / options_.rate;
    return (static_cast<unsigned long>(start_ms_) + static_cast<unsigned long>(std::lround(ms))) &
           0xFFFFFFFFUL;
  }
  [[nodiscard]] long counts(double kg) {
    if (std::exchange(saturate_, false)) return 0x7FFFFF;
    return 84200 + std::lround(kg / 0.0000238);
  }

  std::string record() {
    const auto t = millis();
    const bool bad = std::exchange(nan_, false);
    if (options_.firmware == "openscale") {
      const auto reading = bad ? std::string("inf") : text("%.2f", lbs_ ? kg_ / 0.45359237 : kg_);
      return text("%lu,%s,%s,23.50,", t, reading.c_str(), lbs_ ? "lbs" : "kg");
    }
    if (options_.firmware == "hx711") return text("HX711 reading: %ld", counts(kg_));
    if (options_.firmware == "hx711-full")
      return bad ? "one reading:\tnan\t| average:\t0.2"
                 : text("one reading:\t%.1f\t| average:\t%.1f", kg_, kg_);
    if (options_.firmware == "esphome-raw")
      return text("\x1b[0;36m[D][hx711:031]: 'bed': Got value %ld\x1b[0m", counts(kg_));
    if (options_.firmware == "esphome")
      return text(
          "\x1b[0;36m[D][sensor:094]: 'bed': Sending state %.5f kg with 1 decimals of accuracy\x1b[0m", kg_);
    std::string cells;
    for (int i = 0; i < options_.cells; ++i) {
      const double share = kg_ / options_.cells;
      const bool none = bad && i == 1;
      if (options_.firmware == "json")
        cells += (i > 0 ? "," : "") + (none ? std::string("null") : text("%.1f", share));
      else
        cells += "," + (none ? std::string("nan")
                             : text("%d", std::clamp(static_cast<int>(share * 10) + i, 0, 1023)));
    }
    if (options_.firmware == "json")
      return text("{\"t\":%lu,\"w\":[%s],\"v\":{\"fw\":\"1.2\"}}", t, cells.c_str());
    return text("%lu%s", t, cells.c_str());
  }
  [[nodiscard]] std::string banner() const {
    if (options_.firmware == "openscale") return "\r\nOpenScale\r\nNo remote sensor found\r\nReadings:\r\n";
    if (options_.firmware.starts_with("hx711")) return "HX711 Demo\r\nInitializing the scale\r\n";
    return "ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n";
  }

  void read_host() {
    unsigned char buffer[256];
    const auto n = read(line_.fd(), buffer, sizeof buffer);
    for (ssize_t i = 0; i < n; ++i) {
      if (options_.firmware == "openscale" && buffer[i] == 'x') {
        menu_ = !menu_;
        say("menu");
        put("Serial Load Cell Converter\r\n>");
      } else if (options_.triggered && buffer[i] == '!') {
        ++lines_;
        put(framed(record()));
      } else {
        say(text("sent %02X", unsigned{buffer[i]}));
        if (buffer[i] == 's') put("started\r\n");
      }
    }
  }

  void command(const std::string& line) {
    const auto word = line.substr(0, line.find(' '));
    const double number = word.size() < line.size() ? std::stod(line.substr(word.size())) : 0;
    if (word == "boot")
      put(std::string("\xf8\x80\x1c\xe0\x00\xff\xc0\x0e\n\x8c\x6e\xee\xfe", 13));
    else if (word == "banner")
      put(banner());
    else if (word == "reset")
      power_on(0), put(banner());
    else if (word == "torn")
      torn_ = true;
    else if (word == "merged")
      merged_ = true;
    else if (word == "crcrlf")
      cr_cr_ = true;
    else if (word == "nul")
      nul_ = true;
    else if (word == "garbage")
      put("\xff\xfe\x80\x91garbage\xa5,1,2\xe3\n");
    else if (word == "wrongbaud")
      wrong_baud_ = !wrong_baud_;
    else if (word == "burst")
      burst_ = true;
    else if (word == "fault")
      put(options_.firmware.starts_with("esphome")
              ? "\x1b[0;33m[W][hx711:025]: HX711 is not ready for new measurements yet!\x1b[0m\r\n"
              : "HX711 not found.\r\n");
    else if (word == "unit")
      lbs_ = !lbs_;
    else if (word == "saturate")
      saturate_ = true;
    else if (word == "nan")
      nan_ = true;
    else if (word == "wrongsum")
      wrong_sum_ = true;
    else if (word == "other")
      other_ = true;
    else if (word == "kg")
      kg_ = number;
    else if (word == "stall")
      stalled_ = true;
    else if (word == "go")
      stalled_ = false;
    else if (word == "vanish") {
      line_.vanish();
      back_at_ = Steady::now() + std::chrono::milliseconds(std::lround(number * 1000));
      say("vanished");
    } else if (word == "quit")
      running_ = false;
    else
      std::fprintf(stderr, "line_simulator: unknown command '%s'\n", line.c_str());
  }

  Options options_;
  pty::Line line_{options_.link};
  double kg_;
  long lines_ = 0, start_ms_ = 0;
  bool running_ = true, menu_ = false, stalled_ = false, lbs_ = true;
  bool torn_ = false, merged_ = false, cr_cr_ = false, nul_ = false, wrong_baud_ = false, burst_ = false;
  bool saturate_ = false, nan_ = false, wrong_sum_ = false, other_ = false;
  pty::Commands commands_;
  Steady::time_point on_since_{}, back_at_{};
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto option = [&](std::string_view word, const auto& value) {
    if (word == "--link")
      options.link = value();
    else if (word == "--firmware")
      options.firmware = value();
    else if (word == "--rate")
      options.rate = std::stod(value());
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--kg")
      options.kg = std::stod(value());
    else if (word == "--cells")
      options.cells = std::stoi(value());
    else if (word == "--start-ms")
      options.start_ms = std::stol(value());
    else if (word == "--checksum")
      options.checksum = true;
    else if (word == "--triggered")
      options.triggered = true;
    else
      return false;
    return true;
  };
  const auto run = [&] {
    if (options.link.empty()) throw std::runtime_error("--link PATH is needed");
    Board(options).run();
  };
  return pty::main("line_simulator", argc, argv, option, run);
}

// A Sensing Tex pressure mat on a pty, written from the protocol sheet and from nothing else.
//
//   sensing_tex_simulator [--link PATH] [--rows N] [--columns N] [--standard] [--rate HZ] [--speed X]
//   [--empty]
//                         [--frames FILE]
//
// Premium electronics obey C, S and X; --standard streams at once, at --rate (10 Hz), and ignores them.
// Somebody lies on it: two blobs, shoulders and hip, that breathe at 0.25 Hz. --frames plays recorded images
// instead, one of 32 x 64 cells a line, each cell of 16 x 16 the mean of 2 x 4; after the last it begins
// again. PATH becomes a symbolic link to the pty. Says on standard output, a line each: `ready PATH`,
// `geometry ROWS COLUMNS HZ`, `start`, `stop`, `vanished`, `back`. Commands on standard input:
//   mid          the next frame begins in the middle of a packet
//   drop [N]     one byte left out of each of the next N packets
//   duplicate    one column of the next frame comes twice
//   missing      one column of the next frame is left out
//   turn, exit, enter    another posture; the bed is empty; somebody lies down
//   stall, go    says nothing; goes on
//   vanish SECONDS, quit
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <zlib.h>

#include "../pty.hpp"

namespace {

using pty::say;

using Steady = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;
using Image = std::vector<int>;  // pressure, row by row

constexpr std::size_t file_rows = 32, file_columns = 64, image_rows = 16, image_columns = 16;

std::vector<Image> read_frames(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error(path + ": cannot be opened");
  std::vector<Image> all;
  std::string line;
  std::array<char, 65536> part{};
  const auto take = [&] {
    std::istringstream numbers(line);
    std::vector<int> cells;
    for (int one = 0; numbers >> one;)
      cells.push_back(one);
    line.clear();
    if (cells.size() != file_rows * file_columns) return;
    Image image(image_rows * image_columns);
    for (std::size_t r = 0; r < image_rows; ++r)
      for (std::size_t c = 0; c < image_columns; ++c) {
        int sum = 0;
        for (std::size_t i = 0; i < 2; ++i)
          for (std::size_t j = 0; j < 4; ++j)
            sum += cells[(2 * r + i) * file_columns + 4 * c + j];
        image[r * image_columns + c] = sum / 8;
      }
    all.push_back(std::move(image));
  };
  while (gzgets(file, part.data(), static_cast<int>(part.size())) != nullptr) {
    line += part.data();
    if (line.back() == '\n') take();
  }
  gzclose(file);
  if (all.empty()) throw std::runtime_error(path + ": no line of 2048 numbers");
  return all;
}

struct Options {
  std::string link, frames;
  std::size_t rows = 16, columns = 16;
  bool standard = false, empty = false;
  double rate = 10, speed = 1;
};

class Mat {
 public:
  explicit Mat(Options options)
      : options_(std::move(options)), rate_(options_.rate), present_(!options_.empty), began_(Steady::now()) {
    if (!options_.frames.empty()) frames_ = read_frames(options_.frames);
    streaming_ = options_.standard;
    line_.appear();
  }

  void run() {
    while (running_) {
      if (!line_.there() && Steady::now() >= back_at_) {
        line_.appear();
        say("back");
      }
      pollfd watched[2] = {{0, static_cast<short>(commands_.open() ? POLLIN : 0), 0},
                           {line_.fd(), POLLIN, 0}};
      poll(watched, 2, 1);
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0)
        commands_.read([this](const std::string& line) { command(line); });
      if (!line_.there()) continue;
      // What is written while nobody has the other end open would wait there for the next who does.
      heard_ = (watched[1].revents & POLLHUP) == 0;
      if (!heard_) usleep(2000), waiting_.clear();
      if ((watched[1].revents & POLLIN) != 0) read_host();
      put(Bytes{});
      if (streaming_ && !stalled_ && heard_)
        stream();
      else
        due_s_ = now_s();
    }
  }

 private:
  void close_pty() {
    line_.vanish();
    host_.clear(), waiting_.clear();
  }
  [[nodiscard]] double now_s() const {
    return std::chrono::duration<double>(Steady::now() - began_).count() * options_.speed;
  }
  /// What the host does not take at once waits.
  void put(const Bytes& bytes) {
    if (!line_.there()) return;
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    if (waiting_.empty()) return;
    const auto put = write(line_.fd(), waiting_.data(), waiting_.size());
    if (put > 0) waiting_.erase(waiting_.begin(), waiting_.begin() + put);
  }
  void put(std::string_view text) { put(Bytes(text.begin(), text.end())); }

  [[nodiscard]] Image image(double t) {
    if (!frames_.empty()) return frames_[played_++ % frames_.size()];
    Image out(options_.rows * options_.columns);
    if (!present_) return out;
    const double breath = 1 + 0.05 * std::sin(2 * M_PI * 0.25 * t);
    const double across = turned_ ? 0.35 : 0.6;
    const auto blob = [](double r, double c, double r0, double c0, double width) {
      return std::exp(-((r - r0) * (r - r0) + (c - c0) * (c - c0)) / (2 * width * width));
    };
    for (std::size_t r = 0; r < options_.rows; ++r)
      for (std::size_t c = 0; c < options_.columns; ++c) {
        const double y = (static_cast<double>(r) + 0.5) / static_cast<double>(options_.rows);
        const double x = (static_cast<double>(c) + 0.5) / static_cast<double>(options_.columns);
        const double pressure =
            900 * breath * blob(y, x, 0.25, across, 0.09) + 1300 * blob(y, x, 0.6, across, 0.1);
        out[r * options_.columns + c] = static_cast<int>(std::lround(pressure));
      }
    return out;
  }

  Bytes column(const Image& image, std::size_t which) {
    Bytes out{0x4D, static_cast<std::uint8_t>(options_.rows), static_cast<std::uint8_t>(which)};
    for (std::size_t r = 0; r < options_.rows; ++r) {
      const auto adc = static_cast<unsigned>(4095 - std::clamp(image[r * options_.columns + which], 0, 4095));
      out.push_back(static_cast<std::uint8_t>(adc & 0xFF));
      out.push_back(static_cast<std::uint8_t>(adc >> 8));
    }
    out.push_back(0x0A);
    if (drops_ > 0) {
      --drops_;
      dropped_at_ = dropped_at_ * 1103515245 + 12345;
      out.erase(out.begin() + static_cast<std::ptrdiff_t>((dropped_at_ >> 16) % out.size()));
    }
    return out;
  }
  void stream() {
    const double t = now_s();
    const double wire_hz = 11520.0 / static_cast<double>((4 + 2 * options_.rows) * options_.columns);
    const double period = 1 / std::min(rate_, wire_hz);
    if (due_s_ + 3 * period + 0.5 < t) due_s_ = t;
    for (; due_s_ + period <= t; due_s_ += period) {
      const auto now = image(due_s_);
      Bytes out;
      for (std::size_t c = 0; c < options_.columns; ++c) {
        if (missing_ && c == options_.columns / 2) continue;
        const auto packet = column(now, c);
        out.insert(out.end(), packet.begin(), packet.end());
        if (duplicate_ && c == options_.columns / 3) out.insert(out.end(), packet.begin(), packet.end());
      }
      if (mid_) out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(out.size() / 2 + 3));
      mid_ = missing_ = duplicate_ = false;
      put(out);
    }
  }

  void read_host() {
    std::array<std::uint8_t, 256> buffer{};
    const auto n = read(line_.fd(), buffer.data(), buffer.size());
    if (n <= 0 || options_.standard) return;
    host_.insert(host_.end(), buffer.begin(), buffer.begin() + n);
    while (!host_.empty()) {
      const std::size_t size = host_[0] == 'C' ? 6 : host_[0] == 'S' || host_[0] == 'X' ? 2 : 0;
      if (size == 0) {
        host_.erase(host_.begin());
        continue;
      }
      if (host_.size() < size) return;
      if (host_[size - 1] == 0x0D) obey();
      host_.erase(host_.begin(), host_.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  void obey() {
    if (host_[0] == 'X') {
      streaming_ = false;
      put("K stop\n");
      say("stop");
    } else if (host_[0] == 'S') {
      streaming_ = true;
      due_s_ = now_s();
      put("K start\nHello\n");
      say("start");
    } else {
      rate_ = (host_[3] << 8 | host_[4]) / 10.0;
      put("K config\n");
      std::ostringstream said;
      said << "geometry " << int{host_[1]} << " " << int{host_[2]} << " " << rate_;
      say(said.str());
    }
  }

  void command(const std::string& line) {
    std::istringstream words(line);
    std::string word;
    double number = 1;
    words >> word;
    if (!(words >> number)) number = 1;
    if (word == "mid")
      mid_ = true;
    else if (word == "drop")
      drops_ = static_cast<int>(number);
    else if (word == "duplicate")
      duplicate_ = true;
    else if (word == "missing")
      missing_ = true;
    else if (word == "turn")
      turned_ = !turned_;
    else if (word == "exit")
      present_ = false;
    else if (word == "enter")
      present_ = true;
    else if (word == "stall")
      stalled_ = true;
    else if (word == "go")
      stalled_ = false;
    else if (word == "quit")
      running_ = false;
    else if (word == "vanish") {
      close_pty();
      streaming_ = options_.standard;
      back_at_ = Steady::now() + std::chrono::milliseconds(std::lround(number * 1000));
      say("vanished");
    } else {
      std::fprintf(stderr, "sensing_tex_simulator: unknown command '%s'\n", word.c_str());
    }
  }

  Options options_;
  pty::Line line_{options_.link};
  double rate_;
  bool present_;
  Steady::time_point began_, back_at_{};
  std::vector<Image> frames_;
  std::size_t played_ = 0;
  bool running_ = true, streaming_ = false, stalled_ = false, turned_ = false;
  bool mid_ = false, missing_ = false, duplicate_ = false;
  int drops_ = 0;
  std::uint32_t dropped_at_ = 1;
  double due_s_ = 0;
  pty::Commands commands_;
  Bytes host_, waiting_;
  bool heard_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto option = [&](std::string_view word, const auto& value) {
    if (word == "--link")
      options.link = value();
    else if (word == "--rows")
      options.rows = std::stoul(value());
    else if (word == "--columns")
      options.columns = std::stoul(value());
    else if (word == "--rate")
      options.rate = std::stod(value());
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--frames")
      options.frames = value();
    else if (word == "--standard")
      options.standard = true;
    else if (word == "--empty")
      options.empty = true;
    else
      return false;
    return true;
  };
  const auto run = [&] { Mat(options).run(); };
  return pty::main("sensing_tex_simulator", argc, argv, option, run);
}

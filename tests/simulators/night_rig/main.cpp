// A whole night at one bed for the real daemon, without hardware: a simulated AX3 on a pty that plays a
// recorded wrist night, and a simulated HID scale in user space (umockdev) that the sleeper lies down on,
// leaves once in the night and leaves in the morning.
//
//   night_rig_simulator --vigild PROGRAM --data DIR [--night FILE] [--minutes N] [--speed X] [-- ARG of
//   vigild run ...]
//
// --night: lines `ms x y z` in g, plain or gzip (see axivity_simulator); without one the wrist lies still.
// --minutes: how long the sleeper stays (360). --speed: all of it so much faster (60); the daemon's time is
// scaled alike. Standard output is the daemon's ("Vigil is at http://127.0.0.1:PORT/"). Standard input goes
// to the scale: unplug, plug, weight KG, silence, speak, ... (see hid_scale_simulator), quit. Ends with the
// daemon, with its status.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string vigild, data, night;
  double minutes = 360, speed = 60;
  std::vector<std::string> more;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) throw std::runtime_error(std::string(word) + " wants a value");
      return std::string(argv[++i]);
    };
    if (word == "--vigild")
      options.vigild = value();
    else if (word == "--data")
      options.data = value();
    else if (word == "--night")
      options.night = value();
    else if (word == "--minutes")
      options.minutes = std::stod(value());
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--") {
      options.more.assign(argv + i + 1, argv + argc);
      break;
    } else {
      throw std::runtime_error("unknown option " + std::string(word));
    }
  }
  if (options.vigild.empty() || options.data.empty())
    throw std::runtime_error("--vigild and --data are needed");
  return options;
}

/// Seconds and kilograms: an empty bed first (the tare is learned), a sleeper of 72 kg who settles for half a
/// minute whenever he comes to bed and shifts a little every eleven minutes, a walk of four minutes in the
/// middle of the night, and the morning.
void write_weights(const fs::path& file, double minutes) {
  std::ofstream out(file);
  constexpr double empty_kg = 6.2, sleeper_kg = 72.4;
  out << "0 " << empty_kg << "\n";
  const double into_bed = 60, out_of_bed = minutes * 60;
  const double walk = into_bed + (out_of_bed - into_bed) / 2;
  const auto lie_down = [&](double at) {
    for (int i = 0; i < 15; ++i)
      out << at + 2 * i << " " << empty_kg + sleeper_kg + (i % 2 == 0 ? 1.6 : -1.3) * (15 - i) / 15 << "\n";
    out << at + 30 << " " << empty_kg + sleeper_kg << "\n";
  };
  lie_down(into_bed);
  bool shifted = false;
  for (double t = into_bed + 660; t < out_of_bed - 60; t += 660) {
    if (t > walk - 60 && t < walk + 300) continue;
    shifted = !shifted;
    out << t << " " << empty_kg + sleeper_kg + (shifted ? 1.8 : -2.1) << "\n";
    out << t + 2 << " " << empty_kg + sleeper_kg + (shifted ? 0.4 : 0) << "\n";
    if (t < walk && t + 660 >= walk - 60) {
      out << walk << " " << empty_kg << "\n";
      lie_down(walk + 240);
    }
  }
  out << out_of_bed << " " << empty_kg << "\n";
}

void exec(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  std::fprintf(stderr, "night_rig_simulator: %s: %s\n", argv[0], std::strerror(errno));
  _exit(127);
}

/// The AX3; returns when its port is there. It ends with this process.
void start_wrist(const fs::path& simulators, const fs::path& link, const Options& options) {
  int out[2];
  if (pipe(out) != 0) throw std::runtime_error("no pipe to be had");
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(out[1], 1);
    close(out[0]), close(out[1]);
    std::vector<std::string> words{(simulators / "axivity_simulator").string(), "--link", link.string(),
                                   "--speed", std::to_string(options.speed)};
    if (!options.night.empty()) words.insert(words.end(), {"--night", options.night});
    exec(std::move(words));
  }
  close(out[1]);
  char first = 0;
  if (read(out[0], &first, 1) != 1) throw std::runtime_error("the simulated AX3 did not start");
  // The pipe stays open: what the device says later goes nowhere, but must not end it.
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse(argc, argv);
    const auto simulators = fs::read_symlink("/proc/self/exe").parent_path();
    const fs::path folder = fs::path(options.data).concat(".rig");
    fs::create_directories(folder);
    const auto link = folder / "ttyACM0", weights = folder / "weights", config = folder / "vigil.toml";
    write_weights(weights, options.minutes);
    std::ofstream(config)
        << "[[bed]]\nname = \"bed-1\"\nlabel = \"Bed 1\"\n\n[bed.detection]\nnight_ends_after_min = 10\n\n"
           "[[device]]\ndriver = \"axivity\"\nbed = \"bed-1\"\nport = \""
        << link.string() << "\"\n\n[[device]]\ndriver = \"hid_scale\"\nbed = \"bed-1\"\n";
    start_wrist(simulators, link, options);
    const auto speed = std::to_string(options.speed);
    std::vector<std::string> words{"umockdev-wrapper",
                                   (simulators / "hid_scale_simulator").string(),
                                   "--plugged",
                                   "--speed",
                                   speed,
                                   "--play",
                                   weights.string(),
                                   "--",
                                   options.vigild,
                                   "run",
                                   "--config",
                                   config.string(),
                                   "--data",
                                   options.data,
                                   "--time-scale",
                                   speed};
    words.insert(words.end(), options.more.begin(), options.more.end());
    // umockdev is preloaded before a sanitizer's runtime, which minds unless told not to.
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 0);
    exec(std::move(words));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "night_rig_simulator: %s\n", error.what());
    return 2;
  }
}

// links: vigil_store
// How long an entry waits for its commit, and how many events a second are committed in groups. Floors in the
// same run and folder: overwrite of a preallocated file + fdatasync, one 4-KiB page each (a commit writes
// some four).
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/log.hpp"
#include "store/store.hpp"

namespace {

using Steady = std::chrono::steady_clock;

struct Latency {
  double p50 = 0, p99 = 0;  // ms
};

Latency measure(int n, auto&& once) {
  std::vector<double> ms;
  for (int i = 0; i < n; ++i) {
    const auto began = Steady::now();
    once(i);
    ms.push_back(std::chrono::duration<double, std::milli>(Steady::now() - began).count());
  }
  std::sort(ms.begin(), ms.end());
  return {ms[ms.size() / 2], ms[ms.size() * 99 / 100]};
}

/// The two are taken in turns, so that both meet the same disk.
struct Overwrite {
  explicit Overwrite(const std::filesystem::path& file)
      : fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    for (std::size_t i = 0; i < pages; ++i)
      if (::pwrite(fd, page.data(), page.size(), static_cast<off_t>(i * page.size())) < 0) std::exit(1);
    ::fsync(fd);
  }
  ~Overwrite() { ::close(fd); }
  Overwrite(const Overwrite&) = delete;
  Overwrite& operator=(const Overwrite&) = delete;
  void operator()(int i) {
    page[0] = static_cast<char>(i);
    if (::pwrite(fd, page.data(), page.size(),
                 static_cast<off_t>(static_cast<std::size_t>(i) % pages * page.size())) < 0 ||
        ::fdatasync(fd) != 0)
      std::exit(1);
  }
  static constexpr std::size_t pages = 1024;
  std::array<char, 4096> page{};
  int fd;
};

vigil::Event checkin(const std::string& id) {
  vigil::Event e;
  e.bed = "bed-1";
  e.person = "p-017";
  e.boot = "0f7f3a52-1c0e-4b62-9a55-0d6b0c1f2e3d";
  e.wall.since_epoch = std::chrono::microseconds(1795315267123456);
  e.zone = "Europe/Berlin";
  e.client_id = id;
  e.payload = vigil::event::PainCheckin{7, {"lower back"}, {"aching"}, ""};
  return e;
}

void row(const char* name, double value, const char* unit, double floor, const char* aim) {
  std::printf(
      R"({"row":"%s","value":%.3f,"unit":"%s","floor":%.3f,"floor_name":"overwrite + fdatasync","ratio":%.2f,"aim":"%s"})"
      "\n",
      name, value, unit, floor, value / floor, aim);
}

}  // namespace

int main(int argc, char** argv) {
  vigil::start_log("warn");
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2000;
  auto name = (std::filesystem::temp_directory_path() / "vigil-commit-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  {
    vigil::store::Store store(folder, {});
    store.start();
    const auto enter = [&](const std::string& id) {
      std::promise<bool> promise;
      store.enter(checkin(id), [&promise](const auto& answer) { promise.set_value(answer.has_value()); });
      if (!promise.get_future().get()) std::exit(1);
    };
    Overwrite overwrite(folder / "floor");
    constexpr int turn = 50;
    std::vector<Latency> floors, ours;
    int n = 0;
    for (int i = 0; i < rounds / turn; ++i) {
      floors.push_back(measure(turn, overwrite));
      ours.push_back(measure(turn, [&](int) { enter("bench-entry-" + std::to_string(++n)); }));
    }
    const auto median = [](std::vector<Latency> list, double Latency::* what) {
      std::sort(list.begin(), list.end(),
                [&](const Latency& a, const Latency& b) { return a.*what < b.*what; });
      return list[list.size() / 2].*what;
    };
    row("check-in to its commit, p50", median(ours, &Latency::p50), "ms", median(floors, &Latency::p50),
        "<= 2x");
    row("check-in to its commit, p99", median(ours, &Latency::p99), "ms", median(floors, &Latency::p99),
        "<= 2x");

    constexpr int events = 10'000;
    const auto before = store.head();
    const auto began = Steady::now();
    auto happening = checkin("");
    for (int i = 0; i < events; ++i)
      store.append(happening);
    while (store.head() < before + events)
      std::this_thread::yield();
    const auto took = std::chrono::duration<double>(Steady::now() - began).count();
    std::printf(R"({"row":"events committed in groups","value":%.0f,"unit":"events/s"})"
                "\n",
                events / took);
  }
  std::filesystem::remove_all(folder);
}

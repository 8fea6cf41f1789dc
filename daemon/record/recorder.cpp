#include "record/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/thread.hpp"
#include "wire/capture.hpp"
#include "wire/event_json.hpp"

namespace vigil::record {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t queue_limit = 100'000;  // messages; their bytes have a limit of their own
constexpr std::size_t message_cost = 64;      // counted for each beside its bytes
constexpr auto patience = std::chrono::milliseconds(250);

struct Open {
  wire::CaptureHeader header;
};
struct Bytes {
  Name device;
  Instant at;
  std::uint8_t kind;
  std::vector<std::byte> bytes;
};
struct Close {
  Name device;
};
using Message = std::variant<Open, Bytes, Close>;

/// Letters, digits, '-', '_' and '.', none of them first: "axivity:CWA17_00123" becomes
/// "axivity_CWA17_00123".
std::string safe(std::string_view name) {
  std::string out(name);
  for (auto& c : out)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
      c = '_';
  if (out.empty() || out.front() == '.' || out.front() == '-') out.insert(0, "_");
  return out;
}

struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

/// Everything of the record thread but where it says otherwise.
struct Recorder::Inside {
  /// One device's file.
  struct Track {
    wire::CaptureHeader header;  // of this file: moved on when it is rolled
    wire::CaptureWriter writer;
    Descriptor file;
    std::uint64_t size = 0;     // of the file, whole chunks only
    std::uint64_t pending = 0;  // bytes of the device in the unwritten chunk
    Steady::time_point pending_since{}, synced{};
    bool unsynced = false;

    explicit Track(wire::CaptureHeader h) : header(std::move(h)), writer(header) {}
  };

  Inside(const std::filesystem::path& directory, const Limits& l) : folder(directory / "raw"), limits(l) {
    std::error_code ec;
    const bool fresh = std::filesystem::create_directories(folder, ec);
    if (ec) throw std::runtime_error("cannot make the folder " + folder.string() + ": " + ec.message());
    if (fresh) ::chmod(folder.c_str(), 0700);
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
      throw std::runtime_error("cannot write in " + folder.string() + ": " + std::strerror(errno));
    thread = start_thread("record", [this] { run(); });
  }

  void run() {
    while (auto batch = box.take(std::min(patience, limits.chunk_age))) {
      for (auto& message : *batch)
        std::visit([this](auto& m) { take(m); }, message);
      tidy();
    }
    retry_at = {};
    for (auto& [device, track] : tracks)
      finish(track);
  }

  void take(Open& m) {
    const auto device = m.header.device;
    take(Close{device});
    tracks.try_emplace(device, std::move(m.header));
  }

  void take(const Close& m) {
    const auto at = tracks.find(m.device);
    if (at == tracks.end()) return;
    finish(at->second);
    tracks.erase(at);
  }

  void take(const Bytes& m) {
    queued.fetch_sub(m.bytes.size() + message_cost, std::memory_order_relaxed);
    const auto at = tracks.find(m.device);
    if (at == tracks.end()) {
      dropped.fetch_add(m.bytes.size(), std::memory_order_relaxed);
      return;
    }
    auto& track = at->second;
    if (m.at - track.header.at >= limits.roll_after || track.size >= limits.roll_bytes) roll(track, m.at);
    if (!writing.load(std::memory_order_relaxed) && Steady::now() < retry_at) {
      dropped.fetch_add(m.bytes.size(), std::memory_order_relaxed);
      return;
    }
    if (track.writer.pending() == 0) track.pending_since = Steady::now();
    track.writer.add(m.at, m.kind, m.bytes);
    track.pending += m.bytes.size();
    if (track.writer.pending() >= limits.chunk_bytes) write(track);
  }

  void tidy() {
    const auto now = Steady::now();
    for (auto& [device, track] : tracks) {
      if (track.writer.pending() != 0 && now - track.pending_since >= limits.chunk_age) write(track);
      if (track.unsynced && now - track.synced >= limits.sync_every) sync(track);
    }
  }

  /// The next file goes on at this moment.
  void roll(Track& track, Instant at) {
    finish(track);
    auto header = track.header;
    header.wall = header.wall + std::chrono::duration_cast<std::chrono::microseconds>(at - header.at);
    header.at = at;
    track = Track(std::move(header));
  }

  void finish(Track& track) {
    write(track);
    if (track.unsynced) sync(track);
  }

  void write(Track& track) {
    const auto chunk = track.writer.finish_chunk();
    const auto payload = std::exchange(track.pending, 0);
    if (chunk.empty()) return;
    if (writing.load(std::memory_order_relaxed) || Steady::now() >= retry_at) {
      if ((track.file.fd >= 0 || make_file(track)) && room(track, chunk.size()) && append(track, chunk)) {
        bytes_written.fetch_add(payload, std::memory_order_relaxed);
        accepted();
        return;
      }
      refused(errno);
    }
    dropped.fetch_add(payload, std::memory_order_relaxed);
  }

  bool make_file(Track& track) {
    const auto time = wire::iso_utc(track.header.wall);  // 2026-11-22T02:41:07.123Z
    const auto day = folder / time.substr(0, 10);
    if (::mkdir(day.c_str(), 0700) != 0 && errno != EEXIST) return false;
    auto stem = safe(track.header.device.view()) + "-" + time.substr(11, 2) + time.substr(14, 2) +
                time.substr(17, 6) + "Z";
    for (int copy = 1; copy <= 1000; ++copy) {
      const auto path = day / (stem + (copy == 1 ? "" : "-" + std::to_string(copy)) + ".cap");
      track.file =
          Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
      if (track.file.fd >= 0) {
        track.size = 0;
        track.synced = Steady::now();
        if (append(track, track.writer.preamble())) return true;
        const int error = errno;
        ::unlink(path.c_str());
        track.file = Descriptor();
        errno = error;
        return false;
      }
      if (errno != EEXIST) return false;
    }
    return false;
  }

  /// Sets errno when the log needs what is left.
  bool room(const Track& track, std::size_t size) const {
    struct statvfs space{};
    if (::fstatvfs(track.file.fd, &space) != 0) return false;
    const auto whole = std::uint64_t{space.f_blocks} * space.f_frsize;
    if (std::uint64_t{space.f_bavail} * space.f_frsize >= std::min(limits.leave_free, whole / 20) + size)
      return true;
    errno = ENOSPC;
    return false;
  }

  /// The whole chunk or, by cutting off what was written of it, nothing.
  static bool append(Track& track, std::span<const std::byte> chunk) {
    std::size_t done = 0;
    while (done < chunk.size()) {
      const auto n = ::pwrite(track.file.fd, chunk.data() + done, chunk.size() - done,
                              static_cast<off_t>(track.size + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const int error = n == 0 ? ENOSPC : errno;
        [[maybe_unused]] const auto cut = ::ftruncate(track.file.fd, static_cast<off_t>(track.size));
        errno = error;
        return false;
      }
      done += static_cast<std::size_t>(n);
    }
    track.size += chunk.size();
    track.unsynced = true;
    return true;
  }

  void sync(Track& track) {
    track.synced = Steady::now();
    track.unsynced = false;
    if (track.file.fd >= 0 && ::fdatasync(track.file.fd) != 0) refused(errno);
  }

  void refused(int error) {
    retry_at = Steady::now() + limits.retry_every;
    trouble.store(error == 0 ? EIO : error, std::memory_order_relaxed);
    if (writing.exchange(false, std::memory_order_release))
      log::error("record: raw data is not recorded until the disk takes it again: {}", describe(error));
  }

  void accepted() {
    if (writing.exchange(true, std::memory_order_release)) return;
    log::info("record: recording raw data again; {} bytes were dropped since the start",
              dropped.load(std::memory_order_relaxed));
  }

  static std::string describe(int error) {
    return error == ENOSPC ? "disk full (the rest is left to the log)" : std::strerror(error);
  }

  std::filesystem::path folder;
  Limits limits;
  Mailbox<Message> box{queue_limit};  // any thread
  std::atomic<std::size_t> queued{0};
  std::atomic<std::uint64_t> bytes_written{0}, dropped{0};
  std::atomic<bool> writing{true};
  std::atomic<int> trouble{0};
  std::map<Name, Track> tracks;
  Steady::time_point retry_at{};
  std::thread thread;
};

Recorder::Recorder(const std::filesystem::path& directory, const Limits& limits)
    : in_(std::make_unique<Inside>(directory, limits)) {}

Recorder::~Recorder() {
  in_->box.close();
  in_->thread.join();
}

void Recorder::open(const Name& device, const Name& driver, std::string settings_toml, WallTime wall,
                    Instant at, const BootId& boot, bool simulated) {
  wire::CaptureHeader header;
  header.device = device;
  header.driver = driver;
  header.settings = std::move(settings_toml);
  header.wall = wall;
  header.at = at;
  header.boot = boot;
  header.simulated = simulated;
  (void)in_->box.post(Open{std::move(header)});
}

void Recorder::bytes(const Name& device, Instant at, std::uint8_t kind, std::span<const std::byte> bytes) {
  const auto cost = bytes.size() + message_cost;
  if (in_->queued.fetch_add(cost, std::memory_order_relaxed) + cost <= in_->limits.queue_bytes &&
      in_->box.post(Bytes{device, at, kind, {bytes.begin(), bytes.end()}}))
    return;
  in_->queued.fetch_sub(cost, std::memory_order_relaxed);
  in_->dropped.fetch_add(bytes.size(), std::memory_order_relaxed);
}

void Recorder::close(const Name& device) { (void)in_->box.post(Close{device}); }

Status Recorder::status() const {
  Status s;
  s.writing = in_->writing.load(std::memory_order_acquire);
  if (!s.writing) s.trouble = Inside::describe(in_->trouble.load(std::memory_order_relaxed));
  s.queued = in_->queued.load(std::memory_order_relaxed);
  s.bytes = in_->bytes_written.load(std::memory_order_relaxed);
  s.dropped = in_->dropped.load(std::memory_order_relaxed);
  return s;
}

}  // namespace vigil::record

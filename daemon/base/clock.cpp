#include "base/clock.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

namespace vigil {
namespace {

Duration read(clockid_t id) noexcept {
  timespec t{};
  clock_gettime(id, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

Name local_zone() {
  if (const char* tz = std::getenv("TZ"); tz != nullptr && *tz != '\0' && *tz != ':') {
    std::string_view zone(tz);
    if (zone.size() <= Name::capacity) return zone;
  }
  std::error_code ec;
  auto target = std::filesystem::read_symlink("/etc/localtime", ec).string();
  constexpr std::string_view mark = "zoneinfo/";
  if (auto at = target.find(mark); at != std::string::npos) {
    auto zone = target.substr(at + mark.size());
    if (zone.size() <= Name::capacity) return zone;
  }
  return "Etc/UTC";
}

BootId kernel_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.empty() || id.size() > Name::capacity ? BootId("unknown-boot") : BootId(id);
}

WallTime with_offset(std::chrono::microseconds since_epoch) noexcept {
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  std::tm local{};
  localtime_r(&whole, &local);
  return {since_epoch, std::chrono::minutes(local.tm_gmtoff / 60)};
}

}  // namespace

KernelClocks kernel_clocks() noexcept {
  return {
      .boottime = read(CLOCK_BOOTTIME), .monotonic = read(CLOCK_MONOTONIC), .realtime = read(CLOCK_REALTIME)};
}

Clock::Clock(double scale, Duration ahead)
    : scale_(scale),
      ahead_(ahead),
      boottime_start_(read(CLOCK_BOOTTIME)),
      boot_(kernel_boot()),
      zone_(local_zone()) {}

Instant Clock::now() const noexcept {
  const auto real = read(CLOCK_BOOTTIME);
  if (scale_ == 1) return {real};
  return {boottime_start_ + from_seconds(seconds(real - boottime_start_) * scale_)};
}

WallTime Clock::wall() const noexcept {
  auto t = read(CLOCK_REALTIME) + ahead_;
  // Scaled time advances the wall clock by what BOOTTIME gained, so that steps of REALTIME still show.
  if (scale_ != 1) t += from_seconds(seconds(read(CLOCK_BOOTTIME) - boottime_start_) * (scale_ - 1));
  return with_offset(std::chrono::duration_cast<std::chrono::microseconds>(t));
}

WallTime Clock::wall_at(Instant t) const noexcept {
  return with_offset(wall().since_epoch + std::chrono::duration_cast<std::chrono::microseconds>(t - now()));
}

Duration Clock::machine(Duration d) const noexcept {
  return scale_ == 1 ? d : from_seconds(seconds(d) / scale_);
}

}  // namespace vigil

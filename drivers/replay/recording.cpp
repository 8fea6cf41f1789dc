#include "drivers/replay/recording.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "drivers/replay/awd_recording.hpp"
#include "drivers/replay/capture_recording.hpp"
#include "drivers/replay/cwa_recording.hpp"
#include "drivers/replay/edf_recording.hpp"
#include "drivers/replay/table_recording.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers::replay {
namespace {

bool has_extension(const std::filesystem::path& file, std::string_view wanted) {
  auto extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return extension == wanted;
}

bool is_cwa(const std::filesystem::path& file) {
  if (has_extension(file, ".cwa")) return true;
  std::ifstream in(file, std::ios::binary);
  std::array<char, 4> head{};
  in.read(head.data(), head.size());
  return in.gcount() == 4 && std::string_view(head.data(), 4) == std::string_view("MD\xFC\x03", 4);
}

}  // namespace

std::unique_ptr<Recording> open(const std::filesystem::path& file, const Options& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    throw std::runtime_error(file.string() + ": expected a recording, found " +
                             (error ? error.message() : std::string("no regular file")));
  if (is_capture(file)) return open_captures({file});
  if (is_cwa(file)) return open_cwa(file, options);
  if (has_extension(file, ".edf") || has_extension(file, ".rec")) return open_edf(file, options);
  if (has_extension(file, ".awd")) return open_awd(file, options);
  return open_table(file, options);
}

std::unique_ptr<Recording> open(const std::vector<std::filesystem::path>& files, const Options& options) {
  if (files.empty()) throw std::runtime_error("expected a recording, found no file");
  if (files.size() == 1) return open(files.front(), options);
  for (const auto& file : files)
    if (!is_capture(file))
      throw std::runtime_error(file.string() + ": only captures of one device can be read together");
  return open_captures(files);
}

std::vector<std::vector<std::filesystem::path>> group(const std::vector<std::filesystem::path>& files) {
  struct One {
    std::filesystem::path file;
    Name device;
    WallTime wall;
  };
  std::vector<std::vector<One>> groups;
  for (const auto& file : files) {
    One one{file, {}, {}};
    if (is_capture(file)) {
      try {
        std::ifstream in(file, std::ios::binary);
        std::vector<char> head(65536);  // a header is a few hundred bytes
        in.read(head.data(), static_cast<std::streamsize>(head.size()));
        head.resize(static_cast<std::size_t>(in.gcount()));
        const wire::CaptureReader reader(std::as_bytes(std::span(head)));
        one.device = reader.header().device, one.wall = reader.header().wall;
      } catch (const std::runtime_error&) {
        one.device = {};
      }
    }
    const auto same = std::ranges::find_if(
        groups, [&](const auto& g) { return !one.device.empty() && g.front().device == one.device; });
    if (same == groups.end())
      groups.push_back({one});
    else
      same->push_back(one);
  }
  std::vector<std::vector<std::filesystem::path>> out;
  for (auto& g : groups) {
    std::ranges::stable_sort(g, {}, [](const One& one) { return one.wall.since_epoch; });
    auto& paths = out.emplace_back();
    for (auto& one : g)
      paths.push_back(std::move(one.file));
  }
  return out;
}

}  // namespace vigil::drivers::replay

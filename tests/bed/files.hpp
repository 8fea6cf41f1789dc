#pragma once
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

namespace vigil::bed::test {

inline std::filesystem::path shared(const std::string& name) {
  return std::filesystem::path(VIGIL_SHARED_DIR) / "data" / name;
}

/// Lines of a file, plain or gzip; empty when it is not there.
inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  if (!std::filesystem::exists(file)) return lines;
  gzFile f = gzopen(file.c_str(), "rb");
  std::string line;
  char part[1 << 16];
  while (gzgets(f, part, sizeof part)) {
    line += part;
    if (!line.empty() && line.back() == '\n') {
      while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
        line.pop_back();
      lines.push_back(std::move(line));
      line.clear();
    }
  }
  if (!line.empty()) lines.push_back(line);
  gzclose(f);
  return lines;
}

struct WristSample {
  double t;
  std::array<float, 3> g;
};
/// wrist_nights/*.TXT.gz: "ms x y z tempC RH" at 5 Hz, g.
inline std::vector<WristSample> wrist_night(const std::string& name) {
  std::vector<WristSample> samples;
  for (const auto& line : lines_of(shared("wrist_nights/" + name))) {
    std::istringstream in(line);
    double ms = 0;
    std::array<float, 3> g{};
    if (in >> ms >> g[0] >> g[1] >> g[2]) samples.push_back({ms / 1000, g});
  }
  return samples;
}

}  // namespace vigil::bed::test

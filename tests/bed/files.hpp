#pragma once
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
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

/// The files in a ZIP archive whose names hold `part`; empty when it is not there or one cannot be read.
inline std::map<std::string, std::string> unzipped(const std::filesystem::path& file,
                                                   const std::string& part) {
  std::map<std::string, std::string> found;
  std::ifstream in(file, std::ios::binary);
  const std::string zip((std::istreambuf_iterator<char>(in)), {});
  const auto number = [&](std::size_t at, std::size_t bytes) {
    std::size_t v = 0;
    for (std::size_t i = bytes; i-- > 0;)
      v = v << 8 | static_cast<unsigned char>(zip.at(at + i));
    return v;
  };
  const auto end = zip.rfind("PK\x05\x06");
  if (end == std::string::npos) return found;
  auto at = number(end + 16, 4);
  for (auto entries = number(end + 10, 2); entries > 0; --entries) {
    const auto method = number(at + 10, 2), packed = number(at + 20, 4), size = number(at + 24, 4);
    const auto name_size = number(at + 28, 2);
    const auto name = zip.substr(at + 46, name_size);
    const auto local = number(at + 42, 4);
    at += 46 + name_size + number(at + 30, 2) + number(at + 32, 2);
    if (name.find(part) == std::string::npos || size == 0) continue;
    auto data = zip.substr(local + 30 + number(local + 26, 2) + number(local + 28, 2), packed);
    std::string plain(size, '\0');
    if (method == 8) {
      z_stream z{};
      inflateInit2(&z, -MAX_WBITS);
      z.next_in = reinterpret_cast<Bytef*>(data.data());
      z.avail_in = static_cast<uInt>(data.size());
      z.next_out = reinterpret_cast<Bytef*>(plain.data());
      z.avail_out = static_cast<uInt>(plain.size());
      if (inflate(&z, Z_FINISH) == Z_STREAM_END) found[name] = plain;
      inflateEnd(&z);
    } else {
      found[name] = data;
    }
  }
  return found;
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

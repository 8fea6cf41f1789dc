// links: vigil_drivers
// Bytes a second through each protocol's decoder, from 4-KB reads of a stream (serial) or report by report
// (USB), as far as a number in its unit. Floor in the same run: memcpy of the same bytes in the same pieces.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/axivity/protocol.hpp"
#include "drivers/button/protocol.hpp"
#include "drivers/hid_scale/protocol.hpp"
#include "drivers/line/driver.hpp"
#include "drivers/line/layout.hpp"
#include "drivers/line/protocol.hpp"
#include "drivers/phidget_bridge/protocol.hpp"
#include "drivers/radar/protocol.hpp"
#include "drivers/sensing_tex/protocol.hpp"
#include "drivers/settings.hpp"
#include "drivers/witmotion/protocol.hpp"

namespace {

using namespace vigil;
using namespace vigil::drivers;
using Bytes = std::vector<std::byte>;
using Read = std::span<const std::byte>;
using Steady = std::chrono::steady_clock;

constexpr std::size_t stream_size = 4 << 20;
constexpr std::size_t read_size = 4096;
constexpr int repeats = 5;

void put(Bytes& to, std::initializer_list<int> values) {
  for (const int v : values)
    to.push_back(static_cast<std::byte>(v));
}
void put(Bytes& to, std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// `frame(out, i)` again and again, until there is enough.
template <class Frame>
Bytes stream_of(Frame&& frame) {
  Bytes out;
  for (int i = 0; out.size() < stream_size; ++i)
    frame(out, i);
  return out;
}

template <class F>
double best_of(F&& once) {
  double best = 1e300;
  for (int i = 0; i < repeats; ++i) {
    const auto began = Steady::now();
    once();
    best = std::min(best, std::chrono::duration<double>(Steady::now() - began).count());
  }
  return best;
}

/// `decode(read)` returns how many frames it found and adds what they said to a sum, so that none is left
/// out.
template <class Make>
void row(const char* name, const Bytes& stream, std::size_t piece, Make&& make) {
  std::size_t frames = 0;
  const auto pieces = [&](auto&& each) {
    for (std::size_t at = 0; at < stream.size(); at += piece)
      each(Read(stream).subspan(at, std::min(piece, stream.size() - at)));
  };
  const double took = best_of([&] {
    auto decode = make();
    frames = 0;
    double sum = 0;
    pieces([&](Read read) { frames += decode(read, sum); });
    asm volatile("" : : "g"(&sum) : "memory");
  });
  Bytes to(piece);
  const double copied = best_of([&] {
    pieces([&](Read read) {
      std::memcpy(to.data(), read.data(), read.size());
      asm volatile("" : : "r"(to.data()) : "memory");
    });
  });
  if (frames < 100) {
    std::fprintf(stderr, "%s: only %zu frames were found in %zu bytes\n", name, frames, stream.size());
    std::exit(1);
  }
  const double mb = static_cast<double>(stream.size()) / 1e6;
  std::printf(
      R"({"row":"decode, %s","value":%.5g,"unit":"MB/s","floor":%.5g,"floor_name":"memcpy in the same pieces","ratio":%.1f})"
      "\n",
      name, mb / took, mb / copied, took / copied);
}

Bytes axivity_lines() {
  return stream_of([](Bytes& out, int i) {
    char line[48];
    std::snprintf(line, sizeof line, "%d,%d,%d\r\n", -150 + i % 7, i % 5, 200 + i % 11);
    put(out, line);
  });
}
Bytes wit_frames() {
  return stream_of([](Bytes& out, int i) {
    const std::size_t at = out.size();
    put(out, {0x55, i % 2 == 0 ? 0x51 : 0x52, i % 256, 0x00, 0x10, 0x01, 0x00, 0x08, 0xC4, 0x09});
    int sum = 0;
    for (std::size_t k = at; k < out.size(); ++k)
      sum += std::to_integer<int>(out[k]);
    put(out, {sum & 0xFF});
  });
}
Bytes mat_columns() {
  return stream_of([](Bytes& out, int i) {
    put(out, {'M', 16, i % 16});
    for (int r = 0; r < 16; ++r)
      put(out, {(4095 - 17 * r - i) & 0xFF, (4095 - 17 * r) >> 8 & 0x0F});
    put(out, {'\n'});
  });
}
Bytes radar_frames() {
  return stream_of([](Bytes& out, int i) {
    const int cmd = i % 2 == 0 ? 0x8502 : 0x8102, value = i % 2 == 0 ? 58 + i % 9 : 15;
    put(out, {0x53, 0x59, cmd >> 8, cmd & 0xFF, 0, 1, value,
              (0x53 + 0x59 + (cmd >> 8) + (cmd & 0xFF) + 1 + value) & 0xFF, 0x54, 0x43});
  });
}
Bytes bha2_frames() {
  return stream_of([](Bytes& out, int i) {
    const int number = i & 0xFFFF;
    put(out, {0x01, number >> 8, number & 0xFF, 0x00, 0x04, 0x0A, 0x15});
    int check = 0;
    for (std::size_t k = out.size() - 7; k < out.size(); ++k)
      check ^= std::to_integer<int>(out[k]);
    put(out, {~check & 0xFF, 0x00, 0x00, 0x8C, 0x42, ~(0x8C ^ 0x42) & 0xFF});
  });
}
Bytes bridge_packets() {
  return stream_of([](Bytes& out, int i) {
    put(out, {0xFF, 0x00, 0x77, 0x77, 0x00, 0x01});
    for (int cell = 0; cell < 4; ++cell)
      put(out, {0x88, 0x31, (i + 40 * cell) & 0xFF});
  });
}
Bytes scale_reports() {
  return stream_of([](Bytes& out, int i) { put(out, {0x03, 0x04, 0x0C, 0xFF, (0xC8 + i) & 0xFF, 0x02}); });
}
Bytes button_reports() {
  return stream_of([](Bytes& out, int i) { put(out, {0, 0, i % 2 == 0 ? 0x28 : 0, 0, 0, 0, 0, 0}); });
}

void line_row(const char* name, WrittenSettings::Written written, const Bytes& stream) {
  const WrittenSettings settings(line::driver, std::move(written));
  std::vector<Wrong> wrongs;
  const auto layout = line::layout_of(settings, wrongs);
  if (!layout) {
    std::fprintf(stderr, "%s: %s\n", name, wrongs.empty() ? "no layout" : wrongs.front().what.c_str());
    std::exit(1);
  }
  row(name, stream, read_size, [&] {
    return [decoder = line::Decoder(*layout)](Read read, double& sum) mutable {
      std::size_t n = 0;
      while (const auto record = decoder.next(read)) {
        if (record->kind != line::Record::Kind::values) continue;
        ++n;
        for (const float v : record->values)
          sum += double{v};
      }
      return n;
    };
  });
}

}  // namespace

int main() {
  row("axivity lines", axivity_lines(), read_size, [] {
    return [splitter = axivity::LineSplitter()](Read read, double& sum) mutable {
      std::size_t n = 0;
      while (const auto text = splitter.next(read))
        if (const auto raw = axivity::parse_sample(*text))
          if (const auto g = axivity::to_g(raw->acceleration, 256)) sum += double{(*g)[2]}, ++n;
      return n;
    };
  });
  row("witmotion frames", wit_frames(), read_size, [] {
    return [finder = witmotion::FrameFinder()](Read read, double& sum) mutable {
      std::size_t n = 0;
      while (const auto frame = finder.next(read)) {
        ++n;
        if (frame->id == witmotion::id_acceleration) sum += double{witmotion::acceleration(*frame)[2]};
      }
      return n;
    };
  });
  row("sensing_tex images, 16x16", mat_columns(), read_size, [] {
    return [finder = sensing_tex::ImageFinder(16, 16)](Read read, double& sum) mutable {
      std::size_t n = 0;
      while (const auto image = finder.next(read))
        sum += double{(*image)[77]}, ++n;
      return n;
    };
  });
  const auto radar = [] {
    return [decoder = radar::Decoder()](Read read, double& sum) mutable {
      std::size_t n = 0;
      while (const auto frame = decoder.next(read))
        sum += double{radar::meaning(*frame).value}, ++n;
      return n;
    };
  };
  row("radar R60ABD1 frames", radar_frames(), read_size, radar);
  row("radar MR60BHA2 frames", bha2_frames(), read_size, radar);
  row("phidget_bridge packets", bridge_packets(), phidget_bridge::packet_size, [] {
    return [](Read read, double& sum) -> std::size_t {
      const auto packet = phidget_bridge::decode(read);
      if (!packet) return 0;
      for (std::size_t cell = 0; cell < phidget_bridge::most_cells; ++cell)
        if (const auto mv = phidget_bridge::millivolts_per_volt(packet->raw[cell], packet->setup.gains[cell]))
          sum += phidget_bridge::kilograms(*mv, {});
      return 1;
    };
  });
  row("hid_scale reports", scale_reports(), hid_scale::report_size, [] {
    return [](Read read, double& sum) -> std::size_t {
      const auto kg = hid_scale::decode(read);
      if (!kg) return 0;
      sum += double{*kg};
      return 1;
    };
  });
  row("button reports", button_reports(), button::report_size, [] {
    return [](Read read, double& sum) -> std::size_t {
      const auto held = button::decode(read);
      if (!held || !*held) return 0;
      sum += static_cast<double>((*held)->count());
      return 1;
    };
  });
  line_row("line CSV, 4 cells", {{"format", "csv"}, {"columns", "2-5 load kg max=10000"}},
           stream_of([](Bytes& out, int i) {
             char text[64];
             std::snprintf(text, sizeof text, "%d,%d,%d,%d,%d\n", 10 * i % 100000, 512 - i % 9, 430 + i % 7,
                           i % 3, 77);
             put(out, text);
           }));
  return 0;
}

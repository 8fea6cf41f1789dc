// sources: drivers/sensing_tex/protocol.cpp
// corpus: tests/captures/sensing_tex
// What comes out of a mat's port. The first two bytes say how it is split and how large the mat is: the
// images are the same, within 0 to 4095, and after any rubbish the second whole frame is found.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "drivers/sensing_tex/protocol.hpp"

namespace {

using namespace vigil::drivers::sensing_tex;
using Bytes = std::span<const std::byte>;

void require(bool held) {
  if (!held) std::abort();
}

struct Found {
  std::vector<std::vector<float>> images;
  Damage damage;
  bool operator==(const Found&) const = default;
};

Found found(Bytes bytes, std::size_t step, std::size_t rows, std::size_t columns) {
  ImageFinder finder(rows, columns);
  Found out;
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (const auto image = finder.next(part))
      out.images.emplace_back(image->begin(), image->end());
    require(part.empty());
  }
  out.damage = finder.take_damage();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t step = 1 + data[0] % 150, rows = 1 + data[1] % 8, columns = 1 + data[1] / 32;
  const auto whole = found(bytes, std::max<std::size_t>(1, bytes.size()), rows, columns);
  require(found(bytes, step, rows, columns) == whole);
  require(whole.images.size() * packet_size(rows) * columns <= bytes.size());
  for (const auto& image : whole.images)
    for (const float counts : image)
      require(counts >= 0 && counts != 1 && counts <= full_scale);
  if (const auto mat = geometry_of(bytes)) require(mat->rows > 0 && mat->columns > 0);

  // After any of it, a text's worth of silence apart, the stream is found again.
  std::vector<std::byte> after(bytes.begin(), bytes.end());
  after.insert(after.end(), 600, std::byte{0});
  for (int frame = 0; frame < 3; ++frame)
    for (std::size_t column = 0; column < columns; ++column) {
      after.insert(after.end(),
                   {std::byte{'M'}, static_cast<std::byte>(rows), static_cast<std::byte>(column)});
      for (std::size_t row = 0; row < rows; ++row)
        after.insert(after.end(), {std::byte{0xB8}, std::byte{0x0B}});
      after.push_back(std::byte{'\n'});
    }
  const auto again = found(after, step, rows, columns);
  require(!again.images.empty());
  for (const float counts : again.images.back())
    require(counts == 1095);
  return 0;
}

// sources: daemon/wire/edf.cpp
// Any bytes as an EDF: refused or read; what is read and can be written is read back as the same.
#include <cstdlib>
#include <span>
#include <stdexcept>

#include "wire/edf.hpp"

using namespace vigil::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Edf edf;
  try {
    edf = read_edf(std::as_bytes(std::span(data, size)));
  } catch (const std::runtime_error&) {
    return 0;
  }
  for (const auto& s : edf.signals)
    if (s.samples.size() != edf.records * s.samples_per_record) std::abort();
  std::vector<std::byte> written;
  try {
    written = write_edf(edf);
  } catch (const std::invalid_argument&) {
    return 0;
  }
  const auto again = read_edf(written);
  if (again.signals.size() != edf.signals.size() || again.records != edf.records) std::abort();
  for (std::size_t i = 0; i < edf.signals.size(); ++i)
    if (again.signals[i].samples != edf.signals[i].samples) std::abort();
  if (again.annotations.size() != edf.annotations.size() && !edf.annotations.empty() && edf.records > 0)
    std::abort();
  return 0;
}

// sources: drivers/replay/table.cpp
// The lines of a CSV recording: the first names the columns, each further one is a row or a counted mistake.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "drivers/replay/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::drivers::replay;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&text] {
    const auto end = text.find('\n');
    const auto taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return taken;
  };
  (void)parse_iso(text.substr(0, text.find(',')));
  Table table{Options{}};
  try {
    while (!text.empty() && !table.header(line())) {
    }
  } catch (const std::invalid_argument&) {
    return 0;  // no header that can be read: said in words
  }
  while (!text.empty())
    if (table.row(line()))
      for (std::size_t i = 0; i < table.channels().size(); ++i)
        if (const auto n = table.values(i).size(); n != 0 && n != table.channels()[i].values()) std::abort();
  return 0;
}

// sources: daemon/serve/guard.cpp
// What stands in a request's first line and in the headers that are looked at: target, Host, Origin,
// Sec-Fetch-Site, Accept-Encoding, a line each.
#include <array>
#include <cstdlib>
#include <string>

#include "serve/guard.hpp"

namespace {

using namespace vigil::serve;

void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, 5> lines;
  for (auto& line : lines) {
    const auto end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto [raw, host, origin, site, encoding] = lines;

  if (const auto target = parse_target(raw)) {
    for (const auto& s : target->segments)
      require(s != "." && s != ".." && s.find('/') == std::string::npos && s.find('\0') == std::string::npos);
    require(target->path().starts_with("/"));
    for (const auto& [key, value] : target->query)
      require(target->value(key).has_value());
  }
  const auto verdict =
      judge({host, origin.empty() ? std::optional<std::string_view>() : origin, site, true}, 8580);
  if (verdict == Verdict::admitted) {
    require(host.ends_with(":8580"));
    require(origin.empty() || origin.size() == host.size() + 7);
    require(site.empty() || site == "none" || site == "same-origin");
  }
  if (accepts_gzip(encoding))
    require(encoding.find('*') != std::string_view::npos ||
            encoding.find_first_of("gG") != std::string_view::npos);
  return 0;
}

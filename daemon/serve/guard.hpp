#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigil::serve {

/// Any web page can try a loopback address, and any name can be made to resolve to one. So a request must
/// name us as its host (else DNS rebinding reads everything) and, where the browser says where it comes from,
/// come from ourselves. Pure.
enum class Verdict : std::uint8_t { admitted, bad_host, misdirected, foreign };

struct Asked {
  std::optional<std::string_view> host;    ///< nullopt: none, or more than one
  std::optional<std::string_view> origin;  ///< as sent; "null" is foreign
  std::string_view fetch_site;             ///< Sec-Fetch-Site, empty when not sent
  bool api = false;                        ///< a path below /api: nothing there is for other sites to fetch
};

/// bad_host: 400. misdirected: 421. foreign: 403.
Verdict judge(const Asked& asked, std::uint16_t port) noexcept;

/// A request target taken apart: percent-decoded, the path split at its slashes before decoding.
struct Target {
  std::string authority;              ///< of the absolute form "http://host/...", else empty
  std::vector<std::string> segments;  ///< "/" has none
  std::vector<std::pair<std::string, std::string>> query;  ///< in order; '+' is a space

  [[nodiscard]] std::string path() const;  ///< "/a/b", decoded
  /// The first value of that key.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const noexcept;
};

/// nullopt: not a path, a broken escape, a control byte, an escaped slash, "." or ".." as a segment.
std::optional<Target> parse_target(std::string_view raw);

/// "text/html;q=0.5, */*": whether an Accept-Encoding value allows gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace vigil::serve

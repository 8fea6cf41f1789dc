#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace vigil::serve {

/// The body of GET http://ADDRESS:PORT/TARGET from a daemon on this machine; nullopt when none answers 200
/// there within the time. Blocks the caller, a command line.
std::optional<std::string> ask(const std::string& address, std::uint16_t port, const std::string& target,
                               std::chrono::milliseconds within = std::chrono::seconds(3));

struct Told {
  unsigned status = 0;
  std::string body;
};
/// POSTs `json` there; nullopt when nothing that speaks HTTP answers within the time. Blocks likewise.
std::optional<Told> tell(const std::string& address, std::uint16_t port, const std::string& target,
                         std::string json, std::chrono::milliseconds within = std::chrono::seconds(25));

}  // namespace vigil::serve

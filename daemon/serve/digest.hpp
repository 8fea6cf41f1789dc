#pragma once
#include <string>
#include <string_view>

namespace vigil::serve {

std::string sha256(std::string_view bytes);  ///< 32 bytes
std::string base64(std::string_view bytes);  ///< RFC 4648, padded
/// Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455, 4.2.2).
std::string websocket_accept(std::string_view key);
/// A key is 16 bytes in base64.
bool websocket_key_fits(std::string_view key) noexcept;

}  // namespace vigil::serve

#include "serve/digest.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>

namespace vigil::serve {
namespace {

std::string digest(const EVP_MD* kind, std::string_view bytes) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, kind,
                 nullptr) != 1)
    throw std::runtime_error("libcrypto cannot compute a digest");
  out.resize(size);
  return out;
}

}  // namespace

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

std::string websocket_accept(std::string_view key) {
  return base64(digest(EVP_sha1(), std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

bool websocket_key_fits(std::string_view key) noexcept {
  const auto base = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, base);
}

}  // namespace vigil::serve

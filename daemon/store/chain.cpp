#include "store/chain.hpp"

#include <stdexcept>

#include <openssl/evp.h>
#include <sys/random.h>

namespace vigil::store {

struct Chain::Inside {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  Inside() {
    if (sha256 == nullptr || context == nullptr) throw std::runtime_error("libcrypto offers no SHA-256");
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(sha256);
  }

  Digest hash(std::span<const std::byte> a, std::span<const std::byte> b = {},
              std::span<const std::byte> c = {}) {
    Digest out{};
    bool good = EVP_DigestInit_ex2(context, sha256, nullptr) == 1;
    for (const auto part : {a, b, c})
      if (!part.empty()) good = good && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
    if (!good || EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1)
      throw std::runtime_error("libcrypto failed to hash");
    return out;
  }
};

Chain::Chain() : in_(std::make_unique<Inside>()) {}
Chain::~Chain() = default;

Digest Chain::first(std::string_view log_id) { return in_->hash(std::as_bytes(std::span(log_id))); }

Digest Chain::payload_hash(std::span<const std::byte> nonce, std::string_view payload) {
  return in_->hash(nonce, std::as_bytes(std::span(payload)));
}

Digest Chain::link(std::span<const std::byte> before, std::string_view header,
                   std::span<const std::byte> payload_hash) {
  return in_->hash(before, std::as_bytes(std::span(header)), payload_hash);
}

void random_bytes(std::span<std::byte> out) {
  while (!out.empty()) {
    const auto n = getrandom(out.data(), out.size(), 0);
    if (n < 0) throw std::runtime_error("the kernel gives no random bytes");
    out = out.subspan(static_cast<std::size_t>(n));
  }
}

std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : bytes) {
    out += digits[std::to_integer<unsigned>(b) >> 4U];
    out += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return out;
}

std::string random_uuid() {
  Nonce bytes{};
  random_bytes(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  auto text = hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    text.insert(at, "-");
  return text;
}

}  // namespace vigil::store

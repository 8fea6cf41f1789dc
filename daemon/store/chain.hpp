#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace vigil::store {

using Digest = std::array<std::byte, 32>;
using Nonce = std::array<std::byte, 16>;

/// The arithmetic of the chain:
///   first link   = SHA-256(log id)
///   payload hash = SHA-256(nonce || payload)
///   link         = SHA-256(link before || header || payload hash)
/// The nonce keeps a short payload (a score of 0 to 10) from being guessed by its hash once it is erased.
class Chain {
 public:
  Chain();
  ~Chain();
  Digest first(std::string_view log_id);
  Digest payload_hash(std::span<const std::byte> nonce, std::string_view payload);
  Digest link(std::span<const std::byte> before, std::string_view header,
              std::span<const std::byte> payload_hash);

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

/// From the kernel. Throws std::runtime_error when it has none to give.
void random_bytes(std::span<std::byte> out);
std::string random_uuid();
std::string hex(std::span<const std::byte> bytes);

}  // namespace vigil::store

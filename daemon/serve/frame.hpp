#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vigil::serve {

/// RFC 6455 framing, the server's side, as values: bytes in, messages out; nothing here knows a socket.
///
///    0                   1                   2                   3
///    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///   +-+-+-+-+-------+-+-------------+-------------------------------+
///   |F|R|R|R| opcode|M| length (7)  | length, 16 or 64 bit, if the  |
///   |I|S|S|S|  (4)  |A|             | seven bits say 126 or 127     |
///   |N|V|V|V|       |S|             | masking key, 32 bit, if M     |
///   +-+-+-+-+-------+-+-------------+-------------------------------+

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// RFC 6455 section 7.4.1, and 1013 of the IANA registry.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  none = 1005,  ///< a close frame without a code; never sent
  bad_payload = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
  try_again = 1013,
};

/// A whole server frame (unmasked, FIN) around `payload`.
std::string encode(Opcode opcode, std::string_view payload);
/// A close frame. `reason` is cut to what a control frame holds (123 bytes), at a character's edge.
std::string encode_close(CloseCode code, std::string_view reason);
/// Where the payload of a frame made by encode() begins.
std::size_t payload_offset(std::string_view frame) noexcept;

/// Checks UTF-8 as it arrives; a sequence may be split anywhere. RFC 3629: no surrogates, nothing beyond
/// U+10FFFF, no overlong forms.
class Utf8 {
 public:
  /// false: these bytes can no longer become valid; stays false.
  bool feed(std::string_view bytes) noexcept;
  /// No sequence is open.
  [[nodiscard]] bool whole() const noexcept { return missing_ == 0 && !broken_; }

 private:
  std::uint8_t missing_ = 0;               ///< continuation bytes still to come
  std::uint8_t low_ = 0x80, high_ = 0xBF;  ///< what the next one may be
  bool broken_ = false;
};

/// Something a client sent, or what it did wrong.
struct Incoming {
  enum class Kind : std::uint8_t { text, binary, ping, pong, close, violation };
  Kind kind{};
  std::string_view payload;          ///< borrowed until the next call; close: the reason
  CloseCode code = CloseCode::none;  ///< close: what the client says; violation: what to close with
};

/// Turns a client's bytes into messages, at whatever points they are split. Holds at most `limit` bytes of a
/// message. After a close or a violation it takes nothing more.
class FrameParser {
 public:
  explicit FrameParser(std::size_t limit) noexcept : limit_(limit) {}

  /// Takes bytes from the front of `bytes` up to the end of the first message. Empty answer: all bytes are
  /// taken and no message is whole yet.
  std::optional<Incoming> take(std::span<const std::byte>& bytes);

 private:
  std::optional<Incoming> begin_frame();
  std::optional<Incoming> end_frame();
  Incoming violation(CloseCode code, std::string_view what) noexcept;

  std::size_t limit_;
  bool done_ = false;
  std::uint8_t header_[14] = {};
  std::uint8_t have_ = 0, need_ = 2;  ///< bytes of the header
  bool in_payload_ = false;
  std::uint64_t left_ = 0;  ///< of the frame's payload
  std::uint8_t key_[4] = {};
  std::uint8_t turn_ = 0;  ///< which byte of the key comes next
  Opcode frame_ = Opcode::continuation;
  bool fin_ = false;
  Opcode message_ = Opcode::continuation;  ///< of the open fragmented message; continuation: none is open
  Utf8 utf8_;
  std::string data_, control_, given_;
};

}  // namespace vigil::serve

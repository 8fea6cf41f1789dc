#include "serve/frame.hpp"

#include <algorithm>

namespace vigil::serve {
namespace {

bool is_control(Opcode o) noexcept { return (static_cast<std::uint8_t>(o) & 8U) != 0; }

bool known(std::uint8_t opcode) noexcept { return opcode <= 2 || (opcode >= 8 && opcode <= 10); }

/// Section 7.4: what may stand in a close frame on the wire.
bool may_be_sent(unsigned code) noexcept {
  if (code >= 3000 && code <= 4999) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

std::string encode(Opcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  frame.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  const std::uint64_t size = payload.size();
  const auto big_endian = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      frame.push_back(static_cast<char>((size >> shift) & 0xFFU));
  };
  if (size < 126) {
    frame.push_back(static_cast<char>(size));
  } else if (size <= 0xFFFF) {
    frame.push_back(126);
    big_endian(2);
  } else {
    frame.push_back(127);
    big_endian(8);
  }
  frame.append(payload);
  return frame;
}

std::string encode_close(CloseCode code, std::string_view reason) {
  constexpr std::size_t room = 123;
  if (reason.size() > room) {
    std::size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xC0U) == 0x80U)
      --end;
    reason = reason.substr(0, end);
  }
  std::string payload;
  if (code != CloseCode::none) {
    payload.push_back(static_cast<char>(static_cast<unsigned>(code) >> 8U));
    payload.push_back(static_cast<char>(static_cast<unsigned>(code) & 0xFFU));
    payload.append(reason);
  }
  return encode(Opcode::close, payload);
}

std::size_t payload_offset(std::string_view frame) noexcept {
  const auto seven = static_cast<unsigned char>(frame[1]) & 0x7FU;
  return seven == 127 ? 10 : seven == 126 ? 4 : 2;
}

bool Utf8::feed(std::string_view bytes) noexcept {
  if (broken_) return false;
  for (const char c : bytes) {
    const auto b = static_cast<std::uint8_t>(c);
    if (missing_ > 0) {
      if (b < low_ || b > high_) {
        broken_ = true;
        return false;
      }
      low_ = 0x80, high_ = 0xBF;
      --missing_;
      continue;
    }
    if (b < 0x80) continue;
    low_ = 0x80, high_ = 0xBF;
    if (b >= 0xC2 && b <= 0xDF) {
      missing_ = 1;
    } else if (b >= 0xE0 && b <= 0xEF) {
      missing_ = 2;
      if (b == 0xE0) low_ = 0xA0;   // shorter forms exist
      if (b == 0xED) high_ = 0x9F;  // surrogates
    } else if (b >= 0xF0 && b <= 0xF4) {
      missing_ = 3;
      if (b == 0xF0) low_ = 0x90;
      if (b == 0xF4) high_ = 0x8F;  // beyond U+10FFFF
    } else {
      broken_ = true;
      return false;
    }
  }
  return true;
}

Incoming FrameParser::violation(CloseCode code, std::string_view what) noexcept {
  done_ = true;
  return {Incoming::Kind::violation, what, code};
}

std::optional<Incoming> FrameParser::take(std::span<const std::byte>& bytes) {
  while (!done_) {
    if (!in_payload_) {
      while (have_ < need_) {
        if (bytes.empty()) return {};
        header_[have_++] = std::to_integer<std::uint8_t>(bytes.front());
        bytes = bytes.subspan(1);
        if (have_ == 2) {
          const auto seven = header_[1] & 0x7FU;
          need_ = static_cast<std::uint8_t>(2 + (seven == 127 ? 8 : seven == 126 ? 2 : 0) + 4);
          if ((header_[1] & 0x80U) == 0) return violation(CloseCode::protocol_error, "frames must be masked");
        }
      }
      if (auto wrong = begin_frame()) return wrong;
    }
    auto& into = is_control(frame_) ? control_ : data_;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    const auto from = into.size();
    into.resize(from + n);
    for (std::size_t i = 0; i < n; ++i) {
      into[from + i] = static_cast<char>(std::to_integer<std::uint8_t>(bytes[i]) ^ key_[turn_]);
      turn_ = (turn_ + 1) & 3U;
    }
    bytes = bytes.subspan(n);
    left_ -= n;
    if (!is_control(frame_) && message_ == Opcode::text && !utf8_.feed(std::string_view(into).substr(from)))
      return violation(CloseCode::bad_payload, "text must be UTF-8");
    if (left_ > 0) return {};
    if (auto whole = end_frame()) return whole;
  }
  bytes = {};
  return {};
}

std::optional<Incoming> FrameParser::begin_frame() {
  const std::uint8_t opcode = header_[0] & 0x0FU;
  fin_ = (header_[0] & 0x80U) != 0;
  if ((header_[0] & 0x70U) != 0) return violation(CloseCode::protocol_error, "no extension was agreed");
  if (!known(opcode)) return violation(CloseCode::protocol_error, "unknown opcode");
  frame_ = static_cast<Opcode>(opcode);
  const auto seven = header_[1] & 0x7FU;
  std::uint64_t length = seven;
  if (seven >= 126) {
    length = 0;
    for (std::size_t i = 2; i < std::size_t{need_} - 4; ++i)
      length = (length << 8U) | header_[i];
    if (length < 126 || (seven == 127 && length <= 0xFFFF) || (length >> 63U) != 0)
      return violation(CloseCode::protocol_error, "length is not in its shortest form");
  }
  if (is_control(frame_)) {
    if (!fin_) return violation(CloseCode::protocol_error, "a control frame must be whole");
    if (length > 125) return violation(CloseCode::protocol_error, "a control frame holds at most 125 bytes");
    control_.clear();
  } else {
    const bool open = message_ != Opcode::continuation;
    if (frame_ == Opcode::continuation && !open)
      return violation(CloseCode::protocol_error, "a continuation of nothing");
    if (frame_ != Opcode::continuation && open)
      return violation(CloseCode::protocol_error, "the message before is not finished");
    if (!open) {
      message_ = frame_;
      data_.clear();
      utf8_ = {};
    }
    if (length > limit_ - data_.size()) return violation(CloseCode::too_big, "message too big");
  }
  std::copy_n(header_ + need_ - 4, 4, key_);
  turn_ = 0;
  left_ = length;
  in_payload_ = true;
  have_ = 0;
  need_ = 2;
  return {};
}

std::optional<Incoming> FrameParser::end_frame() {
  in_payload_ = false;
  using Kind = Incoming::Kind;
  switch (frame_) {
    case Opcode::ping:
      return Incoming{Kind::ping, control_, CloseCode::none};
    case Opcode::pong:
      return Incoming{Kind::pong, control_, CloseCode::none};
    case Opcode::close: {
      if (control_.size() == 1) return violation(CloseCode::protocol_error, "half a close code");
      if (control_.empty()) {
        done_ = true;
        return Incoming{Kind::close, {}, CloseCode::none};
      }
      const unsigned code = static_cast<unsigned>(static_cast<unsigned char>(control_[0])) << 8U |
                            static_cast<unsigned char>(control_[1]);
      if (!may_be_sent(code))
        return violation(CloseCode::protocol_error, "a close code that may not be sent");
      const auto reason = std::string_view(control_).substr(2);
      Utf8 check;
      if (!check.feed(reason) || !check.whole())
        return violation(CloseCode::bad_payload, "reason must be UTF-8");
      done_ = true;
      return Incoming{Kind::close, reason, static_cast<CloseCode>(code)};
    }
    default:
      break;
  }
  if (!fin_) return {};
  const bool text = message_ == Opcode::text;
  message_ = Opcode::continuation;
  if (text && !utf8_.whole()) return violation(CloseCode::bad_payload, "text must be UTF-8");
  given_.swap(data_);
  data_.clear();
  return Incoming{text ? Kind::text : Kind::binary, given_, CloseCode::none};
}

}  // namespace vigil::serve

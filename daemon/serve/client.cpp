#include "serve/client.hpp"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace vigil::serve {
namespace {

using boost::asio::ip::tcp;
constexpr std::size_t gathered = 64;     // frames in one sendmsg
constexpr int send_buffer = 256 * 1024;  // the kernel doubles it; beyond it a client is behind
constexpr int reads_a_turn = 4;          // so that no client keeps the loop for itself

const Bytes& ping_frame() {
  static const auto frame = std::make_shared<const std::string>(encode(Opcode::ping, {}));
  return frame;
}

}  // namespace

Client::Client(tcp::socket socket, const Limits& limits)
    : socket_(std::move(socket)),
      limits_(limits),
      parser_(limits.message),
      next_ping_(Clock::now() + limits.ping) {
  boost::system::error_code ec;
  socket_.set_option(tcp::no_delay(true), ec);
  socket_.set_option(boost::asio::socket_base::send_buffer_size(send_buffer), ec);
}

void Client::open(std::string_view early) {
  hear(std::as_bytes(std::span(early.data(), early.size())));
  if (!gone_) wait_readable();
}

void Client::wait_readable() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code ec) {
    if (self->gone_) return;
    if (ec) return self->drop();
    self->readable();
  });
}

void Client::wait_writable() {
  blocked_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](boost::system::error_code ec) {
    self->blocked_ = false;
    if (self->gone_) return;
    if (ec) return self->drop();
    if (self->flush() && !self->gone_) self->on_drained();
  });
}

void Client::readable() {
  std::array<std::byte, 16 * 1024> scratch;
  for (int i = 0; i < reads_a_turn && !gone_; ++i) {
    const auto n = ::recv(socket_.native_handle(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (n == 0) return drop();
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return drop();
    }
    hear(std::span(scratch).first(static_cast<std::size_t>(n)));
  }
  if (!gone_) wait_readable();
}

void Client::hear(std::span<const std::byte> bytes) {
  if (!bytes.empty()) unanswered_ = false;
  while (!bytes.empty() && !gone_) {
    const auto incoming = parser_.take(bytes);
    if (incoming) heard(*incoming);
  }
  flush();
}

void Client::heard(const Incoming& incoming) {
  using Kind = Incoming::Kind;
  if (incoming.kind == Kind::close) {
    peer_closed_ = true;
    if (closing_)
      drop();  // both have said it
    else
      begin_closing(incoming.code, {});
    return;
  }
  if (closing_) return;  // nothing is heard any more but the end
  switch (incoming.kind) {
    case Kind::ping:
      return answer_ping(incoming.payload);
    case Kind::text:
      return on_text(incoming.payload);
    case Kind::binary:
      return close(CloseCode::unsupported, "only text is understood here");
    case Kind::violation:
      return close(incoming.code, incoming.payload);
    case Kind::pong:
    case Kind::close:
      return;
  }
}

/// Of several pings that could not be answered yet only the last needs a pong (RFC 6455, 5.5.3).
void Client::answer_ping(std::string_view payload) {
  auto pong = std::make_shared<const std::string>(encode(Opcode::pong, payload));
  for (auto i = first_ + (sent_ > 0 ? 1 : 0); i < queue_.size(); ++i)
    if (queue_[i].sort == Sort::pong) {
      queue_[i].bytes = std::move(pong);
      return;
    }
  enqueue(std::move(pong), Sort::pong);
}

void Client::enqueue(Bytes bytes, Sort sort) {
  if (sort == Sort::event) ++events_, event_bytes_ += bytes->size();
  if (sort == Sort::offer) ++offers_;
  queue_.push_back({std::move(bytes), sort});
}

void Client::erase(std::size_t at) {
  const auto& item = queue_[at];
  if (item.sort == Sort::event) --events_, event_bytes_ -= item.bytes->size();
  if (item.sort == Sort::offer) --offers_;
  queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(at));
}

void Client::push(Bytes frame) {
  if (gone_ || closing_) return;
  enqueue(std::move(frame), Sort::event);
  if (queue_.size() - first_ >= gathered && !blocked_) flush();
  if (events_ > limits_.behind_frames || event_bytes_ > limits_.behind_bytes)
    close(CloseCode::try_again, "too far behind; come back with since");
}

void Client::offer(Bytes frames) {
  if (gone_ || closing_) return;
  if (offers_ >= limits_.offers)
    for (auto i = first_ + (sent_ > 0 ? 1 : 0); i < queue_.size(); ++i)
      if (queue_[i].sort == Sort::offer) {
        erase(i);
        break;
      }
  enqueue(std::move(frames), Sort::offer);
}

bool Client::flush() {
  if (gone_) return true;
  if (blocked_) return !unsent();
  while (first_ < queue_.size()) {
    std::array<iovec, gathered> parts;
    std::size_t n = 0;
    for (auto i = first_; i < queue_.size() && n < gathered; ++i, ++n) {
      const auto skip = i == first_ ? sent_ : 0;
      parts[n] = {const_cast<char*>(queue_[i].bytes->data()) + skip, queue_[i].bytes->size() - skip};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = n;
    const auto written = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wait_writable();
        return false;
      }
      drop();
      return true;
    }
    taken(static_cast<std::size_t>(written));
  }
  queue_.clear();
  first_ = 0;
  if (closing_ && !ended_) {
    ended_ = true;
    boost::system::error_code ec;
    socket_.shutdown(tcp::socket::shutdown_send, ec);
  }
  return true;
}

void Client::taken(std::size_t bytes) {
  while (bytes > 0) {
    auto& item = queue_[first_];
    const auto left = item.bytes->size() - sent_;
    if (bytes < left) {
      sent_ += bytes;
      return;
    }
    bytes -= left;
    sent_ = 0;
    if (item.sort == Sort::event) --events_, event_bytes_ -= item.bytes->size();
    if (item.sort == Sort::offer) --offers_;
    item.bytes.reset();
    ++first_;
  }
  if (first_ >= 1024) {  // a queue that never empties does not grow for ever
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Client::close(CloseCode code, std::string_view reason) {
  if (gone_ || closing_) return;
  begin_closing(code, reason);
  flush();
}

void Client::begin_closing(CloseCode code, std::string_view reason) {
  const auto keep = first_ + (sent_ > 0 ? 1 : 0);
  while (queue_.size() > keep)
    erase(queue_.size() - 1);
  enqueue(std::make_shared<const std::string>(encode_close(code, reason)), Sort::control);
  closing_ = true;
  close_by_ = Clock::now() + limits_.close;
}

void Client::drop() noexcept {
  if (gone_) return;
  gone_ = true;
  boost::system::error_code ec;
  socket_.close(ec);
  queue_.clear();
  first_ = sent_ = events_ = event_bytes_ = offers_ = 0;
  on_gone();
}

void Client::tick(Clock::time_point now) {
  if (gone_) return;
  if (closing_) {
    if (now >= close_by_) drop();
    return;
  }
  if (now < next_ping_) return;
  if (unanswered_) return close(CloseCode::policy, "silent: a ping went unanswered");
  unanswered_ = true;
  next_ping_ = now + limits_.ping;
  enqueue(ping_frame(), Sort::control);
  flush();
}

}  // namespace vigil::serve

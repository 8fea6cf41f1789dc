#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "serve/frame.hpp"
#include "serve/message.hpp"

namespace vigil::serve {

/// One WebSocket connection after the handshake. It owns the socket and one outgoing queue for everything:
/// events, gathered readings and waves, pongs and the close. What the kernel takes at once never enters the
/// queue's memory for longer than a call. Serve thread only; always held by a shared_ptr, which its waits
/// keep alive.
class Client : public std::enable_shared_from_this<Client> {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    std::size_t message = 4096;        ///< bytes a client may send in one message
    std::size_t behind_frames = 1000;  ///< more unsent events close with 1013
    std::size_t behind_bytes = 1U << 20U;
    std::size_t offers = 8;  ///< unsent gatherings; a newer one replaces the oldest
    std::chrono::milliseconds ping{20'000};
    std::chrono::milliseconds close{2'000};
  };

  Client(boost::asio::ip::tcp::socket socket, const Limits& limits);
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Starts reading; `early` came with the handshake.
  void open(std::string_view early);
  /// A frame that must arrive. Sent with the next flush(). Falling behind closes with 1013.
  void push(Bytes frame);
  /// Frames of the moment: may be dropped for newer ones.
  void offer(Bytes frames);
  /// Hands the kernel what it takes. true: nothing is left unsent.
  bool flush();
  /// What has not begun to be sent is dropped, the close frame goes next.
  void close(CloseCode code, std::string_view reason);
  /// Ends it now.
  void drop() noexcept;
  /// Pings and deadlines; at least every quarter of the shortest.
  void tick(Clock::time_point now);

  [[nodiscard]] bool gone() const noexcept { return gone_; }
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  [[nodiscard]] bool unsent() const noexcept { return first_ < queue_.size(); }

 protected:
  virtual void on_text(std::string_view message) = 0;  ///< may close()
  virtual void on_drained() = 0;                       ///< all is sent after a time when it was not
  virtual void on_gone() = 0;                          ///< once; it sends and hears nothing more

 private:
  enum class Sort : std::uint8_t { event, offer, pong, control };
  struct Item {
    Bytes bytes;
    Sort sort;
  };

  void wait_readable();
  void wait_writable();
  void hear(std::span<const std::byte> bytes);
  void heard(const Incoming& incoming);
  void answer_ping(std::string_view payload);
  void enqueue(Bytes bytes, Sort sort);
  void erase(std::size_t at);
  void taken(std::size_t bytes);
  void begin_closing(CloseCode code, std::string_view reason);
  void readable();

  boost::asio::ip::tcp::socket socket_;
  const Limits& limits_;
  FrameParser parser_;
  std::vector<Item> queue_;
  std::size_t first_ = 0;  ///< of queue_: the oldest unsent
  std::size_t sent_ = 0;   ///< bytes of it that are
  std::size_t events_ = 0, event_bytes_ = 0, offers_ = 0;
  bool blocked_ = false;  ///< the kernel's buffer is full: a wait is under way
  bool closing_ = false;  ///< a close frame is queued or sent
  bool ended_ = false;    ///< our side is shut down
  bool peer_closed_ = false;
  bool gone_ = false;
  bool unanswered_ = false;  ///< nothing was heard since the last ping
  Clock::time_point next_ping_, close_by_;
};

}  // namespace vigil::serve

#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace vigil {

/// The one queue between threads that is not an io_context, and the one class with a mutex. Many may post,
/// one thread takes all that is there at once.
template <class T>
class Mailbox {
 public:
  explicit Mailbox(std::size_t limit) : limit_(limit) {}

  /// false when full or closed: the caller says what is lost.
  [[nodiscard]] bool post(T value) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || waiting_.size() >= limit_) return false;
      waiting_.push_back(std::move(value));
    }
    wake_.notify_one();
    return true;
  }

  /// Waits until something is there, `patience` has passed (empty answer), or the box is closed and empty
  /// (nullopt).
  [[nodiscard]] std::optional<std::vector<T>> take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, patience, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty() && closed_) return std::nullopt;
    std::vector<T> taken;
    taken.swap(waiting_);
    return taken;
  }

  /// No further posts; what waits can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
  }

  [[nodiscard]] std::size_t depth() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<T> waiting_;
  bool closed_ = false;
};

}  // namespace vigil

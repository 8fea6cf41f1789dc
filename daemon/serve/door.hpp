#pragma once
#include <memory>
#include <mutex>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace vigil::serve {

/// The way onto the serve thread for everyone else. It is shared, so that an answer of the store that comes
/// after the server is gone finds the door closed and not a freed io_context.
class Door {
 public:
  explicit Door(boost::asio::io_context& io) : io_(&io) {}

  /// Any thread. After close() the job is dropped.
  template <class Job>
  void post(Job job) {
    const std::lock_guard lock(mutex_);
    if (io_ != nullptr) boost::asio::post(*io_, std::move(job));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* io_;
};

}  // namespace vigil::serve

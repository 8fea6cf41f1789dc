#pragma once
#include <atomic>
#include <functional>
#include <thread>

#include "base/mailbox.hpp"

namespace vigil::serve {

/// One thread for what may wait on the disk: history. Jobs run in order; each posts its own answer back.
class Work {
 public:
  using Job = std::function<void()>;

  explicit Work(std::size_t limit) : waiting_(limit) {}
  ~Work() { stop(); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void start();
  /// Waits for the job that runs; those that wait are dropped.
  void stop();
  /// Any thread. false: too many wait, or it is stopped. A job may not throw.
  [[nodiscard]] bool post(Job job) { return waiting_.post(std::move(job)); }
  [[nodiscard]] std::size_t depth() const { return waiting_.depth(); }

 private:
  void run();

  Mailbox<Job> waiting_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace vigil::serve

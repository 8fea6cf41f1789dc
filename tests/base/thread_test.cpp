#include "base/thread.hpp"

#include <array>
#include <csignal>
#include <string>

#include <gtest/gtest.h>
#include <pthread.h>

namespace vigil {
namespace {

TEST(Thread, has_its_name_and_takes_no_signals) {
  std::array<char, 16> name{};
  bool blocked = false;
  auto thread = start_thread("vigil-a-name-too-long", [&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, nullptr, &now);
    blocked = sigismember(&now, SIGTERM) == 1;
  });
  thread.join();
  EXPECT_EQ(std::string(name.data()), "vigil-a-name-to");
  EXPECT_TRUE(blocked);
}

}  // namespace
}  // namespace vigil

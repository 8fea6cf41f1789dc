#include "base/thread.hpp"

#include <csignal>
#include <cstring>

#include <pthread.h>

namespace vigil {

void name_this_thread(const char* name) noexcept {
  char kept[16] = {};
  std::strncpy(kept, name, sizeof kept - 1);
  pthread_setname_np(pthread_self(), kept);
}

void block_signals() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace vigil

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Every allocation of this program is counted. Sanitizers bring their own operators, and a hook beside them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Of sanitizer/allocator_interface.h, which GCC's package lacks.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
namespace {
[[maybe_unused]] const int hooked = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});
}  // namespace
#else
void* operator new(std::size_t n) {
  ++allocations;
  if (void* p = std::malloc(n ? n : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace vigil::bed::test {
namespace {

TEST(Allocation, none_after_attach_but_in_the_output) {
  const std::size_t first = allocations;
  const auto probe = std::make_unique<int>(1);
  ASSERT_GT(allocations, first) << "nothing is counted";
  Bed bed("bed-1", {});
  const auto load = bed.attach("scale", scale, std::chrono::seconds(3), false);
  const auto worn = bed.attach("wrist", wrist, std::chrono::seconds(3), false);
  const Channel image{Quantity::pressure, 32, 64, 2, 0, 4095, 0};
  const auto mat = bed.attach("mat", image, std::chrono::seconds(3), false);
  const auto weight = person_on_scale({{60, 3600}, {3700, 1e9}}, {{60, 80}, {3000, 3100}, {5000, 5200}});
  const auto arm = person_on_wrist({{0, 80}, {3000, 3100}, {5000, 5200}});
  const auto legs =
      bed.attach("bridge", Channel{Quantity::load, 1, 4, 125, -50, 200, 0}, std::chrono::seconds(3), false);
  const auto radar =
      bed.attach("radar", Channel{Quantity::motion, 1, 1, 1, 0, 100, 0}, std::chrono::seconds(3), false);
  std::vector<float> cells(2048, 100.0F);
  Output out;
  out.events.reserve(200), out.readings.reserve(200), out.epochs.reserve(500), out.rescores.reserve(500);
  out.waves.reserve(1000);
  std::size_t events = 0;
  const std::size_t before = allocations;
  for (int i = 0; i < 10 * 7200; ++i) {
    const double t = i / 10.0;
    const float kg = *weight(t);
    bed.step(Sample{load, at_s(t), std::span(&kg, 1)}, out);
    const auto g = *arm(t);
    bed.step(Sample{worn, at_s(t), g}, out);
    for (int k = 0; k < 12 && t < 1200; ++k) {
      const float beat = 0.02F * static_cast<float>(std::sin(31 * t + k));
      bed.step(Sample{legs, at_s(t + 0.008 * k), std::array{1 + beat, 2 - beat, 1.5F, 1.0F}}, out);
    }
    if (i % 10 == 0) bed.step(Sample{radar, at_s(t), std::span(&cells[0], 1)}, out);
    if (i % 5 == 0) bed.step(Sample{mat, at_s(t), cells}, out);
    bed.step(Tick{at_s(t)}, out);
    events += out.events.size();
    out.clear();
  }
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(events, 5U) << "something must have happened";
}

}  // namespace
}  // namespace vigil::bed::test

#pragma once
#include <cassert>
#include <cstddef>
#include <vector>

namespace vigil {

/// The newest `capacity` values, oldest first. Allocates once, when made. Not thread-safe.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : slots_(capacity) { assert(capacity > 0); }

  void push(const T& value) noexcept {
    slots_[(first_ + size_) % slots_.size()] = value;
    if (size_ < slots_.size())
      ++size_;
    else
      first_ = (first_ + 1) % slots_.size();
  }
  void pop_front() noexcept {
    assert(size_ > 0);
    first_ = (first_ + 1) % slots_.size();
    --size_;
  }
  void clear() noexcept { first_ = size_ = 0; }

  /// i = 0 is the oldest value held.
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
    return slots_[(first_ + i) % slots_.size()];
  }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return slots_[(first_ + i) % slots_.size()]; }
  [[nodiscard]] const T& back() const noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] T& back() noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ == slots_.size(); }

 private:
  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace vigil

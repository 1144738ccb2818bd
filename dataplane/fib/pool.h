// Memory for the nodes of forwarding tables: a stretch of address space in which blocks are named
// by 32-bit indexes.
//
// The stretch is reserved at once and becomes memory page by page, as blocks are first used. It
// never moves, so that readers may keep its base. A block has 2^order elements and begins at a
// multiple of its size, or of a cache line where it is larger. Released blocks are given out again,
// last in first out: their lines are in the writer's cache. Where a size has none left, a larger
// block is split; blocks never grow together again.
//
// Threads: allocate and release: the writer only, which releases a block when no reader can hold it
// any more (dataplane/rcu.h). Elements are read by anyone.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>

namespace isthmus::dataplane {

template <class T>
class Pool {
  static_assert(std::is_trivially_copyable_v<T> && std::has_single_bit(sizeof(T)));

 public:
  // A free block holds the index of the next one, so no block is smaller than that.
  static constexpr unsigned kOrderMin =
      sizeof(T) >= sizeof(uint32_t) ? 0 : std::bit_width(sizeof(uint32_t) / sizeof(T)) - 1;

  // At most 2^32 - 1 elements; address space only. Throws std::bad_alloc where even that is short.
  explicit Pool(size_t capacity) : capacity_(capacity) {
    void* memory = ::mmap(nullptr, capacity * sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    elements_ = static_cast<T*>(memory);
    free_.fill(kNone);
  }
  ~Pool() { ::munmap(elements_, capacity_ * sizeof(T)); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The index of the first of 2^order elements, whose contents are anything. Strong guarantee.
  uint32_t allocate(unsigned order) {
    order = std::max(order, kOrderMin);
    unsigned from = order;
    while (from < kOrders && free_[from] == kNone) ++from;
    uint32_t first = 0;
    if (from < kOrders) {
      first = free_[from];
      std::memcpy(&free_[from], &elements_[first], sizeof(uint32_t));
      for (unsigned half = from; half-- > order;) push(first + (uint32_t{1} << half), half);
    } else {
      first = extend(order);
    }
    used_ += size_t{1} << order;
    return first;
  }
  void release(uint32_t first, unsigned order) noexcept {
    order = std::max(order, kOrderMin);
    push(first, order);
    used_ -= size_t{1} << order;
  }

  T* data() noexcept { return elements_; }
  const T* data() const noexcept { return elements_; }
  T& operator[](uint32_t index) noexcept { return elements_[index]; }
  const T& operator[](uint32_t index) const noexcept { return elements_[index]; }
  size_t bytes_used() const noexcept { return used_ * sizeof(T); }    // of blocks given out
  size_t bytes_touched() const noexcept { return end_ * sizeof(T); }  // ever
  static constexpr unsigned order_of(size_t count) {
    return std::max(kOrderMin, static_cast<unsigned>(std::bit_width(count - 1)));
  }

 private:
  static constexpr unsigned kOrders = 32;
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  static constexpr size_t kLine = std::max<size_t>(64 / sizeof(T), 1);  // elements

  void push(uint32_t first, unsigned order) noexcept {
    std::memcpy(static_cast<void*>(&elements_[first]), &free_[order], sizeof(uint32_t));
    free_[order] = first;
  }
  uint32_t extend(unsigned order) {
    const size_t count = size_t{1} << order;
    const size_t align = std::min(count, kLine);
    const size_t first = (end_ + align - 1) / align * align;
    if (first + count > capacity_) throw std::bad_alloc();
    while (end_ < first) {  // what alignment skips is there for smaller blocks
      const auto piece = static_cast<unsigned>(std::countr_zero(end_));
      push(static_cast<uint32_t>(end_), piece);
      end_ += size_t{1} << piece;
    }
    end_ = first + count;
    return static_cast<uint32_t>(first);
  }

  T* elements_ = nullptr;
  size_t capacity_;
  size_t end_ = 0;                      // elements from here on were never given out
  size_t used_ = 0;                     // elements
  std::array<uint32_t, kOrders> free_;  // by order: the first free block
};

}  // namespace isthmus::dataplane

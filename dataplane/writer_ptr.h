// A shared pointer for values that one thread owns and many threads read.
//
// The count is a plain integer: only the writer copies and destroys handles. Readers reach the
// value through a structure that rcu.h keeps alive, and only dereference. An atomic count would
// cost readers nothing, but the writer copies handles by the thousand when it copies a path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace isthmus::dataplane {

template <class T>
class WriterPtr {
 public:
  WriterPtr() noexcept = default;
  template <class... Args>
  static WriterPtr make(Args&&... args) {
    return WriterPtr(new Box{T(std::forward<Args>(args)...), 1});
  }
  WriterPtr(const WriterPtr& other) noexcept : box_(other.box_) {
    if (box_ != nullptr) ++box_->count;
  }
  WriterPtr(WriterPtr&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  WriterPtr& operator=(WriterPtr other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~WriterPtr() {
    if (box_ != nullptr && --box_->count == 0) delete box_;
  }

  const T* get() const noexcept { return box_ == nullptr ? nullptr : &box_->value; }
  const T& operator*() const noexcept { return box_->value; }
  const T* operator->() const noexcept { return &box_->value; }

 private:
  struct Box {
    const T value;
    size_t count;
  };
  explicit WriterPtr(Box* box) noexcept : box_(box) {}
  Box* box_ = nullptr;
};

}  // namespace isthmus::dataplane

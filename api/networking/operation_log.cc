#include "api/networking/operation_log.h"

#include <algorithm>

namespace isthmus::api::networking {
namespace {

std::string lower(std::string_view id) {
  std::string out(id);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

void OperationLog::add_succeeded(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (!ids_.insert(lower(id)).second) return;
  order_.push_back(lower(id));
  if (order_.size() <= kept_) return;
  ids_.erase(order_.front());
  order_.pop_front();
}

bool OperationLog::has(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(lower(id));
}

}  // namespace isthmus::api::networking

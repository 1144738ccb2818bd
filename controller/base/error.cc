#include "controller/base/error.h"

#include <array>

namespace isthmus {
namespace {

constexpr std::array kErrors = {
#define X(name, status, meaning) ErrorInfo{ErrorCode::name, #name, status, meaning},
    ISTHMUS_ERRORS(X)
#undef X
};

}  // namespace

const ErrorInfo& info(ErrorCode code) { return kErrors[static_cast<size_t>(code)]; }

std::vector<ErrorInfo> all_errors() { return {kErrors.begin(), kErrors.end()}; }

}  // namespace isthmus

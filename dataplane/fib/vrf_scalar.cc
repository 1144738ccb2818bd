#include "dataplane/fib/vrf_scalar_cpu.h"

namespace isthmus::dataplane::vrf {

const Kernel kKernelScalar = kernel_of<ScalarCpu>();

}  // namespace isthmus::dataplane::vrf

// Tells systemd how the daemon does, for a unit of Type=notify: sd_notify(3) by hand, which is one
// datagram.
#pragma once

#include <string_view>

namespace isthmus::api::config {

// Nobody is told where `socket` (the environment's NOTIFY_SOCKET) is null or no socket is there:
// the daemon serves all the same. An abstract socket begins with '@'.
void tell_service_manager(const char* socket, std::string_view state);

constexpr std::string_view kReady = "READY=1";
constexpr std::string_view kReloading = "RELOADING=1";
constexpr std::string_view kStopping = "STOPPING=1";

}  // namespace isthmus::api::config

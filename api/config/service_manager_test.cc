#include "api/config/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/temporary_folder.h"

namespace isthmus::api::config {
namespace {

TEST(ServiceManager, IsToldInOneDatagram) {
  const TemporaryFolder folder;
  const std::string name = folder.file("notify");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, name.c_str(), name.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  tell_service_manager(name.c_str(), kReady);
  char told[64];
  const ssize_t count = ::recv(socket, told, sizeof told, MSG_DONTWAIT);
  EXPECT_EQ(std::string(told, static_cast<size_t>(std::max<ssize_t>(count, 0))), "READY=1");
  ::close(socket);
}

TEST(ServiceManager, NeedNotBeThere) {
  for (const char* socket : {"", "@", "/nowhere/notify", "relative"})
    tell_service_manager(socket, kReady);
  tell_service_manager(nullptr, kReady);
  tell_service_manager(std::string(200, '/').c_str(), kReady);
}

}  // namespace
}  // namespace isthmus::api::config

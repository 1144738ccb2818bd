// What owns network interfaces in Azure and what watches over them. Of a virtual machine only that
// matters here which tells its interfaces and its name: nothing runs.
//
// Sources: Microsoft.Compute 2022-08-01 and Microsoft.Network 2022-01-01, as @azure/arm-compute and
// @azure/arm-network describe them.
#pragma once

#include "controller/model/boxed.h"
#include "controller/model/member.h"

namespace isthmus {

struct NetworkWatcher {};  // the one of its region
template <class V, MaybeConst<NetworkWatcher> B>
void describe(V&, B&) {}

struct AttachedInterface {
  ResourceId interface;
  std::optional<bool> is_primary;
  std::string delete_option;
};
template <class V, MaybeConst<AttachedInterface> B>
void describe(V& v, B& b) {
  v.reference(kItself, b.interface, Presence::Required, Kinds{Kind::NetworkInterface});
  v.object("properties", Presence::Optional, [&] {
    v.member("primary", b.is_primary, Presence::Optional);
    v.member("deleteOption", b.delete_option, Presence::Optional);
  });
}

struct MachineImage {
  std::string publisher;
  std::string offer;
  std::string sku;
  std::string version;
};
struct MachineNames {
  std::string computer;
  std::string admin_user;
};
struct VirtualMachine {
  std::string size;
  Boxed<MachineImage> image;
  Boxed<MachineNames> names;
  std::vector<AttachedInterface> interfaces;
};
template <class V, MaybeConst<VirtualMachine> B>
void describe(V& v, B& b) {
  v.object("hardwareProfile", Presence::Optional,
           [&] { v.member("vmSize", b.size, Presence::Optional); });
  v.object("storageProfile", Presence::Optional, [&] {
    v.optional_object("imageReference", b.image, [&](auto& image) {
      v.member("publisher", image.publisher, Presence::Optional);
      v.member("offer", image.offer, Presence::Optional);
      v.member("sku", image.sku, Presence::Optional);
      v.member("version", image.version, Presence::Optional);
    });
  });
  v.optional_object("osProfile", b.names, [&](auto& names) {
    v.member("computerName", names.computer, Presence::Optional);
    v.member("adminUsername", names.admin_user, Presence::Optional);
  });
  v.object("networkProfile", Presence::Optional, [&] {
    v.objects("networkInterfaces", b.interfaces, [&](auto& interface) { describe(v, interface); });
  });
}

}  // namespace isthmus

"""What programs do first with azure-mgmt-network, in the order in which they do it: core.py CLOUD.

Prints a line for each part, and ends at the first answer that is not what Azure gives. Made for Debian 12's SDK.
"""
import os
import sys

import azure.core.exceptions
import azure.identity
import azure.mgmt.network
import azure.mgmt.resource

CLOUD = sys.argv[1]
SUBSCRIPTION = os.environ["ARM_SUBSCRIPTION_ID"]
GROUP, LOCATION = "lab", "westeurope"
SCOPE = {"credential_scopes": [CLOUD + "//.default"]}

# For any tenant but adfs the library asks login.microsoftonline.com first.
credential = azure.identity.ClientSecretCredential("adfs", "lab", "lab", authority=CLOUD)
client = azure.mgmt.network.NetworkManagementClient(credential, SUBSCRIPTION, base_url=CLOUD, **SCOPE)
resources = azure.mgmt.resource.ResourceManagementClient(credential, SUBSCRIPTION, base_url=CLOUD, **SCOPE)
peerings = client.virtual_network_peerings


def id_of(path):
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/{path}"


def network(name):
    return {"id": id_of("virtualNetworks/" + name)}


def names(found):
    return sorted(resource.name for resource in found)


def same(found, wanted):
    if found != wanted:
        raise AssertionError(f"expected: {wanted}\nis:       {found}")


def refused(status, code, call, *arguments, **options):
    """The call is answered with this error, wherever the library notices it."""
    try:
        result = call(*arguments, **options)
        if hasattr(result, "result"):
            result.result()
    except azure.core.exceptions.HttpResponseError as error:
        same((error.status_code, error.error.code), (status, code))
    else:
        raise AssertionError(f"not refused: {code}")


def put(operations, *arguments, **options):
    return operations.begin_create_or_update(GROUP, *arguments, **options).result()


def delete(operations, *names_of_it):
    operations.begin_delete(GROUP, *names_of_it).result()


def resource_group():
    same(resources.resource_groups.check_existence(GROUP), False)
    made = resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
    same(made.properties.provisioning_state, "Succeeded")
    same(resources.resource_groups.check_existence(GROUP), True)


def networks():
    space = {"address_prefixes": ["10.0.0.0/16", "fd00:a::/48"]}
    subnets_of_it = [{"name": "web", "address_prefix": "10.0.0.0/24"}]
    hub = put(client.virtual_networks, "hub",
              {"location": LOCATION, "tags": {"env": "lab"}, "address_space": space, "subnets": subnets_of_it})
    same((hub.id, hub.provisioning_state, hub.tags), (network("hub")["id"], "Succeeded", {"env": "lab"}))
    same(hub.address_space.address_prefixes, space["address_prefixes"])
    same(hub.subnets[0].address_prefix, "10.0.0.0/24")
    put(client.virtual_networks, "spoke", {"location": LOCATION, "address_space": {"address_prefixes": ["10.1.0.0/16"]}})
    same(names(client.virtual_networks.list(GROUP)), ["hub", "spoke"])
    same(names(client.virtual_networks.list_all()), ["hub", "spoke"])
    again = client.virtual_networks.get(GROUP, "hub")
    same((again.etag, again.resource_guid), (hub.etag, hub.resource_guid))


def routes():
    put(client.route_tables, "to-firewall", {"location": LOCATION, "disable_bgp_route_propagation": True})
    made = put(client.routes, "to-firewall", "out",
               {"address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance", "next_hop_ip_address": "10.0.0.4"})
    same((made.provisioning_state, made.has_bgp_override), ("Succeeded", False))
    put(client.routes, "to-firewall", "nowhere", {"address_prefix": "192.0.2.0/24", "next_hop_type": "None"})
    same(names(client.routes.list(GROUP, "to-firewall")), ["nowhere", "out"])
    same(client.routes.get(GROUP, "to-firewall", "out").next_hop_ip_address, "10.0.0.4")
    same(names(client.route_tables.list(GROUP)), ["to-firewall"])
    same(names(client.route_tables.list_all()), ["to-firewall"])
    table = client.route_tables.get(GROUP, "to-firewall")
    same((table.disable_bgp_route_propagation, names(table.routes)), (True, ["nowhere", "out"]))


def security_groups():
    made = put(client.network_security_groups, "guard", {"location": LOCATION})
    same(len(made.default_security_rules), 6)
    rule = {"protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100,
            "source_address_prefix": "Internet", "source_port_range": "*",
            "destination_address_prefix": "*", "destination_port_range": "22"}
    ssh = put(client.security_rules, "guard", "ssh", rule)
    same((ssh.priority, ssh.destination_port_range, ssh.access), (100, "22", "Allow"))
    refused(400, "SecurityRuleInvalidPriority", put, client.security_rules, "guard", "late", rule | {"priority": 99})
    same(names(client.security_rules.list(GROUP, "guard")), ["ssh"])
    same(names(client.network_security_groups.list(GROUP)), ["guard"])
    same(names(client.network_security_groups.list_all()), ["guard"])


def subnets():
    made = put(client.subnets, "hub", "db", {"address_prefix": "10.0.1.0/24",
                                             "route_table": {"id": id_of("routeTables/to-firewall")},
                                             "network_security_group": {"id": id_of("networkSecurityGroups/guard")}})
    same(made.route_table.id, id_of("routeTables/to-firewall"))
    same(made.network_security_group.id, id_of("networkSecurityGroups/guard"))
    same(names(client.subnets.list(GROUP, "hub")), ["db", "web"])
    same(client.subnets.get(GROUP, "hub", "db").address_prefix, "10.0.1.0/24")
    refused(400, "NetcfgSubnetRangesOverlap", put, client.subnets, "hub", "twice", {"address_prefix": "10.0.1.128/25"})
    refused(400, "NetcfgSubnetRangeOutsideVnet", put, client.subnets, "hub", "away", {"address_prefix": "10.9.0.0/24"})


def states():
    found = [peerings.get(GROUP, *side) for side in (("hub", "to-spoke"), ("spoke", "to-hub"))]
    return [f"{side.peering_state} {side.peering_sync_level}" for side in found]


def both_peerings():
    first = put(peerings, "hub", "to-spoke", {"remote_virtual_network": network("spoke"), "allow_virtual_network_access": True})
    same((first.peering_state, first.peering_sync_level), ("Initiated", "RemoteNotInSync"))
    same(first.remote_address_space.address_prefixes, ["10.1.0.0/16"])
    second = put(peerings, "spoke", "to-hub", {"remote_virtual_network": network("hub"), "allow_virtual_network_access": True})
    same((second.peering_state, second.peering_sync_level), ("Connected", "FullyInSync"))
    same(second.resource_guid, first.resource_guid)
    same(states(), ["Connected FullyInSync"] * 2)
    same(names(peerings.list(GROUP, "hub")), ["to-spoke"])


def resize():
    spoke = client.virtual_networks.get(GROUP, "spoke")
    spoke.address_space.address_prefixes.append("10.3.0.0/16")
    put(client.virtual_networks, "spoke", spoke)
    same(states(), ["Connected LocalNotInSync", "Connected RemoteNotInSync"])
    stale = peerings.get(GROUP, "hub", "to-spoke")
    same(stale.remote_address_space.address_prefixes, ["10.1.0.0/16"])
    same(stale.remote_virtual_network_address_space.address_prefixes, ["10.1.0.0/16", "10.3.0.0/16"])
    put(peerings, "hub", "to-spoke", stale)
    same(states(), ["Connected LocalNotInSync", "Connected RemoteNotInSync"])  # a PUT alone synchronises nothing
    fresh = put(peerings, "hub", "to-spoke", stale, sync_remote_address_space="true")
    same(fresh.remote_address_space.address_prefixes, ["10.1.0.0/16", "10.3.0.0/16"])
    same(states(), ["Connected FullyInSync"] * 2)


def interfaces():
    subnet = id_of("virtualNetworks/hub/subnets/db")
    made = put(client.network_interfaces, "db-nic", {
        "location": LOCATION, "enable_ip_forwarding": True,
        "ip_configurations": [{"name": "ipconfig1", "subnet": {"id": subnet}, "primary": True}]})
    same(made.enable_ip_forwarding, True)
    same((made.ip_configurations[0].private_ip_address, made.ip_configurations[0].subnet.id), ("10.0.1.4", subnet))
    same(names(client.network_interfaces.list(GROUP)), ["db-nic"])
    same(names(client.network_interfaces.list_all()), ["db-nic"])
    refused(400, "InUseSubnetCannotBeDeleted", client.subnets.begin_delete, GROUP, "hub", "db")
    free = client.virtual_networks.check_ip_address_availability(GROUP, "hub", "10.0.1.4")
    same((free.available, free.available_ip_addresses), (False, [f"10.0.1.{host}" for host in range(5, 10)]))
    used = {usage.name.value: usage.current_value for usage in client.usages.list(LOCATION)}
    same((used["VirtualNetworks"], used["NetworkInterfaces"]), (2, 1))


def effective():
    table = client.network_interfaces.begin_get_effective_route_table(GROUP, "db-nic").result()
    hops = sorted((route.address_prefix[0], route.source, route.state, route.next_hop_type) for route in table.value)
    for hop in [("0.0.0.0/0", "Default", "Invalid", "Internet"), ("0.0.0.0/0", "User", "Active", "VirtualAppliance"),
                ("10.0.0.0/16", "Default", "Active", "VnetLocal"), ("10.1.0.0/16", "Default", "Active", "VNetPeering"),
                ("10.3.0.0/16", "Default", "Active", "VNetPeering")]:
        same([one for one in hops if one == hop], [hop])
    groups = client.network_interfaces.begin_list_effective_network_security_groups(GROUP, "db-nic").result().value
    same([group.network_security_group.id for group in groups], [id_of("networkSecurityGroups/guard")])
    rules = {rule.name: rule for rule in groups[0].effective_security_rules}
    same((len(rules), rules["securityRules/ssh"].destination_port_range), (7, "22-22"))
    tag = rules["defaultSecurityRules/AllowVnetInBound"].expanded_source_address_prefix
    same({"10.0.0.0/16", "10.1.0.0/16", "10.3.0.0/16"} - set(tag), set())


def errors():
    refused(404, "ResourceNotFound", client.virtual_networks.get, GROUP, "none")
    refused(404, "NotFound", peerings.get, GROUP, "hub", "none")
    put(client.virtual_networks, "twin", {"location": LOCATION, "address_space": {"address_prefixes": ["10.0.128.0/17"]}})
    for side, remote, code in [("twin", "hub", "VnetAddressSpacesOverlap"), ("twin", "none", "InvalidResourceReference"),
                               ("hub", "spoke", "AnotherPeeringAlreadyReferencesRemoteVnet")]:
        refused(400, code, put, peerings, side, "refused", {"remote_virtual_network": network(remote)})
    refused(400, "InUseRouteTableCannotBeDeleted", client.route_tables.begin_delete, GROUP, "to-firewall")
    refused(400, "InUseNetworkSecurityGroupCannotBeDeleted", client.network_security_groups.begin_delete, GROUP, "guard")


def deletes():
    delete(peerings, "hub", "to-spoke")
    same(peerings.get(GROUP, "spoke", "to-hub").peering_state, "Disconnected")
    refused(400, "RemotePeeringIsDisconnected", put, peerings, "hub", "to-spoke", {"remote_virtual_network": network("spoke")})
    delete(peerings, "hub", "to-spoke")  # gone already: not an error
    delete(client.network_interfaces, "db-nic")
    delete(client.subnets, "hub", "db")
    delete(client.routes, "to-firewall", "nowhere")
    delete(client.security_rules, "guard", "ssh")
    resources.resource_groups.begin_delete(GROUP).result()  # and whatever is in it
    same(names(client.virtual_networks.list_all()), [])
    same(resources.resource_groups.check_existence(GROUP), False)


for part in (resource_group, networks, routes, security_groups, subnets, both_peerings, resize, interfaces, effective,
             errors, deletes):
    part()
    print(part.__name__, flush=True)

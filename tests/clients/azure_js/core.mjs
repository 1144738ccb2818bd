// What programs do first with @azure/arm-network, in the order in which they do it: core.mjs CLOUD.
// Prints a line for each part, and ends at the first answer that is not what Azure gives.
import assert from 'node:assert/strict';
import { ClientSecretCredential } from '@azure/identity';
import { NetworkManagementClient } from '@azure/arm-network';

const cloud = process.argv[2];
const subscription = process.env.ARM_SUBSCRIPTION_ID;
const group = 'lab';
const location = 'westeurope';
const credential = new ClientSecretCredential('adfs', 'lab', 'lab', { authorityHost: cloud, disableInstanceDiscovery: true });
const azure = new NetworkManagementClient(credential, subscription, { endpoint: cloud });

const groupPath = `/subscriptions/${subscription}/resourceGroups/${group}`;
const idOf = (path) => `${groupPath}/providers/Microsoft.Network/${path}`;
const network = (name) => ({ id: idOf(`virtualNetworks/${name}`) });
const names = (resources) => resources.map(({ name }) => name).sort();

async function all(list) {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
}

async function refused(call, statusCode, code) {
  await assert.rejects(call, (error) => {
    assert.deepEqual([error.statusCode, error.code], [statusCode, code], error.message);
    return true;
  });
}

// The groups of resources are another SDK's.
async function resourceGroup() {
  const { token } = await credential.getToken(cloud + '//.default');
  const answer = await fetch(`${cloud}${groupPath}?api-version=2021-04-01`, {
    method: 'PUT',
    headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
    body: JSON.stringify({ location }),
  });
  assert.equal(answer.status, 201);
}

async function networks() {
  const { virtualNetworks } = azure;
  const hub = await virtualNetworks.beginCreateOrUpdateAndWait(group, 'hub', {
    location,
    tags: { env: 'lab' },
    addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:a::/48'] },
    subnets: [{ name: 'web', addressPrefix: '10.0.0.0/24' }],
  });
  assert.equal(hub.id, network('hub').id);
  assert.equal(hub.provisioningState, 'Succeeded');
  assert.deepEqual(hub.tags, { env: 'lab' });
  assert.deepEqual(hub.addressSpace.addressPrefixes, ['10.0.0.0/16', 'fd00:a::/48']);
  assert.equal(hub.subnets[0].addressPrefix, '10.0.0.0/24');
  await virtualNetworks.beginCreateOrUpdateAndWait(group, 'spoke',
      { location, addressSpace: { addressPrefixes: ['10.1.0.0/16'] } });
  assert.deepEqual(names(await all(virtualNetworks.list(group))), ['hub', 'spoke']);
  assert.deepEqual(names(await all(virtualNetworks.listAll())), ['hub', 'spoke']);
  const again = await virtualNetworks.get(group, 'hub');
  assert.deepEqual([again.etag, again.resourceGuid], [hub.etag, hub.resourceGuid]);
}

async function routes() {
  const { routeTables, routes } = azure;
  await routeTables.beginCreateOrUpdateAndWait(group, 'to-firewall', { location, disableBgpRoutePropagation: true });
  const made = await routes.beginCreateOrUpdateAndWait(group, 'to-firewall', 'out',
      { addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: '10.0.0.4' });
  assert.deepEqual([made.provisioningState, made.hasBgpOverride], ['Succeeded', false]);
  await routes.beginCreateOrUpdateAndWait(group, 'to-firewall', 'nowhere',
      { addressPrefix: '192.0.2.0/24', nextHopType: 'None' });
  assert.deepEqual(names(await all(routes.list(group, 'to-firewall'))), ['nowhere', 'out']);
  assert.equal((await routes.get(group, 'to-firewall', 'out')).nextHopIpAddress, '10.0.0.4');
  assert.deepEqual(names(await all(routeTables.list(group))), ['to-firewall']);
  assert.deepEqual(names(await all(routeTables.listAll())), ['to-firewall']);
  const table = await routeTables.get(group, 'to-firewall');
  assert.equal(table.disableBgpRoutePropagation, true);
  assert.deepEqual(names(table.routes), ['nowhere', 'out']);
}

async function securityGroups() {
  const { networkSecurityGroups, securityRules, defaultSecurityRules } = azure;
  const made = await networkSecurityGroups.beginCreateOrUpdateAndWait(group, 'guard', { location });
  assert.equal(made.defaultSecurityRules.length, 6);
  const ssh = await securityRules.beginCreateOrUpdateAndWait(group, 'guard', 'ssh', {
    protocol: 'Tcp', access: 'Allow', direction: 'Inbound', priority: 100,
    sourceAddressPrefix: 'Internet', sourcePortRange: '*', destinationAddressPrefix: '*', destinationPortRange: '22',
  });
  assert.deepEqual([ssh.priority, ssh.destinationPortRange, ssh.access], [100, '22', 'Allow']);
  const late = { ...ssh, id: undefined, name: 'late', priority: 99 };
  await refused(securityRules.beginCreateOrUpdateAndWait(group, 'guard', 'late', late), 400, 'SecurityRuleInvalidPriority');
  assert.deepEqual(names(await all(securityRules.list(group, 'guard'))), ['ssh']);
  assert.deepEqual(names(await all(networkSecurityGroups.list(group))), ['guard']);
  assert.deepEqual(names(await all(networkSecurityGroups.listAll())), ['guard']);
  assert.equal((await securityRules.get(group, 'guard', 'ssh')).protocol, 'Tcp');
}

async function subnets() {
  const { subnets, routeTables } = azure;
  const made = await subnets.beginCreateOrUpdateAndWait(group, 'hub', 'db', {
    addressPrefix: '10.0.1.0/24',
    routeTable: { id: idOf('routeTables/to-firewall') },
    networkSecurityGroup: { id: idOf('networkSecurityGroups/guard') },
  });
  assert.equal(made.routeTable.id, idOf('routeTables/to-firewall'));
  assert.equal(made.networkSecurityGroup.id, idOf('networkSecurityGroups/guard'));
  assert.deepEqual(names(await all(subnets.list(group, 'hub'))), ['db', 'web']);
  assert.equal((await subnets.get(group, 'hub', 'db')).addressPrefix, '10.0.1.0/24');
  assert.equal((await routeTables.get(group, 'to-firewall')).subnets[0].id, made.id);
  await refused(subnets.beginCreateOrUpdateAndWait(group, 'hub', 'twice', { addressPrefix: '10.0.1.128/25' }),
      400, 'NetcfgSubnetRangesOverlap');
  await refused(subnets.beginCreateOrUpdateAndWait(group, 'hub', 'away', { addressPrefix: '10.9.0.0/24' }),
      400, 'NetcfgSubnetRangeOutsideVnet');
}

async function states() {
  const sides = [['hub', 'to-spoke'], ['spoke', 'to-hub']];
  const found = await Promise.all(sides.map(([from, name]) => azure.virtualNetworkPeerings.get(group, from, name)));
  return found.map(({ peeringState, peeringSyncLevel }) => `${peeringState} ${peeringSyncLevel}`);
}

async function peerings() {
  const { virtualNetworkPeerings } = azure;
  const first = await virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, 'hub', 'to-spoke',
      { remoteVirtualNetwork: network('spoke'), allowVirtualNetworkAccess: true });
  assert.deepEqual([first.peeringState, first.peeringSyncLevel], ['Initiated', 'RemoteNotInSync']);
  assert.deepEqual(first.remoteAddressSpace.addressPrefixes, ['10.1.0.0/16']);
  const second = await virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, 'spoke', 'to-hub',
      { remoteVirtualNetwork: network('hub'), allowVirtualNetworkAccess: true, allowForwardedTraffic: true });
  assert.deepEqual([second.peeringState, second.peeringSyncLevel], ['Connected', 'FullyInSync']);
  assert.equal(second.resourceGuid, first.resourceGuid);
  assert.deepEqual(await states(), ['Connected FullyInSync', 'Connected FullyInSync']);
  assert.deepEqual(names(await all(virtualNetworkPeerings.list(group, 'hub'))), ['to-spoke']);
  assert.deepEqual(names((await azure.virtualNetworks.get(group, 'hub')).virtualNetworkPeerings), ['to-spoke']);
}

async function resize() {
  const { virtualNetworks, virtualNetworkPeerings } = azure;
  const spoke = await virtualNetworks.get(group, 'spoke');
  spoke.addressSpace.addressPrefixes.push('10.3.0.0/16');
  await virtualNetworks.beginCreateOrUpdateAndWait(group, 'spoke', spoke);
  assert.deepEqual(await states(), ['Connected LocalNotInSync', 'Connected RemoteNotInSync']);

  const stale = await virtualNetworkPeerings.get(group, 'hub', 'to-spoke');
  assert.deepEqual(stale.remoteAddressSpace.addressPrefixes, ['10.1.0.0/16']);
  assert.deepEqual(stale.remoteVirtualNetworkAddressSpace.addressPrefixes, ['10.1.0.0/16', '10.3.0.0/16']);
  await virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, 'hub', 'to-spoke', stale);
  assert.deepEqual(await states(), ['Connected LocalNotInSync', 'Connected RemoteNotInSync'], 'a PUT alone synchronises nothing');

  const fresh = await virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, 'hub', 'to-spoke', stale,
      { syncRemoteAddressSpace: 'true' });
  assert.deepEqual(fresh.remoteAddressSpace.addressPrefixes, ['10.1.0.0/16', '10.3.0.0/16']);
  assert.deepEqual(await states(), ['Connected FullyInSync', 'Connected FullyInSync']);
}

async function interfaces() {
  const { networkInterfaces, virtualNetworks, usages } = azure;
  const subnet = { id: `${network('hub').id}/subnets/db` };
  const made = await networkInterfaces.beginCreateOrUpdateAndWait(group, 'db-nic', {
    location,
    enableIPForwarding: true,
    ipConfigurations: [{ name: 'ipconfig1', subnet, primary: true, privateIPAllocationMethod: 'Dynamic' }],
  });
  assert.equal(made.enableIPForwarding, true);
  assert.equal(made.ipConfigurations[0].privateIPAddress, '10.0.1.4');
  assert.equal(made.ipConfigurations[0].subnet.id, subnet.id);
  assert.deepEqual(names(await all(networkInterfaces.list(group))), ['db-nic']);
  assert.deepEqual(names(await all(networkInterfaces.listAll())), ['db-nic']);
  assert.equal((await networkInterfaces.get(group, 'db-nic')).macAddress, made.macAddress);
  await refused(azure.subnets.beginDeleteAndWait(group, 'hub', 'db'), 400, 'InUseSubnetCannotBeDeleted');

  const free = await virtualNetworks.checkIPAddressAvailability(group, 'hub', '10.0.1.4');
  assert.equal(free.available, false);
  assert.deepEqual(free.availableIPAddresses, ['10.0.1.5', '10.0.1.6', '10.0.1.7', '10.0.1.8', '10.0.1.9']);
  const used = (await all(usages.list(location))).find(({ name }) => name.value === 'NetworkInterfaces');
  assert.equal(used.currentValue, 1);
}

async function effective() {
  const { networkInterfaces } = azure;
  const table = await networkInterfaces.beginGetEffectiveRouteTableAndWait(group, 'db-nic');
  const hops = (prefix) => table.value.filter(({ addressPrefix }) => addressPrefix[0] === prefix)
      .map(({ source, state, nextHopType }) => `${source} ${state} ${nextHopType}`).sort();
  assert.deepEqual(hops('10.0.0.0/16'), ['Default Active VnetLocal']);
  assert.deepEqual(hops('10.1.0.0/16'), ['Default Active VNetPeering']);
  assert.deepEqual(hops('10.3.0.0/16'), ['Default Active VNetPeering'], 'synchronised');
  assert.deepEqual(hops('0.0.0.0/0'), ['Default Invalid Internet', 'User Active VirtualAppliance']);

  const { value: groups } = await networkInterfaces.beginListEffectiveNetworkSecurityGroupsAndWait(group, 'db-nic');
  assert.equal(groups[0].networkSecurityGroup.id, idOf('networkSecurityGroups/guard'));
  const rules = new Map(groups[0].effectiveSecurityRules.map((rule) => [rule.name, rule]));
  assert.equal(rules.size, 7);
  assert.equal(rules.get('securityRules/ssh').destinationPortRange, '22-22');
  const peered = rules.get('defaultSecurityRules/AllowVnetInBound').expandedSourceAddressPrefix;
  for (const prefix of ['10.0.0.0/16', '10.1.0.0/16', '10.3.0.0/16']) assert.ok(peered.includes(prefix), prefix);
}

async function errors() {
  const { virtualNetworks, virtualNetworkPeerings, routeTables, networkSecurityGroups } = azure;
  await refused(virtualNetworks.get(group, 'none'), 404, 'ResourceNotFound');
  await refused(virtualNetworkPeerings.get(group, 'hub', 'none'), 404, 'NotFound');
  await refused(all(virtualNetworks.list('none')), 404, 'ResourceGroupNotFound');
  await virtualNetworks.beginCreateOrUpdateAndWait(group, 'twin',
      { location, addressSpace: { addressPrefixes: ['10.0.128.0/17'] } });
  const peer = (from, remoteVirtualNetwork) =>
    virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, from, 'refused', { remoteVirtualNetwork });
  await refused(peer('twin', network('hub')), 400, 'VnetAddressSpacesOverlap');
  await refused(peer('twin', network('none')), 400, 'InvalidResourceReference');
  await refused(peer('hub', network('spoke')), 400, 'AnotherPeeringAlreadyReferencesRemoteVnet');
  await refused(routeTables.beginDeleteAndWait(group, 'to-firewall'), 400, 'InUseRouteTableCannotBeDeleted');
  await refused(networkSecurityGroups.beginDeleteAndWait(group, 'guard'), 400, 'InUseNetworkSecurityGroupCannotBeDeleted');
}

async function deletes() {
  const { virtualNetworkPeerings } = azure;
  await virtualNetworkPeerings.beginDeleteAndWait(group, 'hub', 'to-spoke');
  const alone = await virtualNetworkPeerings.get(group, 'spoke', 'to-hub');
  assert.equal(alone.peeringState, 'Disconnected');
  const again = virtualNetworkPeerings.beginCreateOrUpdateAndWait(group, 'hub', 'to-spoke',
      { remoteVirtualNetwork: network('spoke') });
  await refused(again, 400, 'RemotePeeringIsDisconnected');
  await virtualNetworkPeerings.beginDeleteAndWait(group, 'hub', 'to-spoke'); // gone already: not an error

  await azure.networkInterfaces.beginDeleteAndWait(group, 'db-nic');
  await azure.subnets.beginDeleteAndWait(group, 'hub', 'db');
  await azure.routes.beginDeleteAndWait(group, 'to-firewall', 'nowhere');
  await azure.securityRules.beginDeleteAndWait(group, 'guard', 'ssh');
  await Promise.all([
    azure.routeTables.beginDeleteAndWait(group, 'to-firewall'),
    azure.networkSecurityGroups.beginDeleteAndWait(group, 'guard'),
    ...['hub', 'spoke', 'twin'].map((name) => azure.virtualNetworks.beginDeleteAndWait(group, name)),
  ]);
  for (const type of ['virtualNetworks', 'routeTables', 'networkSecurityGroups', 'networkInterfaces'])
    assert.deepEqual(await all(azure[type].listAll()), [], type);
}

const parts = [
  resourceGroup, networks, routes, securityGroups, subnets, peerings, resize, interfaces, effective, errors, deletes,
];
for (const part of parts) {
  await part();
  console.log(part.name);
}

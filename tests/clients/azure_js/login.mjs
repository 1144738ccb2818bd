// Signs in with a client secret, lists the subscriptions, and shows an error as the SDK gives it. Prints a line for each.
import { ClientSecretCredential } from '@azure/identity';
import { NetworkManagementClient } from '@azure/arm-network';

const cloud = process.argv[2];
// For any tenant but adfs, and without disableInstanceDiscovery, the library asks login.microsoftonline.com first.
const credential = new ClientSecretCredential('adfs', 'lab', 'lab',
    { authorityHost: cloud, disableInstanceDiscovery: true });
const { token } = await credential.getToken(cloud + '//.default');
const answer = await fetch(cloud + '/subscriptions?api-version=2019-11-01', { headers: { authorization: 'Bearer ' + token } });
console.log((await answer.json()).value[0].displayName);

const client = new NetworkManagementClient(credential, '00000000-0000-0000-0000-000000000000', { endpoint: cloud });
try {
  await client.virtualNetworks.get('lab', 'red');
} catch (error) {
  console.log(error.statusCode, error.code, error.message);
}

#!/usr/bin/env bash
# A lab with real packets whose networks come from az: the life of lab_life.py, as for lab documents and the Network
# Controller's API (lab_test.py).
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"

start_daemon --wires "$PWD/wires"
if reason=$(isthmus -o json lab doctor | jq -er '[.[] | select(.result != "ok") | .detail] | select(length > 0) | join("; ")'); then
  echo "skipped: $reason"
  exit 77
fi
sign_in
quiet() { "$@" -g lab -o none; }
nsg() { quiet az network nsg rule create --nsg-name guarded -n "$1" --direction Inbound --protocol "$2" --access "$3" --priority "$4"; }

az group create -n lab -l westeurope -o none
quiet az network nsg create -n guarded
nsg ping Icmp Allow 100
nsg rest '*' Deny 4000
quiet az network route-table create -n via-firewall
for spoke in 1 2; do
  quiet az network route-table route create --route-table-name via-firewall -n "to-$spoke" --address-prefix "10.$spoke.0.0/16" \
    --next-hop-type VirtualAppliance --next-hop-ip-address 10.0.0.4
done
guarded=(--network-security-group guarded --route-table via-firewall)

# place NETWORK PREFIX SUBNET MACHINE [options of the subnet]: a network with a machine in its subnet.
place() {
  quiet az network vnet create -n "$1" --address-prefixes "$2.0.0/16"
  quiet az network vnet subnet create --vnet-name "$1" -n "$3" --address-prefixes "$2.0.0/24" "${@:5}"
  quiet az network nic create -n "$4" --vnet-name "$1" --subnet "$3" --private-ip-address "$2.0.4" \
    --ip-forwarding "$([[ $4 == firewall ]] && echo true || echo false)"
}
place hub 10.0 dmz firewall
place spoke1 10.1 web web1 "${guarded[@]}"
place spoke2 10.2 db db1 "${guarded[@]}"
place left 10.8 s left1
place right 10.9 s right1

# peer NETWORK OTHER [options]: one side.
peer() { quiet az network vnet peering create -n "$1-to-$2" --vnet-name "$1" --remote-vnet "$2" --allow-vnet-access "${@:3}"; }
for spoke in spoke1 spoke2; do
  peer hub $spoke --allow-forwarded-traffic
  peer $spoke hub --allow-forwarded-traffic
done
peer left right
peer right left

cat >take_away <<'END'
az network vnet peering delete -g lab -n spoke2-to-hub --vnet-name spoke2
END
cat >put_back <<'END'
az network vnet peering delete -g lab -n hub-to-spoke2 --vnet-name hub
az network vnet peering create -g lab -n hub-to-spoke2 --vnet-name hub --remote-vnet spoke2 --allow-vnet-access --allow-forwarded-traffic -o none
az network vnet peering create -g lab -n spoke2-to-hub --vnet-name spoke2 --remote-vnet hub --allow-vnet-access --allow-forwarded-traffic -o none
END
python3 "$ISTHMUS_SOURCE_DIR/tests/clients/lab_life.py" --server "$url" --seconds 10 \
  --take-away "bash -e $PWD/take_away" --put-back "bash -e $PWD/put_back"

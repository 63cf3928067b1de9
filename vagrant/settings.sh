# What all parts of the lab agree on; sourced by its scripts, on the host and on the machines.
# On a machine, what the lab was made with stands beside them (provision/all.sh).
[ ! -r /opt/flatlan-lab/made-with.sh ] || . /opt/flatlan-lab/made-with.sh
machines=${FLATLAN_MACHINES:-3}
underlay=${FLATLAN_UNDERLAY:-192.168.56}   # the first three octets of the network between the machines
pod_cidrs=${FLATLAN_POD_CIDRS:-10.244.0.0/16}
pods_each=${FLATLAN_PODS_EACH:-2}
lab_folder=/opt/flatlan-lab                # on each machine: packages, certificates, these scripts

# Machine N has the address .1N.
address_of() { echo "$underlay.$((10 + $1))"; }

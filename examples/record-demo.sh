#!/bin/sh
# Records examples/demo.pcap: the traffic of `flowtap demo`, seen from the client. As root on Linux, with Node.js 24,
# iproute2, tcpdump and ping.
set -eu
cd "$(dirname "$0")/.."
shop=flowtap-record-shop
web=flowtap-record-web
remove() {
  ip netns delete "$shop" 2>/dev/null || true
  ip netns delete "$web" 2>/dev/null || true
}
trap remove EXIT

# The same network as services/cli/demo/demo-network.ts makes.
ip netns add "$shop"
ip netns add "$web"
ip -n "$web" link add eth0 address 00:00:5e:00:53:10 type veth \
  peer name eth0 address 00:00:5e:00:53:20 netns "$shop"
for host in "$shop" "$web"; do
  ip -n "$host" link set eth0 addrgenmode none
  ip -n "$host" link set eth0 up
done
ip -n "$shop" address add 192.0.2.20/24 dev eth0
ip -n "$shop" address add 2001:db8::20/64 dev eth0 nodad
ip -n "$web" address add 192.0.2.10/24 dev eth0
ip -n "$web" address add 2001:db8::10/64 dev eth0 nodad

# Both ends stop when their input ends.
sleep 17 | ip netns exec "$shop" node services/cli/main.ts demo-traffic shop 192.0.2.20 2001:db8::20 &
# By then the kernel has reported its multicast groups.
sleep 3
# The first 128 bytes of each frame.
ip netns exec "$web" tcpdump -i eth0 -Z root -s 128 --time-stamp-precision=nano -w examples/demo.pcap &
tcpdump=$!
sleep 1
sleep 12 | ip netns exec "$web" node services/cli/main.ts demo-traffic web 192.0.2.20 2001:db8::20
sleep 1
kill -INT "$tcpdump"
wait

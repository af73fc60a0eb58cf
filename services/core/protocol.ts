// IANA registry "Assigned Internet Protocol Numbers"; also the IPv6 next header.
export const HOPOPT = 0;
export const ICMP = 1;
export const IGMP = 2;
export const IPV4 = 4;
export const TCP = 6;
export const UDP = 17;
export const DCCP = 33;
export const IPV6 = 41;
export const IPV6_ROUTE = 43;
export const IPV6_FRAG = 44;
export const RSVP = 46;
export const GRE = 47;
export const ESP = 50;
export const AH = 51;
export const ICMPV6 = 58;
export const IPV6_NONXT = 59;
export const IPV6_OPTS = 60;
export const EIGRP = 88;
export const OSPF = 89;
export const ETHERIP = 97;
export const PIM = 103;
export const VRRP = 112;
export const SCTP = 132;
export const MOBILITY = 135;
export const UDPLITE = 136;
export const MPLS_IN_IP = 137;
export const HIP = 139;
export const SHIM6 = 140;
export const ETHERNET = 143;

/**
 * The name of an IP protocol as ECS `network.transport` has it: IANA's keyword in lower case, or the number as
 * text where there is none.
 */
export function transportName(protocol: number): string {
  return TRANSPORT_NAMES[protocol] || String(protocol);
}

// By number; '' where IANA has no keyword. Withdrawn keywords stay: old traffic still carries the numbers.
const TRANSPORT_NAMES: readonly string[] = [
  ...['hopopt', 'icmp', 'igmp', 'ggp', 'ipv4', 'st', 'tcp', 'cbt', 'egp', 'igp'], // 0
  ...['bbn-rcc-mon', 'nvp-ii', 'pup', 'argus', 'emcon', 'xnet', 'chaos', 'udp', 'mux', 'dcn-meas'], // 10
  ...['hmp', 'prm', 'xns-idp', 'trunk-1', 'trunk-2', 'leaf-1', 'leaf-2', 'rdp', 'irtp', 'iso-tp4'], // 20
  ...['netblt', 'mfe-nsp', 'merit-inp', 'dccp', '3pc', 'idpr', 'xtp', 'ddp', 'idpr-cmtp', 'tp++'], // 30
  ...['il', 'ipv6', 'sdrp', 'ipv6-route', 'ipv6-frag', 'idrp', 'rsvp', 'gre', 'dsr', 'bna'], // 40
  ...['esp', 'ah', 'i-nlsp', 'swipe', 'narp', 'min-ipv4', 'tlsp', 'skip', 'ipv6-icmp', 'ipv6-nonxt'], // 50
  ...['ipv6-opts', '', 'cftp', '', 'sat-expak', 'kryptolan', 'rvd', 'ippc', '', 'sat-mon'], // 60
  ...['visa', 'ipcv', 'cpnx', 'cphb', 'wsn', 'pvp', 'br-sat-mon', 'sun-nd', 'wb-mon', 'wb-expak'], // 70
  ...['iso-ip', 'vmtp', 'secure-vmtp', 'vines', 'iptm', 'nsfnet-igp', 'dgp', 'tcf', 'eigrp', 'ospfigp'], // 80
  ...['sprite-rpc', 'larp', 'mtp', 'ax.25', 'ipip', 'micp', 'scc-sp', 'etherip', 'encap', ''], // 90
  ...['gmtp', 'ifmp', 'pnni', 'pim', 'aris', 'scps', 'qnx', 'a/n', 'ipcomp', 'snp'], // 100
  ...['compaq-peer', 'ipx-in-ip', 'vrrp', 'pgm', '', 'l2tp', 'ddx', 'iatp', 'stp', 'srp'], // 110
  ...['uti', 'smp', 'sm', 'ptp', 'isis over ipv4', 'fire', 'crtp', 'crudp', 'sscopmce', 'iplt'], // 120
  ...['sps', 'pipe', 'sctp', 'fc', 'rsvp-e2e-ignore', 'mobility header', 'udplite', 'mpls-in-ip'], // 130
  ...['manet', 'hip', 'shim6', 'wesp', 'rohc', 'ethernet', 'aggfrag', 'nsh', 'homa', 'bit-emu'], // 138
];

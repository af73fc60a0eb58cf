import type { FlowJson } from './capture-json.ts';

/** Where flowtap sees a capture otherwise than the dissector, and rightly so. */
export interface Deviation {
  readonly reason: string;
  /** Holds for flows by the inner IP header only. */
  readonly innerOnly?: boolean;
  readonly readable?: boolean;
  /** Flows, by their id, that are not there. */
  readonly absent?: readonly string[];
  /** Flows, by their id, that are otherwise. */
  readonly changed?: Readonly<Record<string, Partial<FlowJson>>>;
  /** Flows that the dissector does not have. */
  readonly added?: readonly FlowJson[];
  /** Times that say nothing. */
  readonly ignoresTimes?: boolean;
}

const UNKNOWN_LINK_TYPE = 'the dissector cannot open a file of this link type; to us its frames are not IP';

export const DEVIATIONS: Readonly<Record<string, Deviation>> = {
  'libpcap/filter/brcm-tag.pcap': { reason: UNKNOWN_LINK_TYPE, readable: true },
  'tcpdump/edsa-high-vid.pcap': { reason: UNKNOWN_LINK_TYPE, readable: true },
  'tcpdump/juniper_es_oobr.pcap': { reason: UNKNOWN_LINK_TYPE, readable: true },
  'tcpdump/kday6.pcap': { reason: UNKNOWN_LINK_TYPE, readable: true },
  'tcpdump/vtp_asan-2.pcap': { reason: UNKNOWN_LINK_TYPE, readable: true },
  'ndpi/pcap/fuzz-2021-06-07-c6c72a0a56.pcap': {
    reason: 'the dissector overflows where microseconds exceed a second; we carry them',
    changed: {
      '1:0m22Yp1x2V6u3YHVF5x295Xzn7k=': {
        first_ns: 1_953_635_450_562_680_000n,
        last_ns: 1_953_635_450_562_680_000n,
      },
    },
  },
  'tcpdump/timestamp_invalid_nano.pcap': {
    reason: 'the dissector overflows where nanoseconds exceed a second; we carry them',
    changed: {
      '1:2yIc1nOKpII1OaQM5xqRj49LriE=': {
        first_ns: 1_418_145_369_999_999_999n,
        last_ns: 1_418_145_372_147_483_648n,
      },
    },
  },
  'pcapplusplus/Pcap++Test/pcapng-example.pcapng': {
    reason: 'time stamps of the year 2554 are held at the last second that 32 bits can name',
    ignoresTimes: true,
  },
  'pcapplusplus/Packet++Test/PacketExamples/ipv4-options.pcap': {
    reason: 'the dissector gives no destination where there is a source route; we take the one in the header',
    changed: {
      '1:2swv/cLf0Okc6lgQ/D15v2w2Zx0=': {
        a_to_b: { packets: 3, ip_bytes: 196 },
        last_ns: 1_487_705_285_770_573_000n,
      },
    },
  },
  'tcpdump/802_15_4-data.pcap': {
    reason: 'IPv6 headers compressed for IEEE 802.15.4 (RFC 6282) are not decoded',
    absent: ['1:bvg34X6q09xZItoxv/v6V38ZLec='],
  },
  'tcpdump/arista_ether.pcap': {
    reason: 'the dissector steps over time stamps in TAI only; those in UTC are as long',
    changed: { '1:WHuMJXOqa3b484hZoUAo+V98Lf8=': { a_to_b: { packets: 16, ip_bytes: 1248 } } },
  },
  'tcpdump/vxlan_port_8472.pcap': {
    reason: 'port 8472 is VXLAN to us as it is to Linux; the dissector knows 4789 only',
    innerOnly: true,
    absent: ['1:BIrVfIpkV9IUoqz8Ec3MLMRK98g=', '1:zEBsscmgwDkTqPD0jn5w65ZhG5U='],
    added: [
      {
        community_id: '1:U9XPoqOosLWVcR1iyZ86gSbNCdQ=',
        ip_version: 4,
        protocol: 1,
        a: { ip: '192.168.203.3', port: 8 },
        b: { ip: '192.168.203.5', port: 0 },
        a_to_b: { packets: 4, ip_bytes: 336 },
        b_to_a: { packets: 4, ip_bytes: 336 },
        first_ns: 1_368_908_504_837_063_000n,
        last_ns: 1_368_908_507_885_359_000n,
      },
    ],
  },
  'zeek/Traces/ipv6-mobility-dst-opts.pcap': {
    reason:
      'the dissector gives up on a malformed destination option; we step over options without reading them',
    changed: {
      '1:DhxD95GaxbB17DMXcvEzol34Bqw=': {
        a_to_b: { packets: 1, ip_bytes: 76 },
        first_ns: 1_621_287_727_000_000_000n,
      },
      '1:I1TzRxCNhfiuRhfFQExAuC88aQ4=': {
        a_to_b: { packets: 2, ip_bytes: 152 },
        first_ns: 1_621_287_726_000_000_000n,
      },
    },
  },
};

/** Captures whose tunnels cannot be unwrapped, with the tunnel: the outer flows count. */
export const NOT_UNWRAPPED: Readonly<Record<string, string>> = {
  'pcapplusplus/Packet++Test/PacketExamples/gtp.pcap': 'GTP-U',
  'pcapplusplus/Packet++Test/PacketExamples/gtp-u.pcap': 'GTP-U',
  'zeek/Traces/tunnels/gtp/gtp7_ipv6.pcap': 'GTP-U',
  'zeek/Traces/tunnels/gtp/gtp9_unknown_or_too_short_payload.pcap': 'GTP-U',
  'zeek/Traces/tunnels/ayiya3.pcap': 'AYIYA',
  'tcpdump/PIM_register_register-stop.pcap': 'PIM register message',
  'tcpdump/ipv6-srh-ipproto-ether.pcap': 'Ethernet as IP protocol 143',
  'tcpdump/nsh-over-vxlan-gpe.pcap': 'VXLAN-GPE',
  'tcpdump/erspan-type-i-1.pcap': 'ERSPAN',
  'zeek/Traces/erspanI.pcap': 'ERSPAN',
  'zeek/Traces/erspanII.pcap': 'ERSPAN',
  'zeek/Traces/erspanIII.pcap': 'ERSPAN',
  'tcpdump/wccp_redirect_gre.pcap': 'WCCP',
};

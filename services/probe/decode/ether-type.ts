/** EtherTypes (IEEE 802 Numbers, IANA) that lead to an IP header. */
export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558;
export const ETHERTYPE_VLAN = 0x8100;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERTYPE_PPP = 0x880b;
export const ETHERTYPE_MPLS = 0x8847;
export const ETHERTYPE_MPLS_MULTICAST = 0x8848;
export const ETHERTYPE_PPPOE_SESSION = 0x8864;
export const ETHERTYPE_QINQ = 0x88a8;
export const ETHERTYPE_MACSEC = 0x88e5;
/** IEEE 802.1ah: a service instance tag, then a whole Ethernet frame. */
export const ETHERTYPE_BACKBONE = 0x88e7;
export const ETHERTYPE_VN_TAG = 0x8926;
/** RFC 8300. */
export const ETHERTYPE_NSH = 0x894f;
/** QinQ tags of equipment older than IEEE 802.1ad. */
export const ETHERTYPE_QINQ_OLD = 0x9100;
/** Arista's time stamp, put in front of the frame's own type. */
export const ETHERTYPE_ARISTA = 0xd28b;

/** The smallest value that is an EtherType; below, the field is an IEEE 802.3 length. */
export const ETHERTYPE_MINIMUM = 0x0600;

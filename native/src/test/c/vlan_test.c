/*
 * dpdk_vlan: what the wire sees of frames that are sent, and what Java sees of frames that come, byte by byte.
 */
#include "lane.h"

#define VLAN 0x123
#define LENGTH 60

static const uint8_t PLAIN[LENGTH] = {
	0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x08, 0x00, 0x45, 0x00, 0x00, 0x2e, 0x00, 0x00,
	0x40, 0x00, 0x40, 0x11, 0x1b, 0xf7, 0x0a, 0x63, 0x05, 0x01, 0x0a, 0x63, 0x05, 0x02, 0x30, 0x39, 0x00, 0x07, 0x00, 0x1a,
	0x83, 0x84, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
};

static const uint8_t TAGGED[LENGTH + 4] = {
	0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x81, 0x00, 0x01, 0x23, 0x08, 0x00, 0x45, 0x00,
	0x00, 0x2e, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x1b, 0xf7, 0x0a, 0x63, 0x05, 0x01, 0x0a, 0x63, 0x05, 0x02, 0x30, 0x39,
	0x00, 0x07, 0x00, 0x1a, 0x83, 0x84, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
	0x5a, 0x5a, 0x5a, 0x5a,
};

static struct rte_mbuf *mbuf_of(const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *mbuf = make_mbuf(pool, length);

	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), frame, length);
	return mbuf;
}

static void check_received(const struct lane *lane)
{
	CHECK(ustack_rx(lane->queue, 1) == 1);
	CHECK(lane->rx[0].length == LENGTH && lane->rx[0].flags == 0);
	CHECK(memcmp(bytes(&lane->rx[0]), PLAIN, LENGTH) == 0);
	release(lane, 1);
}

static void check_dropped(const struct lane *lane, struct rte_mbuf *mbuf)
{
	int64_t before = counter(lane, USTACK_RX_OTHER_VLAN);

	inject(mbuf);
	CHECK(ustack_rx(lane->queue, 1) == 0);
	CHECK(counter(lane, USTACK_RX_OTHER_VLAN) == before + 1);
}

static void takes_tags_off(void)
{
	struct lane lane = open_lane_in(VLAN, 0);
	uint8_t frame[sizeof(TAGGED)];

	memcpy(frame, TAGGED, sizeof(frame));
	/* Whatever PCP and DEI say; all other bits count. */
	for (int bit = 0; bit < 32; bit++) {
		frame[12 + bit / 8] = TAGGED[12 + bit / 8] ^ (uint8_t)(1 << (bit & 7));
		if (bit / 8 == 2 && bit % 8 >= 4) {
			inject(mbuf_of(frame, sizeof(frame)));
			check_received(&lane);
		} else {
			check_dropped(&lane, mbuf_of(frame, sizeof(frame)));
		}
		frame[12 + bit / 8] = TAGGED[12 + bit / 8];
	}
	check_dropped(&lane, mbuf_of(PLAIN, LENGTH));
	for (uint32_t length = 0; length < 18; length++)
		check_dropped(&lane, mbuf_of(TAGGED, length));
	inject(mbuf_of(TAGGED, 18));
	CHECK(ustack_rx(lane.queue, 1) == 1 && lane.rx[0].length == 14);
	release(&lane, 1);

	/* In two pieces, of another pool. */
	struct rte_mbuf *head = mbuf_of(TAGGED, 13);
	struct rte_mbuf *rest = make_mbuf(other_pool, sizeof(TAGGED) - 13);
	memcpy(rte_pktmbuf_mtod(rest, uint8_t *), TAGGED + 13, sizeof(TAGGED) - 13);
	CHECK(rte_pktmbuf_chain(head, rest) == 0);
	inject(head);
	check_received(&lane);
	close_lane(&lane);
}

/* The port has taken the tag off, and says so; only one that was asked to is believed. */
static void believes_the_port(void)
{
	struct lane lane = open_lane_in(VLAN, 0);

	for (int asked = 1; asked >= 0; asked--) {
		ustack_queue(lane.queue)->rx_stripped = asked ? RTE_MBUF_F_RX_VLAN_STRIPPED : 0;
		for (int other = 0; other < 2; other++) {
			for (int pieces = 1; pieces <= 2; pieces++) {
				struct rte_mbuf *mbuf = mbuf_of(PLAIN, LENGTH / (uint32_t)pieces);

				if (pieces == 2) {
					struct rte_mbuf *rest = mbuf_of(PLAIN + LENGTH / 2, LENGTH / 2);

					CHECK(rte_pktmbuf_chain(mbuf, rest) == 0);
				}
				mbuf->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
				mbuf->vlan_tci = 0xF000 | (other ? VLAN + 1 : VLAN);
				if (asked && !other) {
					inject(mbuf);
					check_received(&lane);
				} else {
					check_dropped(&lane, mbuf);
				}
			}
		}
	}
	close_lane(&lane);
}

static void describe_plain(const struct lane *lane, uint32_t headroom)
{
	CHECK(ustack_alloc(pool, 1) == 1);
	uint32_t index = ustack_pool(pool)->indices[0];
	uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);

	lane->tx[0] = (struct ustack_frame){ index, start + headroom, LENGTH, USTACK_TX_IPV4_CHECKSUM | USTACK_TX_UDP_CHECKSUM };
	memcpy(bytes(&lane->tx[0]), PLAIN, LENGTH);
}

/* What the port was given. */
static struct rte_mbuf *sent(void)
{
	struct rte_mbuf *mbuf;

	CHECK(rte_eth_rx_burst((uint16_t)port, 0, &mbuf, 1) == 1);
	return mbuf;
}

static void check_wire(const uint8_t *frame, uint32_t length, uint64_t ol_flags)
{
	struct rte_mbuf *mbuf = sent();

	CHECK(mbuf->pkt_len == length && mbuf->data_len == length);
	CHECK(memcmp(rte_pktmbuf_mtod(mbuf, uint8_t *), frame, length) == 0);
	CHECK(mbuf->ol_flags == ol_flags);
	CHECK(!(ol_flags & RTE_MBUF_F_TX_VLAN) || mbuf->vlan_tci == VLAN);
	rte_pktmbuf_free(mbuf);
}

static void puts_tags_on(void)
{
	struct lane lane = open_lane_in(VLAN, 0);

	describe_plain(&lane, 4);
	CHECK(ustack_tx(lane.queue, 1) == 1);
	check_wire(TAGGED, sizeof(TAGGED), 0);

	/* The port sums: it has to look for the headers behind the tag. */
	ustack_queue(lane.queue)->tx_offload = USTACK_TX_IPV4_CHECKSUM;
	describe_plain(&lane, 100);
	CHECK(ustack_tx(lane.queue, 1) == 1);
	struct rte_mbuf *mbuf = sent();
	CHECK(mbuf->l2_len == 18 && mbuf->l3_len == 20 && mbuf->ol_flags == (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM));
	CHECK(memcmp(rte_pktmbuf_mtod(mbuf, uint8_t *), TAGGED, 28) == 0);
	rte_pktmbuf_free(mbuf);
	ustack_queue(lane.queue)->tx_offload = 0;

	/* The port puts it on. */
	ustack_queue(lane.queue)->tx_inserts = true;
	describe_plain(&lane, 100);
	CHECK(ustack_tx(lane.queue, 1) == 1);
	check_wire(PLAIN, LENGTH, RTE_MBUF_F_TX_VLAN);

	/* No room in front, or no room within the MTU: both are lost. */
	describe_plain(&lane, 3);
	CHECK(ustack_tx(lane.queue, 1) == 1);
	describe_plain(&lane, 100);
	lane.tx[0].length = FRAME_MAX - 3;
	CHECK(ustack_tx(lane.queue, 1) == 1);
	CHECK(counter(&lane, USTACK_TX_REJECTED) == 2);
	CHECK(ustack_rx(lane.queue, 1) == 0);
	close_lane(&lane);
}

/* As drivers do that insert in software, before they see that there is no room. */
static uint16_t insert(uint16_t port_id, uint16_t queue, struct rte_mbuf *mbufs[], uint16_t count, void *arg)
{
	(void)port_id;
	(void)queue;
	(void)arg;
	for (uint16_t i = 0; i < count; i++)
		CHECK(!(mbufs[i]->ol_flags & RTE_MBUF_F_TX_VLAN) || rte_vlan_insert(&mbufs[i]) == 0);
	return count;
}

/* The port is full: the frame is as it was, whoever had put the tag on, and leaves at the next try with one tag. */
static void takes_tags_back(void)
{
	struct lane lane = open_lane_in(VLAN, 0);

	for (int way = 0; way < 3; way++) {
		const struct rte_eth_rxtx_callback *driver = NULL;

		for (int i = 0; i < 1023; i++)
			inject(make_filler(&lane));
		if (way == 2)
			driver = rte_eth_add_tx_callback((uint16_t)port, 0, insert, NULL);
		CHECK(way < 2 || driver != NULL);
		ustack_queue(lane.queue)->tx_inserts = way > 0;
		describe_plain(&lane, 100);
		for (int i = 0; i < 3; i++) {
			CHECK(ustack_tx(lane.queue, 1) == 0);
			CHECK(memcmp(bytes(&lane.tx[0]), PLAIN, LENGTH) == 0);
		}
		for (int i = 0; i < 1023; i++)
			rte_pktmbuf_free(sent());
		CHECK(ustack_tx(lane.queue, 1) == 1);
		if (way == 1)
			check_wire(PLAIN, LENGTH, RTE_MBUF_F_TX_VLAN);
		else
			check_wire(TAGGED, sizeof(TAGGED), 0);
		CHECK(driver == NULL || rte_eth_remove_tx_callback((uint16_t)port, 0, driver) == 0);
	}
	close_lane(&lane);
}

int main(void)
{
	set_up();
	takes_tags_off();
	believes_the_port();
	puts_tags_on();
	takes_tags_back();
	tear_down();
	printf("vlan_test: %lu checks\n", checks);
	return 0;
}

/*
 * Trains through dpdk_burst: cut into frames, chained for a port that cuts them, and joined when they arrive; in no VLAN and in one.
 */
#include "lane.h"

#define TRAIN_MAX 24

/* A train, and the frames that have to come of it. */
struct train {
	int count;
	uint32_t header;
	uint32_t lengths[TRAIN_MAX];
	uint8_t frames[TRAIN_MAX][FRAME_MAX];
};

static void put(uint8_t *at, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

/* What each segment is on the wire, but for checksums, which are 0 where they belong. */
static void make_train(struct train *train, int count)
{
	uint32_t ipv4 = 20 + 4 * below(11);
	uint32_t tcp = 20 + 4 * below(11);
	uint32_t header = 14 + ipv4 + tcp;
	uint32_t mss = 1 + below(below(2) ? 64 : FRAME_MAX - 4 - header);
	uint32_t sequence = random32();
	uint8_t flags = (uint8_t)random32();
	uint8_t template[14 + 120];

	for (uint32_t i = 0; i < header; i++)
		template[i] = (uint8_t)random32();
	put(template + 12, 0x0800, 2);
	template[14] = (uint8_t)(0x40 | ipv4 / 4);
	put(template + 20, 0x4000, 2);
	template[23] = 6;
	put(template + 24, 0, 2);
	template[14 + ipv4 + 12] = (uint8_t)(tcp / 4 << 4);
	put(template + 14 + ipv4 + 16, 0, 2);
	train->count = count;
	train->header = header;
	for (int i = 0; i < count; i++) {
		uint32_t payload = i < count - 1 ? mss : 1 + below(mss);
		uint8_t *frame = train->frames[i];
		uint8_t gone = (uint8_t)((i > 0 ? 0x80 : 0) | (i < count - 1 ? 0x09 : 0));

		memcpy(frame, template, header);
		put(frame + 16, ipv4 + tcp + payload, 2);
		put(frame + 14 + ipv4 + 4, sequence, 4);
		frame[14 + ipv4 + 13] = flags & (uint8_t)~gone;
		for (uint32_t at = 0; at < payload; at++)
			frame[header + at] = (uint8_t)random32();
		sequence += payload;
		train->lengths[i] = header + payload;
	}
	/* The head, as Java writes it, says everything. */
	train->frames[0][14 + ipv4 + 13] = flags;
}

/* Lays a train out behind the first `at` descriptors, each piece in a buffer with just so much room in front that headers fit. */
static void lay_out(const struct lane *lane, const struct train *train, int at, uint32_t headroom)
{
	CHECK(ustack_alloc(pool, train->count) == train->count);
	for (int i = 0; i < train->count; i++) {
		uint32_t index = ustack_pool(pool)->indices[i];
		uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);
		uint32_t skip = i == 0 ? 0 : train->header;
		uint32_t flags = USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM | (i < train->count - 1 ? USTACK_CONTINUES : 0);

		lane->tx[at + i] = (struct ustack_frame){ index, start + headroom, train->lengths[i] - skip, flags };
		memcpy(bytes(&lane->tx[at + i]), train->frames[i] + skip, train->lengths[i] - skip);
	}
}

/* The frame is that segment of the train, with good checksums. */
static void check_segment(const struct ustack_frame *frame, struct train *train, int which)
{
	uint8_t *got = bytes(frame);
	uint32_t tcp = 14 + (got[14] & 0x0FU) * 4;

	CHECK(frame->flags == 0);
	CHECK(frame->length == train->lengths[which]);
	CHECK(ustack_checksum_verify(got, frame->length, USTACK_VERIFY_IPV4 | USTACK_VERIFY_L4) == 0);
	CHECK(frame->length < 60 || got[24] != 0 || got[25] != 0 || got[tcp + 16] != 0 || got[tcp + 17] != 0);
	put(got + 24, 0, 2);
	put(got + tcp + 16, 0, 2);
	if (which == 0 && train->count > 1)
		train->frames[0][tcp + 13] &= (uint8_t)~0x09;
	CHECK(memcmp(got, train->frames[which], frame->length) == 0);
}

static void cuts_trains(int vlan, int ring_entries)
{
	static struct train trains[2];
	struct lane lane = open_lane_in(vlan, ring_entries);

	for (int round = 0; round < 2000; round++) {
		int first = 1 + (int)below(TRAIN_MAX);
		int second = 1 + (int)below(TRAIN_MAX);
		uint32_t headroom = 40 + below(100);
		int got = 0;

		make_train(&trains[0], first);
		make_train(&trains[1], second);
		lay_out(&lane, &trains[0], 0, headroom);
		lay_out(&lane, &trains[1], first, 138);
		/* Without room for headers in front it is no train: it is lost, the other one is not. */
		bool fits = first == 1 || trains[0].header + (vlan == 0 ? 0 : USTACK_VLAN_TAG) <= headroom;
		CHECK(ustack_tx(lane.queue, first + second) == first + second);
		while (got < second + (fits ? first : 0)) {
			int now = receive(&lane, USTACK_BURST);

			CHECK(now > 0);
			for (int i = 0; i < now; i++, got++) {
				int of_first = fits ? first : 0;

				check_segment(&lane.rx[i], got < of_first ? &trains[0] : &trains[1],
					      got < of_first ? got : got - of_first);
			}
			release(&lane, now);
		}
	}
	close_lane(&lane);
}

/* The port has room for a part of two trains: what is left are trains, and may be left in part again. */
static void cuts_trains_in_two(int vlan)
{
	static struct train trains[2];
	struct lane lane = open_lane_in(vlan, 0);

	for (int round = 0; round < 300; round++) {
		int first = 1 + (int)below(TRAIN_MAX);
		int count = first + 1 + (int)below(TRAIN_MAX);
		int waiting = 1023 - (int)below((uint32_t)count + 1);
		int sent = 0;

		make_train(&trains[0], first);
		make_train(&trains[1], count - first);
		lay_out(&lane, &trains[0], 0, 140);
		lay_out(&lane, &trains[1], first, 140);
		while (sent < count) {
			for (int i = 0; i < waiting; i++)
				inject(make_filler(&lane));
			int taken = ustack_tx(lane.queue, count - sent);
			CHECK(taken == RTE_MIN(count - sent, 1023 - waiting));
			for (int i = 0; i < waiting;) {
				int now = ustack_rx(lane.queue, RTE_MIN(USTACK_BURST, waiting - i));

				CHECK(now > 0);
				release(&lane, now);
				i += now;
			}
			CHECK(ustack_rx(lane.queue, USTACK_BURST) == taken);
			for (int i = 0; i < taken; i++) {
				int at = sent + i;

				check_segment(&lane.rx[i], &trains[at >= first], at < first ? at : at - first);
			}
			release(&lane, taken);
			sent += taken;
			for (int i = 0; i < count - sent; i++)
				lane.tx[i] = lane.tx[taken + i];
			waiting = 1023 - (int)below((uint32_t)count + 1);
		}
	}
	close_lane(&lane);
}

/* A full port has not taken a chain: its mbufs are single again, and the train is as it was. */
static void leaves_chains(int vlan)
{
	static struct train train;
	struct lane lane = open_lane_in(vlan, 0);

	for (int round = 0; round < 50; round++) {
		int count = 2 + (int)below(TRAIN_MAX - 1);

		make_train(&train, count);
		lay_out(&lane, &train, 0, 140);
		for (int i = 0; i < 1023; i++)
			inject(make_filler(&lane));
		ustack_queue(lane.queue)->chain_max = UINT8_MAX;
		CHECK(ustack_tx(lane.queue, count) == 0);
		for (int i = 0; i < count; i++) {
			const struct rte_mbuf *mbuf = ustack_pool(pool)->mbufs[lane.tx[i].index];

			CHECK(mbuf->next == NULL && mbuf->nb_segs == 1);
		}
		for (int i = 0; i < 1023;) {
			int now = ustack_rx(lane.queue, RTE_MIN(USTACK_BURST, 1023 - i));

			CHECK(now > 0);
			release(&lane, now);
			i += now;
		}
		ustack_queue(lane.queue)->chain_max = 0;
		CHECK(ustack_tx(lane.queue, count) == count);
		CHECK(ustack_rx(lane.queue, USTACK_BURST) == count);
		for (int i = 0; i < count; i++)
			check_segment(&lane.rx[i], &train, i);
		release(&lane, count);
	}
	close_lane(&lane);
}

/* Sends a frame, with good checksums but for that many wrong bits, and the tag of the lane. */
static void inject_frame(const struct lane *lane, const uint8_t *frame, uint32_t length, uint32_t header, uint8_t wrong)
{
	uint32_t tag_length = lane->vlan == 0 ? 0 : USTACK_VLAN_TAG;
	const uint8_t tag[] = { 0x81, 0x00, (uint8_t)(lane->vlan >> 8), (uint8_t)lane->vlan };
	uint8_t summed[FRAME_MAX];
	struct rte_mbuf *mbuf = make_mbuf(pool, length + tag_length);
	uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);

	memcpy(summed, frame, length);
	ustack_checksum_fill(summed, length, USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM);
	summed[header] ^= wrong;
	memcpy(data, summed, 12);
	memcpy(data + 12, tag, tag_length);
	memcpy(data + 12 + tag_length, summed + 12, length - 12);
	inject(mbuf);
}

/* Sends the frames of a train one by one, with good checksums, all in one burst; returns how many heads come back. */
static int send_apart(const struct lane *lane, const struct train *train)
{
	int heads = 0;

	for (int i = 0; i < train->count; i++)
		inject_frame(lane, train->frames[i], train->lengths[i], train->header, 0);
	CHECK(receive(lane, USTACK_BURST) == train->count);
	for (int i = 0; i < train->count; i++) {
		bool follows = i > 0 && lane->rx[i - 1].flags == USTACK_CONTINUES;
		uint32_t skip = follows ? train->header : 0;
		const uint8_t *payload = bytes(&lane->rx[i]) - skip + train->header;

		CHECK(lane->rx[i].length == train->lengths[i] - skip);
		CHECK(memcmp(payload, train->frames[i] + train->header, train->lengths[i] - train->header) == 0);
		heads += !follows;
	}
	CHECK((lane->rx[train->count - 1].flags & USTACK_CONTINUES) == 0);
	release(lane, train->count);
	return heads;
}

/* A train without IPv4 options and with flags that may be in one. */
static void make_plain_train(struct train *train, int count)
{
	do {
		make_train(train, count);
	} while (train->frames[0][14] != 0x45);
	for (int i = 0; i < count; i++)
		train->frames[i][47] = (uint8_t)(0x10 | (i == count - 1 && below(2) ? 8 : 0));
}

static void makes_trains(int vlan)
{
	/* Of the 54 bytes of headers those that may differ: length, id and checksum; sequence number, checksum and, without URG, the
	 * urgent pointer. */
	static const char may_differ[] = "..............  LLII    CC............SSSS        CCUU";
	static struct train train;
	struct lane lane = { .queue = ustack_queue_open(port, 0, pool, USTACK_GRO, vlan), .vlan = vlan };

	CHECK(lane.queue > 0);
	lane.rx = (const struct ustack_frame *)(uintptr_t)ustack_queue_rx_frames(lane.queue);
	lane.tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(lane.queue);
	for (int round = 0; round < 3000; round++) {
		int count = 2 + (int)below(TRAIN_MAX - 1);

		make_plain_train(&train, count);
		CHECK(send_apart(&lane, &train) == 1);

		/* One that has a bit of its header different stands alone, and so does what follows it with the old value. */
		int odd = 1 + (int)below((uint32_t)count - 1);
		uint32_t at = below(train.header);
		uint8_t bit = (uint8_t)(1 << below(8));
		bool same = at < 54 && strchr("LICSU", may_differ[at]) != NULL;

		if (same || at == 12 || at == 13 || at == 14 || at == 20 || at == 21 || at == 23 || at == 46)
			continue; /* another length, or nothing that has a checksum */
		if (at == 47 && bit == 8)
			bit = 0x20;
		train.frames[odd][at] ^= bit;
		if (at < 54 || train.frames[odd][at] != train.frames[0][at]) {
			int heads = send_apart(&lane, &train);

			CHECK(heads >= 2);
		}
	}
	/* A wrong checksum is nobody's neighbour; a gap, a longer one behind a shorter one, and what follows PSH begin anew. */
	for (int round = 0; round < 500; round++) {
		make_plain_train(&train, 3);
		train.frames[1][47] |= 8;
		CHECK(send_apart(&lane, &train) == 2);
		make_plain_train(&train, 3);
		put(train.frames[2] + 38, random32() | 1, 4);
		CHECK(send_apart(&lane, &train) == 2);
	}
	make_plain_train(&train, 3);
	for (int i = 0; i < 3; i++)
		inject_frame(&lane, train.frames[i], train.lengths[i], train.header, i == 1);
	CHECK(ustack_rx(lane.queue, USTACK_BURST) == 3);
	CHECK(lane.rx[0].flags == 0 && lane.rx[1].flags == USTACK_RX_L4_CHECKSUM_BAD && lane.rx[2].flags == 0);
	release(&lane, 3);
	close_lane(&lane);
}

int main(void)
{
	set_up();
	for (int vlan = 0; vlan <= 0x123; vlan += 0x123) {
		cuts_trains(vlan, 0);
		cuts_trains_in_two(vlan);
		leaves_chains(vlan);
		makes_trains(vlan);
		if (ustack_ring_spare_lcores() > 0)
			cuts_trains(vlan, 256);
	}
	tear_down();
	printf("train_test: %lu checks\n", checks);
	return 0;
}

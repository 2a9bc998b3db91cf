/*
 * dpdk_burst and dpdk_ring: what is sent comes back. Frames are hostile, chained, too long, of another pool.
 */
#include "lane.h"

static void echoes(int ring_entries)
{
	struct lane lane = open_lane(ring_entries);

	for (int round = 0; round < 500; round++) {
		int count = 1 + (int)below(USTACK_BURST);

		CHECK(ustack_alloc(pool, count) == count);
		for (int i = 0; i < count; i++) {
			uint32_t index = ustack_pool(pool)->indices[i];
			uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);

			lane.tx[i] = (struct ustack_frame){ index, start + below(200), 14 + below(FRAME_MAX - 13), random32() & 0xFF };
			memset(bytes(&lane.tx[i]), (int)below(256), lane.tx[i].length);
			memset(bytes(&lane.tx[i]) + 12, 0, 2);
		}
		CHECK(ustack_tx(lane.queue, count) == count);
		for (int got = 0; got < count;) {
			int now = receive(&lane, USTACK_BURST);

			CHECK(now > 0 && got + now <= count);
			for (int i = 0; i < now; i++) {
				CHECK(lane.rx[i].index == lane.tx[got + i].index);
				CHECK(lane.rx[i].offset == lane.tx[got + i].offset);
				CHECK(lane.rx[i].length == lane.tx[got + i].length);
				CHECK(lane.rx[i].flags == 0);
			}
			release(&lane, now);
			got += now;
		}
	}
	close_lane(&lane);
}

static void survives_hostile_frames(void)
{
	struct lane lane = open_lane(0);

	for (int round = 0; round < 30000; round++) {
		struct rte_mbuf *mbuf = make_mbuf(pool, below(4) ? below(100) : below(FRAME_MAX + 1));
		uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);

		if (mbuf->data_len > 23) {
			data[12] = 8;
			data[13] = 0;
			data[14] = (uint8_t)(0x40 | below(16));
			data[16] = (uint8_t)below(8);
			data[20] = data[21] = 0;
			data[23] = below(2) ? 6 : 17;
		}
		poison(mbuf, 1);
		inject(mbuf);
		CHECK(ustack_rx(lane.queue, 1) == 1);
		poison(mbuf, 0);
		CHECK(lane.rx[0].length == mbuf->data_len);
		/* And back out with all checksums asked for. */
		lane.tx[0] = lane.rx[0];
		lane.tx[0].flags = random32() & 0x1C;
		poison(mbuf, 1);
		CHECK(ustack_tx(lane.queue, 1) == 1);
		int count = ustack_rx(lane.queue, 1);
		poison(mbuf, 0);
		CHECK(count == (lane.tx[0].length >= 14));
		release(&lane, count);
	}
	CHECK(counter(&lane, USTACK_TX_REJECTED) > 0 && counter(&lane, USTACK_TX_UNSUMMED) > 0);
	close_lane(&lane);
}

static void linearises(void)
{
	struct lane lane = open_lane(0);

	for (int round = 0; round < 1000; round++) {
		struct rte_mbuf *head = make_mbuf(below(2) ? pool : other_pool, 1 + below(400));
		uint8_t expected[FRAME_MAX];
		int pieces = 1 + (int)below(3);

		for (int i = 0; i < pieces; i++)
			CHECK(rte_pktmbuf_chain(head, make_mbuf(below(2) ? pool : other_pool, 1 + below(300))) == 0);
		uint32_t length = head->pkt_len;
		CHECK(length <= sizeof(expected));
		const uint8_t *whole = rte_pktmbuf_read(head, 0, length, expected);
		if (whole != expected)
			memcpy(expected, whole, length);
		inject(head);
		CHECK(ustack_rx(lane.queue, 1) == 1);
		CHECK(lane.rx[0].length == length);
		CHECK(memcmp(bytes(&lane.rx[0]), expected, length) == 0);
		release(&lane, 1);
	}
	CHECK(counter(&lane, USTACK_RX_LINEARISED) == 1000);

	/* In one piece, but of another pool, or held by somebody else too. */
	inject(make_mbuf(other_pool, 60));
	CHECK(ustack_rx(lane.queue, 1) == 1);
	release(&lane, 1);
	struct rte_mbuf *shared = make_mbuf(pool, 60);
	rte_mbuf_refcnt_update(shared, 1);
	inject(shared);
	CHECK(ustack_rx(lane.queue, 1) == 1);
	CHECK(lane.rx[0].index != ustack_private(shared)->index);
	release(&lane, 1);
	rte_pktmbuf_free(shared);
	CHECK(counter(&lane, USTACK_RX_LINEARISED) == 1002);
	close_lane(&lane);
}

/* A pool of two sizes: what the port receives in short buffers stays there, what it scatters goes into a long one. */
static void gathers_scattered_frames(void)
{
	const int longs = 127;
	const int shorts = 511;
	const uint32_t room = 300;
	int64_t mixed = ustack_pool_create("mixed", longs, 2176, shorts, RTE_PKTMBUF_HEADROOM + (int)room, -1);
	CHECK(mixed > 0);
	struct lane lane = { .queue = ustack_queue_open(port, 0, mixed, 0, 0) };
	struct rte_mempool *mempools[] = { ustack_pool(mixed)->mempool, ustack_pool(mixed)->shorter };
	CHECK(lane.queue > 0 && ustack_rx_mempool(ustack_pool(mixed)) == mempools[1]);
	lane.rx = (const struct ustack_frame *)(uintptr_t)ustack_queue_rx_frames(lane.queue);
	lane.tx = (struct ustack_frame *)(uintptr_t)ustack_queue_tx_frames(lane.queue);
	for (int i = 0; i < longs + shorts; i++) {
		struct rte_mbuf *mbuf = ustack_pool(mixed)->mbufs[i];

		CHECK(ustack_private(mbuf)->index == (uint32_t)i && mbuf->pool == mempools[i >= longs]);
	}
	for (int round = 0; round < 2000; round++) {
		uint32_t length = 14 + below(FRAME_MAX - 13);
		uint8_t expected[FRAME_MAX];
		struct rte_mbuf *head = NULL;

		for (uint32_t done = 0; done < length;) {
			struct rte_mbuf *piece = rte_pktmbuf_alloc(mempools[1]);
			uint32_t now = RTE_MIN(room, length - done);
			uint8_t *data = (uint8_t *)rte_pktmbuf_append(piece, (uint16_t)now);

			CHECK(data != NULL);
			for (uint32_t i = 0; i < now; i++)
				data[i] = expected[done + i] = (uint8_t)random32();
			if (head == NULL)
				head = piece;
			else
				CHECK(rte_pktmbuf_chain(head, piece) == 0);
			done += now;
		}
		inject(head);
		/* And out again, and in: now it is in a long buffer where it was scattered. */
		for (int turn = 0; turn < 2; turn++) {
			CHECK(ustack_rx(lane.queue, 1) == 1);
			CHECK((lane.rx[0].index >= (uint32_t)longs) == (length <= room));
			CHECK(turn == 0 || lane.rx[0].index == lane.tx[0].index);
			CHECK(lane.rx[0].length == length);
			CHECK(memcmp(ustack_pool(mixed)->base + lane.rx[0].offset, expected, length) == 0);
			lane.tx[0] = lane.rx[0];
			lane.tx[0].flags = 0;
			CHECK(turn == 1 || ustack_tx(lane.queue, 1) == 1);
		}
		ustack_pool(mixed)->indices[0] = lane.rx[0].index;
		CHECK(ustack_free(mixed, 1) == 1);
	}
	CHECK(counter(&lane, USTACK_RX_LINEARISED) > 1000 && counter(&lane, USTACK_RX_NO_BUFFER) == 0);

	/* Java is given long ones only; both kinds come back together. */
	int count = ustack_alloc(mixed, USTACK_BURST / 2);
	CHECK(count == USTACK_BURST / 2);
	for (int i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(mempools[1]);

		CHECK(ustack_pool(mixed)->indices[i] < (uint32_t)longs);
		ustack_pool(mixed)->indices[count + i] = ustack_private(mbuf)->index;
	}
	CHECK(ustack_pool_available(mixed) == longs - count && ustack_pool_shorter_available(mixed) == shorts - count);
	CHECK(ustack_pool_destroy(mixed) == -EBUSY);
	CHECK(ustack_free(mixed, 2 * count) == 2 * count);
	CHECK(ustack_pool_available(mixed) == longs && ustack_pool_shorter_available(mixed) == shorts);
	CHECK(ustack_queue_close(lane.queue) == 0);
	CHECK(ustack_pool_destroy(mixed) == 0);
}

static void drops_what_does_not_fit(void)
{
	struct lane lane = open_lane(0);

	inject(make_mbuf(pool, FRAME_MAX + 1));
	CHECK(ustack_rx(lane.queue, 1) == 0);
	struct rte_mbuf *chain = make_mbuf(pool, 1000);
	CHECK(rte_pktmbuf_chain(chain, make_mbuf(pool, 1000)) == 0);
	inject(chain);
	CHECK(ustack_rx(lane.queue, 1) == 0);
	CHECK(counter(&lane, USTACK_RX_TOO_LONG) == 2);

	/* Lengths that a driver got wrong. */
	struct rte_mbuf *liar = make_mbuf(pool, 60);
	liar->data_len = 61;
	inject(liar);
	CHECK(ustack_rx(lane.queue, 1) == 0);
	liar = make_mbuf(pool, 60);
	CHECK(rte_pktmbuf_chain(liar, make_mbuf(pool, 60)) == 0);
	liar->pkt_len = 200;
	inject(liar);
	CHECK(ustack_rx(lane.queue, 1) == 0);
	CHECK(counter(&lane, USTACK_RX_BROKEN) == 2);

	/* Frames of our own that no port should see: taken, counted, freed; their neighbours are sent. */
	CHECK(ustack_alloc(pool, 4) == 4);
	const uint32_t lengths[] = { 60, 13, 60, FRAME_MAX + 1 };
	for (int i = 0; i < 4; i++) {
		uint32_t index = ustack_pool(pool)->indices[i];
		uint32_t start = (uint32_t)((uint8_t *)ustack_pool(pool)->mbufs[index]->buf_addr - ustack_pool(pool)->base);

		lane.tx[i] = (struct ustack_frame){ index, start, lengths[i], 0 };
	}
	CHECK(ustack_tx(lane.queue, 4) == 4);
	CHECK(counter(&lane, USTACK_TX_REJECTED) == 2);
	CHECK(ustack_rx(lane.queue, USTACK_BURST) == 2);
	release(&lane, 2);
	close_lane(&lane);
}

static void runs_out(void)
{
	struct lane lane = open_lane(0);
	uint32_t held[BUFFERS + 1];
	int count = 0;
	int got;

	while ((got = ustack_alloc(pool, USTACK_BURST)) > 0)
		for (int i = 0; i < got; i++)
			held[count++] = ustack_pool(pool)->indices[i];
	CHECK(count == BUFFERS);
	CHECK(ustack_pool_destroy(pool) == -EBUSY);
	/* A frame that has to be copied finds no buffer. */
	inject(make_mbuf(other_pool, 60));
	CHECK(ustack_rx(lane.queue, 1) == 0);
	CHECK(counter(&lane, USTACK_RX_NO_BUFFER) == 1);
	for (int i = 0; i < count; i++) {
		ustack_pool(pool)->indices[0] = held[i];
		CHECK(ustack_free(pool, 1) == 1);
	}
	close_lane(&lane);
}

static void overflows_the_ring(void)
{
	struct lane lane = open_lane(64);

	/* Nobody receives: 63 frames wait, the rest is counted and freed. */
	for (int i = 0; i < 200; i++)
		inject(make_mbuf(pool, 60));
	for (long tries = 100000000; counter(&lane, USTACK_RX_RING_FULL) < 200 - 63 && tries > 0; tries--)
		sched_yield();
	CHECK(counter(&lane, USTACK_RX_RING_FULL) == 200 - 63);
	CHECK(counter(&lane, USTACK_RX_RING_MOST) == 63);
	close_lane(&lane);
}

int main(void)
{
	set_up();
	echoes(0);
	survives_hostile_frames();
	linearises();
	gathers_scattered_frames();
	drops_what_does_not_fit();
	runs_out();
	if (ustack_ring_spare_lcores() > 0) {
		echoes(256);
		overflows_the_ring();
		struct lane lane = open_lane(256);
		struct lane second = open_lane(0);
		CHECK(ustack_ring_start(second.queue, 256) == -EAGAIN);
		CHECK(ustack_queue_close(second.queue) == 0);
		close_lane(&lane);
	}
	tear_down();
	printf("burst_test: %lu checks\n", checks);
	return 0;
}

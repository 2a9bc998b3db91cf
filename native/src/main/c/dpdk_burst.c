#include "dpdk_burst.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "dpdk_eal.h"
#include "dpdk_port.h"
#include "dpdk_ring.h"
#include "dpdk_train.h"

/* How far ahead of the frame in hand the next ones are called into the cache. */
#define PREFETCH 4

/* Copies a chain into one piece. Believes the segments, not the total: false when they are not the same. */
static bool gather(const struct rte_mbuf *segment, char *to, uint32_t length)
{
	for (; segment != NULL && segment->data_len <= length; segment = segment->next) {
		memcpy(to, rte_pktmbuf_mtod(segment, const char *), segment->data_len);
		to += segment->data_len;
		length -= segment->data_len;
	}
	return segment == NULL && length == 0;
}

/* Whether a frame is in a buffer of the queue's pool, of either size, as Java wants it: what is sent through net_ring comes back so. */
static bool is_ours(const struct ustack_queue *queue, const struct rte_mbuf *mbuf)
{
	return mbuf->nb_segs == 1 && rte_mbuf_refcnt_read(mbuf) == 1 && RTE_MBUF_DIRECT(mbuf) && mbuf->pool == queue->mempool &&
	       mbuf->pkt_len == mbuf->data_len && mbuf->data_off + mbuf->pkt_len <= mbuf->buf_len;
}

struct rte_mbuf *ustack_accept_slow(struct ustack_queue *queue, struct rte_mbuf *mbuf)
{
	enum ustack_counter counter = USTACK_RX_LINEARISED;
	struct rte_mbuf *copy = NULL;
	uint32_t length = mbuf->pkt_len;

	if (is_ours(queue, mbuf) && length <= queue->frame_max)
		return mbuf;
	if (length > queue->frame_max) {
		counter = USTACK_RX_TOO_LONG;
	} else if (mbuf->nb_segs == 1 && (mbuf->data_len != length || mbuf->data_off + length > mbuf->buf_len)) {
		counter = USTACK_RX_BROKEN;
	} else if ((copy = rte_pktmbuf_alloc(queue->mempool)) == NULL) {
		counter = USTACK_RX_NO_BUFFER;
	} else {
		char *to = rte_pktmbuf_append(copy, (uint16_t)length);

		if (to != NULL && gather(mbuf, to, length)) {
			copy->ol_flags = mbuf->ol_flags & (queue->rx_verdict | queue->rx_stripped);
			copy->vlan_tci = mbuf->vlan_tci;
		} else {
			rte_pktmbuf_free(copy);
			copy = NULL;
			counter = USTACK_RX_BROKEN;
		}
	}
	rte_pktmbuf_free(mbuf);
	ustack_count(queue, counter);
	return copy;
}

uint32_t ustack_verify_slow(const struct ustack_queue *queue, const struct rte_mbuf *mbuf)
{
	uint64_t ipv4 = mbuf->ol_flags & queue->rx_verdict & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = mbuf->ol_flags & queue->rx_verdict & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uint32_t wanted = 0;

	/* A verdict of "bad" is looked at again: drivers differ on fragments, on UDP without checksum and on short frames. NONE
	 * says that the field is wrong but the data is known to be right. */
	if (ipv4 != RTE_MBUF_F_RX_IP_CKSUM_GOOD && ipv4 != RTE_MBUF_F_RX_IP_CKSUM_NONE)
		wanted |= USTACK_VERIFY_IPV4;
	if (l4 != RTE_MBUF_F_RX_L4_CKSUM_GOOD && l4 != RTE_MBUF_F_RX_L4_CKSUM_NONE)
		wanted |= USTACK_VERIFY_L4;
	return wanted == 0 ? 0 : ustack_checksum_verify(rte_pktmbuf_mtod(mbuf, const uint8_t *), mbuf->data_len, wanted);
}

bool ustack_finish_slow(struct ustack_queue *queue, struct rte_mbuf *mbuf, uint32_t flags)
{
	uint32_t hardware = flags & queue->tx_offload;
	uint32_t software = flags & ~hardware & USTACK_TX_CHECKSUMS;
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	int header_length = 0;

	if (hardware != 0) {
		header_length = ustack_checksum_prepare(frame, mbuf->data_len, hardware);
		if (unlikely(header_length < 0)) {
			software |= hardware;
			hardware = 0;
		}
	}
	if (software != 0 && ustack_checksum_fill(frame, mbuf->data_len, software) < 0)
		ustack_count(queue, USTACK_TX_UNSUMMED);
	if (hardware == 0)
		return false;
	mbuf->tx_offload = 0;
	mbuf->l2_len = USTACK_ETHERNET_HEADER;
	mbuf->l3_len = (unsigned int)header_length;
	mbuf->ol_flags = RTE_MBUF_F_TX_IPV4;
	if (hardware & USTACK_TX_IPV4_CHECKSUM)
		mbuf->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	if (hardware & USTACK_TX_TCP_CHECKSUM)
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
	else if (hardware & USTACK_TX_UDP_CHECKSUM)
		mbuf->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
	return true;
}

static inline uint16_t send_finished(struct ustack_queue *queue, struct rte_mbuf **mbufs, uint16_t count, bool offloaded)
{
	if (!offloaded)
		return rte_eth_tx_burst(queue->port, queue->queue, mbufs, count);
	uint16_t done = 0;
	while (done < count) {
		uint16_t ready = rte_eth_tx_prepare(queue->port, queue->queue, mbufs + done, (uint16_t)(count - done));
		uint16_t sent = rte_eth_tx_burst(queue->port, queue->queue, mbufs + done, ready);

		done = (uint16_t)(done + sent);
		if (sent < ready)
			break;
		if (done < count) {
			/* The driver will never take this one; the next may be better. */
			rte_pktmbuf_free(mbufs[done++]);
			ustack_count(queue, USTACK_TX_UNPREPARED);
		}
	}
	return done;
}

uint16_t ustack_send(struct ustack_queue *queue, struct rte_mbuf **mbufs, uint16_t count, bool offloaded)
{
	uint32_t guards = ustack_guards(queue);

	if (likely(guards == 0))
		return send_finished(queue, mbufs, count, offloaded);
	if (!ustack_enter(queue, guards))
		return 0;
	uint16_t sent = send_finished(queue, mbufs, count, offloaded);
	ustack_leave(queue);
	return sent;
}

static inline void describe(const struct ustack_queue *queue, struct rte_mbuf *mbuf, struct ustack_frame *frame, uint32_t flags)
{
	frame->index = ustack_private(mbuf)->index;
	frame->offset = (uint32_t)(rte_pktmbuf_mtod(mbuf, uint8_t *) - queue->base);
	frame->length = mbuf->data_len;
	frame->flags = flags;
}

static int receive_direct(struct ustack_queue *queue, uint16_t max)
{
	struct rte_mbuf *mbufs[USTACK_BURST];
	uint16_t received = ustack_receive(queue, mbufs, max);
	int count = 0;

	for (uint16_t i = 0; i < received && i < PREFETCH; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < received; i++) {
		if (i + PREFETCH < received)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH], void *));
		struct rte_mbuf *mbuf = ustack_accept(queue, mbufs[i]);

		if (likely(mbuf != NULL))
			describe(queue, mbuf, &queue->rx_frames[count++], ustack_verify(queue, mbuf));
	}
	return count;
}

static int receive_ring(struct ustack_queue *queue, uint16_t max)
{
	struct rte_mbuf *mbufs[USTACK_BURST];
	uint16_t received = ustack_ring_receive(queue->ring, mbufs, max);

	for (uint16_t i = 0; i < received; i++)
		describe(queue, mbufs[i], &queue->rx_frames[i], ustack_private(mbufs[i])->flags);
	return received;
}

/* Makes trains of frames that lie side by side. What has a wrong checksum is nobody's neighbour. */
static void merge(struct ustack_queue *queue, int count)
{
	struct ustack_frame *frames = queue->rx_frames;
	struct ustack_merge merge = { .open = false };

	for (int i = 0; i < count; i++) {
		struct ustack_frame *frame = &frames[i];
		const uint8_t *start = queue->base + frame->offset;

		if (frame->flags != 0) {
			merge.open = false;
		} else if (merge.open && ustack_merge_takes(&merge, start, frame->length)) {
			frame->offset += merge.train.length;
			frame->length -= merge.train.length;
			frames[i - 1].flags = USTACK_CONTINUES;
		} else {
			ustack_merge_begin(&merge, start, frame->length);
		}
	}
}

int ustack_rx(int64_t handle, int max)
{
	struct ustack_queue *queue = ustack_queue(handle);

	ustack_join();
	if (unlikely(max <= 0))
		return 0;
	if (unlikely(max > USTACK_BURST))
		max = USTACK_BURST;
	int count = queue->ring == NULL ? receive_direct(queue, (uint16_t)max) : receive_ring(queue, (uint16_t)max);

	if (count > 1 && queue->merges)
		merge(queue, count);
	return count;
}

/* Whether the port can carry a frame of this length: others could choke it. */
static inline bool fits(const struct ustack_queue *queue, const struct ustack_frame *frame)
{
	/* One comparison: what is too short becomes very long. */
	return frame->length - USTACK_ETHERNET_HEADER <= queue->tx_frame_max - USTACK_ETHERNET_HEADER;
}

/* Puts the frame's place and length into its mbuf. */
static inline struct rte_mbuf *place(const struct ustack_queue *queue, const struct ustack_frame *frame)
{
	struct rte_mbuf *mbuf = queue->mbufs[frame->index];

	mbuf->data_off = (uint16_t)(queue->base + frame->offset - (uint8_t *)mbuf->buf_addr);
	mbuf->data_len = (uint16_t)frame->length;
	mbuf->pkt_len = frame->length;
	return mbuf;
}

/* How many descriptors the train has that begins with the first of these. */
static inline int train_length(const struct ustack_frame *frames, int count)
{
	int length = 1;

	while (length < count && (frames[length - 1].flags & USTACK_CONTINUES))
		length++;
	return length;
}

/*
 * Cuts a train into frames of their own; the headers of the later ones go in front of their payload, which stays where it is. False
 * when it is no train, or one of its segments does not fit: nothing was changed then.
 */
static bool cut(const struct ustack_queue *queue, const struct ustack_frame *frames, int count, struct rte_mbuf **mbufs)
{
	struct rte_mbuf *head = place(queue, &frames[0]);
	uint8_t *first = rte_pktmbuf_mtod(head, uint8_t *);
	struct ustack_train train;

	if (head->data_off < queue->tag_length || !ustack_train_headers(first, head->data_len, &train))
		return false;
	for (int i = 1; i < count; i++) {
		mbufs[i] = place(queue, &frames[i]);
		if (mbufs[i]->data_off < train.length + queue->tag_length ||
		    frames[i].length > queue->tx_frame_max - train.length)
			return false;
	}
	mbufs[0] = head;
	uint32_t offset = head->data_len - train.length;
	uint8_t flags = ustack_train_cut_head(&train, first);
	for (int i = 1; i < count; i++) {
		uint32_t payload = frames[i].length;
		uint8_t *to = (uint8_t *)rte_pktmbuf_prepend(mbufs[i], (uint16_t)train.length);

		ustack_train_cut(&train, first, to, payload, offset, flags, i == count - 1);
		offset += payload;
	}
	return true;
}

/*
 * Makes one packet of a train, a chain of mbufs that the port cuts. False when the port can't, or it is no train: nothing was changed
 * then that place() does not mend.
 */
static bool chain(const struct ustack_queue *queue, const struct ustack_frame *frames, int count)
{
	struct rte_mbuf *head = place(queue, &frames[0]);
	uint8_t *start = rte_pktmbuf_mtod(head, uint8_t *);
	const uint32_t needed = USTACK_TX_IPV4_CHECKSUM | USTACK_TX_TCP_CHECKSUM;
	struct ustack_train train;
	uint32_t length = 0;

	for (int i = 0; i < count; i++)
		length += frames[i].length;
	if ((uint32_t)count > queue->chain_max || frames[0].length > queue->tso_frame_max ||
	    length > UINT16_MAX + USTACK_ETHERNET_HEADER || (frames[0].flags & needed) != needed ||
	    head->data_off < queue->tag_length ||
	    !ustack_train_headers(start, head->data_len, &train))
		return false;
	struct rte_mbuf *last = head;
	for (int i = 1; i < count; i++) {
		struct rte_mbuf *mbuf = place(queue, &frames[i]);

		last->next = mbuf;
		last = mbuf;
	}
	head->nb_segs = (uint16_t)count;
	head->pkt_len = length;
	ustack_train_length(&train, start, length - train.length);
	ustack_checksum_prepare_tso(start, train.l3_length);
	head->ol_flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	head->tx_offload = 0;
	head->l2_len = USTACK_ETHERNET_HEADER;
	head->l3_len = train.l3_length;
	head->l4_len = train.l4_length;
	head->tso_segsz = (uint16_t)(head->data_len - train.length);
	if (queue->vlan != 0)
		ustack_vlan_tag(queue, head);
	return true;
}

/* The port has not taken it: its mbufs are each other's no more, and the head is a frame again. */
static void unchain(const struct ustack_queue *queue, struct rte_mbuf *head)
{
	struct ustack_train train;

	if (queue->vlan != 0)
		ustack_vlan_untag(head);
	uint8_t *start = rte_pktmbuf_mtod(head, uint8_t *);
	if (ustack_train_headers(start, head->data_len, &train))
		ustack_train_length(&train, start, head->data_len - train.length);
	while (head != NULL) {
		struct rte_mbuf *next = head->next;

		head->next = NULL;
		head->nb_segs = 1;
		head = next;
	}
}

/*
 * Of a train that was cut only the first frames were sent, and belong to the port. The rest is a train again; its descriptor tells
 * Java that the headers are there. first and last: of the rest.
 */
static void mend(const struct ustack_queue *queue, struct ustack_frame *frame, struct rte_mbuf *first, struct rte_mbuf *last)
{
	uint8_t *start = rte_pktmbuf_mtod(first, uint8_t *);
	struct ustack_train train;

	frame->offset = (uint32_t)(start - queue->base);
	frame->length = first->data_len;
	if (ustack_train_headers(start, first->data_len, &train))
		ustack_train_mend(&train, start, rte_pktmbuf_mtod(last, const uint8_t *));
}

/* Has the frame's checksums and tag seen to, here or on the lcore. True when the port has to do something. */
static inline bool finish(struct ustack_queue *queue, struct rte_mbuf *mbuf, uint32_t flags)
{
	if (queue->ring == NULL)
		return ustack_finish(queue, mbuf, flags);
	ustack_private(mbuf)->flags = flags;
	return false;
}

/* What is on its way to the port. */
struct batch {
	struct rte_mbuf *mbufs[USTACK_BURST];
	uint8_t frames[USTACK_BURST]; /* how many descriptors are in each */
	int count;
	bool offloaded;
};

static inline void add(struct batch *batch, struct rte_mbuf *mbuf, int frames)
{
	batch->mbufs[batch->count] = mbuf;
	batch->frames[batch->count++] = (uint8_t)frames;
}

/* Adds a train, as one packet or cut. False: it is none. */
static bool add_train(struct ustack_queue *queue, struct batch *batch, const struct ustack_frame *frames, int count)
{
	if (queue->chain_max > 0 && chain(queue, frames, count)) {
		add(batch, queue->mbufs[frames[0].index], count);
		batch->offloaded = true;
		return true;
	}
	if (unlikely(!cut(queue, frames, count, &batch->mbufs[batch->count])))
		return false;
	for (int i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = batch->mbufs[batch->count];

		batch->offloaded |= finish(queue, mbuf, frames[i].flags);
		add(batch, mbuf, 1);
	}
	return true;
}

/* Makes mbufs of the first frames, as far as they fit and trains are whole. Returns how many of the descriptors. */
static inline int assemble(struct ustack_queue *queue, const struct ustack_frame *frames, int count, struct batch *batch)
{
	int done = 0;

	batch->count = 0;
	batch->offloaded = false;
	while (done < count && likely(fits(queue, &frames[done]))) {
		if (frames[done].flags & USTACK_CONTINUES) {
			int length = train_length(&frames[done], count - done);

			if (unlikely(!add_train(queue, batch, &frames[done], length)))
				break;
			done += length;
		} else {
			struct rte_mbuf *mbuf = place(queue, &frames[done]);

			if (unlikely(mbuf->data_off < queue->tag_length))
				break;
			batch->offloaded |= finish(queue, mbuf, frames[done].flags);
			add(batch, mbuf, 1);
			done++;
		}
	}
	return done;
}

/* So many mbufs of the batch were sent; what is left of its trains are trains. Returns how many descriptors were sent. */
static int leave(struct ustack_queue *queue, struct batch *batch, struct ustack_frame *frames, int ready, int sent)
{
	int done = 0;

	for (int i = 0; i < sent; i++)
		done += batch->frames[i];
	for (int i = sent, at = done; at < ready;) {
		int length = train_length(&frames[at], ready - at);

		if (batch->frames[i] > 1) {
			unchain(queue, batch->mbufs[i++]);
		} else {
			/* On the way to the lcore there is no tag yet. */
			for (int k = i; queue->vlan != 0 && queue->ring == NULL && k < i + length; k++)
				ustack_vlan_untag(batch->mbufs[k]);
			if (length > 1 || (at > 0 && (frames[at - 1].flags & USTACK_CONTINUES)))
				mend(queue, &frames[at], batch->mbufs[i], batch->mbufs[i + length - 1]);
			i += length;
		}
		at += length;
	}
	return done;
}

/* Frees what no port should see: a frame, or a whole train. Returns how many descriptors. */
static int reject(struct ustack_queue *queue, const struct ustack_frame *frames, int count)
{
	int length = train_length(frames, count);

	for (int i = 0; i < length; i++) {
		rte_mbuf_raw_free(queue->mbufs[frames[i].index]);
		ustack_count(queue, USTACK_TX_REJECTED);
	}
	return length;
}

int ustack_tx(int64_t handle, int count)
{
	struct ustack_queue *queue = ustack_queue(handle);
	struct batch batch;
	int done = 0;

	ustack_join();
	if (unlikely(count > USTACK_BURST))
		count = USTACK_BURST;
	while (done < count) {
		struct ustack_frame *frames = queue->tx_frames + done;
		int ready = assemble(queue, frames, count - done, &batch);
		int sent = 0;

		if (likely(ready > 0))
			sent = queue->ring == NULL
				       ? ustack_send(queue, batch.mbufs, (uint16_t)batch.count, batch.offloaded)
				       : ustack_ring_transmit(queue->ring, batch.mbufs, (uint16_t)batch.count);
		if (unlikely(sent < batch.count))
			return done + leave(queue, &batch, frames, ready, sent);
		done += ready;
		if (unlikely(done < count))
			done += reject(queue, queue->tx_frames + done, count - done);
	}
	return done;
}

int ustack_alloc(int64_t handle, int count)
{
	struct ustack_pool *pool = ustack_pool(handle);
	struct rte_mbuf *mbufs[USTACK_BURST];
	int taken = count;

	ustack_join();
	if (rte_mempool_get_bulk(pool->mempool, (void **)mbufs, (unsigned int)count) != 0) {
		/* All or nothing; near the end of the pool there may be some. */
		taken = 0;
		while (taken < count && rte_mempool_get(pool->mempool, (void **)&mbufs[taken]) == 0)
			taken++;
	}
	for (int i = 0; i < taken; i++)
		pool->indices[i] = ustack_private(mbufs[i])->index;
	return taken;
}

int ustack_free(int64_t handle, int count)
{
	struct ustack_pool *pool = ustack_pool(handle);
	struct rte_mbuf *mbufs[USTACK_BURST];

	ustack_join();
	for (int i = 0; i < count; i++)
		mbufs[i] = pool->mbufs[pool->indices[i]];
	/* As they came: one segment, one holder, memory of their own. */
	if (pool->shorter != NULL) {
		for (int i = 0; i < count; i++)
			rte_mempool_put(mbufs[i]->pool, mbufs[i]);
		return count;
	}
	rte_mempool_put_bulk(pool->mempool, (void **)mbufs, (unsigned int)count);
	return count;
}

int64_t ustack_queue_open(int port, int queue_id, int64_t pool, int offloads, int vlan)
{
	struct ustack_queue *queue = rte_zmalloc("ustack_queue", sizeof(*queue), RTE_CACHE_LINE_SIZE);

	if (queue == NULL)
		return -ENOMEM;
	queue->mempool = ustack_pool(pool)->mempool;
	queue->rx_mempool = ustack_rx_mempool(ustack_pool(pool));
	queue->mbufs = ustack_pool(pool)->mbufs;
	queue->base = ustack_pool(pool)->base;
	queue->port = (uint16_t)port;
	queue->queue = (uint16_t)queue_id;
	queue->frame_max = ustack_port_frame_max(port);
	queue->vlan = (uint16_t)vlan;
	queue->tag_length = vlan == 0 ? 0 : USTACK_VLAN_TAG;
	queue->tx_frame_max = queue->frame_max - queue->tag_length;
	queue->tx_inserts = (offloads & USTACK_TX_VLAN) != 0;
	queue->rx_stripped = offloads & USTACK_RX_VLAN ? RTE_MBUF_F_RX_VLAN_STRIPPED : 0;
	queue->tx_offload = (uint32_t)offloads & USTACK_TX_CHECKSUMS;
	if (offloads & USTACK_RX_IPV4_CHECKSUM_BAD)
		queue->rx_verdict |= RTE_MBUF_F_RX_IP_CKSUM_MASK;
	if (offloads & USTACK_RX_L4_CHECKSUM_BAD)
		queue->rx_verdict |= RTE_MBUF_F_RX_L4_CKSUM_MASK;
	queue->merges = (offloads & USTACK_GRO) != 0;
	queue->chain_max = offloads & USTACK_TSO ? ustack_port_chain_max(port) : 0;
	queue->tso_frame_max = ustack_port_tso_frame_max(port) - queue->tag_length;
	if (ustack_is_memif(port)) {
		queue->guards = USTACK_GATED;
		ustack_gate_add(&queue->gate);
	}
	return (int64_t)(uintptr_t)queue;
}

int64_t ustack_queue_rx_frames(int64_t queue)
{
	return (int64_t)(uintptr_t)ustack_queue(queue)->rx_frames;
}

int64_t ustack_queue_tx_frames(int64_t queue)
{
	return (int64_t)(uintptr_t)ustack_queue(queue)->tx_frames;
}

int ustack_queue_counters(int64_t handle, int64_t *out)
{
	const struct ustack_queue *queue = ustack_queue(handle);

	for (int i = 0; i < USTACK_COUNTERS; i++)
		out[i] = (int64_t)__atomic_load_n(&queue->counters[i], __ATOMIC_RELAXED);
	return USTACK_COUNTERS;
}

int ustack_queue_close(int64_t handle)
{
	struct ustack_queue *queue = ustack_queue(handle);

	if (queue->ring != NULL)
		ustack_ring_stop(queue->ring);
	if (queue->guards & USTACK_GATED)
		ustack_gate_remove(&queue->gate);
	rte_free(queue);
	return 0;
}

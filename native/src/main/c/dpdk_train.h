/*
 * Trains: rows of TCP segments of one connection that pass Java as one (io.ustack.buffer.Packet, follower). Here they are cut into
 * the frames that the wire sees, and made of those that came. Knows nothing of ports and pools: it gets pieces of memory.
 */
#ifndef USTACK_DPDK_TRAIN_H
#define USTACK_DPDK_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* The headers of a train's head. */
struct ustack_train {
	uint32_t l3_length; /* of the IPv4 header */
	uint32_t l4_length; /* of the TCP header */
	uint32_t length;    /* of all headers, Ethernet's included */
};

/* Finds the headers of a frame that carries TCP; false when they are not there. */
bool ustack_train_headers(const uint8_t *frame, uint32_t length, struct ustack_train *train);

/*
 * Makes the head a segment of its own: FIN and PSH are the last segment's.
 *
 * Returns its flags as they were.
 */
uint8_t ustack_train_cut_head(const struct ustack_train *train, uint8_t *head);

/*
 * Writes the headers of a later segment to `to`, behind which its payload lies: the head's with another sequence number, length and
 * flags. Checksums are left to others.
 *
 * offset: of its payload from the head's
 * flags: what ustack_train_cut_head() returned
 */
void ustack_train_cut(const struct ustack_train *train, const uint8_t *head, uint8_t *to, uint32_t payload, uint32_t offset,
		      uint8_t flags, bool last);

/* Writes the length of an IPv4 packet with so much behind the headers. */
void ustack_train_length(const struct ustack_train *train, uint8_t *frame, uint32_t payload);

/*
 * What is left of a train that was sent in part begins with this frame: its flags are the whole train's again.
 *
 * last: the frame that the train ends with
 */
void ustack_train_mend(const struct ustack_train *train, uint8_t *first, const uint8_t *last);

/* A train that is being made of received frames. */
struct ustack_merge {
	const uint8_t *head;
	struct ustack_train train;
	uint32_t payload;  /* of each segment so far */
	uint32_t sequence; /* that follows */
	bool open;         /* another one may follow */
};

/* Begins with this frame, whose checksums are good: it may be the head of a train. */
void ustack_merge_begin(struct ustack_merge *merge, const uint8_t *frame, uint32_t length);

/*
 * Whether a frame whose checksums are good continues the train: the next bytes of the same connection, and all else that its headers
 * say is what the head's say, but for PSH on the last. If so only its payload counts, behind merge->train.length bytes.
 */
bool ustack_merge_takes(struct ustack_merge *merge, const uint8_t *frame, uint32_t length);

#endif

/* The least that a C test needs: checks that count, and random numbers that repeat. */
#ifndef USTACK_TEST_H
#define USTACK_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned long checks;

#define CHECK(condition)                                                                    \
	do {                                                                                \
		checks++;                                                                   \
		if (!(condition)) {                                                         \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
			abort();                                                            \
		}                                                                           \
	} while (0)

/* xorshift64*, seeded alike in every run. */
static inline uint32_t random32(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ULL) >> 32);
}

static inline uint32_t below(uint32_t bound)
{
	return random32() % bound;
}

#endif

/**
 * Capture files: reads pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), writes
 * pcapng with nanoseconds.
 *
 * <p>A file is a stranger's word: lengths are checked before anything is allocated or skipped by
 * them, and what can't be is an {@link java.io.IOException} that names the byte. Links and tools
 * may call it; it calls nobody.
 */
@NullMarked
package io.ustack.pcap;

import org.jspecify.annotations.NullMarked;

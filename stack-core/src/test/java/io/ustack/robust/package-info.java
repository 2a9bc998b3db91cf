/**
 * Whatever comes from the wire: the stack counts it, gives the buffer back and goes on. Mutated
 * frames, captures of other people, and whatever a fuzzer thinks of.
 */
package io.ustack.robust;

/**
 * Sockets: the engine that lets applications reach a stack, and the calls of POSIX and Linux on top
 * of it.
 *
 * <p>The engine is objects, not integers, so that other faces can stand beside {@link
 * io.ustack.posix.Posix}: {@link io.ustack.posix.SocketEngine} makes {@link
 * io.ustack.posix.TcpSocket}, {@link io.ustack.posix.UdpSocket} and {@link
 * io.ustack.posix.EpollSet}; sockets and sets are {@link io.ustack.posix.Pollable}. Calls give a
 * result or {@code -errno}. Posix adds descriptors and checks arguments. Semantics are those of
 * Linux; RFC 9293 3.9.1 says what TCP owes its user. Applications call it; it calls stack-core.
 *
 * <h2>Two modes</h2>
 *
 * <p>{@code Execution} is all that differs. INLINE: one thread makes all calls; what has to wait
 * runs the duty cycle, and what would say EAGAIN runs it once before. DEDICATED: a StackAgent runs
 * the stack; any number of application threads call. An engine may have several shards, each with a
 * stack and a thread: {@code TcpSides} and {@code UdpSides} say on which of them a socket is. What
 * is said below of the stack thread is true of each for the sides that are its own.
 *
 * <h2>Who may touch what, in DEDICATED mode</h2>
 *
 * <p>Every field has one writer: the stack thread, or the application threads under one lock. The
 * stack thread never takes a lock, never waits.
 *
 * <ul>
 *   <li><b>Commands, application to stack.</b> Through the stack's CommandQueue, whose release and
 *       acquire order all that was written before the offer before the execution. {@code StackCall}
 *       is one that somebody waits for: arguments before the offer, results before the volatile
 *       {@code done}, then unpark. {@code Doorbell} is one that nobody waits for: request bits are
 *       or-ed atomically, and only who turns them from zero offers the bell; the stack takes all
 *       bits at once <em>before</em> it serves them, so a request made later rings anew. A full
 *       queue makes the caller wait, never lose.
 *   <li><b>State, stack to application.</b> {@code TcpStackSide} and {@code UdpStackSide} are
 *       written by the stack thread only. The order is: data into the ring (release), the pending
 *       error, the {@code stream} bits (release), a full fence, then who watches is told. Readers
 *       go the other way: the stream bits (acquire), then the ring, then the error. So who sees the
 *       end of a stream sees all data before it, and who sees that it broke sees why.
 *   <li><b>Rings.</b> A receive ring's consumer is the application under the socket's {@code
 *       receiving} lock, a send ring's producer the application under {@code sending}; the other
 *       ends are the stack's. The locks are held for one copy, never while waiting. {@code close}
 *       and {@code shutdown} take {@code sending} after they have set their flag and before they
 *       tell the stack, so nothing is written behind a FIN.
 *   <li><b>Packets in rings.</b> A ring's producer may let a packet stand for its bytes. Whoever
 *       takes it out of its slot, by compare-and-set, owns it: the consumer that lends it on or has
 *       read it, or the stack that retires the ring. A consumer that copied from it looks
 *       afterwards whether the ring was retired, and then forgets the copy. Packets come back over
 *       a stack without locks (LentPackets) that the stack thread empties once per cycle; only it
 *       touches the pool.
 *   <li><b>Waiting.</b> A thread registers (wait point, or watch of an epoll set), passes a full
 *       fence, looks at the state, and only then parks; whoever changes the state passes a full
 *       fence before it looks for those to wake. One of the two sees the other. Parking may end for
 *       no reason; the state is looked at each time. A change wakes all who wait, except that one
 *       thread is woken per connection that accept(2) waits for, and per event of an epoll set: it
 *       takes what came, and wakes the next when it leaves something or goes for another reason
 *       (time, interrupt). Who only looks (poll, select) is woken beside it.
 *   <li><b>Epoll.</b> A watch's {@code pending} turns from 0 to 1 by compare-and-set, and who does
 *       that pushes it to the set's inbox, a stack without locks from which only everything is
 *       taken at once (so there is no ABA). The waiter clears {@code pending}, passes a full fence
 *       and then looks at the state: a change after that look pushes the watch anew. The ready
 *       list, the interest and the data belong to the set's lock; the lists that connect sets and
 *       pollables are written under the engine's {@code topology} lock and walked by the stack
 *       thread without it: a watch that is taken out keeps its link, and {@code removed} keeps it
 *       from being pushed. A set that is watched by another is pushed there as a socket is; only
 *       who looks at the outer one looks into it, so the order of locks is: control, topology, set,
 *       the sets below it (there are no circles); sending is innermost. EPOLLEXCLUSIVE: whoever
 *       raises pushes first and then looks whether a thread waits for that set; a thread that waits
 *       looks once more after it has said that it does no longer.
 *   <li><b>The stack's end.</b> The last act of the stack thread, however it ends, is to set {@code
 *       over}, pass a full fence and wake every wait point; a wait point is registered before
 *       anybody can find it, and who waits looks at {@code over} before it parks. A call that was
 *       offered and not executed looks there now and then.
 *   <li><b>Closing.</b> {@code closed} is set first; every wait looks at it and ends. The
 *       descriptor's number is free at once; objects are held by reference, so a number given out
 *       anew never reaches an old socket.
 * </ul>
 */
@NullMarked
package io.ustack.posix;

import org.jspecify.annotations.NullMarked;

/**
 * What a socket engine wants to know of an endpoint: that it became readable, writable or broken.
 * Not tied to integers or to epoll; every face of the socket engine builds on it.
 */
@NullMarked
package io.ustack.readiness;

import org.jspecify.annotations.NullMarked;

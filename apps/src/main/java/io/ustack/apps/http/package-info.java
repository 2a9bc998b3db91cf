/**
 * A small HTTP/1.1 file server (RFC 9110, RFC 9112) on the socket calls of {@code io.ustack.posix}:
 * one thread, one epoll set, memory bounded per connection. It serves the {@code http} and {@code
 * demo} commands, and is meant to be read as an example of the API.
 *
 * <p>{@link io.ustack.apps.http.HttpServer} accepts, {@link io.ustack.apps.http.HttpConnection}
 * talks to one peer, {@link io.ustack.apps.http.RequestHead} parses, a {@link
 * io.ustack.apps.http.Site} knows what there is to serve. GET and HEAD; keep-alive and pipelining;
 * single ranges; modification dates. No request bodies, no chunked coding, no compression, no TLS.
 */
@NullMarked
package io.ustack.apps.http;

import org.jspecify.annotations.NullMarked;

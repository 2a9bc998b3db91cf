/**
 * Echo (RFC 862) and discard (RFC 863) servers on TCP and UDP, for the {@code echo} and {@code
 * replay} commands: the smallest servers that respect back-pressure and half-closed connections.
 */
@NullMarked
package io.ustack.apps.echo;

import org.jspecify.annotations.NullMarked;

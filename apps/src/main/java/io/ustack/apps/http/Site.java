package io.ustack.apps.http;

/** What there is to serve. */
public interface Site {
  /**
   * Looks for the request's target; never fails: what is not there, or may not be seen, is a {@link
   * Resource} with another status.
   */
  Resource find(RequestHead request);
}

package io.ustack.apps.resp;

/** A command can't be done; the message is the reply. */
final class RespException extends RuntimeException {
  private final boolean fatal;

  private RespException(final String message, final boolean fatal) {
    super(message, null, false, false); // what clients cause costs no stack trace
    this.fatal = fatal;
  }

  static RespException error(final String message) {
    return new RespException("ERR " + message, false);
  }

  static RespException wrongType() {
    return new RespException(
        "WRONGTYPE Operation against a key holding the wrong kind of value", false);
  }

  static RespException outOfMemory() {
    return new RespException("OOM command not allowed when used memory > 'maxmemory'.", false);
  }

  /** The stream is out of step: the connection ends with this reply. */
  static RespException protocol(final String message) {
    return new RespException("ERR Protocol error: " + message, true);
  }

  String reply() {
    return String.valueOf(getMessage());
  }

  boolean isFatal() {
    return fatal;
  }
}

package io.ustack.house;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The requirements of RFC 9293, appendix B, that the test holds: {@code @Rfc9293({"MUST-36",
 * "SHLD-29"})}. In scripts, and where this class is not seen, {@code // covers: RFC 9293 MUST-36}.
 * All of them, with those that no test holds and why, are in docs/coverage/rfc9293.txt.
 */
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.METHOD)
public @interface Rfc9293 {
  /** Their names in the appendix. */
  String[] value();
}

package io.ustack.house;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A clause that the test holds: {@code RfcCoverageTest} makes docs/rfc-coverage.md of these. Tests
 * of one clause share a row; {@link #what} and {@link #by} may be left to one of them. Only the
 * source is read, so a module that does not see this class writes a comment over its test instead,
 * as packet scripts do: {@code // covers: RFC 9293 3.8.6.1 | zero-window probes | Emission,
 * Sender}.
 */
@Retention(RetentionPolicy.SOURCE)
@Target(ElementType.METHOD)
@Repeatable(Covers.All.class)
public @interface Covers {
  /** "RFC 9293", a draft's name, or "Linux". */
  String rfc();

  /** The section, as the document counts; or Linux's name for it. */
  String clause() default "";

  /** What it asks, in a few words. Tells rows of one clause apart. */
  String what() default "";

  /** Who obeys. */
  Class<?>[] by() default {};

  /** Who obeys, where the test can't see the class. */
  String[] byName() default {};

  /** Several on one test. */
  @Retention(RetentionPolicy.SOURCE)
  @Target(ElementType.METHOD)
  @interface All {
    /** Each. */
    Covers[] value();
  }
}

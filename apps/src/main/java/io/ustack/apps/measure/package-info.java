/**
 * What {@code bench} and {@code load} share: who looks whether the machine let a figure be true,
 * and how a result is said in JSON. It knows neither of them.
 */
@NullMarked
package io.ustack.apps.measure;

import org.jspecify.annotations.NullMarked;

/**
 * Plots as SVG: curves over time in panels below each other, and bars. One file without scripts or
 * fonts of its own, readable on a light and on a dark screen, the same bytes for the same numbers.
 */
@NullMarked
package io.ustack.apps.plot;

import org.jspecify.annotations.NullMarked;

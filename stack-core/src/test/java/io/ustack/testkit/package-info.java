/** What tests of several packages share. */
package io.ustack.testkit;

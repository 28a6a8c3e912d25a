/** Real Redis and Postgres for tests, and a scripted agent. */
@NullMarked
package io.viworks.testkit;

import org.jspecify.annotations.NullMarked;

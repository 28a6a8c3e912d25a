/** How fast telemetry comes from its stream into Postgres, against the bare SQL. */
@NullMarked
package io.viworks.bench.telemetry;

import org.jspecify.annotations.NullMarked;

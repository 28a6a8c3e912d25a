/** The process that brings hello and telemetry into Postgres. */
@NullMarked
package io.viworks.telemetry;

import org.jspecify.annotations.NullMarked;

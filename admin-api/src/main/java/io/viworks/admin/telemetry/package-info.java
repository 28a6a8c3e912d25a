/** What gateways report: the latest frame, containers, services. */
@NullMarked
package io.viworks.admin.telemetry;

import org.jspecify.annotations.NullMarked;

/** What gateways report: the latest frame, containers, services, and series of figures. */
@NullMarked
package io.viworks.admin.telemetry;

import org.jspecify.annotations.NullMarked;

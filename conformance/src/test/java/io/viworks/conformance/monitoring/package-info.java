/** What Prometheus and Grafana are given, held against what the services measure. */
@NullMarked
package io.viworks.conformance.monitoring;

import org.jspecify.annotations.NullMarked;

package io.viworks.admin.gateway;

import java.time.Duration;

/** From which age on a gateway's last telemetry is called stale. */
public record StaleAfter(Duration age) {}

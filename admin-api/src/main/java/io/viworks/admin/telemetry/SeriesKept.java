package io.viworks.admin.telemetry;

import java.time.Duration;

/** How long telemetry-writer keeps series: the longest range of one question. */
public record SeriesKept(Duration age) {}

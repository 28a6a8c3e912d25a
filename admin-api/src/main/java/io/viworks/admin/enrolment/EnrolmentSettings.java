package io.viworks.admin.enrolment;

import java.time.Duration;

/**
 * How gateways are enrolled.
 *
 * @param keyLife how long an agent's key is good; it renews it at two thirds of that
 * @param rate enrolments a second of this process, twice as many at once
 * @param sourceRate enrolments a minute from one address, as many at once
 */
public record EnrolmentSettings(Duration keyLife, int rate, int sourceRate) {}

package io.viworks.admin.enrolment;

import java.time.Duration;

/**
 * How gateways are enrolled.
 *
 * @param keyLife how long an agent's key is good; it renews it at two thirds of that
 */
public record EnrolmentSettings(Duration keyLife) {}

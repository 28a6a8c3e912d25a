package io.viworks.admin.enrolment;

import io.viworks.protocol.Bytes;
import io.viworks.service.Cidr;
import java.time.Duration;
import java.util.List;

/**
 * How gateways are enrolled.
 *
 * @param keyLife how long an agent's key is good; it renews it at two thirds of that
 * @param rate enrolments a second of this process, twice as many at once
 * @param sourceRate enrolments a minute from one address, as many at once
 * @param trustedProxies where the edge may speak from
 * @param edgeSecrets what it must know; two while it changes
 */
public record EnrolmentSettings(
        Duration keyLife,
        int rate,
        int sourceRate,
        List<Cidr> trustedProxies,
        List<Bytes> edgeSecrets) {
    public EnrolmentSettings {
        trustedProxies = List.copyOf(trustedProxies);
        edgeSecrets = List.copyOf(edgeSecrets);
    }
}

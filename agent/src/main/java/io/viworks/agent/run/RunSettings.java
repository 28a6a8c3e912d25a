package io.viworks.agent.run;

import io.viworks.agent.helper.client.HelperClient;
import io.viworks.agent.host.OpenVpnManagement;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway's own configuration allows (spec 6). It is final: no server widens it.
 *
 * @param maxConcurrency runs at a time
 * @param cmdTimeoutSecs longest run in seconds, unless the verb's own time is longer
 * @param execEnabled whether verbs that change something may run at all
 * @param allowedVerbs empty allows every verb of the catalogue
 * @param allowedUnits units that may be looked at and reloaded; entries are exact names
 * @param allowedImages images that may be started; entries are exact names
 * @param pullImages whether an allowed image that is not here may be fetched
 * @param openvpn null when no VPN server is configured
 * @param scriptsDir where the scripts of direct verbs live
 * @param helper does the verbs that need root; null runs every verb directly
 * @param helperVerbs what is done through the helper; null for what needs root
 */
public record RunSettings(
        int maxConcurrency,
        int cmdTimeoutSecs,
        boolean execEnabled,
        Set<String> allowedVerbs,
        Set<String> allowedUnits,
        Set<String> allowedImages,
        boolean pullImages,
        @Nullable OpenVpnManagement openvpn,
        Path scriptsDir,
        @Nullable HelperClient helper,
        @Nullable Set<String> helperVerbs) {
    public RunSettings {
        allowedVerbs = Set.copyOf(allowedVerbs);
        allowedUnits = Set.copyOf(allowedUnits);
        allowedImages = Set.copyOf(allowedImages);
        helperVerbs = helperVerbs == null ? null : Set.copyOf(helperVerbs);
    }
}

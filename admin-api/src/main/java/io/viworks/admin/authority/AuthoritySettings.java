package io.viworks.admin.authority;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How certificates are issued and revoked.
 *
 * @param authority who issues; absent: nobody, agents enrol keys only
 * @param listFile where the revocation list is written for edges and bridges
 * @param listLife between a list and the latest time for the next one
 */
public record AuthoritySettings(
        Optional<IssuingAuthority> authority, Optional<Path> listFile, Duration listLife) {}

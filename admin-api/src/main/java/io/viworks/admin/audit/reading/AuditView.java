package io.viworks.admin.audit.reading;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of the audit log as it is shown.
 *
 * @param origin the caller's address
 * @param outcome {@code accepted}, the code of the refusal, or {@code suppressed} where refusals
 *     were only counted
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AuditView(
        long id,
        Instant ts,
        String who,
        String what,
        @Nullable String target,
        @Nullable String origin,
        String outcome,
        Map<String, Object> detail) {}

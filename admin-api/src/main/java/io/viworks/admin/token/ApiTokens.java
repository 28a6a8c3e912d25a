package io.viworks.admin.token;

import java.util.List;
import java.util.Optional;
import org.springframework.data.repository.Repository;

/** The table of bearer tokens. */
interface ApiTokens extends Repository<ApiToken, String> {
    /** All that were not revoked. */
    List<ApiToken> findByRevokedAtIsNull();

    Optional<ApiToken> findById(String name);

    ApiToken save(ApiToken token);
}

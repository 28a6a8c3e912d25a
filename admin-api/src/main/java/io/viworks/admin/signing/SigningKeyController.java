package io.viworks.admin.signing;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.paging.Page;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import io.viworks.protocol.signing.SigningKeys;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The public halves of the keys that sign commands, now or later. */
@RestController
@Tag(name = "signing keys")
final class SigningKeyController {
    private final SigningSettings settings;

    SigningKeyController(SigningSettings settings) {
        this.settings = settings;
    }

    @Operation(
            summary = "The public keys by which agents know commands, the one that signs first",
            description =
                    "A key that does not sign yet is listed before it does, so that it can be put"
                            + " into verify_keys of every agent in time. Empty when nothing is"
                            + " signed.")
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/signing-keys")
    Page<SigningKeys.Announced> list() {
        return new Page<>(settings.announced(), null);
    }
}

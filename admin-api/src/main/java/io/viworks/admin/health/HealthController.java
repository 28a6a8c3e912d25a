package io.viworks.admin.health;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** What an admin panel shows when something is away. */
@RestController
@Tag(name = "health")
final class HealthController {
    private final Watches watches;

    HealthController(Watches watches) {
        this.watches = watches;
    }

    @Operation(
            summary = "What is away, and since when",
            description =
                    "Answers from what was seen within the last seconds, also while Redis or"
                            + " Postgres is away. unknown is what cannot be seen because of another"
                            + " part. For machines there is /actuator/health on the management port.")
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/health")
    Health show() {
        return watches.health();
    }
}

package io.viworks.admin.gateway;

import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import io.viworks.admin.token.Caller;
import io.viworks.admin.token.Role;
import io.viworks.admin.web.Needs;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The fleet in numbers. Not below {@code /gateways}: a gateway may be called anything. */
@RestController
@Tag(name = "gateways")
final class FleetController {
    private final Fleet fleet;

    FleetController(Fleet fleet) {
        this.fleet = fleet;
    }

    @Operation(
            summary = "How many gateways there are, by status and by site",
            description = "Of what the caller may see. At most 500 sites are named, the largest.")
    @Needs(Role.VIEWER)
    @GetMapping("/admin/api/fleet")
    Fleet.Counts counts(@AuthenticationPrincipal Caller caller) {
        return fleet.counts(caller);
    }
}

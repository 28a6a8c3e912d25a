package io.viworks.admin.gateway;

import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.Optional;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Query;
import org.springframework.data.repository.Repository;
import org.springframework.data.repository.query.Param;

/** The gateways, for who edits one. */
interface EditableGateways extends Repository<EditableGateway, String> {
    /** A gateway of these sites, or of any, locked until the transaction ends. */
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query(
            """
            select g from EditableGateway g
            where g.agentId = :agentId and (:anySite = true or g.site in :sites)
            """)
    Optional<EditableGateway> lock(
            @Param("agentId") String agentId,
            @Param("anySite") boolean anySite,
            @Param("sites") Collection<String> sites);

    EditableGateway saveAndFlush(EditableGateway gateway);
}

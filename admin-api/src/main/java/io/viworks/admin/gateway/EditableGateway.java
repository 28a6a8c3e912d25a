package io.viworks.admin.gateway;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/**
 * What people edit of a gateway: the columns that admins own, and no other of its row, most of
 * which telemetry-writer moves at the same time.
 */
@Entity
@Table(name = "os_gateways")
@DynamicUpdate
class EditableGateway {
    @Id private String agentId;

    private @Nullable String displayName;

    private @Nullable String site;

    @Column(nullable = false)
    @ColumnTransformer(write = "cast(? as jsonb)")
    private String labels;

    private @Nullable String notes;

    @Column(nullable = false, insertable = false, updatable = false)
    private String status;

    @Version
    @Column(nullable = false)
    private long editVersion;

    /** For Hibernate, which fills the fields. */
    @SuppressWarnings("NullAway.Init")
    protected EditableGateway() {}

    @Nullable String displayName() {
        return displayName;
    }

    @Nullable String site() {
        return site;
    }

    /** A JSON object of texts. */
    String labels() {
        return labels;
    }

    @Nullable String notes() {
        return notes;
    }

    long editVersion() {
        return editVersion;
    }

    boolean isDecommissioned() {
        return status.equals("decommissioned");
    }

    void edit(
            @Nullable String newName,
            @Nullable String newSite,
            String newLabels,
            @Nullable String newNotes) {
        displayName = newName;
        site = newSite;
        labels = newLabels;
        notes = newNotes;
    }
}

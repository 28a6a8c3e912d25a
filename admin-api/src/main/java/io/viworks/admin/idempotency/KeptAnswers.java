package io.viworks.admin.idempotency;

import io.viworks.admin.sql.Columns;
import io.viworks.protocol.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of {@code idempotent_answers}. Thread-safe. */
@Component
final class KeptAnswers {
    /** How long a key names its request. */
    static final Duration KEPT = Duration.ofHours(24);

    /** How long a request waits for the same one that is being worked on. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private final JdbcClient jdbc;
    private final Columns columns;

    KeptAnswers(JdbcClient jdbc, Columns columns) {
        this.jdbc = jdbc;
        this.columns = columns;
    }

    /**
     * Which request.
     *
     * @param path with its query
     * @param mark derived from the key
     */
    record Name(String caller, String path, Bytes mark) {}

    /**
     * What is known of it.
     *
     * @param status null while the transaction that answers it goes on, which is this one
     * @param sealed the body, for whoever has the key
     */
    record Kept(
            Bytes requestSha256,
            @Nullable Integer status,
            Map<String, Object> headers,
            @Nullable Bytes sealed) {}

    /**
     * Takes the name for this transaction, having waited for another that has it.
     *
     * @return what is kept under it; empty when it is this transaction's to be filled
     */
    Optional<Kept> take(Name name, Bytes requestSha256) {
        boolean mine =
                jdbc.sql(
                                        """
                                        with patience as materialized (
                                            select set_config('lock_timeout', '%d ms', true))
                                        insert into idempotent_answers
                                            (caller, path, key_mark, request_sha256)
                                        select :caller, :path, :mark, :request from patience
                                        on conflict (caller, path, key_mark) do update
                                            set request_sha256 = excluded.request_sha256,
                                                status = null, headers = '{}', sealed_body = null,
                                                created_at = now()
                                            where idempotent_answers.created_at
                                                < now() - interval '%d s'
                                        """
                                                .formatted(PATIENCE.toMillis(), KEPT.toSeconds()))
                                .param("caller", name.caller())
                                .param("path", name.path())
                                .param("mark", name.mark().array())
                                .param("request", requestSha256.array())
                                .update()
                        == 1;
        // What the call itself waits for is as in any other.
        jdbc.sql("set local lock_timeout to default").update();
        return mine ? Optional.empty() : find(name);
    }

    /** What is kept under this name. */
    Optional<Kept> find(Name name) {
        return jdbc.sql(
                        """
                        select request_sha256, status, headers, sealed_body
                        from idempotent_answers
                        where caller = :caller and path = :path and key_mark = :mark
                          and created_at >= now() - interval '%d s'
                        """
                                .formatted(KEPT.toSeconds()))
                .param("caller", name.caller())
                .param("path", name.path())
                .param("mark", name.mark().array())
                .query((row, _) -> kept(row))
                .optional();
    }

    private Kept kept(ResultSet row) throws SQLException {
        byte[] sealed = row.getBytes("sealed_body");
        return new Kept(
                Bytes.of(row.getBytes("request_sha256")),
                Columns.integer(row, "status"),
                columns.object(row, "headers"),
                sealed == null ? null : Bytes.of(sealed));
    }

    /** Keeps the answer under the name that this transaction has taken. */
    void keep(Name name, int status, Map<String, String> headers, Bytes sealed) {
        jdbc.sql(
                        """
                        update idempotent_answers
                        set status = :status, headers = cast(:headers as jsonb),
                            sealed_body = :sealed
                        where caller = :caller and path = :path and key_mark = :mark
                        """)
                .param("caller", name.caller())
                .param("path", name.path())
                .param("mark", name.mark().array())
                .param("status", status)
                .param("headers", columns.text(headers))
                .param("sealed", sealed.array())
                .update();
    }

    /** Gives up answers that are older than they are kept; at most so many. */
    int forget(int most) {
        return jdbc.sql(
                        """
                        delete from idempotent_answers
                        where ctid = any (array(
                            select ctid from idempotent_answers
                            where created_at < now() - interval '%d s'
                            order by created_at
                            limit %d
                            for update skip locked))
                        """
                                .formatted(KEPT.toSeconds(), most))
                .update();
    }
}

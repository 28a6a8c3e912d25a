package io.viworks.admin.idempotency;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.viworks.admin.problem.ProblemCode;
import io.viworks.admin.problem.Refusal;
import io.viworks.protocol.Bytes;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * Does a request under an {@code Idempotency-Key} once (ADR 20): the first is done, the same again
 * is answered as the first was. What is refused changes nothing and is not kept. Of two at the same
 * time the later waits for {@link KeptAnswers#PATIENCE}. Thread-safe.
 */
@Component
public final class IdempotentCalls {
    /** When a request that is being worked on may be done. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** SQLSTATE of a lock that was waited for in vain. */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** Headers of an answer that are kept; the others are those of every answer. */
    private static final List<String> KEPT_HEADERS =
            List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.LOCATION, HttpHeaders.ETAG);

    private final KeptAnswers answers;
    private final AnswerSeal seal;
    private final PlatformTransactionManager transactions;
    private final Counter repeated;

    IdempotentCalls(
            KeptAnswers answers,
            AnswerSeal seal,
            PlatformTransactionManager transactions,
            MeterRegistry meters) {
        this.answers = answers;
        this.seal = seal;
        this.transactions = transactions;
        this.repeated = meters.counter("viw.api.idempotent.repeated");
    }

    /** A call that is to be done once. */
    @FunctionalInterface
    public interface Call {
        /** Does it, and answers into this. */
        void run(HttpServletResponse response) throws Exception;
    }

    /**
     * Does the call, or answers as it was answered before.
     *
     * @param caller who names the request
     * @throws Refusal {@link ProblemCode#IDEMPOTENCY_CONFLICT} when the name is another request's
     */
    public void once(
            String caller,
            String text,
            Keyed.By way,
            HttpServletRequest request,
            HttpServletResponse response,
            Call call)
            throws Exception {
        String key =
                way == Keyed.By.TRANSACTION_WITH_SECRET
                        ? IdempotencyKey.checkedForSecrets(text)
                        : IdempotencyKey.checked(text);
        KeptAnswers.Name name = seal.name(caller, path(request), key);
        Bytes sha256 = sha256(request);
        switch (way) {
            case TRANSACTION, TRANSACTION_WITH_SECRET ->
                    inOneTransaction(name, key, sha256, response, call);
            case ANSWER_ALONE -> thenKept(name, key, sha256, response, call);
            case ITSELF -> call.run(response);
        }
    }

    private void inOneTransaction(
            KeptAnswers.Name name,
            String key,
            Bytes sha256,
            HttpServletResponse response,
            Call call)
            throws Exception {
        TransactionStatus status = begin();
        ContentCachingResponseWrapper answer = new ContentCachingResponseWrapper(response);
        try {
            Optional<KeptAnswers.Kept> before = taken(name, sha256);
            if (before.isPresent()) {
                repeat(name, key, sha256, before.get(), answer);
            } else {
                call.run(answer);
                if (answer.getStatus() < 300) {
                    keep(name, key, answer);
                } else {
                    status.setRollbackOnly();
                }
            }
        } catch (Throwable failure) {
            if (!status.isCompleted()) {
                transactions.rollback(status);
            }
            throw failure;
        }
        transactions.commit(status);
        answer.copyBodyToResponse();
    }

    private TransactionStatus begin() {
        return transactions.getTransaction(new DefaultTransactionDefinition());
    }

    private Optional<KeptAnswers.Kept> taken(KeptAnswers.Name name, Bytes sha256) {
        try {
            return answers.take(name, sha256);
        } catch (DataAccessException e) {
            if (!(NestedExceptionUtils.getMostSpecificCause(e) instanceof SQLException lock)
                    || !LOCK_NOT_AVAILABLE.equals(lock.getSQLState())) {
                throw e;
            }
            throw Refusal.of(
                            ProblemCode.REQUEST_IN_PROGRESS,
                            "a request under the same Idempotency-Key is being worked on; send it"
                                    + " again in a moment for its answer")
                    .retryAfter(PAUSE);
        }
    }

    /** Of two at the same time both may run: doing it again changes nothing. */
    private void thenKept(
            KeptAnswers.Name name,
            String key,
            Bytes sha256,
            HttpServletResponse response,
            Call call)
            throws Exception {
        Optional<KeptAnswers.Kept> before = answers.find(name);
        ContentCachingResponseWrapper answer = new ContentCachingResponseWrapper(response);
        if (before.isPresent()) {
            repeat(name, key, sha256, before.get(), answer);
        } else {
            call.run(answer);
            if (answer.getStatus() < 300) {
                TransactionStatus status = begin();
                try {
                    if (taken(name, sha256).isEmpty()) {
                        keep(name, key, answer);
                    }
                } catch (Throwable failure) {
                    transactions.rollback(status);
                    throw failure;
                }
                transactions.commit(status);
            }
        }
        answer.copyBodyToResponse();
    }

    private void keep(KeptAnswers.Name name, String key, ContentCachingResponseWrapper answer) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String header : KEPT_HEADERS) {
            @Nullable String value =
                    header.equals(HttpHeaders.CONTENT_TYPE)
                            ? answer.getContentType()
                            : answer.getHeader(header);
            if (value != null) {
                headers.put(header, value);
            }
        }
        answers.keep(
                name,
                answer.getStatus(),
                headers,
                seal.seal(name, key, answer.getContentAsByteArray()));
    }

    private void repeat(
            KeptAnswers.Name name,
            String key,
            Bytes sha256,
            KeptAnswers.Kept before,
            ContentCachingResponseWrapper answer)
            throws IOException {
        if (!before.requestSha256().equals(sha256)) {
            throw Refusal.of(
                    ProblemCode.IDEMPOTENCY_CONFLICT,
                    "this name was given to another request; choose a new one");
        }
        answer.setStatus(Objects.requireNonNull(before.status()));
        before.headers()
                .forEach((header, value) -> {
                    if (header.equals(HttpHeaders.CONTENT_TYPE)) {
                        answer.setContentType(String.valueOf(value));
                    } else {
                        answer.setHeader(header, String.valueOf(value));
                    }
                });
        answer.getOutputStream()
                .write(seal.open(name, key, Objects.requireNonNull(before.sealed())));
        repeated.increment();
    }

    private static String path(HttpServletRequest request) {
        String query = request.getQueryString();
        return query == null ? request.getRequestURI() : request.getRequestURI() + "?" + query;
    }

    /** Of what was sent: its form and its body. */
    private static Bytes sha256(HttpServletRequest request) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            String type = request.getContentType();
            digest.update((type == null ? "" : type).getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return Bytes.of(digest.digest(request.getInputStream().readAllBytes()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

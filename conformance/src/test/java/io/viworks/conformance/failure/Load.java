package io.viworks.conformance.failure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Callers of the API. Each command is asked for again under its name until it is accepted, as the
 * API tells callers to; some are cancelled, some may start only for a moment, some fail.
 */
final class Load {
    private static final int CALLERS = 8;
    private static final int LONG_TTL = 900;

    private final Api api;
    private final List<String> gateways;
    private final Random random;
    private final AtomicInteger count = new AtomicInteger();
    private final List<UUID> accepted = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger refused = new AtomicInteger();

    Load(Api api, List<String> gateways, long seed) {
        this.api = api;
        this.gateways = gateways;
        this.random = new Random(seed);
    }

    /** What is to be asked for. */
    private record Wish(String gateway, String user, int ttl, boolean cancel) {}

    private synchronized Wish wish() {
        int n = count.getAndIncrement();
        String gateway = gateways.get(n % gateways.size());
        int kind = random.nextInt(100);
        int ms = 500 + random.nextInt(4_000);
        if (kind < 5) {
            return new Wish(gateway, "f" + ms + "-" + n, LONG_TTL, false);
        } else if (kind < 8) {
            return new Wish(gateway, "n-" + n, LONG_TTL, false);
        } else if (kind < 16) {
            return new Wish(gateway, "s" + ms + "-" + n, LONG_TTL, true);
        } else if (kind < 22) {
            return new Wish(gateway, "s" + ms + "-" + n, 5 + random.nextInt(10), false);
        }
        return new Wish(gateway, "s" + ms + "-" + n, LONG_TTL, false);
    }

    /** Asks for so many and returns when each has been accepted. */
    void ask(int commands) throws Exception {
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Semaphore atOnce = new Semaphore(CALLERS);
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < commands; i++) {
                all.add(
                        callers.submit(() -> {
                            atOnce.acquire();
                            try {
                                ask(wish(), new AtomicBoolean());
                            } finally {
                                atOnce.release();
                            }
                            return null;
                        }));
            }
            for (Future<?> one : all) {
                var _ = one.get();
            }
        }
    }

    /** Goes on asking, one caller, a pause after each, until told to stop. */
    void trickle(AtomicBoolean stop, long pauseMs) throws InterruptedException {
        while (!stop.get()) {
            ask(wish(), stop);
            Pauses.sleep(pauseMs);
        }
    }

    private void ask(Wish wish, AtomicBoolean stop) throws InterruptedException {
        UUID id = UUID.randomUUID();
        while (true) {
            int status = api.command(wish.gateway(), id, wish.user(), wish.ttl());
            if (status == 202) {
                accepted.add(id);
                break;
            }
            if (status == 409) {
                refused.incrementAndGet();
                return; // a gateway suspected to be two takes none
            }
            boolean later = status == 0 || status == 429 || status >= 500;
            if (!later) {
                throw new IllegalStateException("a command was answered " + status);
            }
            refused.incrementAndGet();
            if (stop.get()) {
                return;
            }
            Pauses.sleep(250);
        }
        if (wish.cancel()) {
            int _ = api.cancel(wish.gateway(), id);
        }
    }

    /** Names of those the API said 202 to. */
    List<UUID> accepted() {
        synchronized (accepted) {
            return List.copyOf(accepted);
        }
    }

    /** Answers that were not 202. */
    int refused() {
        return refused.get();
    }
}

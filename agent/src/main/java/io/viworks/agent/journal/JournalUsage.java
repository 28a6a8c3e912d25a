package io.viworks.agent.journal;

/**
 * How full a journal is.
 *
 * @param accepted commands that have not begun
 * @param started commands that have not ended
 * @param finished ends that a bridge has confirmed
 * @param unconfirmed ends that none has confirmed
 * @param unconfirmedBytes of their RESULT frames
 * @param refused commands that will never run
 * @param liveBytes of what is still needed, as the bound counts
 * @param fileBytes of the file, with what is not
 */
public record JournalUsage(
        int accepted,
        int started,
        int finished,
        int unconfirmed,
        long unconfirmedBytes,
        int refused,
        long liveBytes,
        long fileBytes,
        JournalBounds bounds) {
    static JournalUsage of(JournalState state, long fileBytes, JournalBounds bounds) {
        int accepted = 0;
        int started = 0;
        int finished = 0;
        int unconfirmed = 0;
        long unconfirmedBytes = 0;
        int refused = 0;
        for (Entry entry : state.entries().values()) {
            switch (entry) {
                case Entry.Accepted _ -> accepted++;
                case Entry.Started _ -> started++;
                case Entry.Finished end when end.confirmed() -> finished++;
                case Entry.Finished end -> {
                    unconfirmed++;
                    unconfirmedBytes += end.result().length();
                }
                case Entry.Refused _ -> refused++;
            }
        }
        return new JournalUsage(
                accepted,
                started,
                finished,
                unconfirmed,
                unconfirmedBytes,
                refused,
                state.liveBytes(),
                fileBytes,
                bounds);
    }

    /** Entries of any kind. */
    public int entries() {
        return accepted + started + finished + unconfirmed + refused;
    }
}

package io.viworks.backplane.stream;

/**
 * Told of every record before it is set aside, so that what depends on it still ends: a RESULT set
 * aside must end its row (spec 3.2).
 */
@FunctionalInterface
public interface SetAsideHook<R extends StreamRecord> {
    /**
     * Does what is left to do for this record. It may be called again for the same record.
     *
     * @throws io.viworks.backplane.WorldAway to be called again later
     * @throws Exception anything else is logged and counted, and the record set aside all the same
     */
    void settingAside(SetAside<R> letter) throws Exception;
}

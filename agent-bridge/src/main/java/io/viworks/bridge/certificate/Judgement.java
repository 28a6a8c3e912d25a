package io.viworks.bridge.certificate;

/** What a presented certificate came to, before anybody asked whether it is enrolled. */
public sealed interface Judgement {
    /** It is good, whoever it names. */
    record Good(ClientCertificate certificate) implements Judgement {}

    /**
     * It is not.
     *
     * @param why what would be right; quotes nothing of it
     */
    record Bad(String why) implements Judgement {}
}

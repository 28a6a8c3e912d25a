package io.viworks.service;

/** The configuration says that this service is not to run: a planned end with exit code 0. */
final class Disabled extends RuntimeException {
    Disabled(String flag) {
        super(flag + "=false");
    }
}
